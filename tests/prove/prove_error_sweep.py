"""Every program that writes into the cache, with every system call failing."""

import cache_askers
import cache_disks
import cache_trees
import keep_runs
import movies_runs
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
    "accept": ("EINTR", "EMFILE"),
    "poll": ("EINTR",),
    "select": ("EINTR",),
    "pselect6": ("EINTR",),
    "ppoll": ("EINTR",),
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


# What the message of a failure may say went wrong, beside the error itself: a
# library's own words, and those for what has no errno to tell.
OTHER_WORDS = ("http://", "cannot open", "cannot write to stdout")

# Why a cache cannot be written.
NO_ROOM = ("No space left on device", "File too large",
           "Read-only file system", "Permission denied",
           "No such file or directory")


def verdict(run, done, tree, statuses, words):
    """What is wrong with how a run ended that could not do all its work: the
    exit statuses it may have, and the words of which it must say one."""
    lines = [line for line in done.lines if not line.startswith("strace:")]
    last = lines[-1] if lines else ""
    if done.status < 0 or done.status > 125:
        return ["ended with %d: %s" % (done.status, last)]
    if done.status == 0:
        return run.success(done, tree,
                           any("level=warn" in line for line in lines))
    found = []
    if done.status not in statuses:
        found.append("exit %d, not one of %s" % (done.status, statuses))
    # What was said was lost where stderr was struck as well.
    if not done.is_dumb and not any(word in last for word in words):
        found.append("it does not say what failed: %s" % last)
    return found + run.contradicted(last, tree)


def statuses_for(cache, said):
    """The exit codes of CONTRACT.md, section 2, for what failed."""
    if any(path.startswith(cache) for path in strace_points.paths(said)):
        return (73, 74)
    if "<socket:" in said or " socket" in said.partition("(")[0]:
        return (69,)
    return (69, 71, 73, 74, 78)


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
            return verdict(
                run, done, tree, statuses_for(run.cache(worker), done.said),
                (ERRORS[error], *OTHER_WORDS)) + run.complaints(worker, tree)

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


class Disks:
    """Runs where there is no room, or no way, to write: as a Sweep."""

    def __init__(self):
        self.tried, self.bad = 0, []

    def look(self, run, what, outcome):
        done, tree = outcome
        cache_trees.put(run.cache(0), tree)
        found = verdict(run, done, tree, (73, 74), NO_ROOM) + \
            run.complaints(0, tree)
        self.tried += 1
        if found:
            self.bad.append((what, found))

    def small(self, run):
        """From 40 kB in all, or nothing beside what is there, until it
        fits."""
        for room_kb in range(0 if run.start else cache_disks.SMALL_KB, 100,
                             cache_disks.PAGE_KB):
            done, tree = cache_disks.on_small_disk(run, 0, room_kb)
            self.look(run, "%d kB" % room_kb, (done, tree))

    def limited(self, run, step):
        largest = max(cache_disks.largest_file(run.end),
                      cache_disks.largest_file(run.start))
        for size in range(0, largest + step, step):
            self.look(run, "%d bytes" % size,
                      cache_disks.with_small_files(run, 0, size))

    def read_only(self, run):
        self.look(run, "disk", cache_disks.on_read_only_disk(run, 0))
        if run.start:
            self.look(run, "directory",
                      cache_disks.in_read_only_directory(run, 0))

    def removed(self, run, points):
        """What a run has still to do with the cache must fail from then on. It
        may end well where that is nothing, or everything."""
        said = run.points()
        last = max(number for number, (point, text) in enumerate(said.items())
                   if point.call == "renameat" and run.cache(0) in text)
        number = {point: n for n, point in enumerate(said)}

        def remove(worker, point):
            done, tree, is_met = cache_disks.removed_at(run, worker, point)
            found = verdict(run, done, tree, (73, 74), NO_ROOM)
            if done.status == 0 and (
                    not is_met or number[point] >= last or
                    movies_runs.live(tree) == movies_runs.live(run.end)):
                found = []
            return found + run.after_next(worker) + run.torn(
                cache_trees.take(run.cache(worker)))

        for point, found in strace_points.each(remove, points):
            self.tried += 1
            if found:
                self.bad.append((point, found))


