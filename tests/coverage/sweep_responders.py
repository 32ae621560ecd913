"""The failing calls of the responders, as CGI and behind a socket."""

import contextlib
import json
import os
import shutil
import signal
import subprocess

import fcgi
import programs
import responding
import serving_events
import serving_files
import sweeping


class Requests(sweeping.Sweeping):
    """A responder as CGI: one process for each request."""

    outermost = 11
    requests = ()

    def ask_once(self, method, uri, headers, body):
        env = self.settings(**dict(
            serving_events.params(uri, method, headers, body),
            **self.table.env))
        with open(self.path("body"), "wb") as file:
            file.write(body or b"")
        with open(self.path("body"), "rb") as file:
            return self.run_program([programs.program(self.responder)],
                                    stdin=file, env=env, timeout=sweeping.RUN_S)

    def sweep_requests(self):
        for request in self.requests:
            with self.subTest(request[:2]):
                self.exhaust(lambda request=request: self.ask_once(*request))


class Movies(Requests, responding.TestCase):

    requests = [
        ("GET", "/movies", {"Accept": "text/html"}, None),
        ("GET", "/movies", {"Accept-Encoding": "br"}, None),
        ("HEAD", "/movies/f1", {"Accept": "application/json"}, None),
        ("GET", "/movies", {"Range": "bytes=3-7"}, None),
        ("GET", "/movies?page=2", {}, None),
        ("GET", "/movies/none", {}, None),
        ("POST", "/movies", {}, b"x"),
        ("GET", "/health", {}, None),
        ("GET", "/metrics", {}, None),
        ("GET", "/status", {}, None),
    ]

    def test_requests(self):
        self.publish(responding.PAGES)
        self.sweep_requests()

    def test_an_empty_cache(self):
        self.sweep_requests()


class Files(Requests, serving_files.TestCase):

    def test_a_file_that_is_not_kept(self):
        def run():
            shutil.rmtree(self.cache, ignore_errors=True)
            return self.ask_once("GET", serving_files.URL + "file-7", {}, None)
        self.exhaust(run)

    def test_a_file_that_is_kept(self):
        self.cgi(serving_files.URL + "file-7")
        self.requests = [("GET", serving_files.URL + "file-7",
                          {"If-None-Match": '"x"'}, None)]
        self.sweep_requests()

    def test_requests(self):
        self.requests = [("GET", serving_files.URL + "no-such-file", {}, None),
                         ("GET", "/elsewhere", {}, None),
                         ("POST", serving_files.URL + "file-7", {}, b"x")]
        self.sweep_requests()


def event(**more):
    return serving_events.encode(dict(
        {"user_id": "u", "description": "d"}, **more))


JSON = {"Content-Type": "application/json"}


class Events(Requests, serving_events.TestCase):

    def first(self):
        return json.loads(self.cgi("/events", "POST", event(), JSON).body)

    def test_posting(self):
        self.requests = [
            ("POST", "/events", JSON, event()),
            ("POST", "/events", dict(JSON, **{"Idempotency-Key": '"k"'}),
             event(description="again"))]
        self.sweep_requests()

    def test_a_new_log(self):
        def run():
            shutil.rmtree(self.state, ignore_errors=True)
            return self.ask_once("POST", "/events", JSON, event())
        self.exhaust(run)

    def test_reading_and_changing(self):
        self.first()
        target = "/events/" + self.first()["event_id"]
        self.requests = [
            ("GET", target, {}, None),
            ("GET", "/events?limit=1&status=NotProcessed", {}, None),
            ("PUT", target, JSON, event(description="changed")),
            ("PUT", target, dict(JSON, **{"If-Match": '"x"'}), event()),
            ("GET", "/events/none", {}, None),
            ("DELETE", target, {}, None)]
        self.sweep_requests()


class Serving(sweeping.Sweeping):
    """A responder behind a socket, for a few requests in each run."""

    def serve_once(self, *requests):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        process = self.start(
            ["spawn-fcgi", "-n", "-s", self.socket, "-M", "0660", "--",
             programs.program(self.responder)],
            env=self.settings(**self.table.env))
        try:
            programs.wait_for(
                lambda: process.poll() is not None or
                os.path.exists(self.socket), sweeping.RUN_S, "a responder")
            for method, uri, headers, body in requests:
                with fcgi.Connection(self.socket, 2) as connection:
                    connection.ask(serving_events.params(
                        uri, method, headers, body), body=body or b"")
        finally:
            status = self.end(process)
        # Asked to end before it was ready to be asked, it has no other way.
        return subprocess.CompletedProcess(
            process.args, 0 if status == -signal.SIGTERM else status,
            stderr=self.errors(process))


class Keeping(sweeping.Sweeping, programs.TestCase):
    """keep-running and a program that ends at once."""

    def test_a_program_is_kept_running(self):
        ended = self.path("ended")

        def run():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(ended)
            process = self.start(
                [programs.program("keep-running"), "--watch-ms", "1000", "sh",
                 "-c", 'echo >>"$0"', ended], env=self.table.env)
            with contextlib.suppress(AssertionError):
                programs.wait_for(
                    lambda: process.poll() is not None or
                    os.path.getsize(ended) > 1, 5, "its second run")
            return subprocess.CompletedProcess(
                process.args, self.end(process), stderr=self.errors(process))
        self.exhaust(run)


class ServingMovies(Serving, responding.TestCase):

    def test_it_serves(self):
        self.publish(responding.PAGES)
        self.exhaust(lambda: self.serve_once(
            ("GET", "/movies", {}, None), ("GET", "/health", {}, None)))


class ServingFiles(Serving, serving_files.TestCase):

    def test_it_serves(self):
        def run():
            shutil.rmtree(self.cache, ignore_errors=True)
            return self.serve_once(*[
                ("GET", serving_files.URL + "file-%d" % number, {}, None)
                for number in (7, 7, 8)])
        self.exhaust(run)


class ServingEvents(Serving, serving_events.TestCase):

    def test_it_serves(self):
        self.exhaust(lambda: self.serve_once(
            ("POST", "/events", JSON, event()),
            ("GET", "/events", {}, None)))
