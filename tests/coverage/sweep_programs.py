"""The failing calls of every program, in what it mostly does.

Each test is one way to use a program, tried until no run of it comes to a call
that did not fail yet; the programs around it are whole. A program that a signal
ends fails its test.
"""

import json
import os
import shutil
import subprocess

import fcgi
import fetching
import media_upstream
import notifying
import programs
import rabbitmq
import responding
import serving_events
import serving_files
import sweep

# For one test.
LONGEST_S = float(os.environ.get("MARQUEE_SWEEP_S", "60"))

# One run, which a failed call can leave waiting.
RUN_S = 20

# Frames from main() that tell ways apart: below them the unit programs do.
OUTERMOST = 7


class Sweeping:
    """For a TestCase: self.table.env, and exhaust(run)."""

    outermost = OUTERMOST

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("table"))
        self.table = sweep.Table(self.path("table"), self.outermost)

    def exhaust(self, run):
        """run() makes one run with self.table.env; what it returns, if that
        has a status, was not ended by a signal."""
        signals = []

        def once():
            try:
                done = run()
            except (subprocess.TimeoutExpired, OSError, EOFError):
                return
            if done is not None and done.returncode < 0:
                signals.append((-done.returncode, str(done.stderr)[-600:]))
        if self.table.exhaust(once, LONGEST_S) is None:
            print("%s: time was up after %d failed calls" % (
                self.id(), self.table.failures), flush=True)
        self.assertEqual(signals, [])
        self.assertGreater(self.table.failures, 0)


class FetchMovies(Sweeping, fetching.TestCase):

    def run_fetch(self, *arguments, **more):
        settings = dict({"MARQUEE_RETRIES": "0"}, **self.table.env)
        settings.update(more)
        return self.fetch(*arguments, timeout=RUN_S, **settings)

    def forget(self):
        for place in self.cache, self.path("state"):
            shutil.rmtree(place, ignore_errors=True)

    def test_a_first_publish(self):
        def run():
            self.forget()
            return self.run_fetch()
        self.exhaust(run)

    def test_an_unchanged_catalogue(self):
        self.publish()
        self.exhaust(self.run_fetch)

    def test_an_unchanged_catalogue_without_validators(self):
        self.upstream.set_fault("no-validators")
        self.publish()
        self.exhaust(self.run_fetch)

    def test_a_changed_catalogue(self):
        self.publish()
        films = self.upstream.collections["films"]

        def run():
            films[0]["title"] = films[0]["title"][::-1]
            return self.run_fetch(MARQUEE_KEEP_GENERATIONS="2")
        self.exhaust(run)

    def test_what_lies_deep(self):
        """In full depth, but few kinds of calls."""
        people = self.upstream.collections["people"]
        self.upstream.last_modified = "Sat, 21 Nov 2026 14:00:00 GMT"
        self.publish()

        def run():
            people[0]["name"] = people[0]["name"][::-1]
            return self.run_fetch()
        self.table.outermost = None
        for self.table.only in "EVP_", "calloc", "strdup":
            self.exhaust(run)

    def test_a_rollback(self):
        films = self.upstream.collections["films"]

        def run():
            self.forget()
            for title in "one", "two":
                films[0]["title"] = title
                self.publish()
            return self.run_fetch("--rollback")
        self.exhaust(run)

    def test_what_was_withdrawn_is_held(self):
        films = self.upstream.collections["films"]
        for title in "one", "two":
            films[0]["title"] = title
            self.publish()
        self.assertEqual(self.fetch("--rollback").returncode, 0)
        self.exhaust(self.run_fetch)

    def test_the_bundled_catalogue(self):
        def run():
            self.forget()
            return self.run_fetch(MARQUEE_GHIBLI_URL="http://127.0.0.1:1",
                                  MARQUEE_TIMEOUT_MS="300")
        self.exhaust(run)

    def test_an_upstream_without_films(self):
        self.publish()
        self.upstream.set_fault("status-404")
        self.exhaust(self.run_fetch)


