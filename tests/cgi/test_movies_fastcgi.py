"""movies.fcgi as a FastCGI responder: threads, kept connections, its end, and
peers that behave badly."""

import os
import resource
import signal
import socket
import struct
import threading
import time
import unittest

import fcgi
import programs
import responding
from responding import PAGES, params

# More than fits into the buffers of a socket, so that a slow reader is felt.
BIG = os.urandom(8 << 20)

GET_BIG = params("/movies/big.html")


class Serving(responding.TestCase):
    def setUp(self):
        super().setUp()
        self.publish(dict(PAGES, **{"movies/big.html": BIG}))

    def test_an_answer_is_the_same_as_over_cgi(self):
        self.serve()
        for uri, headers in [
                ("/movies", {}), ("/movies", {"accept": "application/json"}),
                ("/movies", {"accept_encoding": "gzip"}),
                ("/movies", {"range": "bytes=3-9"}), ("/unknown", {})]:
            fast, plain = self.ask(uri, **headers), self.cgi(uri, **headers)
            self.assertEqual(fast.status, plain.status)
            self.assertEqual(fast.body, plain.body)
            self.assertEqual(fast.names, plain.names)

    def test_a_body_of_megabytes_arrives_byte_for_byte(self):
        self.serve("--threads", "1")
        answer = self.ask("/movies/big.html")
        self.assertEqual(answer.length, len(BIG))
        self.assertTrue(answer.body == BIG)

    def test_a_kept_connection_carries_many_requests(self):
        self.serve("--threads", "1")
        with fcgi.Connection(self.socket) as connection:
            for i in range(50):
                name = ("movies.html", "movies.json")[i % 2]
                answer = connection.ask(params("/" + name), keep=True)
                self.assertEqual(answer.body, PAGES[name])

    def test_a_connection_that_is_not_kept_is_closed(self):
        self.serve()
        with fcgi.Connection(self.socket) as connection:
            connection.ask(params("/movies"))
            self.assertEqual(connection.socket.recv(1), b"")

    def test_kept_connections_leave_the_other_threads_free(self):
        self.serve("--threads", "9")
        kept = [fcgi.Connection(self.socket) for _ in range(8)]
        for connection in kept:
            self.addCleanup(connection.socket.close)
            self.assertEqual(connection.ask(params("/"), keep=True).status,
                             200)
        self.assertEqual(self.ask("/movies").status, 200)
        for connection in kept:
            self.assertEqual(connection.ask(params("/"), keep=True).status,
                             200)

    def test_sixty_slow_readers_do_not_stop_the_default_threads(self):
        self.serve()
        for _ in range(60):
            slow = fcgi.Connection(self.socket)
            self.addCleanup(slow.socket.close)
            slow.send(GET_BIG)
            slow.read_record()
        self.assertEqual(self.ask("/movies").body, PAGES["movies.html"])

    def test_many_clients_at_once_each_get_their_own_answer(self):
        self.serve("--threads", "16")
        right = []

        def client(name):
            for _ in range(20):
                if self.ask("/" + name).body == PAGES[name]:
                    right.append(name)

        clients = [threading.Thread(target=client, args=(name,))
                   for name in ("movies.html", "movies.json", "style.css",
                                "movies/f1.json") * 4]
        for thread in clients:
            thread.start()
        for thread in clients:
            thread.join()
        self.assertEqual(len(right), 20 * len(clients))

    def test_an_answer_under_way_stays_of_its_generation(self):
        self.serve()
        other = bytes(len(BIG))
        with fcgi.Connection(self.socket) as connection:
            connection.send(GET_BIG)
            body = body_of(connection)
            next(body)
            for i in range(4):  # so that its generation is pruned
                self.publish({"movies/big.html": other, "n": b"%d" % i})
            self.assertTrue(next(body) == BIG)
        self.assertTrue(self.ask("/movies/big.html").body == other)

    def test_any_listening_socket_on_descriptor_0_will_do(self):
        """As systemd's StandardInput=socket hands it over."""
        for family, address in ((socket.AF_UNIX, self.socket),
                                (socket.AF_INET, ("127.0.0.1", 0))):
            with socket.socket(family, socket.SOCK_STREAM) as listener:
                listener.bind(address)
                listener.listen(16)
                address = listener.getsockname()
                process = self.start([programs.program("movies.fcgi")],
                                     env=self.settings(), stdin=listener)
                with fcgi.Connection(address) as connection:
                    self.assertEqual(connection.ask(params("/ping")).status,
                                     200)
                self.assertEqual(self.end(process), 0)


def body_of(connection):
    """Reads an answer slowly enough for things to happen between its records:
    yields None after the first, then the whole body."""
    kind, first = connection.read_record()
    output = [first]
    yield None
    while kind != fcgi.END_REQUEST:
        kind, content = connection.read_record()
        if kind == fcgi.STDOUT:
            output.append(content)
    yield fcgi.Answer(b"".join(output)).body


