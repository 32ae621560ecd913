"""Every program that writes into the cache, killed at every system call."""

import keep_runs
import movies_runs
import proof
import strace_points

TITLE = "kill sweep"


class Sweep:
    """Kills a run at points of it, and looks at what is left.

    tried      points at which it died
    missed     points that it did not come to this time
    bad        (point, complaints) where something is wrong
    """

    def __init__(self, run, points=None):
        self.tried, self.missed, self.bad = 0, 0, []

        def kill(worker, point):
            done, tree = run.strike(worker, point, "signal=KILL")
            return done.is_killed, run.complaints(worker, tree)

        for point, (is_killed, complaints) in strace_points.each(
                kill, run.points() if points is None else points):
            self.tried += is_killed
            self.missed += not is_killed
            if complaints:
                self.bad.append((point, complaints))

    @property
    def points(self):
        return "%d points%s" % (self.tried, ", %d not met" % self.missed
                                if self.missed else "")

    @property
    def first(self):
        """Of what is wrong, for a message."""
        return "" if not self.bad else " %s: %s" % (
            self.bad[0][0], "; ".join(self.bad[0][1]))


def control():
    """What publishes before it has written must be found."""
    with movies_runs.Wrong("in-place") as run:
        sweep = Sweep(run.record())
    torn = sum("is not whole" in found[0] for _, found in sweep.bad)
    return proof.Control("publishes before it writes", "%d of %d torn" % (
        torn, sweep.tried), torn > 0)


def prove():
    found = control()
    for title, make in movies_runs.runs() + keep_runs.runs():
        with make() as run:
            sweep = Sweep(run.record())
        yield proof.Row(
            title, sweep.points, "%d bad%s" % (
                len(sweep.bad), sweep.first[:300]), "0 bad",
            not sweep.bad and sweep.tried > 0, control=found)
