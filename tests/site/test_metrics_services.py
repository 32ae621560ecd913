"""/metrics of what other processes count: fetch-movies, files.fcgi,
events.fcgi."""

import json
import os
import re
import signal
import time

import busy_site
import exposition
import programs
import whole_site

JSON = {"Content-Type": "application/json"}
NOTE = "fetch-movies.prom"

# How long a responder's note may take on a busy machine.
NOTE_S = 30


class Site(whole_site.TestCase):

    def metrics(self):
        answer = self.get("/metrics")
        self.assertEqual(answer.status, 200)
        return exposition.Metrics(answer.body.decode())

    def wait_for(self, shows, what):
        """Until the metrics are so; returns them."""
        def look():
            metrics = self.metrics()
            return metrics if shows(metrics) else None
        return programs.wait_for(look, NOTE_S, what)


class Runs(Site):

    RESULTS = ("published", "unchanged", "held", "refused", "unavailable",
               "failed")

    def setUp(self):
        super().setUp()
        self.started = time.time()
        self.start_site()

    def assert_runs(self, **expected):
        metrics = self.metrics()
        self.assertEqual({result: metrics.runs(result)
                          for result in self.RESULTS},
                         dict(dict.fromkeys(self.RESULTS, 0), **expected))
        self.assertEqual(metrics.get("marquee_fetch_duration_seconds_count"),
                         sum(expected.values()))
        return metrics

    def test_each_run_counts_as_what_it_came_to(self):
        self.assert_runs(published=1)
        self.publish()
        self.assert_runs(published=1, unchanged=1)
        self.upstream.collections["films"].pop()
        self.publish()
        self.assert_runs(published=2, unchanged=1)
        self.assertEqual(self.fetch("--rollback").returncode, 0)
        self.assertEqual(self.fetch().returncode, 0)
        self.assert_runs(published=2, unchanged=1, held=1)
        self.upstream.set_fault("status-500")
        self.assertEqual(self.fetch().returncode, 69)
        self.upstream.clear_faults()
        films = self.upstream.collections["films"]
        self.upstream.collections["films"] = films[:3]
        self.assertEqual(self.fetch("--allow-withdrawn").returncode, 65)
        self.upstream.collections["films"] = films
        self.assertEqual(self.fetch(
            MARQUEE_SHARE_DIR=self.path("nowhere")).returncode, 78)
        self.assert_runs(published=2, unchanged=1, held=1, refused=1,
                         unavailable=1, failed=1)

    def test_what_changes_nothing_is_no_run(self):
        before = self.metrics()
        self.assertEqual(self.fetch("--dry-run").returncode, 0)
        after = self.metrics()
        for name in ("marquee_fetch_runs_total",
                     "marquee_fetch_last_run_timestamp_seconds"):
            self.assertEqual(after.of(name), before.of(name))

    def test_duration_requests_and_bytes_add_up(self):
        first = self.metrics()
        took = first.get("marquee_fetch_last_run_duration_seconds")
        self.assertGreater(took, 0)
        self.assertEqual(first.get("marquee_fetch_duration_seconds_sum"), took)
        self.assertEqual(first.get("marquee_fetch_upstream_requests_total"), 3)
        self.assertGreater(first.get("marquee_fetch_received_bytes_total"),
                           10000)
        ended = first.get("marquee_fetch_last_run_timestamp_seconds")
        self.assertTrue(self.started - 1 < ended < time.time() + 1)
        self.upstream.collections["films"].pop()
        self.publish()
        second = self.metrics()
        self.assertAlmostEqual(
            second.get("marquee_fetch_duration_seconds_sum"), took +
            second.get("marquee_fetch_last_run_duration_seconds"), 3)
        self.assertGreaterEqual(
            second.get("marquee_fetch_upstream_requests_total"), 6)
        self.assertGreater(
            second.get("marquee_fetch_received_bytes_total"),
            first.get("marquee_fetch_received_bytes_total"))
        self.assertGreater(
            second.get("marquee_fetch_last_run_timestamp_seconds"), ended)

    def test_counters_survive_what_restarts_and_not_what_is_damaged(self):
        self.publish()
        os.kill(programs.wait_for(self.responder_pid, 10, "the responder"),
                signal.SIGKILL)
        programs.wait_for(lambda: self.get("/ping").status == 200, 20,
                          "the next responder")
        self.assert_runs(published=1, unchanged=1)
        with open(self.site(NOTE), "w", encoding="utf-8") as note:
            note.write("nothing of ours\n" * 7)
        self.assertNotIn("marquee_fetch_runs_total", self.metrics().types)
        self.publish()
        self.assert_runs(unchanged=1)

    def test_the_note_is_the_text_that_a_textfile_collector_reads(self):
        with open(self.site(NOTE), encoding="utf-8") as note:
            metrics = exposition.Metrics(note.read())
        self.assertEqual(metrics.runs("published"), 1)
        self.assertEqual(os.stat(self.site(NOTE)).st_mode & 0o777, 0o644)

    def test_a_run_that_cannot_be_counted_publishes_all_the_same(self):
        os.unlink(self.site(NOTE))
        os.makedirs(self.site(NOTE))
        films = self.upstream.collections["films"]
        films.pop()
        run = self.publish()
        self.assertIn("cannot count the run", run.stderr)
        self.assertEqual(len(self.movies()), len(films))


