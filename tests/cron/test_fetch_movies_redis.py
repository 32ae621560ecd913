"""fetch-movies with a Redis that is ill: each host goes back to the upstream by
itself, publishes what it always would, and says so once an outage."""

import socket

import fake_redis
import hosts
import programs
import redis_server

SAID = "doing without Redis"
WELL = "Redis is well again"


class TestCase(hosts.TestCase):

    count = 1

    def assert_alone(self, run, requests, why, says=True):
        """This run asked by itself and has what the upstream has."""
        self.assertEqual((run.returncode, requests >= 3, run.field("redis")),
                         (0, True, None), "%s: %s" % (why, run.stderr))
        self.assertEqual(run.stderr.count(SAID), 1 if says else 0,
                         "%s: %s" % (why, run.stderr))

    def alone(self, why, says=True, **settings):
        run, requests = self.asked(
            lambda: self.hosts[0].fetch(**settings))
        self.assert_alone(run, requests, why, says)
        return run

    def well(self, answer="given"):
        """The next run uses Redis, and says that it is well again."""
        run = self.hosts[0].fetch()
        self.assertEqual((run.returncode, run.field("redis")), (0, answer),
                         run.stderr)
        self.assertIn(WELL, run.stderr)
        self.assertNotIn(SAID, run.stderr)


class Outages(TestCase):

    def test_an_outage_is_said_once_and_so_is_its_end(self):
        self.redis.kill()
        self.alone("away at the start")
        self.change("While it was away")
        self.alone("still away", says=False)
        self.alone("and still", says=False)
        self.redis.start()
        self.well()
        run = self.hosts[0].fetch()
        self.assertNotIn(WELL, run.stderr)
        self.redis.kill()
        self.alone("away again")

    def test_a_redis_that_is_silent_costs_a_run_little_and_nothing_else(self):
        self.redis.freeze()
        self.addCleanup(self.redis.thaw)
        self.alone("silent")
        self.alone("still silent", says=False)
        self.redis.thaw()
        self.well()

    def test_a_redis_that_is_full_is_done_without(self):
        self.redis.call("CONFIG", "SET", "maxmemory", "1")
        self.alone("full from the start")
        self.redis.call("CONFIG", "SET", "maxmemory", "0")
        self.well()
        self.change("Too Much")
        self.redis.call("CONFIG", "SET", "maxmemory",
                        self.used_memory() + 100000)
        self.alone("full while it is put there")
        self.assertEqual([key for key in self.redis.keys()
                          if key.endswith(":lease")], [])
        self.redis.call("CONFIG", "SET", "maxmemory", "0")
        self.well()

    def used_memory(self):
        for line in self.redis.call("INFO", "memory").decode().split():
            if line.startswith("used_memory:"):
                return int(line.split(":")[1])
        raise AssertionError("no used_memory")

    def test_a_redis_that_was_restarted_is_filled_again(self):
        self.publish()
        self.redis.kill()
        self.redis.start()
        run = self.hosts[0].fetch()
        self.assertEqual((run.field("changed"), run.field("redis")),
                         ("no", "given"), run.stderr)
        new = hosts.Host(self, 9)
        self.assertEqual(new.fetch().field("redis"), "taken")
        self.assert_same([self.hosts[0], new])

    def test_a_redis_that_dies_while_the_upstream_is_asked_changes_nothing(
            self):
        self.upstream.set_fault("slow-start", delay_s=1, times=1)
        process = self.hosts[0].start()
        programs.wait_for(lambda: self.upstream.log, 20, "the question")
        self.redis.kill()
        self.assertEqual(process.wait(60), 0, self.errors(process))
        self.assertIn(SAID, self.errors(process))
        self.assertIsNotNone(self.hosts[0].generation())
        self.redis.start()
        self.well()

    def test_a_replica_and_a_wrong_password_are_done_without(self):
        self.redis.call("REPLICAOF", "127.0.0.1", str(programs.free_port()))
        self.alone("a read-only replica")
        self.redis.call("REPLICAOF", "NO", "ONE")
        self.well()
        self.redis.call("CONFIG", "SET", "requirepass", "s3cret")
        run = self.alone("no password")
        self.assertIn("NOAUTH", run.stderr)
        self.alone("a wrong one", says=False,
                   MARQUEE_REDIS_URL=self.url("guess"))
        run = self.hosts[0].fetch(MARQUEE_REDIS_URL=self.url("s3cret"))
        self.assertEqual(run.field("redis"), "given", run.stderr)
        run = self.hosts[0].fetch(
            MARQUEE_REDIS_URL=self.url("default:s3cret"))
        self.assertEqual(run.field("redis"), "given", run.stderr)

    def url(self, login):
        if ":" not in login:
            login = ":" + login
        return "redis://%s@127.0.0.1:%d/2" % (login, self.redis.port)

    def test_a_host_name_is_looked_up_and_a_port_that_refuses_is_named(self):
        url = "redis://localhost:%d" % self.redis.port
        run = self.hosts[0].fetch(MARQUEE_REDIS_URL=url)
        self.assertEqual(run.field("redis"), "given", run.stderr)
        run = self.alone("a name that is none",
                         MARQUEE_REDIS_URL="redis://no-such-host.invalid")
        self.assertIn("no-such-host.invalid", run.stderr)


