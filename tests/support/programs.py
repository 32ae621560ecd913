"""What every black-box test needs: the programs, a directory, processes.

    import programs

    class Responder(programs.TestCase):
        def test_it_answers(self):
            process = self.start([programs.program("movies.fcgi")], env={...})
            programs.wait_for(lambda: ready(), 5, "the responder")

Nothing here sleeps for a guess: wait_for asks again and again until what it
waits for is so. Tests run alone, in any order and side by side: each has a
directory and ports of its own.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

BIN = os.environ.get("MARQUEE_BIN",
                     os.path.join(ROOT, "build", "sanitize", "bin"))

# How long a process that was asked to end may take before it is killed.
END_S = 15

# Sanitizers report to stderr and exit with this status, so that no test takes
# their report for an ordinary failure of the program.
SANITIZER_STATUS = 99


def built(directory, name):
    path = os.path.join(os.path.abspath(directory), name)
    return path if os.access(path, os.X_OK) else None


def program(name):
    """The path of a program that was built: MARQUEE_BIN says where."""
    path = built(BIN, name)
    if path is None:
        raise FileNotFoundError("%s is not built (MARQUEE_BIN=%s)"
                                % (name, BIN))
    return path


def release_program(name):
    """The path of the program in the normal build (MARQUEE_RELEASE_BIN), or of
    the one under test where only that was built."""
    return built(os.environ.get("MARQUEE_RELEASE_BIN", BIN), name) or \
        program(name)


def helper(name):
    """The path of a test helper, built beside the programs in ../tests."""
    for directory in (BIN, os.environ.get("MARQUEE_RELEASE_BIN", BIN)):
        path = built(os.path.join(directory, "..", "tests"), name)
        if path is not None:
            return path
    raise FileNotFoundError("the helper %s is not built" % name)


def release_helper(name):
    """The same from the normal build, or that of the one under test where only
    that was built."""
    return built(os.path.join(os.environ.get("MARQUEE_RELEASE_BIN", BIN), "..",
                              "tests"), name) or helper(name)


# Ports for servers that are told theirs. Below those that the kernel gives to
# clients, so that none is taken between the choice and the server's bind.
PORTS = range(20000, 32000)

# What keeps other tests from choosing the same: a socket per port, by a name of
# the kernel's own that ends with this process.
port_claims = {}


def claim(port):
    """Makes the port this process's own. False: another one's, or in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            mark.bind("\0marquee-test-port-%d" % port)
            probe.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            return False
    port_claims[port] = mark
    return True


def free_port():
    """A port of 127.0.0.1 that nothing listens on, and that no other test gets
    while this process lives."""
    port = random.choice(PORTS)
    while port in port_claims or not claim(port):
        port = random.choice(PORTS)
    return port


def wait_for(predicate, seconds, what):
    """Asks until predicate() is true and returns what it returned.

    OSErrors count as "not yet". Past the time, an AssertionError names `what`.
    """
    deadline = time.monotonic() + seconds
    pause, last = 0.002, None
    while True:
        try:
            result = predicate()
            if result:
                return result
        except OSError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError("waited %g s in vain for %s%s" % (
                seconds, what, ": %s" % last if last else ""))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def child(process, name):
    """The pid of the program of that name that a started supervisor runs; None
    while it is between two runs."""
    with open("/proc/%d/task/%d/children" % (process.pid, process.pid),
              encoding="ascii") as children:
        for pid in children.read().split():
            with open("/proc/%s/comm" % pid, encoding="utf-8") as comm:
                if comm.read().strip() == name[:15]:
                    return int(pid)
    return None


def environment(extra=None):
    """A small environment: nothing of the caller's settings leaks in."""
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
        "LC_ALL": "C",
        "ASAN_OPTIONS": "exitcode=%d:abort_on_error=0" % SANITIZER_STATUS,
        "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=%d" % SANITIZER_STATUS,
        "TSAN_OPTIONS": "exitcode=%d:halt_on_error=1:report_thread_leaks=0:"
                        "allocator_may_return_null=1" % SANITIZER_STATUS,
    }
    env.update(extra or {})
    return env


class TestCase(unittest.TestCase):
    """A test with a directory of its own, whose processes end with it."""

    def setUp(self):
        super().setUp()
        self.directory = tempfile.mkdtemp(prefix="marquee-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def start(self, arguments, env=None, **popen):
        """Starts a program in the background; returns its Popen.

        `env` is added to a small environment. stderr goes to a file unless
        it is given: self.errors(process) reads it.
        """
        if "stderr" not in popen:
            log = open(self.path("stderr-%d" % len(os.listdir(
                self.directory))), "wb")
            self.addCleanup(log.close)
            popen["stderr"] = log
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", subprocess.DEVNULL)
        popen.setdefault("cwd", self.directory)
        process = subprocess.Popen(arguments, env=environment(env), **popen)
        process.error_file = getattr(popen["stderr"], "name", None)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        """Ends a process with SIGTERM, after END_S with SIGKILL; returns its
        exit status."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()
        return process.returncode

    def errors(self, process):
        """What a started process wrote to stderr so far."""
        with open(process.error_file, encoding="utf-8",
                  errors="replace") as log:
            return log.read()

    def run_program(self, arguments, env=None, timeout=60, **options):
        """Runs a program to its end; returns the CompletedProcess, its
        output as bytes."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("cwd", self.directory)
        return subprocess.run(
            arguments, env=environment(env), timeout=timeout,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
            **options)
