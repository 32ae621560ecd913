"""Runs a program again and again, and each time another allocation fails.

    program = starving.Program(directory, [path, "--once"], env)
    run = program.run(17)                 # the 17th allocation, no other
    run = program.run(17, goes_on=True)   # the 17th and all after it
    run.failed, run.status, run.stderr, run.blame, run.died_in
    program.end()

What stands in for malloc is tests/support/failing_malloc.c, whose header says
what is counted. A program is linked and started once; each run is a fork of it.

`blame` is who was refused memory, and `died_in` where a crash was: the
innermost of the call chain that is not libc, the program's own name or a
library's ("libcurl.so.4").
"""

import contextlib
import mmap
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess

import programs

# struct failing_control.
HEAD = struct.Struct("<QQQQQqQQ")
CHAIN_BYTES = 2048
CALLERS_AT = HEAD.size + 2 * CHAIN_BYTES
MOST_TRACED = 100_000
CONTROL_BYTES = CALLERS_AT + 8 * MOST_TRACED

# A run without memory ends soon, or never.
RUN_S = 60

# They are between a caller and what it asked for, and never to blame.
BETWEEN = re.compile(r"(libc|libpthread|libm|ld-linux-x86-64|libgcc_s|libasan|"
                     r"libubsan|libresolv)\.so[.\d]*\Z")

SAYS_MEMORY = re.compile(r"memory", re.IGNORECASE)


class Run:
    """What came of one run."""

    def __init__(self, control, status, stdout, stderr):
        self.seen, self.failed = control.seen, control.failed
        self.chain, self.crash = control.chain, control.crash
        self.status = status    # exit status; -N: signal N; None: it hung
        self.stdout = stdout
        self.stderr = stderr.decode("utf-8", "replace")

    @property
    def has_crashed(self):
        return (self.status is None or self.status < 0
                or self.status == programs.SANITIZER_STATUS
                or ": runtime error: " in self.stderr)

    @property
    def blame(self):
        return innermost(self.chain)

    @property
    def died_in(self):
        return innermost(self.crash)

    @property
    def says_memory(self):
        return bool(SAYS_MEMORY.search(self.stderr))

    def __str__(self):
        return "status %s, refused: %s, crash: %s, stderr: %s" % (
            self.status, self.chain, self.crash, self.stderr[-600:])


def innermost(chain):
    """The module that a chain begins in, libc passed over."""
    for part in chain.split():
        module = part.partition("+")[0]
        if not BETWEEN.match(module):
            return module
    return "libc"


