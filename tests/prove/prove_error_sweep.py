"""Every program that writes into the cache, with every system call failing."""

import cache_runs
import proof
import strace_points

TITLE = "error sweep"

ERRORS = {
    "ENOSPC": "No space left on device",
    "EIO": "Input/output error",
    "EINTR": "Interrupted system call",
    "EMFILE": "Too many open files",
}

# What each call can return of these; one that is not here can return none. (Of
# the calls that wait, libc begins a futex again by itself.)
POSSIBLE = {
    "openat": ("ENOSPC", "EIO", "EINTR", "EMFILE"),
    "write": ("ENOSPC", "EIO", "EINTR"),
    "fsync": ("ENOSPC", "EIO", "EINTR"),
    "close": ("ENOSPC", "EIO", "EINTR"),
    "mkdirat": ("ENOSPC", "EIO"),
    "renameat": ("ENOSPC", "EIO"),
    "symlinkat": ("ENOSPC", "EIO"),
    "linkat": ("ENOSPC", "EIO"),
    "utimensat": ("ENOSPC", "EIO"),
    "unlinkat": ("EIO",),
    "read": ("EIO", "EINTR"),
    "pread64": ("EIO", "EINTR"),
    "newfstatat": ("EIO",),
    "access": ("EIO",),
    "faccessat2": ("EIO",),
    "getdents64": ("EIO",),
    "readlinkat": ("EIO",),
    "flock": ("EIO", "EINTR"),
    "socket": ("EMFILE",),
    "socketpair": ("EMFILE",),
    "connect": ("EINTR",),
    "poll": ("EINTR",),
    "sendto": ("EIO", "EINTR"),
    "recvfrom": ("EIO", "EINTR"),
    "getrandom": ("EINTR",),
}


def failures(points):
    """(point, name of an error) for all of them. `points` says of each what was
    recorded: a file that is opened and not made needs no room."""
    return [(point, error) for point, said in points.items()
            for error in POSSIBLE.get(point.call, ())
            if error != "ENOSPC" or point.call != "openat" or
            "O_CREAT" in said or "O_TMPFILE" in said]


class Verdict:
    """What is wrong with a run one of whose calls failed. `run` says what it
    may leave, `done` what it said."""

    def __init__(self, run, worker, done, tree, error):
        self.run, self.done, self.tree = run, done, tree
        self.error = error
        self.cache = run.cache(worker)
        self.lines = [line for line in done.lines
                      if not line.startswith("strace:")]
        self.last = self.lines[-1] if self.lines else ""

    def complaints(self):
        if self.done.status < 0 or self.done.status > 125:
            return ["ended with %d: %s" % (self.done.status, self.last)]
        if self.done.status == 0:
            return self.run.success(self.done, self.tree, any(
                "level=warn" in line for line in self.lines))
        return self.failure()

    def failure(self):
        found = []
        if self.done.status not in self.allowed():
            found.append("exit %d, not one of %s" % (
                self.done.status, self.allowed()))
        # What was said was lost where stderr was struck as well.
        if not self.done.is_dumb and not any(
                word in self.last for word in self.names()):
            found.append("it does not say what failed: %s" % self.last)
        return found + self.run.contradicted(self.last, self.tree)

    def allowed(self):
        """The exit codes of CONTRACT.md, section 2, for what failed."""
        paths = strace_points.paths(self.done.said)
        if any(path.startswith(self.cache) for path in paths):
            return (73, 74)
        if "<socket:" in self.done.said or self.done.said.split()[
                1].startswith("socket"):
            return (69,)
        return (69, 73, 74, 78)

    def names(self):
        return [ERRORS[self.error], "http://", "cannot open",
                "cannot write to stdout"]


class Sweep:
    """Fails each (point, error) in turn, and looks at what is left.

    tried      failures that were met
    missed     those that the run did not come to this time
    bad        (point, error, complaints) where something is wrong
    """

    def __init__(self, run, items=None):
        self.tried, self.missed, self.bad = 0, 0, []

        def fail(worker, item):
            point, error = item
            done, tree = run.strike(worker, point, "error=" + error)
            if not done.said:
                return None
            return Verdict(run, worker, done, tree, error).complaints() + \
                run.complaints(worker, tree)

        for item, found in strace_points.each(
                fail, failures(run.points()) if items is None else items):
            self.tried += found is not None
            self.missed += found is None
            if found:
                self.bad.append((*item, found))

    @property
    def points(self):
        return "%d failures%s" % (self.tried, ", %d not met" % self.missed
                                  if self.missed else "")

    @property
    def first(self):
        """Of what is wrong, for a message."""
        return "" if not self.bad else " %s %s: %s" % (
            *self.bad[0][:2], "; ".join(self.bad[0][2]))


def control(items=None):
    """What looks at no result of a write must be found."""
    with cache_runs.Wrong("careless") as run:
        run.record()
        sweep = Sweep(run, items and items(failures(run.points())))
    silent = sum("silent success" in found[0] for _, _, found in sweep.bad)
    return proof.Control("ignores a write's result", "%d of %d silent" % (
        silent, sweep.tried), silent > 0)


def prove():
    found = control()
    for title, make in cache_runs.movies_runs() + cache_runs.keep_runs():
        with make() as run:
            sweep = Sweep(run.record())
        yield proof.Row(
            title, sweep.points, "%d bad%s" % (
                len(sweep.bad), sweep.first[:300]), "0 bad",
            not sweep.bad and sweep.tried > 0, control=found)
