"""The sweep: every allocation of a scenario fails in turn, and what came of each
run is judged.

    class Greeting(starving_sweep.Scenario):
        name = "greeting"
        def open(self): return starving.Program(…)
        def reset(self): …                   # before each run
        def fault(self, run): …              # what is wrong, or None

    tally = starving_sweep.sweep(Greeting())
    tally.tried, tally.crashes, tally.wrong, tally.mute, tally.libraries

Told apart: what the program itself did, and what a library did when it was
refused memory (json-c may crash, libfcgi gives up on purpose).
"""

import collections
import dataclasses

# Of each kind of trouble, so much is told in full.
MOST_TOLD = 5

MODES = (False, True)  # the n-th alone; the n-th and all after it


@dataclasses.dataclass
class Tally:
    """What a sweep found. The lists hold sentences for a person."""

    tried: int = 0
    well: int = 0  # of them, came to a good end all the same
    crashes: list = dataclasses.field(default_factory=list)
    wrong: list = dataclasses.field(default_factory=list)
    mute: list = dataclasses.field(default_factory=list)
    libraries: collections.Counter = dataclasses.field(
        default_factory=collections.Counter)
    library_words: int = 0  # failed, and a library gave another reason

    def add(self, other):
        self.tried += other.tried
        self.well += other.well
        self.library_words += other.library_words
        for name in ("crashes", "wrong", "mute"):
            getattr(self, name).extend(getattr(other, name))
        self.libraries.update(other.libraries)
        return self

    @property
    def ours(self):
        return len(self.crashes) + len(self.wrong) + len(self.mute)

    def told(self):
        return "\n".join(
            "%s: %s" % (name, text)
            for name in ("crashes", "wrong", "mute")
            for text in getattr(self, name)[:MOST_TOLD])


class Scenario:
    """One program doing one thing."""

    name = ""
    program_name = ""  # the file, as call chains have it

    def open(self):
        """Returns what has run(n, goes_on), end() and control."""
        raise NotImplementedError

    def reset(self):
        """Makes everything as it is to be before a run."""

    def fault(self, run):
        """What a run left behind that it must not, as a sentence; None where
        all is well. `run` may have failed, or crashed."""
        raise NotImplementedError

    def is_well(self, run):
        """Whether the program says that it has done what it was to do."""
        return run.status == 0

    def is_told(self, run):
        """Whether one that failed says that it was for want of memory."""
        return run.says_memory

    def close(self):
        """Ends what open() began."""


def points(callers, most):
    """Which allocations are to fail: all that the program itself asks for, or
    json-c, and of those of other libraries the first and the last of each place
    in the code. Not more than `most` of either, evenly chosen."""
    ours = [number for number, caller in enumerate(callers, 1) if caller & 1]
    first, last = {}, {}
    for number, caller in enumerate(callers, 1):
        if not caller & 1:
            first.setdefault(caller, number)
            last[caller] = number
    others = sorted(set(first.values()) | set(last.values()))
    return sorted(thinned(ours, most) + thinned(others, most))


def thinned(numbers, most):
    if len(numbers) <= most:
        return numbers
    return [numbers[i * len(numbers) // most] for i in range(most)]


def judge(scenario, run, tally, what):
    """Adds one run to the tally."""
    tally.tried += 1
    wrong = scenario.fault(run)
    if wrong:
        tally.wrong.append("%s: %s (%s)" % (what, wrong, run))
    if run.has_crashed:
        if run.died_in in (scenario.program_name, "libc"):
            tally.crashes.append("%s: %s" % (what, run))
        else:
            tally.libraries[run.died_in] += 1
    elif scenario.is_well(run):
        tally.well += 1
    elif not scenario.is_told(run):
        if run.blame in (scenario.program_name, "libc"):
            tally.mute.append("%s: %s" % (what, run))
        else:
            tally.library_words += 1


def sweep(scenario, most=1 << 30, modes=MODES, part=0, parts=1):
    """Tries the `part`-th of `parts` equal parts of all points."""
    tally = Tally()
    program = scenario.open()
    try:
        scenario.reset()
        run = program.run(0, is_traced=True)
        fault = scenario.fault(run)
        if run.status != 0 or fault:
            raise AssertionError("%s fails with all its memory: %s, %s" % (
                scenario.name, fault, run))
        chosen = points(program.callers, most)
        for goes_on in modes:
            # Who has no memory at all gets no further than the first refusal,
            # or the few after it: fewer will do.
            numbers = thinned(chosen, most) if goes_on else chosen
            for number in numbers[part::parts]:
                scenario.reset()
                run = program.run(number, goes_on)
                if run.failed:
                    judge(scenario, run, tally, "%s, %d%s" % (
                        scenario.name, number, "…" if goes_on else ""))
    finally:
        try:
            scenario.close()
        finally:
            program.end()
    return tally


