"""Responders under their supervisor, and what can happen to them.

    class Responder(supervising.TestCase):
        def test_it_is_replaced(self):
            self.supervise()
            self.make_trouble("hang")
            self.ask_in_vain()
            self.wait_until_replaced()

The programs of the normal build: a library is loaded before them
(tests/support/trouble.c) that brings them into trouble when it is told to.
"""

import contextlib
import os
import random
import signal
import socket
import struct

import fcgi
import programs
import responding
import whole_site

# One that is not replaced by then is not replaced.
PATIENCE_S = 60


class Victim:
    """The process `self.supervisor` keeps running, called `self.name`."""

    def trouble_directory(self):
        path = self.path("trouble")
        os.makedirs(path, exist_ok=True)
        return path

    def launch_words(self):
        """What goes before a responder, so that it can get into trouble; which
        is not what it may do while it is confined."""
        return ["env", "MARQUEE_CONFINE=off", "LD_PRELOAD=" + programs.helper("trouble.so"),
                "TROUBLE=" + self.trouble_directory()]

    def make_trouble(self, what):
        """See trouble.c. Returns the pid of the process that is in it: whoever
        comes after it is not."""
        pid = self.pid()
        with open(os.path.join(self.trouble_directory(), "new"), "w",
                  encoding="ascii") as file:
            file.write("%d\n" % pid)
        os.rename(file.name, os.path.join(self.trouble_directory(), what))
        return pid

    def find(self):
        return programs.child(self.supervisor, self.name)

    def pid(self):
        return programs.wait_for(self.find, PATIENCE_S, self.name)

    def is_other_than(self, pid):
        return self.find() not in (None, pid)

    def wait_until_replaced(self, pid, seconds=PATIENCE_S):
        programs.wait_for(lambda: self.is_other_than(pid), seconds,
                          "another " + self.name)

    def said(self):
        """What the supervisor and its children have logged."""
        return self.errors(self.supervisor)


def abort(path):
    """Ends whoever answers there, by libfcgi's own assertion: a name that is
    almost 2 GiB long, it says, more than there is memory for."""
    with fcgi.Connection(path) as connection:
        connection.socket.sendall(
            fcgi.record(fcgi.BEGIN_REQUEST, struct.pack(
                ">HB5x", fcgi.RESPONDER, 0)) +
            fcgi.record(fcgi.PARAMS, b"\xff\xff\xff\xfe\x00x"))
        with contextlib.suppress(OSError):
            connection.socket.recv(1)


def hold(case, path, count):
    """Peers that begin a request and never go on; returns them."""
    peers = []
    for _ in range(count):
        peer = socket.socket(socket.AF_UNIX)
        case.addCleanup(peer.close)
        peer.connect(path)
        peer.sendall(b"\1\1")
        peers.append(peer)
    return peers


class TestCase(Victim, responding.TestCase):
    """A responder with no web server before it."""

    name = "movies.fcgi"
    threads = 8

    def setUp(self):
        super().setUp()
        self.publish(responding.PAGES)

    def supervise(self, watch_ms=1000):
        """`watch_ms` 0: nobody looks for signs of life."""
        watch = ["--watch-ms", str(watch_ms)] if watch_ms else []
        self.supervisor = self.start(
            ["spawn-fcgi", "-n", "-s", self.socket, "-M", "0660", "--",
             programs.program("keep-running"), *watch, *self.launch_words(),
             programs.release_program(self.name), "--threads",
             str(self.threads)],
            env=self.settings())
        self.wait_until_it_answers()
        return self.pid()

    def wait_until_it_answers(self):
        programs.wait_for(self.answers, PATIENCE_S, "an answer")

    def answers(self, uri="/movies", timeout=2):
        with contextlib.suppress(EOFError):
            with fcgi.Connection(self.socket, timeout) as connection:
                return connection.ask(responding.params(uri)).status == 200
        return False

    def ask_in_vain(self, count=1):
        """Requests that nobody waits for."""
        for _ in range(count):
            connection = fcgi.Connection(self.socket)
            self.addCleanup(connection.socket.close)
            connection.send(responding.params("/movies"))


class Alone(TestCase):
    """Not a test: `with alone("files.fcgi") as …`."""

    # What any of them answers, and opens files for.
    URIS = {"movies.fcgi": "/movies", "events.fcgi": "/events",
            "files.fcgi": "/api/presentation/files/unknown"}

    def runTest(self):
        """unittest wants a name."""

    def settings(self, **more):
        return super().settings(MARQUEE_STATE_DIR=self.path("state"), **more)

    def supervise_or_wait(self, watch_ms):
        if not hasattr(self, "supervisor"):
            self.supervise(watch_ms)
        return self.pid()

    def socket_path(self):
        return self.socket

    def answers(self, uri=None):
        with contextlib.suppress(EOFError):
            with fcgi.Connection(self.socket, timeout=2) as connection:
                connection.ask(responding.params(self.URIS[self.name]))
                return True
        return False


@contextlib.contextmanager
def alone(name):
    responder = type("Alone", (Alone,), {"name": name})()
    responder.setUp()
    try:
        yield responder
    finally:
        responder.doCleanups()


class Site(Victim, whole_site.TestCase):
    """The whole site, as it is shipped. Not a test: `with site() as …`."""

    name = "movies.fcgi"
    threads = 64  # unless it is told otherwise
    held = ()     # by peers of the responder's

    def runTest(self):
        """unittest wants a name."""

    def responder_program(self, name):
        return programs.release_program(name)

    @property
    def launch(self):
        return self.launch_words()

    def start_site(self):
        super().start_site()
        self.supervisor = self.responder
        programs.wait_for(lambda: self.get("/movies").status == 200,
                          PATIENCE_S, "the site")

    def socket_path(self):
        return self.path("nginx", "movies.sock")

    def is_answered_by_the_responder(self):
        """Not by what the microcache has, nor by the files."""
        answer = self.get("/movies", {"If-None-Match": '"%d"'
                                      % random.getrandbits(60)})
        return answer.status == 200 and answer["ETag"] is not None

    def stop_supervisor(self):
        """From now on nobody starts anything again. The socket stays open."""
        self.supervisor.send_signal(signal.SIGSTOP)
        self.addCleanup(self.supervisor.send_signal, signal.SIGCONT)

    def kill(self):
        """Returns whom."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        return pid


@contextlib.contextmanager
def site(**attributes):
    """A site of its own, started; `attributes` in the place of the class's."""
    running = type("Site", (Site,), attributes)()
    running.setUp()
    try:
        running.start_site()
        yield running
    finally:
        running.doCleanups()


# What readers of the films get where nginx has no other answer.
WITHOUT_FALLBACK = ("snippets/marquee-locations.conf", "= @marquee_files;",
                    "=503 /.error;")