class FetchFile(Sweeping, serving_files.TestCase):

    def fetch(self, *arguments, **more):
        env = self.settings(**self.table.env, **more)
        return self.run_program([programs.program("fetch-file"), *arguments],
                                env=env, timeout=RUN_S)

    def test_a_file_is_kept(self):
        def run():
            shutil.rmtree(self.cache, ignore_errors=True)
            return self.fetch("file-7")
        self.exhaust(run)

    def test_all_files_are_kept(self):
        def run():
            shutil.rmtree(self.cache, ignore_errors=True)
            return self.fetch("--all")
        self.exhaust(run)

    def test_there_is_no_such_file(self):
        self.exhaust(lambda: self.fetch("no-such-file"))

    def test_a_file_is_forgotten(self):
        def run():
            self.cgi(serving_files.URL + "file-7")
            return self.fetch("--forget", "file-7")
        self.exhaust(run)


class RenderTemplate(Sweeping, programs.TestCase):

    def test_a_template(self):
        for name, text in (("t.html", "<p>{{#a}}{{b}}{{/a}}{{{c}}}"),
                           ("d.json", '{"a": [{"b": 1}], "c": "<"}')):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
        self.exhaust(lambda: self.run_program(
            [programs.program("render-template"), self.path("t.html"),
             self.path("d.json")], env=self.table.env, timeout=RUN_S))


class Requests(Sweeping):
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
                                    stdin=file, env=env, timeout=RUN_S)

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


class Serving(Sweeping):
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
                os.path.exists(self.socket), RUN_S, "a responder")
            for method, uri, headers, body in requests:
                with fcgi.Connection(self.socket, 2) as connection:
                    connection.ask(serving_events.params(
                        uri, method, headers, body), body=body or b"")
        finally:
            process.returncode = self.end(process)
            process.stderr = ""
        return process


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


class Notify(Sweeping, notifying.TestCase):

    def sweep_notify(self, *arguments, **settings):
        def run():
            self.post()
            self.post()
            return self.run_program(
                [programs.program("notify"), "--once", *arguments],
                env=self.notify_settings(**self.table.env, **settings),
                timeout=RUN_S)
        self.exhaust(run)

    def test_an_event_is_printed(self):
        self.sweep_notify()

    def test_a_command_is_run(self):
        self.sweep_notify("--exec", "cat", "--exec-timeout", "5")

    def test_a_command_fails(self):
        self.sweep_notify("--exec", "exit 3", "--backoff-ms", "1",
                          MARQUEE_NOTIFY_ATTEMPTS="2")

    def test_failed_ones_are_tried_again(self):
        def run():
            self.post()
            self.notify_once("--exec", "exit 1", MARQUEE_NOTIFY_ATTEMPTS="1")
            return self.run_program(
                [programs.program("notify"), "--retry-failed"],
                env=self.notify_settings(**self.table.env), timeout=RUN_S)
        self.exhaust(run)

    def test_without_stdin(self):
        self.exhaust(lambda: self.run_program(
            ["sh", "-c", 'exec "$0" --once --exec true <&-',
             programs.program("notify")],
            env=self.notify_settings(**self.table.env), timeout=RUN_S))


QUEUE = "marquee.events"


class WithBroker(Sweeping):
    """For a TestCase: a RabbitMQ, and queues of its own as self.vhost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.broker = rabbitmq.Broker(cls)

    def setUp(self):
        self.vhost = self.broker.vhost()
        super().setUp()


class Relay(WithBroker, programs.TestCase):

    def relay(self, *options):
        return self.run_program(
            [programs.program("relay-events"), *options],
            env=dict(self.table.env, MARQUEE_STATE_DIR=self.path("state"),
                     MARQUEE_CACHE_DIR=self.path("cache"),
                     MARQUEE_AMQP_URL=self.vhost.url), timeout=RUN_S)

    def test_events_are_handed_on(self):
        def run():
            self.run_program([programs.helper("event_log"),
                              self.path("state"), "post", "3", "x"])
            return self.relay("--once")
        self.exhaust(run)


class NotifyFromBroker(WithBroker, notifying.TestCase):

    def sweep_notify(self, *arguments, **settings):
        """An event in the queue for each run."""
        where = {"MARQUEE_AMQP_URL": self.vhost.url}

        def run():
            self.post()
            self.run_program([programs.program("relay-events"), "--once"],
                             env=self.settings(**where))
            return self.run_program(
                [programs.program("notify"), "--once", *arguments],
                env=self.notify_settings(**where, **self.table.env,
                                         **settings), timeout=RUN_S)
        self.exhaust(run)

    def test_an_event_is_printed(self):
        self.sweep_notify()

    def test_a_command_fails(self):
        self.sweep_notify("--exec", "exit 3", "--backoff-ms", "1",
                          MARQUEE_NOTIFY_ATTEMPTS="2")
