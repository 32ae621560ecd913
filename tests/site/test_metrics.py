"""/metrics: the format, and that every number moves with what it counts."""

import calendar
import json
import os
import signal
import time

import fcgi
import programs
import responding
import whole_site
from exposition import IN_FLIGHT, START, TOTAL, Metrics

# What fetch-movies counts.
RUN_TYPES = {
    "marquee_fetch_runs_total": "counter",
    "marquee_fetch_duration_seconds": "summary",
    "marquee_fetch_last_run_duration_seconds": "gauge",
    "marquee_fetch_last_run_timestamp_seconds": "gauge",
    "marquee_fetch_upstream_requests_total": "counter",
    "marquee_fetch_received_bytes_total": "counter",
}


class Parser(programs.TestCase):
    """The parser above would notice."""

    GOOD = ('# HELP a_total Text.\n# TYPE a_total counter\n'
            'a_total{x="1",y="a\\"\\\\\\n"} 2\na_total 3.5\n')

    def test_it_reads_what_is_well_formed(self):
        metrics = Metrics(self.GOOD)
        self.assertEqual(metrics.get("a_total", x="1", y='a"\\\n'), 2)
        self.assertEqual(metrics.get("a_total"), 3.5)

    def test_it_refuses_what_is_not(self):
        for was, now in [
                ("3.5\n", "3.5"), ("a_total 3.5", "a_total 3,5"),
                ("a_total 3.5", "b_total 3.5"), ("a_total 3.5", "a_total"),
                ("a_total 3.5", 'a_total{x="1",y="a\\"\\\\\\n"} 1'),
                ("# TYPE a_total counter\n", ""),
                ("counter\n", "thing\n"), ("counter\n", "counter \n"),
                ("counter\n", "counter\n# TYPE a_total counter\n"),
                ("# HELP a_total Text.\n", ""),
                ('x="1"', 'x="1'), ('x="1"', 'x=1'), ('x="1"', 'x="\\z"'),
                ('x="1"', 'y="1"'), ('x="1"', '1x="1"'), (',y', ' y'),
                ("a_total 3.5\n", "a_total 3.5\n\n"),
                ("a_total 3.5\n", "# HELP b_b T.\n# TYPE b_b gauge\n")]:
            with self.subTest(now):
                self.assertIn(was, self.GOOD)
                self.assertRaises(ValueError, Metrics,
                                  self.GOOD.replace(was, now, 1))


class Site(whole_site.TestCase):

    def metrics(self):
        answer = self.get("/metrics")
        self.assertEqual(answer.status, 200)
        return Metrics(answer.body.decode())

    def confirmed(self, seconds_ago):
        when = time.time() - seconds_ago
        os.utime(self.site("checked"), (when, when))
        return when


class Answer(Site):

    def setUp(self):
        super().setUp()
        self.start_site()

    def test_it_is_the_text_format_and_not_to_be_kept(self):
        for target in ("/metrics", "/metrics/", "/metrics?x=y"):
            with self.subTest(target):
                answer = self.get(target)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer["Content-Type"],
                                 "text/plain; version=0.0.4; charset=utf-8")
                self.assertEqual(answer["Cache-Control"], "no-store")
                self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
                self.assertIn("default-src 'none'",
                              answer["Content-Security-Policy"])
                self.assertEqual(answer["Referrer-Policy"], "no-referrer")
                Metrics(answer.body.decode())

    def test_every_metric_of_the_films_and_the_process_is_there(self):
        metrics = self.metrics()
        self.assertEqual(
            {name: kind for name, kind in metrics.types.items()
             if name != TOTAL},
            {name: "gauge" for name in (
                "marquee_build_info", "marquee_movies_data_age_seconds",
                "marquee_movies_stale", "marquee_movies_films",
                "marquee_movies_people", "marquee_movies_failed_runs",
                "marquee_movies_last_success_timestamp_seconds",
                "marquee_movies_published_timestamp_seconds",
                "marquee_movies_info", "marquee_service_state",
                IN_FLIGHT, START)} | RUN_TYPES)
        self.assertEqual(self.metrics().types[TOTAL], "counter")

    def test_it_says_which_version_answers(self):
        version = self.run_program(
            [programs.program("movies.fcgi"), "--version"]).stdout.decode()
        labels = self.metrics().labels("marquee_build_info")
        self.assertEqual(len(labels), 1)
        self.assertIn(labels[0]["version"], version.split())

    def test_it_says_what_health_says(self):
        health = json.loads(self.get("/health").body)["services"]["movies"]
        metrics = self.metrics()
        for member, name in [("films", "films"), ("people", "people"),
                             ("failures", "failed_runs")]:
            self.assertEqual(metrics.get("marquee_movies_" + name),
                             health[member])
        self.assertEqual(metrics.get("marquee_movies_films"), 22)
        self.assertEqual(metrics.labels("marquee_movies_info"),
                         [{"source": "upstream",
                           "generation": self.generation()}])
        self.assertGreaterEqual(
            metrics.get("marquee_movies_data_age_seconds"), health["age_s"])
        self.assertEqual(
            metrics.get("marquee_movies_published_timestamp_seconds"),
            calendar.timegm(time.strptime(health["published"],
                                          "%Y-%m-%dT%H:%M:%S.000Z")))

    def test_head_has_the_headers_and_no_body(self):
        answer = self.request("HEAD", "/metrics")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, b"")
        self.assertTrue(answer["Content-Type"].startswith("text/plain;"))
        self.assertGreater(int(answer["Content-Length"]), 500)

    def test_another_method_is_405(self):
        for method in ("POST", "PUT", "DELETE"):
            answer = self.request(method, "/metrics", {}, b"")
            self.assertEqual(answer.status, 405)
            self.assertEqual(answer["Allow"], "GET, HEAD")


