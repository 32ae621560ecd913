"""Disks on which a run cannot write: full, small, read-only, or gone.

Each of these runs a cache_runs.Run once in such a place and returns (how it is
called, strace_points.Done, the tree that is left); `after` makes the place good
again for the run after it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

import cache_trees
import programs
import strace_points

# A file system in memory of a size of its own; beyond it there is room enough.
SMALL_KB, LARGE_KB, PAGE_KB = 40, 4096, 4


def mount(*arguments):
    """Only root can."""
    subprocess.run(["mount", *arguments], check=True)


@contextlib.contextmanager
def disk(run, worker):
    """A tmpfs below the worker's cache, which holds what the run starts
    from."""
    place = os.path.dirname(run.cache(worker))
    os.makedirs(place, exist_ok=True)
    mount("-t", "tmpfs", "-o", "size=%dk" % LARGE_KB, "tmpfs", place)
    try:
        cache_trees.put(run.cache(worker), run.start)
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def resize(place, size_kb):
    mount("-o", "remount,rw,size=%dk" % size_kb, place)


def used_kb(place):
    status = os.statvfs(place)
    return (status.f_blocks - status.f_bfree) * status.f_frsize // 1024


def ended(run, worker, *before):
    """Runs it, by way of another program where one is given."""
    done = strace_points.run([*before, *run.command(worker)],
                             run.environment(worker))
    return strace_points.Done(done, []), cache_trees.take(run.cache(worker))


def on_small_disk(run, worker, room_kb):
    """With so much room beside what is there already."""
    with disk(run, worker) as place:
        resize(place, max(used_kb(place) + room_kb, PAGE_KB))
        done, tree = ended(run, worker)
    return done, tree


def on_read_only_disk(run, worker):
    with disk(run, worker) as place:
        mount("-o", "remount,ro", place)
        return ended(run, worker)


def in_read_only_directory(run, worker):
    """By the directory's mode. Root is made to heed it."""
    cache_trees.put(run.cache(worker), run.start)
    inner = os.path.join(run.cache(worker), run.site)
    os.chmod(inner, 0o555)
    heeding = ["setpriv", "--bounding-set", "-dac_override",
               "--inh-caps", "-dac_override"] if os.geteuid() == 0 else []
    done, tree = ended(run, worker, *heeding)
    os.chmod(inner, 0o755)
    return done, tree


def with_small_files(run, worker, size_bytes):
    """No file may grow beyond that (RLIMIT_FSIZE)."""
    cache_trees.put(run.cache(worker), run.start)
    return ended(run, worker, "prlimit", "--fsize=%d" % size_bytes, "--")


def largest_file(tree):
    return max((len(entry.content) for entry in tree.values()
                if entry.kind == "f"), default=0)


def removed_at(run, worker, point):
    """The cache directory is removed while the run is stopped at a point."""
    cache_trees.put(run.cache(worker), run.start)
    with tempfile.NamedTemporaryFile(prefix="marquee-trace-",
                                     dir=strace_points.scratch()) as trace:
        process = subprocess.Popen(
            ["strace", "-f", "-qq", "-o", trace.name, "-e", "trace=" +
             point.call, "-e", "inject=%s:signal=STOP:when=%d" % (
                 point.call, point.use), *run.command(worker)],
            env=run.environment(worker), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

        def stopped():
            with open(trace.name, encoding="utf-8", errors="replace") as file:
                return process.poll() is not None or [
                    line for line in file if "stopped by SIGSTOP" in line]

        lines = programs.wait_for(stopped, strace_points.RUN_S, "the stop")
        shutil.rmtree(run.cache(worker))
        if lines is not True:
            os.kill(int(lines[0].split()[0]), signal.SIGCONT)
        stdout, stderr = process.communicate(timeout=strace_points.RUN_S)
        done = subprocess.CompletedProcess([], process.returncode, stdout,
                                           stderr)
    return (strace_points.Done(done, []),
            cache_trees.take(run.cache(worker)), lines is not True)