class Torn(TestCase):
    """What lies in Redis is not what was put there."""

    def setUp(self):
        super().setUp()
        self.publish()
        self.text = self.head().encode()

    def taker(self, why):
        """A host with nothing, which sees it: it asks, and mends it."""
        new = hosts.Host(self, why.replace(" ", "-").__hash__() % 10000 + 10)
        run, requests = self.asked(new.fetch)
        self.assertEqual((run.returncode, requests, run.field("redis")),
                         (0, 3, "given"), "%s: %s" % (why, run.stderr))
        self.assertEqual(run.stderr.count(SAID), 1, why + ": " + run.stderr)
        self.assert_same([self.hosts[0], new])
        self.text = self.head().encode()
        self.assertEqual(hosts.Host(self, 9).fetch().returncode, 0)
        return run

    def test_a_head_that_is_torn_or_foreign_is_none(self):
        name = self.name()
        for why, text in (
                ("cut short", self.text[:-10]),
                ("cut in its digest", self.text[:30]),
                ("empty", b""),
                ("a byte flipped", self.text.replace(b"films=22",
                                                     b"films=23")),
                ("of somebody else", b"hello"),
                ("large", b"x" * 2000000)):
            self.redis.call("SET", name, text)
            run = self.hosts[0].fetch()
            self.assertEqual((run.returncode, run.field("redis")),
                             (0, "given"), why + ": " + run.stderr)
            self.assertEqual(self.head().count("content="), 2, why)

    def test_a_sealed_head_that_says_nonsense_is_none(self):
        name = self.name()
        rest = self.text.decode().split("\n", 1)[1]
        first_file = [line for line in rest.split("\n")
                      if line.startswith("file=")][0]
        for why, old, new in (
                ("a path", first_file, first_file.rsplit(" ", 1)[0] + " ../x"),
                ("a hidden name", first_file,
                 first_file.rsplit(" ", 1)[0] + " .x"),
                ("twice", first_file, first_file + "\n" + first_file),
                ("too large", first_file, "file=9999999999999 " +
                 first_file.split(" ", 1)[1]),
                ("a line more", first_file, first_file + "\nmore=1"),
                ("no content", "content=", "contend="),
                ("no gap", "\n\n", "\n")):
            self.assertIn(old, rest)
            self.redis.call("SET", name, redis_server.sealed(
                rest.replace(old, new, 1)))
            run = self.hosts[0].fetch()
            self.assertEqual((run.returncode, run.field("redis")),
                             (0, "given"), why + ": " + run.stderr)
            self.assertEqual(run.stderr.count(SAID), 1, why)

    def test_a_key_of_another_type_is_done_without(self):
        name = self.name()
        self.redis.call("DEL", name)
        self.redis.call("LPUSH", name, "a", "list")
        self.alone("a list")
        self.redis.call("DEL", name)
        self.well()

    def test_bytes_that_are_torn_or_gone_are_mended_by_who_finds_it(self):
        key = self.bytes_key()
        whole = self.redis.call("HGET", key, "0.0")
        self.redis.call("HSET", key, "0.0",
                        bytes([whole[0] ^ 1]) + whole[1:])
        self.taker("a bit flipped")
        key = self.bytes_key()
        whole = self.redis.call("HGET", key, "0.0")
        self.redis.call("HSET", key, "0.0", whole[:-1])
        self.taker("a byte short")
        self.redis.call("HDEL", self.bytes_key(), "1.0")
        self.taker("a piece gone")

    def test_bytes_that_are_gone_are_put_back_with_the_next_confirmation(self):
        self.redis.call("DEL", self.bytes_key())
        run = self.hosts[0].fetch()
        self.assertEqual((run.field("changed"), run.field("redis")),
                         ("no", "given"), run.stderr)
        self.assertEqual(self.redis.call("EXISTS", self.bytes_key()), 1)

    def test_a_generation_of_another_name_is_not_published(self):
        """All of it is as its head says, but for what it is."""
        content = self.hosts[0].generation()
        rest = self.text.decode().split("\n", 1)[1]
        self.redis.call("SET", self.name(), redis_server.sealed(
            rest.replace("content=" + content, "content=" + "0" * 64, 1)))
        run = self.taker("another name")
        self.assertIn("another generation", run.stderr)