class Files(Site):

    def setUp(self):
        super().setUp()
        self.start_with_media()

    def file(self, file_id):
        return self.get("/api/presentation/files/" + file_id)

    def test_what_is_fetched_kept_and_walked_for_is_counted(self):
        before = self.wait_for(
            lambda m: m.get("marquee_files_kept") == 0, "the first note")
        self.assertEqual(before.get("marquee_files_walks_total"), 0)
        self.assertEqual(self.file("file-7").status, 200)
        after = self.wait_for(
            lambda m: m.get("marquee_files_kept") == 1, "the kept file")
        self.assertEqual(after.get("marquee_files_fetched_total"), 1)
        self.assertEqual(after.get("marquee_files_walks_total"), 1)
        self.assertGreaterEqual(
            after.get("marquee_files_list_requests_total"), 1)
        self.assertEqual(after.get("marquee_files_fetches_in_flight"), 0)
        self.assertEqual(after.get("marquee_files_fetch_failures_total"), 0)
        self.assertEqual(after.requests(
            "/api/presentation/files/{}", responder="files"), 1)

    def test_a_failure_and_a_fetch_under_way_are_counted(self):
        self.media.fail("status-500", place="details/file-7")
        self.assertEqual(self.file("file-7").status, 502)
        metrics = self.wait_for(
            lambda m: m.get("marquee_files_fetch_failures_total") == 1,
            "the failure")
        self.assertEqual(metrics.requests("/api/presentation/files/{}",
                                          status="502", responder="files"), 1)
        self.assertEqual(metrics.state("files"), ["degraded"])

    def test_a_responder_that_is_gone_tells_nothing_any_more(self):
        self.wait_for(lambda m: "marquee_files_kept" in m.types, "the note")
        os.kill(self.files.pid, signal.SIGKILL)
        self.files.wait()
        pid = programs.wait_for(self.note_is_of_nobody, NOTE_S, "its end")
        self.assertNotIn("marquee_files_kept", pid.types)
        self.assertIsNone(pid.of_responder(exposition.IN_FLIGHT, "files"))
        self.assertEqual(pid.of_responder(exposition.IN_FLIGHT), 1)

    def note_is_of_nobody(self):
        """With its supervisor the responder ends, too."""
        metrics = self.metrics()
        return metrics if metrics.state("files") != ["ok"] else None


