"""Media files of several hosts: what one has kept the others take from Redis, a
real redis-server, and a Redis that is ill costs a visitor nothing but a
moment."""

import fake_redis
import media_upstream
import programs
import redis_server
import serving_files

PREFIX = "marquee:1:file:"


class Host(serving_files.TestCase):
    """One host of a test, with its own cache and socket."""

    def __init__(self, test):
        super().__init__()
        self.test = test

    def setUp(self):
        super().setUp()
        self.upstream.stop()
        self.upstream = self.test.upstream

    def settings(self, **more):
        return super().settings(**{"MARQUEE_REDIS_URL": self.test.redis.url,
                                   **more})


class TestCase(serving_files.TestCase):

    def setUp(self):
        super().setUp()
        self.redis = redis_server.Redis(self.directory)
        self.addCleanup(self.redis.kill)
        self.redis.start()

    def host(self, **settings):
        host = Host(self)
        self.addCleanup(host.doCleanups)
        host.setUp()
        host.serve(settings=settings)
        return host

    def requests(self, do):
        before = len(self.upstream.log)
        done = do()
        return done, len(self.upstream.log) - before

    def fetch_file(self, host, *arguments, **settings):
        run = self.run_program([programs.program("fetch-file"), *arguments],
                               env=host.settings(**settings))
        run.lines = run.stdout.decode().splitlines()
        run.errors = run.stderr.decode()
        return run

    def parcels(self):
        return [key for key in self.redis.keys(PREFIX + "*")
                if key.count(":") == 3]


class Sharing(TestCase):

    def test_what_one_host_has_fetched_no_other_asks_for(self):
        first = self.host()
        one, requests = self.requests(lambda: first.file("file-7"))
        self.assertGreater(requests, 0)

        def by_way_of_redis():
            # Whoever has no time for Redis asks upstream.
            host = self.host()
            other, requests = self.requests(lambda: host.file("file-7"))
            return (host, other) if requests == 0 else None
        second, other = programs.wait_for(by_way_of_redis, 30,
                                          "a file from Redis")
        self.assert_right(other, "file-7")
        for name in ("etag", "content-length", "content-type",
                     "cache-status"):
            self.assertEqual(other.headers[name], one.headers[name])
        self.assertEqual(other.body, one.body)
        self.assertEqual(second.file("file-7").headers["cache-status"],
                         serving_files.HIT)
        _, requests = self.requests(
            lambda: self.fetch_file(self.host(), "file-7"))
        self.assertEqual(requests, 0)

    def test_codings_have_the_same_tags_too(self):
        first, second = self.host(), self.host()
        for coding in ("gzip", "br"):
            answers = [host.file("file-8", HTTP_ACCEPT_ENCODING=coding)
                       for host in (first, second)]
            self.assertEqual(answers[0].headers["etag"],
                             answers[1].headers["etag"])
            self.assertEqual(answers[0].body, answers[1].body)

    def test_what_is_not_finished_is_not_shared(self):
        self.upstream.set_status("file-7", "PROCESSING")
        self.assertEqual(self.host().file("file-7").status, 400)
        self.assertEqual(self.redis.keys(), [])

    def test_all_takes_what_others_have(self):
        first, second = self.host(), self.host()
        self.assertEqual(self.fetch_file(first, "--all").returncode, 0)
        self.assertEqual(len(self.parcels()), 60)
        run, requests = self.requests(
            lambda: self.fetch_file(second, "--all"))
        self.assertEqual((run.returncode, len(run.lines)), (0, 60),
                         run.errors)
        pages = 60 // media_upstream.PAGE_SIZE
        self.assertLessEqual(requests, 2 * pages + 16)
        self.assertEqual(len(second.kept_files()), 60)

    def test_another_upstream_is_another_file(self):
        self.host().file("file-7")
        other = self.host(
            MARQUEE_FILES_URL=self.upstream.url.replace("127.0.0.1",
                                                        "localhost"))
        answer, requests = self.requests(lambda: other.file("file-7"))
        self.assertEqual(answer.status, 200)
        self.assertGreater(requests, 0)
        self.assertEqual(len(self.parcels()), 2)

    def test_what_lies_there_has_an_end(self):
        self.host().file("file-7")
        lives = [self.redis.call("TTL", key) for key in self.redis.keys()]
        self.assertEqual(len(lives), 2)
        self.assertTrue(all(0 < left <= 7 * 86400 for left in lives), lives)


