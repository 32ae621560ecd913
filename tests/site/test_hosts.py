"""Five hosts, each with its cache, its nginx and its movies.fcgi; one upstream,
one real redis-server. Who asks, what all of them serve, and what is left when
processes are killed."""

import contextlib
import hashlib
import json
import os
import random
import signal
import time

import fetching
import hosts
import programs
import whole_site

HOSTS = 5

# Of the hunt: rounds, and processes that are killed in each.
ROUNDS = 3
KILLED = 2


class Site(whole_site.TestCase):
    """One host of a test."""

    timeout_ms = hosts.TestCase.timeout_ms

    without_headers = whole_site.AWAY  # where a responder was killed

    def __init__(self, test):
        super().__init__()
        self.test = test
        self.fetch_movies = test.fetch_movies

    def setUp(self):
        programs.TestCase.setUp(self)
        self.upstream = self.test.upstream
        self.cache = self.path("cache")

    def settings(self, **more):
        return super().settings(MARQUEE_REDIS_URL=self.test.redis.url,
                                MARQUEE_REDIS_AGE_S="600", **more)

    def responder_program(self, name):
        return programs.release_program(name)

    def start_run(self):
        return self.start([self.fetch_movies], env=self.settings())

    def tags(self, film):
        """What it serves: URL and coding -> entity tag and body."""
        found = {}
        for url in ("/movies.html", "/movies.json", "/movies/" + film):
            for coding in ("identity", "gzip", "br"):
                answer = self.get(url, {"Accept-Encoding": coding})
                self.assertEqual(answer.status, 200)
                found[url, coding] = (answer["ETag"], answer.body)
        return found


class TestCase(hosts.TestCase):

    count = 0

    def setUp(self):
        super().setUp()
        self.fetch_movies = programs.release_program("fetch-movies")
        self.film = self.upstream.collections["films"][0]["id"]
        self.sites = []
        for _ in range(HOSTS):
            site = Site(self)
            self.addCleanup(site.doCleanups)
            site.setUp()
            self.sites.append(site)

    def start_all(self):
        return [site.start_run() for site in self.sites]

    def round(self):
        """Every host's period: all of them run at once."""
        for process, site in zip(self.start_all(), self.sites):
            self.assertEqual(process.wait(60), 0, site.errors(process))

    def serve(self):
        for site in self.sites:
            site.start_responder()
            site.start_nginx()

    def title(self, site):
        """That of the first film, as the site serves it."""
        answer = site.get("/movies.json")
        if answer.status != 200:
            return None
        return json.loads(answer.body)[self.film]["film_title"]

    def wait_for_title(self, title):
        """nginx may have what was before for a second."""
        for site in self.sites:
            programs.wait_for(lambda site=site: self.title(site) == title, 30,
                              "the new film on every host")


class FiveHosts(TestCase):

    def setUp(self):
        super().setUp()
        self.alone = fetching.TestCase()
        self.addCleanup(self.alone.doCleanups)
        self.alone.setUp()

    def both(self):
        """A round of the five, and a run of one that is alone."""
        self.round()
        self.assertEqual(self.alone.fetch().returncode, 0)
        self.assertEqual(len(self.upstream.log), len(self.alone.upstream.log))

    def test_they_ask_as_one_and_serve_the_same_bytes_after_one_period(self):
        self.both()
        self.serve()
        self.both()
        for site in self.sites:
            self.assertEqual(self.title(site), "Castle in the Sky")
        for some in (self.upstream, self.alone.upstream):
            some.collections["films"][0]["title"] = "Another Castle"
        self.both()
        self.wait_for_title("Another Castle")
        self.both()
        served = [site.tags(self.film) for site in self.sites]
        for other in served[1:]:
            self.assertEqual(other, served[0])
        for tag, body in served[0].values():
            digest = hashlib.sha256(body).hexdigest()
            self.assertEqual(tag, '"%s"' % digest[:32])

    def test_age_counts_from_the_question_on_every_host(self):
        asked = time.time()
        self.round()
        self.serve()
        for site in self.sites:
            checked = os.stat(site.site("checked")).st_mtime
            self.assertGreaterEqual(checked, asked - 0.1)
            before = time.time()
            age = int(site.get("/movies.json")["Age"])
            self.assertLessEqual(age, time.time() - checked + 1)
            self.assertGreaterEqual(age, before - checked - 2)


