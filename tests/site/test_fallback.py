"""What readers get while movies.fcgi is dead, frozen, or about to start."""

import concurrent.futures
import email.utils
import json
import os
import signal
import time

import programs
import whole_site
from test_pages import ACCEPT_CASES, HTML, JSON
from test_semantics import CODING_CASES, SECURITY_HEADERS

LISTS = ("/", "/movies", "/movies/", "/movies.html", "/movies.json",
         "/movies?order=year", "/movies.html?order=year", "/style.css",
         "/favicon.svg", "/script.js", "/movies.atom", "/docs", "/docs/", "/openapi.json")

# What only the responder knows, or what tells who answered.
RESPONDERS_OWN = {"etag", "age", "last-modified", "accept-ranges", "date",
                  "cache-status", "x-request-id", "content-location"}

# What the documentation promises and nginx cannot know by itself.
class DeadResponder(whole_site.TestCase):

    without_headers = whole_site.AWAY

    def setUp(self):
        super().setUp()
        self.start_site()

    def test_the_lists_are_the_same_bytes_and_types(self):
        asked = [(target, {"Accept": accept, "Accept-Encoding": coding})
                 for target in LISTS for accept in ("text/html", JSON)
                 for coding in ("br", "gzip", "identity")]
        before = [self.get(*request) for request in asked]
        self.stop_responder()
        for (target, headers), was in zip(asked, before):
            with self.subTest(target=target, headers=headers):
                now = self.wait_until_from_files(target, headers)
                self.assertEqual(now.status, 200)
                self.assertTrue(now.body == was.body)
                self.assertEqual(self.shared(now), self.shared(was))

    def shared(self, answer):
        return {name.lower(): value for name, value in answer.headers.items()
                if name.lower() not in RESPONDERS_OWN}

    def wait_until_from_files(self, target, headers):
        """What the microcache still holds goes out for a second."""
        def ask():
            answer = self.get(target, headers)
            return "responder-down" in answer["Cache-Status"] and answer
        return programs.wait_for(ask, 10, "the files behind " + target)

    def test_accept_and_accept_encoding_are_still_honoured(self):
        self.stop_responder()
        for accept, media_type in ACCEPT_CASES:
            with self.subTest(accept=accept):
                headers = {} if accept is None else {"Accept": accept}
                answer = self.get("/movies", headers)
                self.assertEqual(answer["Content-Type"], media_type)
                self.assertEqual(answer["Vary"], "Accept, Accept-Encoding")
        for accept, coding in CODING_CASES:
            if accept == "br;q=0.5, gzip;q=0.8":
                continue  # either will do: a map knows no weights
            with self.subTest(accept_encoding=accept):
                headers = {} if accept is None else {"Accept-Encoding": accept}
                answer = self.get("/movies.json", headers)
                self.assertEqual(answer["Content-Encoding"], coding)
                self.assertEqual(len(json.loads(answer.text())), 22)

    def test_nothing_is_made_up(self):
        """No validator and no age that only the responder would know."""
        self.stop_responder()
        for target in LISTS:
            with self.subTest(target):
                answer = self.get(target)
                self.assertEqual(answer["Cache-Status"],
                                 "marquee; hit; detail=responder-down")
                for name in ("ETag", "Last-Modified", "Age",
                             "Accept-Ranges"):
                    self.assertIsNone(answer[name], name)

    def test_validators_and_ranges_get_the_whole(self):
        tag = self.get("/movies")["ETag"]
        date = email.utils.formatdate(
            int(os.stat(self.site("current", "movies.html")).st_mtime),
            usegmt=True)
        self.stop_responder()
        for headers in ({"If-None-Match": tag + "x"},
                        {"If-Modified-Since": date},
                        {"If-None-Match": tag + "x",
                         "If-Modified-Since": date},
                        {"Range": "bytes=0-9"},
                        {"Range": "bytes=0-9", "If-Range": date}):
            with self.subTest(headers):
                answer = self.wait_until_from_files("/movies", headers)
                self.assertEqual(answer.status, 200)
                self.assertGreater(len(answer.body), 1000)

    def test_the_files_are_the_current_ones(self):
        """A new generation shows although the responder is dead, and what the
        microcache kept of the old one does not."""
        old = self.get("/movies").body
        self.stop_responder()
        self.upstream.collections["films"][0]["title"] = "Another Name"
        self.publish()
        answer = self.wait_until_from_files("/movies", {})
        self.assertFalse(answer.body == old)
        self.assertIn("Another Name", answer.text())
        self.assertIn(b"Another Name", self.get("/movies.json").body)

    def test_head_has_no_body(self):
        self.stop_responder()
        get, head = self.get("/movies"), self.request("HEAD", "/movies")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head["Content-Length"], get["Content-Length"])

    def test_another_method_is_405(self):
        self.stop_responder()
        for target in ("/movies", "/movies.json", "/"):
            with self.subTest(target):
                answer = self.request("POST", target, {"Accept": JSON}, b"{}")
                self.assertEqual(answer.status, 405)
                self.assertEqual(answer["Allow"], "GET, HEAD")
                self.assertEqual(answer["Content-Type"],
                                 "application/problem+json")

    def test_a_film_that_was_read_lately_is_still_there(self):
        film = "/movies/" + next(iter(self.movies()))
        before = self.get(film)
        self.stop_responder()
        # Its second over, it goes on for as long as the response's own
        # stale-if-error says.
        def ask():
            answer = self.get(film)
            return any(film in line and 'cache="STALE"' in line
                       for line in self.access_log()) and answer
        after = programs.wait_for(ask, 10, "a page kept for this time")
        self.assertEqual(after.status, 200)
        self.assertTrue(after.body == before.body)
        self.assertEqual(after["ETag"], before["ETag"])

    def test_regress_a_film_kept_for_long_was_said_to_be_fresh(self):
        film = "/movies/" + next(iter(self.movies()))
        before = self.get(film)
        self.assertIn("ttl=", before["Cache-Status"])
        self.assertIsNotNone(before["Age"])
        self.stop_responder()
        def ask():
            answer = self.get(film)
            return "responder-down" in answer["Cache-Status"] and answer
        after = programs.wait_for(ask, 15, "a kept film that says so")
        self.assertEqual(after["Cache-Status"],
                         "marquee; hit; detail=responder-down")
        self.assertIsNone(after["Age"])
        self.assertEqual(after["ETag"], before["ETag"])

    def test_what_nobody_can_answer_is_503_with_retry_after(self):
        films = list(self.movies())
        self.stop_responder()
        problem = "application/problem+json"
        for target, page in (("/movies/" + films[1], HTML),
                             ("/movies/page/2", HTML), ("/health", problem),
                             ("/ping", problem), ("/nothing", HTML),
                             ("//movies", HTML), ("/%6dovies", HTML)):
            for accept, media_type in [("text/html", page), (JSON, problem)]:
                with self.subTest(target=target, accept=accept):
                    answer = self.get(target, {"Accept": accept})
                    self.assertEqual(answer.status, 503)
                    self.assertEqual(answer["Content-Type"], media_type)
                    self.assertEqual(answer["Retry-After"], "20")
                    self.assertEqual(answer["Cache-Control"], "no-store")
                    for name in SECURITY_HEADERS:
                        self.assertIsNotNone(answer[name], name)

    def test_a_404_is_never_kept_for_later(self):
        for target in ("/movies/nobody", "/movies/page/7"):
            self.assertEqual(self.get(target).status, 404)
            self.assertEqual(self.get(target).status, 404)
        self.stop_responder()
        for target in ("/movies/nobody", "/movies/page/7"):
            self.assertEqual(self.get(target).status, 503)
        kept = [line for line in self.access_log()
                if "status=404" in line and 'cache="HIT"' in line]
        self.assertEqual(kept, [])

    def test_a_generation_without_the_coding_gives_the_plain_file(self):
        self.stop_responder()
        for suffix in (".br", ".gz"):
            os.unlink(self.site("current", "style.css" + suffix))
        answer = self.get("/style.css", {"Accept-Encoding": "br, gzip"})
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer["Content-Encoding"])
        self.assertIn("{", answer.text())

    def test_an_empty_cache_and_no_responder_is_503(self):
        self.stop_responder()
        os.unlink(self.site("current"))
        for target in LISTS:
            with self.subTest(target):
                answer = self.get(target)
                self.assertEqual(answer.status, 503)
                self.assertEqual(answer["Retry-After"], "20")

    def test_a_responder_that_comes_back_is_asked_again(self):
        self.stop_responder()
        self.assertIsNone(self.get("/movies")["ETag"])
        self.start_responder()
        programs.wait_for(lambda: self.get("/movies")["ETag"], 10,
                          "an answer of the responder")