class Forgetting(TestCase):

    def test_forget_forgets_it_in_redis_too(self):
        host = self.host()
        host.file("file-7")
        self.upstream.segments["file-7"] = media_upstream.segments("file-7",
                                                                   5)
        run = self.fetch_file(host, "--forget", "file-7")
        self.assertEqual((run.returncode, run.lines), (0, ["forgot file-7"]),
                         run.errors)
        self.assertEqual(self.redis.keys(), [])
        self.assertIn(b"file-7-s4", host.file("file-7").body)

    def test_what_only_redis_has_is_forgotten(self):
        self.host().file("file-7")
        run = self.fetch_file(self.host(), "--forget", "file-7", "file-8")
        self.assertEqual(run.lines, ["forgot file-7",
                                     "was not kept: file-8"])
        self.assertEqual(self.redis.keys(), [])

    def test_what_cannot_be_forgotten_there_is_said(self):
        host = self.host()
        host.file("file-7")
        self.redis.kill()
        run = self.fetch_file(host, "--forget", "file-7")
        self.assertEqual(run.returncode, 69)
        self.assertIn("may come back", run.errors)
        self.assertFalse(host.is_kept("file-7"))


class Ill(TestCase):
    """Each is asked upstream by itself, and the visitor has his file."""

    def assert_served(self, host, file_id, why):
        answer, requests = self.requests(lambda: host.file(file_id))
        self.assertEqual(answer.status, 200, "%s: %s" % (why,
                                                         host.said(answer)))
        self.assertGreater(requests, 0, why)
        host.assert_right(answer, file_id)

    def said(self, host):
        return "".join(host.errors(process) for process in host.processes)

    def test_a_redis_that_is_away_or_silent_is_said_once_an_outage(self):
        host = self.host()
        self.redis.kill()
        for number in range(3):
            self.assert_served(host, "file-%d" % number, "away")
        self.assertEqual(self.said(host).count("doing without Redis"), 1)
        silent = self.host()
        self.redis.start()
        self.redis.freeze()
        self.addCleanup(self.redis.thaw)
        for number in range(3):
            self.assert_served(silent, "file-%d" % number, "silent")
        self.assertEqual(self.said(silent).count("doing without Redis"), 1)

    def test_a_file_that_is_torn_there_is_fetched(self):
        self.host().file("file-7")
        for why, tear in (("a bit", lambda piece: piece[:50] + b"?" +
                           piece[51:]), ("short", lambda piece: piece[:-1])):
            key = [key for key in self.redis.keys(PREFIX + "*:*")
                   if self.redis.call("TTL", key) > 60][0]
            torn = tear(self.redis.call("HGET", key, "0.0"))
            self.redis.call("HSET", key, "0.0", torn)
            self.assert_served(self.host(), "file-7", why)
            self.assert_served_from_redis("file-7")
            self.redis.call("DEL", key)
        whole = self.parcels()[0]
        self.redis.call("SET", whole, "torn")
        self.assert_served(self.host(), "file-7", "a torn head")
        self.assert_served_from_redis("file-7")

    def assert_served_from_redis(self, file_id):
        """It was put there anew, whole: by whoever had the time for it."""
        def is_served():
            answer, requests = self.requests(
                lambda: self.host().file(file_id))
            self.assertEqual(answer.status, 200)
            return requests == 0
        programs.wait_for(is_served, 30, "the file from Redis")

    def test_a_full_one_takes_nothing_and_fails_nobody(self):
        self.redis.call("CONFIG", "SET", "maxmemory", "1")
        self.assert_served(self.host(), "file-7", "full")
        self.assertEqual(self.redis.keys(), [])

    def test_whatever_it_answers_a_visitor_has_his_file(self):
        for why, answer in (
                ("a length past all bounds", b"$999999999999\r\n"),
                ("a list past all bounds", b"*2000000000\r\n"),
                ("no protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                ("numbers", b":1\r\n" * 20),
                ("half an answer", b"$100\r\nhalf")):
            with fake_redis.FakeRedis(answer, closes=True) as fake:
                host = self.host(MARQUEE_REDIS_URL=fake.url)
                self.assert_served(host, "file-7", why)
                self.assertGreater(fake.connections, 0, why)