class Hunt(TestCase):
    """Any two processes, at any time."""

    def victims(self, runs):
        """What may be killed: the runs, Redis, the responders."""
        pids = [site.responder_pid() for site in self.sites]
        return [run.pid for run in runs] + [self.redis.process.pid] + \
            [pid for pid in pids if pid]

    def kill_some(self, runs, chance):
        """By descriptors: a pid may be another process's by then."""
        descriptors = []
        for pid in chance.sample(self.victims(runs), KILLED):
            with contextlib.suppress(ProcessLookupError):
                descriptors.append(os.pidfd_open(pid))
        for descriptor in descriptors:
            time.sleep(chance.random() * 0.4)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            os.close(descriptor)
        for run in runs:
            run.wait(60)
        if self.redis.process.poll() is not None:
            self.redis.kill()
            self.redis.start()

    def assert_whole(self, titles):
        """Every site serves one of what there was, and no mix of it."""
        for site in self.sites:
            title = programs.wait_for(lambda site=site: self.title(site), 30,
                                      "the site's films")
            self.assertIn(title, titles)
            generation = site.generation()
            for name in ("movies.json", "movies.html"):
                with open(site.site("generations", generation, name),
                          encoding="utf-8") as file:
                    text = file.read()
                self.assertTrue(any(known in text for known in titles), name)

    def test_any_two_processes_may_be_killed_at_any_time(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        self.round()
        self.serve()
        titles = ["Castle in the Sky"]
        for number in range(ROUNDS):
            with self.subTest(seed=seed, round=number):
                titles.append("Castle %d" % number)
                self.change(titles[-1])
                self.kill_some(self.start_all(), chance)
                self.assert_whole(titles[-2:])
                self.round()
                self.wait_for_title(titles[-1])
                self.assertEqual(
                    len({site.generation() for site in self.sites}), 1)


class Killed(hosts.TestCase):
    """A holder that is killed at points of its run: strace kills it before a
    write(2), to a file or to Redis."""

    count = 1

    def setUp(self):
        super().setUp()
        self.fetch_movies = programs.release_program("fetch-movies")

    def run_traced(self, *how):
        """The status of a run under strace, and its writes in their order."""
        log = self.path("strace")
        status = self.hosts[0].start(
            "strace", "-f", "-qq", "-s", "2000", "-o", log, "-e",
            "trace=write", *how, MARQUEE_CONFINE="off").wait(60)
        with open(log, encoding="utf-8", errors="replace") as lines:
            found = [line for line in lines if " write(" in line]
        # strace counts those of each thread.
        return status, [line for line in found
                        if line.split()[0] == found[0].split()[0]]

    def uses(self):
        """The k-th write: of the question for the lease, of a page, of a
        note, of the first and the last piece, of what switches, of the
        end: one less than there were, since the note of the day's longest
        run is not written by every one."""
        self.change("To Be Recorded")
        status, writes = self.run_traced()
        self.assertEqual(status, 0)
        said = [number for number, line in enumerate(writes, 1)
                if "MULTI" in line or "WATCH" in line]
        self.assertGreater(len(said), 10, writes)
        return [said[0], said[0] + 4, said[1] - 1, said[len(said) // 2],
                said[-2], said[-1], len(writes) - 1]

    def assert_redis_is_whole(self, names):
        """Whoever has nothing, and no upstream, gets one of these from it."""
        self.upstream.set_fault("status-503")
        new = hosts.Host(self, 100 + len(names))
        run = new.fetch()
        self.upstream.clear_faults()
        self.assertIn(run.returncode, (0, 69), run.stderr)
        self.assertIn("redis=taken", run.stderr)
        self.assertIn(new.generation(), names)

    def test_what_is_in_redis_stays_whole_and_the_next_run_mends_it(self):
        self.publish()
        uses = self.uses()
        names = [self.hosts[0].generation()]
        for use in uses:
            with self.subTest(write=use):
                self.change("Castle %d" % use)
                lone = hosts.Host(self, use)
                self.assertEqual(lone.fetch(MARQUEE_REDIS_URL="").returncode,
                                 0)
                names.append(lone.generation())
                status, _ = self.run_traced(
                    "-e", "inject=write:signal=KILL:when=%d" % use)
                self.assertEqual(status, -signal.SIGKILL)
                self.assert_redis_is_whole(names)
                run = self.hosts[0].fetch()
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assert_same([self.hosts[0], lone])