class Events(Site):

    def setUp(self):
        super().setUp()
        self.state = self.path("state")
        self.publish()
        self.start_responder()
        self.events = self.start_fcgi("events", MARQUEE_STATE_DIR=self.state)
        self.start_nginx()

    def post(self):
        answer = self.request("POST", "/events", JSON, json.dumps(
            {"user_id": "u", "description": "d"}).encode())
        self.assertEqual(answer.status, 201, answer.body)
        return json.loads(answer.body)["event_id"]

    def put(self, event_id, status):
        answer = self.request("PUT", "/events/" + event_id, JSON, json.dumps(
            {"status": status}).encode())
        self.assertEqual(answer.status, 200, answer.body)

    @staticmethod
    def counts(metrics):
        return [metrics.get("marquee_events", status=status)
                for status in ("NotProcessed", "Processed", "Failed")]

    def test_events_are_counted_by_status_and_the_oldest_that_waits(self):
        oldest = "marquee_events_oldest_waiting_timestamp_seconds"
        before = self.wait_for(lambda m: self.counts(m) == [0, 0, 0],
                               "the first note")
        self.assertEqual(before.get("marquee_events_unsent"), 0)
        self.assertNotIn(oldest, before.types)
        started = time.time()
        ids = [self.post() for _ in range(3)]
        waiting = self.wait_for(lambda m: self.counts(m) == [3, 0, 0],
                                "three events")
        self.assertEqual(waiting.get("marquee_events_unsent"), 3)
        self.assertTrue(
            started - 1 < waiting.get(oldest) < time.time() + 1)
        self.assertEqual(waiting.requests("/events/?", "POST", "201",
                                          "events"), 3)
        self.put(ids[0], "Processed")
        self.put(ids[1], "Failed")
        later = self.wait_for(lambda m: self.counts(m) == [1, 1, 1],
                              "one of each")
        self.assertGreater(later.get(oldest), waiting.get(oldest))
        self.put(ids[2], "Processed")
        after = self.wait_for(lambda m: self.counts(m) == [0, 2, 1],
                              "none that waits")
        self.assertNotIn(oldest, after.types)
        self.assertEqual(after.requests("/events/{}/?", "PUT", "200",
                                        "events"), 3)
        self.assertEqual(after.state("events"), ["ok"])

    def test_each_service_is_in_one_state(self):
        metrics = self.wait_for(lambda m: m.state("events") == ["ok"],
                                "the note for /health")
        self.assertEqual(metrics.state("files"), ["disabled"])
        self.assertEqual(metrics.state("movies"), ["ok"])
        os.utime(self.site("checked"), (1, 1))
        self.assertEqual(self.metrics().state("movies"), ["degraded"])
        os.unlink(self.site("current"))
        self.assertEqual(self.metrics().state("movies"), ["down"])


class Conventions(busy_site.TestCase):
    """Of https://prometheus.io/docs/practices/naming/; make lint asks
    promtool, too."""

    RULES = os.path.join(programs.ROOT, "prometheus", "marquee.rules.yml")

    def test_names_are_as_they_should_be_and_alerts_are_about_them(self):
        metrics = exposition.Metrics(self.scrape())
        for name, kind in metrics.types.items():
            with self.subTest(name):
                self.assertRegex(name, r"^marquee_[a-z]+(_[a-z]+)*$")
                self.assertEqual(name.endswith("_total"), kind == "counter")
                self.assertNotRegex(
                    name, "_(counter|gauge|sum|count|ms|milliseconds|minutes)"
                    "(_|$)")
                if kind == "summary" or "timestamp" in name:
                    self.assertTrue(name.endswith("_seconds"))
                self.assertRegex(metrics.helps[name], r"^[A-Z].*\.$")
        with open(self.RULES, encoding="utf-8") as rules:
            named = set(re.findall(r"\bmarquee_\w+", rules.read()))
        self.assertGreater(len(named), 8)
        self.assertEqual(named - set(metrics.types), set())