class Control:
    """What driver and program share, mapped."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb+") as file:
            file.truncate(CONTROL_BYTES)
            self.map = mmap.mmap(file.fileno(), CONTROL_BYTES)

    def close(self):
        self.map.close()

    def arm(self, wanted, goes_on=False, is_armed=False, is_traced=False):
        """Everything anew; a forked child arms itself."""
        self.map[:CALLERS_AT] = bytes(CALLERS_AT)
        self.map[:HEAD.size] = HEAD.pack(wanted, goes_on, is_armed, 0, 0, 0,
                                         is_traced, 0)

    def disarm(self):
        self.map[16:24] = bytes(8)

    @property
    def seen(self):
        return HEAD.unpack_from(self.map)[3]

    @property
    def failed(self):
        return HEAD.unpack_from(self.map)[4]

    @property
    def chain(self):
        return self.text(HEAD.size)

    @property
    def crash(self):
        return self.text(HEAD.size + CHAIN_BYTES)

    def callers(self):
        """Of each allocation of a traced run, a number for the place in the
        code; odd where the program itself asked, or json-c."""
        count = min(self.seen, MOST_TRACED)
        return struct.unpack_from("<%dQ" % count, self.map, CALLERS_AT)

    def text(self, at):
        return self.map[at:at + CHAIN_BYTES].partition(b"\0")[0].decode()

    def environment(self, env):
        """`env` with what makes a program starve."""
        env = programs.environment(env)
        env["LD_PRELOAD"] = programs.helper("failing_malloc.so")
        env["FAILING_MALLOC"] = self.path
        # libseccomp without memory has loaded lists that allow nothing at all,
        # and then no word of a crash comes out.
        env["MARQUEE_CONFINE"] = "off"
        # A sanitizer that was built in finds what is not a signal; leaks are
        # counted.
        env["ASAN_OPTIONS"] += ":verify_asan_link_order=0:detect_leaks=0:" \
            "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:" \
            "handle_sigill=0:allocator_may_return_null=1"
        return env


class Program:
    """A program that waits before its main, and forks for each run."""

    def __init__(self, directory, arguments, env, stdin=b""):
        self.control = Control(os.path.join(directory, "control"))
        self.files = []
        for name in ("stdin", "stdout", "stderr"):
            path = os.path.join(directory, name)
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
            self.files.append(os.open(path, flags, 0o600))
        os.write(self.files[0], stdin)
        go_in, self.go = os.pipe()
        self.came, came_out = os.pipe()
        self.arguments = arguments
        self.options = {
            "env": self.control.environment(env), "cwd": directory,
            "stdin": self.files[0], "stdout": self.files[1],
            "stderr": self.files[2]}
        options = dict(self.options, env=dict(
            self.options["env"],
            FAILING_MALLOC_SERVER="%d,%d" % (go_in, came_out)))
        self.process = subprocess.Popen(
            arguments, pass_fds=[go_in, came_out], preexec_fn=no_cores,
            **options)
        os.close(go_in)
        os.close(came_out)

    @property
    def callers(self):
        return self.control.callers()

    def end(self):
        os.close(self.go)
        self.process.wait()
        for fd in self.files + [self.came]:
            os.close(fd)
        self.control.close()

    def run(self, wanted, goes_on=False, is_traced=False):
        """One run in which the `wanted`-th allocation fails (0: none)."""
        self.control.arm(wanted, goes_on, is_traced=is_traced)
        self.rewind()
        os.write(self.go, b".")
        pid = self.number(RUN_S)
        status = self.number(RUN_S)
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self.number(RUN_S)
        else:
            status = os.waitstatus_to_exitcode(status)
        return self.result(status)

    def run_limited(self, limit_bytes, arguments=None):
        """One run of its own in so much address space; nothing else fails."""
        self.control.arm(0)
        self.rewind()
        process = subprocess.Popen(
            self.arguments[:1] + arguments if arguments else self.arguments,
            preexec_fn=lambda: limit(limit_bytes), **self.options)
        try:
            status = process.wait(RUN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = None
        return self.result(status)

    def rewind(self):
        os.lseek(self.files[0], 0, os.SEEK_SET)
        for fd in self.files[1:]:
            os.ftruncate(fd, 0)

    def result(self, status):
        return Run(self.control, status, *(
            os.pread(fd, 1 << 24, 0) for fd in self.files[1:]))

    def number(self, seconds):
        """What the server tells next; None where it takes too long."""
        if not select.select([self.came], [], [], seconds)[0]:
            return None
        told = os.read(self.came, 4)
        if len(told) != 4:
            raise AssertionError("the program that was to starve is gone")
        return struct.unpack("<i", told)[0]


class Server:
    """A FastCGI responder that lives on; a run is one request, made by
    `ask(connect)`, whose result is the run's stdout: bytes, or None where the
    connection ended without an answer."""

    def __init__(self, directory, arguments, env, ask):
        self.control = Control(os.path.join(directory, "control"))
        self.directory, self.arguments, self.ask = directory, arguments, ask
        self.env = self.control.environment(env)
        self.path = os.path.join(directory, "starved.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)
        self.errors = os.open(os.path.join(directory, "stderr"), os.O_RDWR |
                              os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self.process = None
        self.callers = ()

    def start(self):
        self.control.arm(0)
        self.process = subprocess.Popen(
            self.arguments, env=self.env, cwd=self.directory,
            stdin=self.listener, stdout=subprocess.DEVNULL,
            stderr=self.errors, preexec_fn=no_cores)
        # What is done once only is done before anything fails.
        if self.ask(self.path) is None or self.ask(self.path) is None:
            raise AssertionError("a responder with memory does not answer")

    def run(self, wanted, goes_on=False, is_traced=False):
        if self.process is None:
            self.start()
        os.ftruncate(self.errors, 0)
        self.control.arm(wanted, goes_on, True, is_traced)
        answer = self.ask(self.path)
        self.control.disarm()
        if is_traced:
            self.callers = self.control.callers()
        status = self.end_of(answer)
        return Run(self.control, status, answer or b"",
                   os.pread(self.errors, 1 << 24, 0))

    def end_of(self, answer):
        """0 where it lives; where it does not answer it has a moment to end."""
        try:
            status = self.process.wait(0 if answer is not None else 1)
        except subprocess.TimeoutExpired:
            return 0
        self.process = None
        return status

    def end(self):
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(programs.END_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.listener.close()
        os.close(self.errors)
        self.control.close()


def limit(address_space_bytes):
    no_cores()
    resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes,) * 2)


def no_cores():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
