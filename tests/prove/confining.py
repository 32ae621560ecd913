"""Somebody with code of his own inside a program: what he can still do.

    with confining.Bed() as bed:
        acts = bed.intrude("movies.fcgi")
        acts["start a program"]        # (is done, errno)
        confining.got(acts, "movies.fcgi")

tests/support/intruder.c is what he does, preloaded into the program of the
normal build: sanitizers need a wider confinement (lib/confine/instrumented.h).
"""

import ctypes
import errno
import os
import re
import shutil
import socket
import subprocess
import tempfile

import fcgi
import programs
import responding
import serving_events

RESPONDERS = ("movies.fcgi", "files.fcgi", "events.fcgi")
JOBS = ("fetch-movies", "fetch-file", "notify", "relay-events")

# With which words each job is run, and so that it connects.
WORDS = {"fetch-movies": [], "fetch-file": ["file-1"], "notify": ["--once"],
         "relay-events": ["--once"]}

READS = {"read the cache"}
WRITES = READS | {"write into the cache", "remove from the cache"}
CONNECTS = {"connect by TCP", "open a Unix socket", "make memory of new code"}

# What is a program's own business, and so not refused.
ALLOWED = {
    "movies.fcgi": READS,
    "files.fcgi": WRITES | CONNECTS,
    "events.fcgi": WRITES,
    "fetch-movies": WRITES | CONNECTS | {"make a symbolic link"},
    "fetch-file": WRITES | CONNECTS,
    "notify": WRITES | CONNECTS,
    "relay-events": WRITES | CONNECTS,
}

# What an unconfined program must be able to do, or the method is broken: all
# that needs no root.
SURE = {
    "read /etc/passwd", "read a file outside", "list a directory outside",
    "list /", "climb out by ..", "follow a link out", "write outside",
    "write over a file outside", "cut a file outside", "write into /tmp",
    "remove outside", "move out of the cache", "link into the cache",
    "change modes outside", "write into the cache", "remove from the cache",
    "make a symbolic link", "fork", "start a program",
    "start what was brought", "signal another", "read another's limits",
    "connect by TCP", "listen on TCP", "open a Unix socket",
    "connect to an abstract socket", "make memory of new code",
    "read the cache",
}

# How the kernel refuses. Anything else is an act that went wrong by itself.
REFUSALS = {errno.EPERM, errno.EACCES, errno.EXDEV}

# What Landlock alone holds back; without it, that is not refused.
FILES = {
    "read /etc/passwd", "read a file outside", "list a directory outside",
    "list /", "climb out by ..", "follow a link out",
    "read another's environment", "write outside", "write over a file outside",
    "write into /tmp", "remove outside", "move out of the cache",
    "link into the cache", "write into the cache", "remove from the cache",
    "make a symbolic link", "cut a file outside",
    "listen on TCP", "connect to an abstract socket",
}

LINE = re.compile(r"^([^=]+)=(done|refused (\d+) .*)?$", re.M)

CREATE_RULESET = 444  # on every architecture
VERSION = 1
LEAST_ABI = 2  # file_rules.h


def landlock_abi():
    """That of this kernel; 0: it has none."""
    libc = ctypes.CDLL(None, use_errno=True)
    return max(0, libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0),
                               VERSION))


