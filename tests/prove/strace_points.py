"""Kills a program, or fails a system call of it, at every point of a run.

recorded() runs a command once and lists the uses of system calls that come
after the loader's work, struck() runs it again and strikes at one of them:

    done, uses = strace_points.recorded(command, env)
    for point in strace_points.points(uses):
        done = strace_points.struck(command, env, point, "signal=KILL")
        done = strace_points.struck(command, env, point, "error=EIO")

A point is a system call and the k-th use of it by one thread, for so strace
counts. Where another thread comes to its own k-th use first, it is the k-th
use that has to do with one path. The kernel never begins a call that is struck.
"""

import collections
import concurrent.futures
import os
import re
import signal
import subprocess
import tempfile

import programs

# One run of a program that is struck. What takes longer hangs.
RUN_S = 60

CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")

# What strace -y writes behind a descriptor, and what is a path by itself.
PATHS = re.compile(r'(?:\d+|AT_FDCWD)<(/[^<>]*)>|"(/(?:[^"\\]|\\.)*)"')

# `path` is "" where uses are counted whatever they have to do with.
Point = collections.namedtuple("Point", "call use path")

# One use of a call as it was recorded: who, what, and all that strace said.
Use = collections.namedtuple("Use", "thread call said is_loaded")


class Done:
    """What became of a run that was struck."""

    def __init__(self, completed, said):
        self.status = completed.returncode
        self.stdout = completed.stdout
        self.stderr = completed.stderr.decode("utf-8", "replace")
        # strace's line of the first call that was struck, or "".
        self.said = said[0].rstrip("\n") if said else ""
        # Each thread has a k-th use, and this was one of stdout or stderr.
        self.is_dumb = any(re.search(r" write\([12]<", line)
                           for line in said)
        self.is_killed = self.status == -signal.SIGKILL

    @property
    def lines(self):
        return self.stderr.splitlines()


def paths(said):
    """The paths that a call was given, by name or by descriptor."""
    given = said.rsplit(" = ", 1)[0]
    return list(dict.fromkeys(a or b for a, b in PATHS.findall(given)))


def is_lasting(path):
    """Whether the next run uses the same; a file without a name has the number
    of its inode in it."""
    return "/#" not in path


def strace(trace, *options):
    return ["strace", "-f", "-qq", "-y", "-e", "signal=none", "-o", trace,
            *options]


def run(arguments, env, **options):
    options.setdefault("timeout", RUN_S)
    return subprocess.run(arguments, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, **options)


def read(trace):
    """Every use of a call in the order in which they began. The loader unmaps
    its list of libraries last of all."""
    found, is_loaded = [], False
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            call = CALL.match(line)
            if call is not None:
                found.append(Use(*call.groups(), is_loaded))
                is_loaded = is_loaded or call.group(2) == "munmap"
    return found


def recorded(command, env, **options):
    """Runs the command to its end; returns (CompletedProcess, its uses)."""
    with tempfile.NamedTemporaryFile(prefix="marquee-trace-",
                                     dir=scratch()) as trace:
        done = run(strace(trace.name) + command, env, **options)
        return done, read(trace.name)


def points(uses):
    """How to strike at each use after the loader's, in the order of the run,
    and what strace said of it: {point: text}. What no point leads to, because
    another thread is always first, is left out."""
    counts, first, ways = collections.Counter(), {}, []
    for number, use in enumerate(uses):
        ways.append([])
        for path in ["", *filter(is_lasting, paths(use.said))]:
            counts[use.thread, use.call, path] += 1
            point = Point(use.call, counts[use.thread, use.call, path], path)
            if first.setdefault(point, number) == number:
                ways[-1].append(point)
    return {found[0]: use.said for use, found in zip(uses, ways)
            if found and use.is_loaded}


# What changes a directory: all of these, where a test tries some points.
COMMITS = {"renameat", "symlinkat", "linkat", "utimensat", "exit_group"}


def some(found, step):
    """A few points of many, the same ones each time: every commit, the point
    after it, and each step-th of the others."""
    found = list(found)
    return [point for number, point in enumerate(found)
            if number % step == 0 or point.call in COMMITS or
            number > 0 and found[number - 1].call in COMMITS]


def struck(command, env, point, how, more=(), **options):
    """Runs the command and strikes at the point: `how` is signal=KILL or
    error=NAME."""
    # With it strace delivers no signal at the call.
    quickly = [] if how.startswith("signal") else ["--seccomp-bpf"]
    with tempfile.NamedTemporaryFile(prefix="marquee-trace-",
                                     dir=scratch()) as trace:
        done = run(strace(
            trace.name, *quickly, "-e", "trace=" + point.call,
            "-e", "inject=%s:%s:when=%d" % (point.call, how, point.use),
            *(["-P", point.path] if point.path else []),
            *more) + command, env, **options)
        with open(trace.name, encoding="utf-8", errors="replace") as lines:
            said = [line for line in lines if "(INJECTED)" in line]
    return Done(done, said)


def each(work, items, workers=None):
    """work(worker, item) for each item, on as many threads as there are cores;
    yields (item, result) as they come. `worker` is the thread's number, for
    what each must have of its own."""
    workers = workers or len(os.sched_getaffinity(0))
    waiting = collections.deque(items)

    def take(worker):
        taken = []
        while waiting:
            try:
                item = waiting.popleft()
            except IndexError:
                break
            taken.append((item, work(worker, item)))
        return taken

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for future in [pool.submit(take, n) for n in range(workers)]:
            yield from future.result()


def scratch():
    """Where caches may lie that are made anew at each point: in memory, where
    there is such a place. To be killed does not depend on the disk."""
    place = "/dev/shm"
    return place if os.access(place, os.W_OK) else tempfile.gettempdir()


def environment(**more):
    return programs.environment(more)
