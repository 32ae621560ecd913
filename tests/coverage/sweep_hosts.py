"""The failing calls of what several hosts share: Redis, and an event log in
PostgreSQL."""

import contextlib
import json
import shutil

import hosts
import postgresql
import programs
import redis_server
import serving_events
import serving_files
import sweep_notifiers
import sweep_responders
import sweeping

# Before a program comes to these it makes most of its calls, which other sweeps
# fail, too: first those that only this makes, each on every way.
OF_REDIS = "redis connect getsockopt getaddrinfo pthread poll clock"
OF_POSTGRESQL = "PQ poll clock"


class Sharing(sweeping.Sweeping):

    first = OF_REDIS

    def exhaust(self, run):
        for self.table.only, self.table.outermost in (
                (self.first, None), (None, sweeping.OUTERMOST)):
            super().exhaust(run)


class FetchMovies(Sharing, hosts.TestCase):

    timeout_ms = 2000

    def setUp(self):
        super().setUp()
        self.fetch_movies = programs.program("fetch-movies")

    def sweep(self, host, before, *arguments, **settings):
        """A run of that host after before() has prepared it."""
        def run():
            before()
            return self.run_program(
                [self.fetch_movies, *arguments], timeout=sweeping.RUN_S,
                env=host.settings(**self.table.env, **settings))
        self.exhaust(run)

    def test_it_gives(self):
        def forget():
            self.redis.call("FLUSHALL")
            shutil.rmtree(self.hosts[0].cache, ignore_errors=True)
        self.sweep(self.hosts[0], forget)

    def test_it_gives_what_has_changed(self):
        films = self.upstream.collections["films"]
        self.publish()

        def change():
            self.hosts[1].fetch()
            films[0]["title"] = films[0]["title"][::-1]
            # A run that failed may have left a lease, and then there is none.
            with contextlib.suppress(AssertionError):
                self.age_redis()
        self.sweep(self.hosts[0], change)

    def test_it_takes(self):
        def prepare():
            self.hosts[0].fetch()
            shutil.rmtree(self.hosts[1].cache, ignore_errors=True)
        self.sweep(self.hosts[1], prepare)

    def test_it_waits_for_another(self):
        self.publish()
        name = self.name()

        def prepare():
            self.redis.call("DEL", name)
            self.redis.call("SET", name + ":lease", "another's", "PX", "20000")
        self.sweep(self.hosts[0], prepare)

    def test_it_logs_in_by_a_name(self):
        self.redis.call("CONFIG", "SET", "requirepass", "s3cret")
        url = "redis://default:s3cret@localhost:%d/2" % self.redis.port
        self.sweep(self.hosts[0], lambda: None, MARQUEE_REDIS_URL=url)


class FetchFile(Sharing, serving_files.TestCase):

    def setUp(self):
        super().setUp()
        self.redis = redis_server.Redis(self.directory)
        self.addCleanup(self.redis.kill)
        self.redis.start()

    def settings(self, **more):
        return super().settings(**{"MARQUEE_REDIS_URL": self.redis.url, **more})

    def fetch(self, *arguments, **more):
        return self.run_program(
            [programs.program("fetch-file"), *arguments],
            env=self.settings(**more), timeout=sweeping.RUN_S)

    def sweep(self, before, *arguments):
        def run():
            before()
            return self.fetch(*arguments, **self.table.env)
        self.exhaust(run)

    def forget(self):
        shutil.rmtree(self.cache, ignore_errors=True)

    def test_it_gives(self):
        def prepare():
            self.forget()
            self.redis.call("FLUSHALL")
        self.sweep(prepare, "file-7")

    def test_it_takes(self):
        def prepare():
            self.forget()
            self.fetch("file-7")
            self.forget()
        self.sweep(prepare, "file-7")

    def test_it_forgets(self):
        self.sweep(lambda: self.fetch("file-7"), "--forget", "file-7")


class WithPostgreSQL(postgresql.WithLog, Sharing):

    first = OF_POSTGRESQL


class EventLog(WithPostgreSQL, programs.TestCase):
    """What events.fcgi does with it, without what is around that."""

    def run_log(self, *words):
        return self.run_program(
            [programs.helper("event_log"), self.log.url, *words],
            env=self.table.env, timeout=sweeping.RUN_S)

    def test_events_are_posted(self):
        self.exhaust(lambda: self.run_log("post", "2"))

    def test_events_are_counted(self):
        self.exhaust(lambda: self.run_log("counts"))

    def test_the_tables_are_made(self):
        def run():
            self.log.ask("DROP SCHEMA IF EXISTS marquee CASCADE")
            return self.run_log("counts")
        self.exhaust(run)


class Served(WithPostgreSQL):

    def settings(self, **more):
        return super().settings(**{"MARQUEE_EVENTS_URL": self.log.url, **more})


class Events(Served, sweep_responders.Requests, serving_events.TestCase):

    def test_requests(self):
        event = serving_events.encode({"user_id": "u", "description": "d"})
        json_type = {"Content-Type": "application/json"}
        first = json.loads(self.cgi("/events", "POST", event, json_type).body)
        self.requests = [
            ("POST", "/events", dict(json_type, **{"Idempotency-Key": '"k"'}),
             event),
            ("PUT", "/events/" + first["event_id"], json_type, event),
            ("GET", "/events?limit=1&status=NotProcessed", {}, None)]
        self.sweep_requests()


class Notify(Served, sweep_notifiers.Notifying):

    def test_a_command_fails(self):
        self.sweep_notify("--exec", "exit 3", "--backoff-ms", "1",
                          MARQUEE_NOTIFY_ATTEMPTS="2")