class Requests(Site):

    def setUp(self):
        super().setUp()
        self.start_site()

    def test_each_request_moves_its_own_counter_and_no_other(self):
        film = "/movies/%s.json" % next(iter(self.movies()))
        asked = [
            ("GET", "/ping", 3, "/ping/?", "200"),
            ("GET", "/ping/", 2, "/ping/?", "200"),
            ("HEAD", "/ping", 4, "/ping/?", "200"),
            ("POST", "/ping", 2, "/ping/?", "405"),
            ("DELETE", "/ping", 3, "/ping/?", "405"),
            ("GET", "/health", 6, "/health/?", "200"),
            ("GET", "/movies/no-such-film", 7, "/movies/{}", "404"),
            ("GET", "/movies/page/99", 5, "/movies/page/{}/?", "404"),
            ("GET", "/no/such/path", 8, "other", "404"),
            ("GET", film, 1, "/movies/{}", "200"),
        ]
        expected = {}
        before = self.metrics()
        for method, target, times, route, status in asked:
            key = (route, method if method != "DELETE" else "other", status)
            expected[key] = expected.get(key, 0) + times
            for _ in range(times):
                answer = self.request(
                    method, target, {}, b"" if method == "POST" else None)
                self.assertEqual(str(answer.status), status, target)
        expected["/metrics/?", "GET", "200"] = 1  # the one before
        after = self.metrics()
        moved = {}
        for name, labels in after.samples:
            if name == TOTAL:
                key = tuple(dict(labels)[label]
                            for label in ("route", "method", "status"))
                change = after.requests(*key) - before.requests(*key)
                if change:
                    moved[key] = change
        self.assertEqual(moved, expected)

    def test_nothing_of_a_path_becomes_a_label(self):
        self.get("/ping")
        series = None
        for turn in range(40):
            for target in ('/x%d"}' % turn, "/movies/secret-%d" % turn,
                           "/%%0A%d" % turn, "/movies/page/%d" % (turn + 50),
                           "/ping?secret-%d" % turn):
                self.get(target)
            labels = self.metrics().labels(TOTAL)
            if turn == 1:
                series = len(labels)
            for label in labels:
                self.assertNotRegex(label["route"], r"\d|secret|\"")
        self.assertEqual(len(labels), series)

    def test_a_304_and_a_416_are_told_apart(self):
        film = "/movies/%s.json" % next(iter(self.movies()))
        tag = self.get(film)["ETag"]
        self.assertEqual(self.get(film, {"If-None-Match": tag}).status, 304)
        metrics = self.metrics()
        self.assertEqual(metrics.requests("/movies/{}", status="304"), 1)
        self.assertEqual(metrics.requests("/movies/{}", status="200"), 1)

    def test_a_page_of_the_microcache_is_counted_once(self):
        """What nginx answers itself is in its own log."""
        def read():
            before = self.metrics().requests("/movies.json")
            answers = [self.get("/movies.json") for _ in range(10)]
            self.assertEqual({answer.status for answer in answers}, {200})
            return 0 < self.metrics().requests("/movies.json") - before < 10
        programs.wait_for(read, 10, "a hit")

    def test_a_new_process_begins_at_0_with_a_later_start(self):
        for _ in range(50):
            self.get("/ping")
        before = self.metrics()
        self.assertGreaterEqual(before.requests("/ping/?"), 50)
        self.assertLess(abs(before.of_responder(START) - time.time()), 120)
        pid = programs.wait_for(self.responder_pid, 10, "the responder")
        os.kill(pid, signal.SIGKILL)
        programs.wait_for(lambda: self.get("/ping").status == 200, 20,
                          "the next responder")
        after = self.metrics()
        self.assertLess(after.requests("/ping/?"), 50)
        self.assertGreater(after.of_responder(START), before.of_responder(START))


