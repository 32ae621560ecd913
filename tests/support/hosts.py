"""Several hosts with one upstream and one Redis: a cache directory each.

    class Hosts(hosts.TestCase):
        count = 3

        def test_it(self):
            self.publish()                      # by the first, taken by the rest
            run = self.hosts[1].fetch()
            self.assertEqual(run.field("redis"), "taken")
"""

import os

import fetching
import programs
import redis_server
import upstream

PREFIX = "marquee:1:movies:"


class Host:
    """One of them; `site(…)` is a path below its cache of the films."""

    def __init__(self, test, number):
        self.test = test
        self.cache = test.path("host-%d" % number)

    def settings(self, **more):
        return self.test.settings(MARQUEE_CACHE_DIR=self.cache, **more)

    def fetch(self, *arguments, **settings):
        return fetching.Run(self.test.run_program(
            [self.test.fetch_movies, *arguments],
            env=self.settings(**settings)))

    def start(self, *before, **settings):
        """Starts a run; ended(process) waits for it."""
        return self.test.start([*before, self.test.fetch_movies],
                               env=self.settings(**settings))

    def site(self, *names):
        return os.path.join(self.cache, "movies", *names)

    def generation(self):
        try:
            return os.path.basename(os.readlink(self.site("current")))
        except FileNotFoundError:
            return None

    def checked(self):
        return os.stat(self.site("checked")).st_mtime

    def files(self):
        """Every file of the live generation, and its bytes."""
        found = {}
        for name in os.listdir(self.site("current")):
            with open(self.site("current", name), "rb") as file:
                found[name] = file.read()
        return found


class TestCase(programs.TestCase):

    count = 2
    # Half of it is how long hosts wait for each other.
    timeout_ms = 60000
    redis_options = ()

    def setUp(self):
        super().setUp()
        self.fetch_movies = programs.program("fetch-movies")
        self.upstream = upstream.Upstream().start()
        self.addCleanup(self.upstream.stop)
        self.redis = redis_server.Redis(self.directory, *self.redis_options)
        self.addCleanup(self.redis.kill)
        self.redis.start()
        self.hosts = [Host(self, n) for n in range(self.count)]

    def settings(self, **more):
        env = {
            "MARQUEE_STATE_DIR": self.path("state"),
            "MARQUEE_SHARE_DIR": programs.ROOT,
            "MARQUEE_GHIBLI_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(self.timeout_ms),
            "MARQUEE_RETRIES": "0",
            "MARQUEE_REDIS_URL": self.redis.url,
            # However slow the machine is: see age_redis.
            "MARQUEE_REDIS_AGE_S": "600",
        }
        env.update(more)
        return env

    def change(self, title):
        """The upstream has something else from now on."""
        self.upstream.collections["films"][0]["title"] = title

    def publish(self):
        """All hosts have what the upstream has, by way of Redis."""
        for number, host in enumerate(self.hosts):
            run = host.fetch()
            self.assertEqual(
                (run.returncode, run.field("redis")),
                (0, "taken" if number else "given"), run.stderr)

    def asked(self, do):
        """What do() returns, and how often the upstream was asked meanwhile."""
        before = len(self.upstream.log)
        done = do()
        return done, len(self.upstream.log) - before

    def name(self):
        """The parcel's name in Redis."""
        names = [key for key in self.redis.keys(PREFIX + "*")
                 if key.count(":") == 3]
        self.assertEqual(len(names), 1, self.redis.keys())
        return names[0]

    def head(self):
        """The parcel's head as text; None where there is none."""
        text = self.redis.call("GET", self.name())
        return None if text is None else text.decode()

    def bytes_key(self):
        for line in self.head().splitlines():
            if line.startswith("bytes="):
                return "%s:%s" % (self.name(), line[6:])
        raise AssertionError(self.head())

    def age_redis(self, seconds=601):
        """What Redis has was confirmed so much longer ago: nobody takes it for
        fresh."""
        text = self.head().split("\n", 1)[1]
        lines = text.split("\n")
        for at, line in enumerate(lines):
            if line.startswith("confirmed_ms="):
                lines[at] = "confirmed_ms=%d" % (int(line[13:]) -
                                               1000 * seconds)
                break
        self.redis.call("SET", self.name(),
                        redis_server.sealed("\n".join(lines)))

    def assert_same(self, hosts=None):
        """All of these have the same generation, byte for byte."""
        first, *others = hosts or self.hosts
        self.assertIsNotNone(first.generation())
        for host in others:
            self.assertEqual(host.generation(), first.generation())
            self.assertEqual(host.files(), first.files())