def posting(body_bytes):
    return dict(params("/movies"), REQUEST_METHOD="POST",
                CONTENT_LENGTH=str(body_bytes))


class UnreadBodies(responding.TestCase):
    """movies.fcgi reads no body; the next request on the connection must not
    notice."""

    def setUp(self):
        super().setUp()
        self.publish(PAGES)
        self.serve("--threads", "1")

    def ask_next(self, connection):
        answer = connection.ask(params("/movies.json"), keep=True)
        self.assertEqual(answer.body, PAGES["movies.json"])

    def test_a_kept_connection_goes_on_after_a_body_nobody_read(self):
        with fcgi.Connection(self.socket) as connection:
            for size in (1, 8191, 8192, 65536, 700000):
                answer = connection.ask(posting(size), keep=True,
                                        body=bytes(size))
                self.assertEqual(answer.status, 405)
                self.ask_next(connection)

    def test_a_body_without_a_length_is_passed_over_too(self):
        unknown = dict(posting(0), CONTENT_LENGTH="")
        with fcgi.Connection(self.socket) as connection:
            self.assertEqual(connection.ask(unknown, keep=True,
                                            body=bytes(100000)).status, 405)
            self.ask_next(connection)

    def test_regress_records_inside_a_body_were_obeyed(self):
        """libfcgi reads 8,192 bytes at a time: where that cuts a body, what
        follows was the beginning of the next request."""
        smuggled = fcgi.request(params("/movies.html"), keep=True)
        for noted in ("100000", ""):
            post = dict(posting(0), CONTENT_LENGTH=noted)
            before = 8192 - (len(fcgi.request(post)))
            body = (bytes(before) + smuggled).ljust(100000, b"\0")
            with fcgi.Connection(self.socket) as connection:
                self.assertEqual(connection.ask(post, keep=True,
                                                body=body).status, 405)
                self.ask_next(connection)

    def test_a_peer_that_wants_the_answer_first_gets_it(self):
        post = posting(100000)
        records = fcgi.request(post, keep=True)[:-len(fcgi.record(fcgi.STDIN))]
        with fcgi.Connection(self.socket) as connection:
            connection.socket.sendall(records)
            self.assertEqual(connection.receive().status, 405)
        with fcgi.Connection(self.socket) as connection:
            self.ask_next(connection)

    def test_a_body_past_a_mebibyte_ends_the_connection_after_the_answer(self):
        with fcgi.Connection(self.socket) as connection:
            connection.send(posting(1 << 21), keep=True, body=bytes(1 << 21))
            self.assertEqual(connection.receive().status, 405)
            self.assertEqual(connection.socket.recv(1), b"")


class Ending(responding.TestCase):
    def setUp(self):
        super().setUp()
        self.publish(dict(PAGES, **{"movies/big.html": BIG}))

    def end_and_time(self, process):
        started = time.monotonic()
        return self.end(process), time.monotonic() - started

    def test_without_requests_it_ends_at_once_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            process = self.serve()
            process.send_signal(number)
            status, seconds = self.end_and_time(process)
            self.assertEqual(status, 0)
            self.assertLess(seconds, 5)

    def test_a_request_under_way_is_finished(self):
        process = self.serve()
        with fcgi.Connection(self.socket) as connection:
            connection.send(GET_BIG)
            body = body_of(connection)
            next(body)
            process.send_signal(signal.SIGTERM)
            programs.wait_for(lambda: not self.accepts(), 15,
                              "the responder to accept no more")
            self.assertIsNone(process.poll())
            self.assertTrue(next(body) == BIG)
        self.assertEqual(process.wait(programs.END_S), 0)

    def accepts(self):
        """Whether a new connection is answered."""
        try:
            with fcgi.Connection(self.socket, timeout=0.3) as connection:
                return connection.ask(params("/ping")).status == 200
        except (OSError, EOFError):
            return False

    def test_idle_kept_connections_do_not_hold_it_up(self):
        process = self.serve()
        with fcgi.Connection(self.socket) as connection:
            connection.ask(params("/"), keep=True)
            status, seconds = self.end_and_time(process)
            self.assertEqual(connection.socket.recv(1), b"")
        self.assertEqual(status, 0)
        self.assertLess(seconds, 5)

    def test_a_reader_that_never_reads_holds_it_up_for_the_grace_only(self):
        process = self.serve()
        with fcgi.Connection(self.socket) as connection:
            connection.send(GET_BIG)
            connection.read_record()
            status, seconds = self.end_and_time(process)
        self.assertEqual(status, 0)
        self.assertGreater(seconds, 8)
        self.assertLess(seconds, 14)
        self.assertIn("unfinished=1", self.errors(process))