class KilledResponder(whole_site.TestCase):
    """Killed, and started again by its supervisor."""

    without_headers = whole_site.AWAY

    def test_a_kill_in_the_middle_of_reading_is_never_seen(self):
        self.start_site()
        expected = self.get("/movies.json").body
        killed = 0
        for turn in range(60):
            if turn % 10 == 5:
                pid = programs.wait_for(self.responder_pid, 10,
                                        "the responder")
                os.kill(pid, signal.SIGKILL)
                killed += 1
            # Nothing that the microcache has.
            answer = self.get("/movies.json",
                              {"If-None-Match": '"turn-%d"' % turn})
            self.assertEqual(answer.status, 200)
            self.assertTrue(answer.body == expected)
        self.assertEqual(killed, 6)

    def test_it_is_running_again_at_once(self):
        self.start_site()
        first = programs.wait_for(self.responder_pid, 10, "the responder")
        os.kill(first, signal.SIGKILL)
        second = programs.wait_for(
            lambda: self.responder_pid() not in (None, first)
            and self.responder_pid(), 10, "another responder")
        self.assertNotEqual(first, second)
        programs.wait_for(lambda: self.get("/ping").status == 200, 10,
                          "its answer")


class Supervisor(programs.TestCase):

    def test_regress_term_while_it_starts_the_program_was_lost(self):
        """The program, a moment old, was still a shell and forgot it. Which
        moment that is differs, so there are many tries."""
        for turn in range(60):
            process = self.start(
                [programs.program("keep-running"), "sleep", "1000"])
            time.sleep(turn * 0.0001)
            # Before it has blocked the signal, that ends it by itself.
            self.assertIn(self.end(process), (0, -signal.SIGTERM))


