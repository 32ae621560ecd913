"""Kills a program, or fails a system call of it, at every point of a run.

A point is a system call and the k-th use of it, counted as strace counts: per
name of a call and per thread, from the start of the program. recorded() runs a
command once and lists the points that come after the loader's work;
struck() runs it again and strikes at one of them:

    for point in strace_points.recorded(command, env):
        done = strace_points.struck(command, env, point, "signal=KILL")
        done = strace_points.struck(command, env, point, "error=EIO")

The kernel never begins a call that is struck.
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
PATHS = re.compile(r'\d+<([^<>]*(?:<[^<>]*>)?)>|"((?:[^"\\]|\\.)*)"')

Point = collections.namedtuple("Point", "call use")

# One use of a call as it was recorded, with all that strace said of it.
Use = collections.namedtuple("Use", "point thread said")


class Done:
    """What became of a run that was struck."""

    def __init__(self, completed, said):
        self.status = completed.returncode
        self.stdout = completed.stdout
        self.stderr = completed.stderr.decode("utf-8", "replace")
        # strace's line of the first call that was struck, or "".
        self.said = said
        self.is_killed = self.status == -signal.SIGKILL

    @property
    def lines(self):
        return self.stderr.splitlines()


def paths(said):
    """The descriptors' and other paths in a line of strace -y."""
    return [a or b for a, b in PATHS.findall(said)]


def strace(trace, *options):
    return ["strace", "-f", "-qq", "-y", "-e", "signal=none", "-o", trace,
            *options]


def run(arguments, env, **options):
    options.setdefault("timeout", RUN_S)
    return subprocess.run(arguments, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, **options)


def uses(trace):
    """Every use of a call after the loader, which unmaps its list of libraries
    last of all, in the order in which they began."""
    counts, is_loaded = collections.Counter(), False
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            call = CALL.match(line)
            if call is None:
                continue
            thread, name, rest = call.groups()
            counts[thread, name] += 1
            if is_loaded:
                yield Use(Point(name, counts[thread, name]), thread, rest)
            is_loaded = is_loaded or name == "munmap"


def recorded(command, env, **options):
    """Runs the command to its end; returns (CompletedProcess, its uses)."""
    with tempfile.NamedTemporaryFile(prefix="marquee-trace-",
                                     dir=scratch()) as trace:
        done = run(strace(trace.name) + command, env, **options)
        return done, list(uses(trace.name))


def points(found):
    """Each point once, in the order of the run."""
    return list(dict.fromkeys(use.point for use in found))


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
            *more) + command, env, **options)
        with open(trace.name, encoding="utf-8", errors="replace") as lines:
            said = next((line for line in lines if "(INJECTED)" in line), "")
    return Done(done, said.rstrip("\n"))


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