class BadPeers(responding.TestCase):
    def setUp(self):
        super().setUp()
        self.publish(dict(PAGES, **{"movies/big.html": BIG}))

    def test_a_client_that_leaves_is_nothing_to_worry_about(self):
        process = self.serve("--threads", "2")
        for _ in range(20):
            with fcgi.Connection(self.socket) as connection:
                connection.send(GET_BIG)
                connection.read_record()
        self.assertEqual(self.ask("/movies").status, 200)
        self.assertEqual(self.end(process), 0)
        for level in ("warn", "error"):
            self.assertNotIn("level=" + level, self.errors(process))

    def test_a_silent_peer_holds_a_thread_for_a_moment_only(self):
        self.serve("--threads", "1")
        silent = [fcgi.Connection(self.socket) for _ in range(4)]
        started = time.monotonic()
        self.assertEqual(self.ask("/movies").status, 200)
        self.assertLess(time.monotonic() - started, 1.5)
        for connection in silent:
            connection.socket.close()

    def test_without_descriptors_it_waits_and_goes_on(self):
        """Each waiting thread has one set aside, each answering one, and the
        file that it sends."""
        self.publish({"movies.json": BIG})
        process = self.serve(
            "--threads", "16", preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_NOFILE, (30, 30)))
        slow = [fcgi.Connection(self.socket) for _ in range(20)]
        for connection in slow:
            connection.send(params("/movies.json"))
        # It tries again ten times before it says so again.
        programs.wait_for(
            lambda: self.errors(process).count("Too many open files") > 1, 20,
            "descriptors to run out, and to be short still")
        for connection in slow:
            connection.socket.close()
        programs.wait_for(self.answers, 10, "an answer after the shortage")

    # What each is: see the FastCGI specification, section 3.3.
    MALFORMED = {
        "noise": os.urandom(64),
        "a wrong version": fcgi.record(fcgi.BEGIN_REQUEST, bytes(8),
                                       version=9),
        "an unknown type": fcgi.record(99, b"x" * 8),
        "a begin without a body": fcgi.record(fcgi.BEGIN_REQUEST),
        "an unknown role": fcgi.request(params("/"), role=7),
        "params that never end": fcgi.record(
            fcgi.BEGIN_REQUEST, struct.pack(">HB5x", 1, 0)) + fcgi.record(
                fcgi.PARAMS, b"\x0e\x03REQUEST"),
        "a name of almost 2 GiB": fcgi.record(
            fcgi.BEGIN_REQUEST, struct.pack(">HB5x", 1, 0)) + fcgi.record(
                fcgi.PARAMS, b"\xff\xff\xff\xfe\x00x") + fcgi.record(
                    fcgi.PARAMS),
        "a value of almost 2 GiB": fcgi.record(
            fcgi.BEGIN_REQUEST, struct.pack(">HB5x", 1, 0)) + fcgi.record(
                fcgi.PARAMS, b"\x01\xff\xff\xff\xfex") + fcgi.record(
                    fcgi.PARAMS),
        "an abort": fcgi.record(fcgi.BEGIN_REQUEST,
                                struct.pack(">HB5x", 1, 0)) +
                    fcgi.record(fcgi.ABORT_REQUEST),
        "half a header": b"\x01\x01\x00",
        "a request id of 0": fcgi.record(fcgi.BEGIN_REQUEST,
                                         struct.pack(">HB5x", 1, 0),
                                         request_id=0),
    }

    def test_malformed_records_cost_a_restart_at_most(self):
        """libfcgi may abort (see responder.h): then it is started again."""
        # The sanitizer's malloc then fails as the library's own does.
        options = programs.environment()["ASAN_OPTIONS"]
        settings = {"ASAN_OPTIONS": options + ":allocator_may_return_null=1"}
        process = self.serve("--threads", "4", settings=settings)
        for what, records in self.MALFORMED.items():
            with self.subTest(what=what):
                with fcgi.Connection(self.socket) as connection:
                    connection.socket.sendall(records)
                    connection.socket.shutdown(socket.SHUT_WR)
                    self.drain(connection)
                programs.wait_for(
                    lambda: process.poll() is not None or self.answers(), 10,
                    "an answer or an end")
                if process.poll() is not None:
                    self.assertEqual(process.returncode, -signal.SIGABRT)
                    process = self.serve("--threads", "4",
                                         settings=settings)
                self.assertTrue(self.answers())

    def answers(self):
        try:
            return self.ask("/movies").status == 200
        except (OSError, EOFError):
            return False

    @staticmethod
    def drain(connection):
        try:
            while connection.socket.recv(65536):
                pass
        except OSError:
            pass


if __name__ == "__main__":
    unittest.main()