class Freshness(Site):

    def test_age_and_stale_follow_the_last_confirmation(self):
        self.start_site()
        fresh = self.metrics()
        self.assertEqual(fresh.get("marquee_movies_stale"), 0)
        self.assertLess(fresh.get("marquee_movies_data_age_seconds"), 60)
        when = self.confirmed(seconds_ago=300)
        stale = self.metrics()
        self.assertEqual(stale.get("marquee_movies_stale"), 1)
        age = stale.get("marquee_movies_data_age_seconds")
        self.assertGreaterEqual(age, 300)
        self.assertLess(age, 360)
        self.assertEqual(
            stale.get("marquee_movies_last_success_timestamp_seconds"),
            int(when))
        self.assertEqual(
            stale.get("marquee_movies_published_timestamp_seconds"),
            fresh.get("marquee_movies_published_timestamp_seconds"))
        self.publish()
        again = self.metrics()
        self.assertEqual(again.get("marquee_movies_stale"), 0)
        self.assertLess(again.get("marquee_movies_data_age_seconds"), 60)
        self.assertGreater(
            again.get("marquee_movies_last_success_timestamp_seconds"), when)

    def test_failed_runs_are_counted_until_a_good_one(self):
        self.start_site()
        self.assertEqual(self.metrics().get("marquee_movies_failed_runs"), 0)
        self.upstream.set_fault("status-500")
        for failures in (1, 2):
            self.assertEqual(self.fetch().returncode, 69)
            self.assertEqual(
                self.metrics().get("marquee_movies_failed_runs"), failures)
        self.upstream.clear_faults()
        self.publish()
        self.assertEqual(self.metrics().get("marquee_movies_failed_runs"), 0)

    def test_films_people_and_generation_follow_a_publication(self):
        self.start_site()
        before = self.metrics()
        films = self.upstream.collections["films"]
        self.upstream.collections["people"].pop()
        films.pop()
        self.publish()
        after = self.metrics()
        self.assertEqual(after.get("marquee_movies_films"), len(films))
        self.assertEqual(after.get("marquee_movies_people"),
                         before.get("marquee_movies_people") - 1)
        self.assertEqual(
            after.labels("marquee_movies_info")[0]["generation"],
            self.generation())
        self.assertGreater(
            after.get("marquee_movies_published_timestamp_seconds"),
            before.get("marquee_movies_published_timestamp_seconds"))

    def test_the_bundled_films_are_stale_and_had_no_success(self):
        self.upstream.refuse_connections()
        self.assertEqual(self.fetch().returncode, 69)
        self.start_responder()
        self.start_nginx()
        metrics = self.metrics()
        self.assertEqual(metrics.get("marquee_movies_stale"), 1)
        for name in ("last_success_timestamp_seconds", "data_age_seconds"):
            self.assertNotIn("marquee_movies_" + name, metrics.types)
        self.assertEqual(metrics.get("marquee_movies_films"), 22)
        self.assertEqual(
            metrics.labels("marquee_movies_info")[0]["source"], "bundled")

    def test_with_nothing_published_the_process_still_tells_of_itself(self):
        self.start_responder()
        self.start_nginx()
        metrics = self.metrics()
        self.assertEqual(
            [name for name in metrics.types if "movies" in name], [])
        self.assertEqual(metrics.of_responder(IN_FLIGHT), 1)
        self.assertEqual(len(metrics.labels("marquee_build_info")), 1)


class Process(responding.TestCase):

    def test_a_request_under_way_is_in_flight(self):
        self.publish({"movies.html": b"x" * 8000000})
        self.serve()

        def in_flight():
            return Metrics(self.ask("/metrics").body.decode()).of_responder(IN_FLIGHT)
        self.assertEqual(in_flight(), 1)
        with fcgi.Connection(self.socket) as reader:
            reader.send(responding.params("/movies.html"))
            reader.read_record()
            self.assertEqual(in_flight(), 2)
        programs.wait_for(lambda: in_flight() == 1, 10, "the reader's end")

    def test_as_plain_cgi_there_is_nothing_to_count(self):
        self.publish({"movies.html": b"page"}, status="films=22\n")
        answer = self.cgi("/metrics")
        self.assertEqual(answer.status, 200)
        metrics = Metrics(answer.body.decode())
        self.assertEqual(metrics.get("marquee_movies_films"), 22)
        for name in (TOTAL, IN_FLIGHT, START):
            self.assertNotIn(name, metrics.types)

    def test_a_strange_note_cannot_break_the_format(self):
        for value in ('a"} 1\\', "\\", '\\"', "x{y=z} # TYPE", "\xe5\xff",
                      "marquee_movies_films 9"):
            with self.subTest(value):
                self.publish({"movies.html": b"page"},
                             status="source=%s\nfilms=1\n" % value)
                metrics = Metrics(self.cgi("/metrics").body.decode())
                self.assertEqual(metrics.labels("marquee_movies_info"),
                                 [{"source": value}])
                self.assertEqual(metrics.get("marquee_movies_films"), 1)