class Bed:
    """A cache, a directory that is nobody's business, another process, and
    somebody who listens."""

    errors = ""

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="marquee-prove-")
        self.victim = subprocess.Popen(["sleep", "600"])
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.abstract = socket.socket(socket.AF_UNIX)
        self.name = "marquee-prove-%d-%s" % (os.getpid(),
                                             os.path.basename(self.directory))
        self.abstract.bind("\0" + self.name)
        self.abstract.listen(128)
        return self

    def __exit__(self, *_):
        self.victim.kill()
        self.victim.wait()
        self.listener.close()
        self.abstract.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def lay_out(self):
        """All as it was; returns nothing that an earlier run has left."""
        for name in ("cache", "state", "outside"):
            shutil.rmtree(self.path(name), ignore_errors=True)
            os.mkdir(self.path(name))
        for own in ("cache", "state"):
            for name in ("to-move", "to-read", "to-remove"):
                self.put("mine", own, name)
            os.symlink("../outside/secret", self.path(own, "way-out"))
        self.put("the secret", "outside", "secret")
        self.put("", "outside", "to-remove")

    def put(self, text, *names):
        with open(self.path(*names), "w", encoding="utf-8") as file:
            file.write(text)

    def settings(self, **more):
        url = "http://127.0.0.1:%d" % self.listener.getsockname()[1]
        return dict({
            "MARQUEE_CACHE_DIR": self.path("cache"),
            "MARQUEE_STATE_DIR": self.path("state"),
            "MARQUEE_SHARE_DIR": programs.ROOT,
            "MARQUEE_GHIBLI_URL": url, "MARQUEE_FILES_URL": url,
            "MARQUEE_API_URL": url, "MARQUEE_RETRIES": "0",
            "MARQUEE_TIMEOUT_MS": "200", "MARQUEE_LOG_LEVEL": "debug",
        }, **more)

    def intruder(self, where, own):
        return {
            "LD_PRELOAD": programs.release_helper("intruder.so"),
            "INTRUDER_AT": where,
            "INTRUDER_REPORT": self.path("report"),
            "INTRUDER_CACHE": self.path(own),
            "INTRUDER_OUTSIDE": self.path("outside"),
            "INTRUDER_VICTIM": str(self.victim.pid),
            "INTRUDER_PORT": str(self.listener.getsockname()[1]),
            "INTRUDER_SOCKET": self.name,
        }

    def intrude(self, name, launcher=(), **settings):
        """Runs the program with the intruder in it. Returns {act: (is done,
        errno)}; self.errors is what the program said."""
        self.lay_out()
        if os.path.exists(self.path("report")):
            os.unlink(self.path("report"))
        if name in RESPONDERS:
            self.serve(name, launcher, settings)
        else:
            self.run(name, launcher, settings)
        return self.read_report()

    def start(self, words, settings, intruder, **popen):
        with open(self.path("errors"), "wb") as log:
            return subprocess.Popen(
                words, env=programs.environment(dict(
                    self.settings(**settings), **intruder)),
                stdout=subprocess.DEVNULL, stderr=log, cwd=self.directory,
                **popen)

    def serve(self, name, launcher, settings):
        with socket.socket(socket.AF_UNIX) as listener:
            path = self.path("socket")
            if os.path.exists(path):
                os.unlink(path)
            listener.bind(path)
            listener.listen(8)
            process = self.start(
                [*launcher, programs.release_program(name)], settings,
                self.intruder("accept", "cache"), stdin=listener)
            try:
                with fcgi.Connection(path, 60) as connection:
                    connection.ask(responding.params("/ping"))
            except (OSError, EOFError):
                pass  # he has become another program: the report says so
            self.end(process)

    def run(self, name, launcher, settings):
        if name in ("notify", "relay-events"):
            self.post()
        own = "state" if name == "notify" else "cache"
        if name == "relay-events":
            settings = dict(settings, MARQUEE_AMQP_URL="amqp://127.0.0.1:%d"
                            % programs.free_port())
        process = self.start(
            [*launcher, programs.release_program(name), *WORDS[name]],
            settings, self.intruder("connect", own),
            stdin=subprocess.DEVNULL)
        programs.wait_for(
            lambda: process.poll() is not None or self.is_reported(), 60,
            "the report of who is in " + name)
        self.end(process)

    def post(self):
        """An event that waits."""
        body = b'{"user_id": "u", "description": "d"}'
        headers = {"Content-Type": "application/json"}
        with tempfile.TemporaryFile() as file:
            file.write(body)
            file.seek(0)
            subprocess.run(
                [programs.release_program("events.fcgi")], stdin=file,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=programs.environment(self.settings(
                    **serving_events.params("/events", "POST", headers,
                                            body))),
                check=True, timeout=60)

    def end(self, process):
        process.terminate()
        try:
            process.wait(programs.END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        with open(self.path("errors"), encoding="utf-8",
                  errors="replace") as log:
            self.errors = log.read()

    def is_reported(self):
        with open(self.path("report"), encoding="utf-8") as report:
            return "end=done" in report.read()

    def read_report(self):
        try:
            with open(self.path("report"), encoding="utf-8") as report:
                text = report.read()
        except FileNotFoundError:
            text = ""
        found = {}
        for name, result, reason in LINE.findall(text):
            # Nothing behind the name: he is another program by now.
            found[name] = (not result.startswith("refused"),
                           int(reason) if reason else 0)
        if not found:
            raise AssertionError("nobody has got in: " + self.errors)
        found.pop("end", None)
        return found


def refusals(trace):
    """The lines of a trace in which the kernel refused."""
    with open(trace, encoding="utf-8", errors="replace") as lines:
        return [line for line in lines
                if re.search(r"= -1 (EPERM|EACCES|EXDEV) ", line)]


def done(acts):
    """The names of what he could do."""
    return {name for name, (is_done, _) in acts.items() if is_done}


def got(acts, program):
    """What he could do that is not the program's own business, and what the
    kernel did not refuse but somehow failed."""
    wrong = {name for name, (is_done, reason) in acts.items()
             if not is_done and reason not in REFUSALS}
    return (done(acts) - ALLOWED[program]) | wrong
