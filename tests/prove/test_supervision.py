"""The short form of prove_supervision.py: responders in trouble are replaced,
and nobody's page fails meanwhile."""

import os
import struct
import signal
import time

import fcgi
import programs
import responding
import steady_load
import supervising


class Replaced(supervising.TestCase):
    """What its supervisor looks after."""

    def assert_replaced(self, pid, words):
        self.wait_until_replaced(pid)
        self.wait_until_it_answers()
        self.assertIn(words, self.said())

    def test_one_with_a_thread_that_hangs(self):
        pid = self.supervise()
        self.make_trouble("stick")
        self.ask_in_vain()
        self.assert_replaced(pid, "an answer hangs")

    def test_one_whose_threads_all_hang(self):
        pid = self.supervise()
        self.make_trouble("hang")
        self.ask_in_vain(2 * self.threads)
        self.assert_replaced(pid, "not well, ending")

    def test_one_whose_threads_are_all_held_by_its_peers(self):
        pid = self.supervise()
        supervising.hold(self, self.socket, self.threads)
        self.ask_in_vain()
        self.assert_replaced(pid, "no request was taken")

    def test_one_that_leaks_descriptors_before_it_has_no_more(self):
        pid = self.supervise()
        self.make_trouble("leak")
        programs.wait_for(lambda: self.answers() and self.is_other_than(pid),
                          60, "another one")
        self.assert_replaced(pid, "descriptors leak")
        self.assertNotIn("Too many open files", self.said())

    def test_one_that_gives_no_sign_of_life_though_it_answers(self):
        pid = self.supervise()
        self.make_trouble("silent")
        self.assert_replaced(pid, "no sign of life")

    def test_one_that_is_frozen(self):
        pid = self.supervise()
        os.kill(pid, signal.SIGSTOP)
        self.assert_replaced(pid, "no sign of life")

    def test_one_that_aborts(self):
        pid = self.supervise()
        supervising.abort(self.socket)
        self.assert_replaced(pid, "Aborted")


class Killed(supervising.TestCase):

    def test_regress_a_kill_in_the_middle_of_an_answer_left_half_of_it(self):
        """libfcgi sends it in pieces of 8 KiB; nginx has begun to hand it on
        then, and asks nobody else."""
        page = os.urandom(50000)
        self.publish({"movies.html": page})
        pid = self.supervise(watch_ms=0)
        self.make_trouble("cut")
        with fcgi.Connection(self.socket) as connection:
            connection.send(responding.params("/movies"))
            output = self.read_what_comes(connection)
        self.wait_until_replaced(pid)
        self.assertTrue(fcgi.Answer(output).body == page, len(output))

    def read_what_comes(self, connection):
        """All output. A peer that dies with something unread is told of before
        what it has sent, once."""
        received, output = b"", b""
        while True:
            try:
                part = connection.socket.recv(65536)
            except ConnectionResetError:
                continue
            if not part:
                break
            received += part
        while len(received) >= 8:
            kind, length, padding = struct.unpack(">xBxxHBx", received[:8])
            if kind == fcgi.STDOUT:
                output += received[8:8 + length]
            received = received[8 + length + padding:]
        return output


class Kept(supervising.TestCase):

    def test_one_that_is_well_and_busy(self):
        """For longer than the silence that is allowed."""
        watch_ms = 400
        pid = self.supervise(watch_ms)
        ends = time.monotonic() + 4 * watch_ms / 1000
        while time.monotonic() < ends:
            self.assertTrue(self.answers())
        self.assertEqual(self.find(), pid)
        self.assertNotIn("level=error", self.said())

    def test_one_with_a_reader_that_takes_its_time(self):
        """A web server that stands still is not the responder's fault."""
        self.publish({"style.css": os.urandom(4 << 20), "movies.html": b"all"})
        watch_ms = 400
        pid = self.supervise(watch_ms)
        with fcgi.Connection(self.socket) as reader:
            reader.send(responding.params("/style.css"))
            reader.read_record()
            ends = time.monotonic() + 4 * watch_ms / 1000
            while time.monotonic() < ends:
                self.assertTrue(self.answers(timeout=60))
            reader.receive()
        self.assertEqual(self.find(), pid)

    def test_one_in_trouble_where_nobody_looks(self):
        """The same troubles: what replaces the others is the watch."""
        pid = self.supervise(watch_ms=0)
        self.make_trouble("stick")
        self.ask_in_vain()
        # It is that one's thread that hangs, and no other's.
        programs.wait_for(lambda: "stick" not in
                          os.listdir(self.trouble_directory()), 30,
                          "the thread that hangs")
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            self.assertTrue(self.answers(timeout=60))
        self.make_trouble("leak")
        for _ in range(300):
            self.answers(timeout=60)
        self.assertEqual(self.find(), pid)


class Load(supervising.Site):
    """Of a whole site, in which nothing comes out of the microcache."""

    def load(self):
        return steady_load.Load(self.port, 100, "/movies", True)

    def wait_for_more(self, load):
        before = load.sent
        programs.wait_for(lambda: load.sent > before + 20, 60, "more requests")

    def test_no_request_fails_while_the_responder_is_killed(self):
        self.start_site()
        with self.load() as load:
            for _ in range(3):
                pid = self.kill()
                self.wait_for_more(load)
                self.wait_until_replaced(pid)
        self.assertGreater(load.sent, 60)
        self.assertEqual(dict(load.failures), {})

    def test_the_load_notices_where_nobody_does_anything_about_a_kill(self):
        self.nginx_edits = [supervising.WITHOUT_FALLBACK]
        self.start_site()
        self.stop_supervisor()
        with self.load() as load:
            self.kill()
            self.wait_for_more(load)
        self.assertGreater(load.failed, 0)