class FrozenResponder(whole_site.TestCase):
    """For as long as it takes: no supervisor looks for signs of life."""

    watch = ()
    without_headers = whole_site.AWAY

    def test_the_lists_come_from_the_files_and_no_reader_waits_for_long(self):
        self.start_site()
        expected = self.get("/movies.json").body
        self.freeze_responder()
        slowest_s, answer = 0, None
        while answer is None or answer["ETag"]:
            started = time.monotonic()
            answer = self.get("/movies.json")
            slowest_s = max(slowest_s, time.monotonic() - started)
            self.assertLess(slowest_s, 5)
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.body == expected)
        self.assertEqual(answer["Cache-Status"],
                         "marquee; hit; detail=responder-down")

    def test_a_film_that_was_read_lately_is_there_and_says_so(self):
        self.start_site()
        film = "/movies/" + next(iter(self.movies()))
        expected = answer = self.get(film)
        self.freeze_responder()
        slowest_s = 0
        while answer["Age"]:
            started = time.monotonic()
            answer = self.get(film)
            slowest_s = max(slowest_s, time.monotonic() - started)
            self.assertLess(slowest_s, 5)
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.body == expected.body)
        self.assertEqual(answer["Cache-Status"],
                         "marquee; hit; detail=responder-down")

    def test_of_the_readers_of_a_film_one_waits_for_the_page_behind_it(self):
        """The others have what is kept, at once, for 5 s more."""
        self.start_site()
        film = "/movies/" + next(iter(self.movies()))
        expected = self.get(film)
        pid = programs.wait_for(self.responder_pid, 10, "the responder")

        def read(_):
            return [self.get(film) for _ in range(4)]

        def is_seen():
            os.kill(pid, signal.SIGCONT)
            programs.wait_for(lambda: self.get(film)["Age"], 10, "its answer")
            self.freeze_responder()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                answers = sum(pool.map(read, range(4)), [])
            self.assertEqual({answer.status for answer in answers}, {200})
            self.assertEqual({answer.body for answer in answers},
                             {expected.body})
            return [answer for answer in answers if answer["Cache-Status"] ==
                    "marquee; hit; detail=updating"]
        for answer in programs.wait_for(is_seen, 60, "who need not wait"):
            self.assertIsNone(answer["Age"])

    def test_it_ends_when_it_is_asked_to(self):
        self.start_site()
        self.freeze_responder()
        started = time.monotonic()
        self.stop_responder()
        self.assertLess(time.monotonic() - started, 10)