class Wire(TestCase):
    """Answers that no Redis gives."""

    ANSWERS = (
        ("a length past all bounds", b"$999999999999\r\n"),
        ("a number past all bounds", b"$99999999999999999999999\r\n"),
        ("more than was asked for", b"$5000000\r\n" + b"x" * 5000000),
        ("a list past all bounds", b"*2000000000\r\n"),
        ("lists in lists", b"*16\r\n" * 200000),
        ("a length below zero", b"$-7\r\n"),
        ("no protocol", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        ("a line without an end", b"+" + b"x" * 3000000),
        ("numbers for texts", b":1\r\n" * 20),
        ("texts for lists", b"$1\r\nx\r\n" * 20),
        ("nothing for lists", b"*-1\r\n" * 20),
        ("an empty list", b"*0\r\n" * 20),
        ("a time that is none", b"+OK\r\n" + b"+QUEUED\r\n" * 4 +
         b"*4\r\n+OK\r\n$-1\r\n*2\r\n$1\r\nx\r\n$1\r\ny\r\n$-1\r\n"),
        ("an error in a list", b"+OK\r\n" + b"+QUEUED\r\n" * 4 +
         b"*4\r\n+OK\r\n-ERR no\r\n*0\r\n$-1\r\n"),
        ("that it loads", b"-LOADING Redis is loading the dataset in memory"
         b"\r\n" * 20),
        ("half an answer", b"+OK\r\n+QUE"),
    )

    def test_whatever_it_answers_the_run_is_as_without_it(self):
        self.assertEqual(
            self.hosts[0].fetch(MARQUEE_REDIS_URL="").returncode, 0)
        for number, (why, answer) in enumerate(self.ANSWERS):
            with fake_redis.FakeRedis(answer, closes=True) as fake:
                self.alone(why, says=number == 0, MARQUEE_REDIS_URL=fake.url)
                self.assertGreater(fake.connections, 0, why)

    def test_one_that_never_ends_is_left_after_a_time(self):
        self.hosts[0].fetch(MARQUEE_REDIS_URL="")
        with fake_redis.FakeRedis(b"+x\r\n", repeats=True) as fake:
            self.alone("answers for ever", MARQUEE_REDIS_URL=fake.url)
        with fake_redis.FakeRedis(b"") as fake:
            self.alone("silence", says=False, MARQUEE_REDIS_URL=fake.url)

    def test_one_that_accepts_nothing_is_left_after_a_time(self):
        """Its queue is full: a connection is neither made nor refused."""
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            port = listener.getsockname()[1]
            waiting = [socket.socket() for _ in range(4)]
            for peer in waiting:
                self.addCleanup(peer.close)
                peer.setblocking(False)
                peer.connect_ex(("127.0.0.1", port))
            self.alone("a black hole",
                       MARQUEE_REDIS_URL="redis://127.0.0.1:%d" % port)


class Setting(TestCase):

    def test_what_is_no_url_of_redis_exits_78_and_keeps_its_password(self):
        for url in ("http://h", "redis://", "redis://h:port", "redis://h/x",
                    "redis://:s3cret@h:0", "redis://u@h", "h:6379",
                    "redis://h/1/2", "redis://h?db=1", "redis://h/-1",
                    "redis+unix:///s", "rediss://u:s3cret@h"):
            run = self.hosts[0].fetch("--check-config", MARQUEE_REDIS_URL=url)
            self.assertEqual(run.returncode, 78, url)
            self.assertIn("MARQUEE_REDIS_URL", run.stderr)
            self.assertIn("redis://[[user]:password@]host", run.stderr)
            self.assertNotIn("s3cret", run.stderr + run.stdout)
        self.assertIn("has no TLS", run.stderr)

    def test_a_password_is_masked(self):
        run = self.hosts[0].fetch(
            "--check-config", MARQUEE_REDIS_URL="redis://u:s3cret@h:1/2")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("redis://u:***@h:1/2", run.stdout)
        self.redis.kill()
        run = self.hosts[0].fetch(MARQUEE_REDIS_URL="redis://u:s3cret@127.0.0"
                                  ".1:%d" % self.redis.port)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertNotIn("s3cret", run.stderr)