def control(items=None):
    """What looks at no result of a write must be found."""
    with movies_runs.Wrong("careless") as run:
        run.record()
        sweep = Sweep(run, items and items(failures(run.points())))
    silent = sum("silent success" in found[0] for _, _, found in sweep.bad)
    return proof.Control("ignores a write's result", "%d of %d silent" % (
        silent, sweep.tried), silent > 0)


def prove():
    found = control()
    for title, make in movies_runs.runs() + keep_runs.runs():
        with make() as run:
            sweep = Sweep(run.record())
        yield proof.Row(
            title, sweep.points, "%d bad%s" % (
                len(sweep.bad), sweep.first[:300]), "0 bad",
            not sweep.bad and sweep.tried > 0, control=found)
    yield from prove_disks()
    yield from prove_answers()


def disk_control():
    disks = Disks()
    with movies_runs.Wrong("careless") as run:
        disks.small(run.record())
    silent = sum("silent success" in found[0] for _, found in disks.bad)
    return proof.Control("ignores a write's result", "%d of %d silent" % (
        silent, disks.tried), silent > 0)


def prove_disks():
    found = disk_control()
    movies = dict(movies_runs.runs())
    every = list(movies.values()) + [make for _, make in
                                     keep_runs.runs()]
    for title, makes, work in (
            ("a tmpfs of 40 kB and more", [
                movies["first publish"], movies["prune"]] + every[-2:],
             Disks.small),
            ("files of a limited size", every,
             lambda disks, run: disks.limited(run, 200)),
            ("a read-only disk, a read-only directory", every,
             Disks.read_only),
            ("the cache removed meanwhile", [movies["changed catalogue"]],
             lambda disks, run: disks.removed(run, list(run.points())[::3]))):
        disks = Disks()
        for make in makes:
            with make() as run:
                work(disks, run.record())
        yield proof.Row(title, "%d runs" % disks.tried, "%d bad%s" % (
            len(disks.bad), " %s: %s" % (
                disks.bad[0][0], "; ".join(disks.bad[0][1])[:300])
            if disks.bad else ""), "0 bad", not disks.bad and disks.tried > 0,
            control=found)


class Answers:
    """Failures of a responder's calls, as a Sweep: (how it is run, what is
    done to it there)."""

    def __init__(self, points, strike):
        self.tried, self.bad = 0, []
        for item, found in strace_points.each(
                lambda worker, item: strike(worker, *item), failures(points)):
            self.tried += found is not None
            if found:
                self.bad.append((item, found))


def by_cgi(asker):
    return Answers(asker.cgi_points(), lambda _, point, error:
                   asker.strike_cgi(point, error))


def by_fastcgi(asker):
    return Answers(asker.fastcgi_points(), asker.strike_fastcgi)


def prove_answers():
    for title, make, *asked, more in cache_askers.askers():
        with make() as run:
            asker = cache_askers.Asker(run.record(), *asked, **more)
            rows = [("as CGI", by_cgi(asker)), ("as FastCGI",
                                                by_fastcgi(asker))]
            asker.spoil()
            torn = by_cgi(asker)
        found = proof.Control("one byte of the cache changed", "%d of %d" % (
            len(torn.bad), torn.tried), bool(torn.bad))
        for how, answers in rows:
            yield proof.Row(
                "%s %s" % (title, how), "%d failures" % answers.tried,
                "%d bad%s" % (len(answers.bad), str(answers.bad[:1])[:300]
                              if answers.bad else ""), "0 bad",
                not answers.bad and answers.tried > 0, control=found)
