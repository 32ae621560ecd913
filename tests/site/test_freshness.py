"""Freshness: what is kept for how long, and what a change looks like."""

import concurrent.futures
import json
import os
import threading
import time

import media_upstream
import programs
import whole_site
from test_pages import JSON


class Microcache(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.start_site()

    def statuses(self, uri):
        """What the microcache said for each request of `uri` so far."""
        return [line.rsplit("cache=", 1)[1].strip('"') or "-" for line in self.access_log()
                if 'uri="%s"' % uri in line]

    def test_the_second_reader_within_a_second_is_served_from_it(self):
        def two_in_a_second():
            for _ in range(2):
                self.get("/movies.json")
            return "HIT" in self.statuses("/movies.json")
        programs.wait_for(two_in_a_second, 10, "a hit")
        self.assertEqual(self.statuses("/movies.json")[0], "MISS")

    def test_nothing_is_kept_for_longer_than_its_second(self):
        """A page's max-age is for browsers, not for nginx."""
        for target in ("/movies.json", "/movies.html"):
            before = self.get(target).body
            self.upstream.collections["films"][0]["title"] += " II"
            self.publish()
            published = time.monotonic()
            programs.wait_for(lambda: self.get(target).body != before, 10,
                              "the new page")
            self.assertLess(time.monotonic() - published, 4)

    def test_a_film_s_page_follows(self):
        film_id = next(iter(self.movies()))
        target = "/movies/" + film_id
        self.get(target)
        film = next(film for film in self.upstream.collections["films"]
                    if film["id"] == film_id)
        film["title"] = "Another Name"
        self.publish()
        programs.wait_for(lambda: "Another Name" in self.get(target).text(),
                          10, "the new title")

    def test_ping_health_and_errors_are_not_kept(self):
        for target in ("/ping", "/health", "/nothing"):
            for _ in range(5):
                self.get(target)
            programs.wait_for(lambda: len(self.statuses(target)) == 5, 5,
                              "the log")
            self.assertEqual(set(self.statuses(target)), {"-"})

    def test_many_readers_of_one_page_cost_the_responder_little(self):
        def read(_):
            return self.get("/movies.html").status
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.assertEqual(set(pool.map(read, range(400))), {200})
        programs.wait_for(lambda: len(self.statuses("/movies.html")) == 400,
                          5, "the log")
        hits = self.statuses("/movies.html").count("HIT")
        self.assertGreater(hits, 200)

    def test_nothing_of_the_microcache_passes_for_another_method(self):
        self.get("/movies.json")
        self.assertEqual(self.request("POST", "/movies.json", {},
                                      b"").status, 405)
        self.assertEqual(self.request("HEAD", "/movies.json").body, b"")
        self.assertEqual(len(json.loads(self.get("/movies.json").body)), 22)


class Age(whole_site.TestCase):
    """nginx cannot count: what it shows again has the Age that it came with."""

    without_headers = {"Age"}

    def setUp(self):
        super().setUp()
        self.start_site()

    def log_of(self, target):
        """What the microcache said to each who asked for it."""
        return [line.rpartition("cache=")[2].strip('"')
                for line in self.access_log() if 'uri="%s"' % target in line]

    def test_nothing_that_is_kept_beyond_its_second_has_one(self):
        media = media_upstream.MediaUpstream().start()
        self.addCleanup(media.stop)
        self.start_files(MARQUEE_FILES_URL=media.url)
        file = "/api/presentation/files/file-7"
        film = "/movies/" + next(iter(self.movies()))
        ages = {file: [], film: []}

        def ask(target):
            ages[target].append(self.get(target)["Age"])
            programs.wait_for(lambda: len(self.log_of(target)) ==
                              len(ages[target]), 10, "the log")
            return self.log_of(target)[-1]
        for target, kept in ((file, "HIT"), (film, "STALE")):
            self.assertEqual(ask(target), "MISS")
            if target == film:
                self.stop_responder()
            programs.wait_for(lambda: ask(target) == kept, 10, kept)
            for said, age in zip(self.log_of(target), ages[target]):
                with self.subTest(target, said=said):
                    self.assertEqual(age is None, said == kept)

    def test_regress_a_page_s_age_was_too_small_by_as_long_as_it_was_kept(self):
        """Of several seconds, each answer of the microcache."""
        confirmed = int(time.time()) - 9.5
        os.utime(self.site("checked"), (confirmed, confirmed))
        for target in ("/movies.json", "/movies/" + next(iter(self.movies()))):
            while self.log_of(target).count("EXPIRED") < 2:
                before = time.time()
                age = int(self.get(target)["Age"])
                self.assertGreaterEqual(age, int(before - confirmed))
                self.assertLessEqual(age, time.time() - confirmed + 1)
                time.sleep(0.02)
            self.assertIn("HIT", self.log_of(target))


class Upstream(whole_site.TestCase):

    def test_no_page_load_asks_the_upstream(self):
        self.start_site()
        asked = len(self.upstream.log)
        films = ["/movies/" + film for film in self.movies()]
        targets = ["/", "/movies", "/movies.json", "/health"] + films
        for i in range(200):
            self.assertEqual(self.get(targets[i % len(targets)]).status, 200)
        self.assertEqual(len(self.upstream.log), asked)

    def test_an_ill_upstream_changes_no_byte(self):
        self.start_site()
        targets = ("/", "/movies", "/movies.json")
        before = [self.get(target) for target in targets]
        self.upstream.set_fault("status-500")
        self.assertEqual(self.fetch().returncode, 69)
        # As if the last good run had been two minutes ago.
        two_minutes_ago = time.time() - 120
        os.utime(self.site("checked"), (two_minutes_ago, two_minutes_ago))
        for target, was in zip(targets, before):
            with self.subTest(target):
                now = programs.wait_for(lambda: self.stale(target), 10,
                                        "a stale answer")
                self.assertTrue(now.body == was.body)
                self.assertEqual(now["ETag"], was["ETag"])
                self.assertGreaterEqual(int(now["Age"]), 120)
                self.assertRegex(now["Cache-Status"],
                                 r"^marquee; hit; ttl=-\d+; detail=[a-z-]+$")

    def stale(self, target):
        answer = self.get(target)
        return "ttl=-" in answer["Cache-Status"] and answer

    def test_health_tells_of_an_ill_upstream_and_of_its_recovery(self):
        self.start_site()
        self.upstream.set_fault("status-500")
        self.fetch()
        two_minutes_ago = time.time() - 120
        os.utime(self.site("checked"), (two_minutes_ago, two_minutes_ago))
        health = self.get("/health")
        self.assertEqual(health.status, 200)
        self.assertIn('"degraded"', health.text())
        self.upstream.clear_faults()
        self.publish()
        self.assertNotIn('"degraded"', self.get("/health").text())
        programs.wait_for(
            lambda: "ttl=-" not in self.get("/movies")["Cache-Status"], 10,
            "a fresh answer")

    def test_without_upstream_and_cache_the_bundled_films_are_served(self):
        self.upstream.refuse_connections()
        self.assertEqual(self.fetch().returncode, 69)
        self.start_responder()
        self.start_nginx()
        answer = self.get("/movies.json")
        self.assertEqual(len(json.loads(answer.body)), 22)
        self.assertRegex(answer["Cache-Status"],
                         r"^marquee; hit; ttl=-\d+; detail=bundled$")
        health = self.get("/health")
        self.assertEqual(health.status, 200)
        self.assertIn("bundled", health.text())
        self.upstream.accept_connections()
        self.publish()
        programs.wait_for(
            lambda: "bundled" not in self.get("/movies.json")["Cache-Status"],
            10, "the fetched films")

    def test_nothing_published_at_all_is_503(self):
        self.start_responder()
        self.start_nginx()
        for target in ("/", "/movies", "/movies.json", "/health"):
            with self.subTest(target):
                answer = self.get(target, {"Accept": JSON})
                self.assertEqual(answer.status, 503)
        self.assertEqual(self.get("/ping").status, 200)


class Storm(whole_site.TestCase):
    """Readers while two catalogues alternate."""

    READERS = 6
    TURNS = 8

    def test_every_body_is_one_of_the_two_and_has_its_tag(self):
        known = {}
        names = ("One Name", "Another Name")
        requests = [(target, {"Accept-Encoding": coding})
                    for target in ("/movies.html", "/movies.json")
                    for coding in ("br", "gzip", "identity")]
        self.start_site()
        for name in names:
            self.turn_to(name)
            programs.wait_for(
                lambda: name.encode() in self.get("/movies.json").body
                and name.encode() in self.get("/movies.html").body, 10, name)
            for target, headers in requests:
                answer = programs.wait_for(
                    lambda: self.current(target, headers, name), 10, name)
                known[answer["ETag"]] = answer.body
        self.assertEqual(len(known), 12)
        problems, count, stop = [], [0], threading.Event()

        def read(number):
            turn = number
            while not stop.is_set():
                target, headers = requests[turn % len(requests)]
                turn += 1
                answer = self.get(target, headers)
                count[0] += 1
                if answer.status != 200 or \
                        known.get(answer["ETag"]) != answer.body:
                    problems.append((target, headers, answer.status,
                                     answer["ETag"]))

        with concurrent.futures.ThreadPoolExecutor(self.READERS) as pool:
            readers = [pool.submit(read, i) for i in range(self.READERS)]
            try:
                for turn in range(self.TURNS):
                    self.turn_to(names[turn % 2])
            finally:
                stop.set()
            for reader in readers:
                reader.result()
        self.assertEqual(problems, [])
        self.assertGreater(count[0], 100)

    def turn_to(self, name):
        self.upstream.collections["films"][0]["title"] = name
        self.publish()

    def current(self, target, headers, name):
        answer = self.get(target, headers)
        return name in answer.text() and answer
