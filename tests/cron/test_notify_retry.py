"""notify --retry-failed, and an API that answers what it should not: a stand-in
says what a real event log never would."""

import json
import os

import fetching
import programs
import upstream

COUNT = 100  # that notify asks for at once


def event(number, **more):
    return dict({
        "event_id": "01a1fe7c-cc58-702c-a4aa-%012x" % number,
        "user_id": "u", "description": "d", "status": "Failed",
        "created_at": "2026-11-21T14:00:00.000Z",
        "updated_at": "2026-11-21T14:00:00.000Z"}, **more)


class TestCase(programs.TestCase):
    """A test with an API whose list is self.pages, each a pair of events and
    where the next begins (None: nowhere)."""

    def setUp(self):
        super().setUp()
        self.api = upstream.Upstream(data=None).start()
        self.addCleanup(self.api.stop)
        self.api.gzip = self.api.entity_tags = False
        self.api.add_route("/events", self.answer)
        self.pages = [([], None)]
        self.gone = set()

    def answer(self, entry):
        if entry.method == "PUT":
            event_id = entry.path.rpartition("/")[2]
            if event_id in self.gone:
                return upstream.Response({"status": 404}, 404)
            found = [one for page, _ in self.pages for one in page
                     if one["event_id"] == event_id]
            return upstream.Response(dict(found[0], **json.loads(entry.body)))
        after = int(entry.query.get("after", 0))
        page, following = self.pages[min(after, len(self.pages) - 1)]
        headers = {}
        if following is not None:
            headers["Link"] = '</events?limit=1&after=%s>; rel="next"' % (
                following)
        return upstream.Response(page, headers=headers)

    def retry(self, url=None, **popen):
        return fetching.Run(self.run_program(
            [programs.program("notify"), "--retry-failed"],
            env={"MARQUEE_STATE_DIR": self.path("state"),
                 "MARQUEE_API_URL": url or self.api.url,
                 "MARQUEE_TIMEOUT_MS": "5000"}, **popen))

    def reported(self):
        return [entry for entry in self.api.log if entry.method == "PUT"]


class RetryFailed(TestCase):

    def test_every_page_is_read(self):
        self.pages = [([event(1)], 1), ([event(2), event(3)], None)]
        run = self.retry()
        self.assertEqual((run.returncode, run.stdout),
                         (0, "events to be notified again: 3\n"), run.stderr)
        self.assertEqual(len(self.reported()), 3)

    def test_an_event_that_is_gone_is_passed_over(self):
        self.pages = [([event(1), event(2)], None)]
        self.gone = {event(1)["event_id"]}
        run = self.retry()
        self.assertEqual((run.returncode, run.stdout),
                         (0, "events to be notified again: 1\n"), run.stderr)

    def test_a_slash_at_the_end_of_the_url_is_no_part_of_it(self):
        run = self.retry(self.api.url + "//")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.api.log[0].path, "/events")

    def test_a_list_that_is_not_one_is_exit_65(self):
        for pages, words in [
                ([({}, None)], "not its own"),
                ([([{"event_id": "x"}], None)], "event_id"),
                ([([event(number) for number in range(COUNT + 101)], None)],
                 "more events than were asked for"),
                ([([event(1)], 1), ([event(2)], 1)], "goes backwards")]:
            with self.subTest(words):
                self.pages = pages
                run = self.retry()
                self.assertEqual(run.returncode, 65, run.stderr)
                self.assertIn(words, run.stderr)

    def test_a_place_that_is_no_number_ends_the_list(self):
        self.pages = [([event(1)], "9" * 30)]
        run = self.retry()
        self.assertEqual((run.returncode, run.stdout),
                         (0, "events to be notified again: 1\n"), run.stderr)

    def test_an_answer_that_cannot_be_unpacked_is_exit_65(self):
        self.api.add_route("/events", lambda entry: upstream.Response(
            b"this is no gzip", headers={"Content-Encoding": "gzip"}))
        run = self.retry()
        self.assertEqual(run.returncode, 65, run.stderr)

    def test_an_api_that_refuses_is_exit_65(self):
        self.pages = [([event(1)], None)]
        self.api.set_fault("status-403")
        run = self.retry()
        self.assertEqual(run.returncode, 65, run.stderr)

    def test_an_api_that_goes_away_in_the_middle_is_exit_69(self):
        self.pages = [([event(1)], None)]
        answer = self.answer

        def once(entry):
            self.api.set_fault("status-503")
            return answer(entry)
        self.api.add_route("/events", once)
        run = self.retry()
        self.assertEqual(run.returncode, 69, run.stderr)

    def test_a_count_that_cannot_be_written_is_exit_74(self):
        done = self.run_shell('exec "$0" --retry-failed >/dev/full')
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn(b"cannot write to stdout", done.stderr)

    def run_shell(self, script):
        return self.run_program(
            ["sh", "-c", script, programs.program("notify")],
            env={"MARQUEE_STATE_DIR": self.path("state"),
                 "MARQUEE_API_URL": self.api.url})


class Descriptors(programs.TestCase):
    """With one of the three closed, what is opened must not take its place."""

    def run_shell(self, script):
        return self.run_program(
            ["sh", "-c", script, programs.program("notify")],
            env={"MARQUEE_STATE_DIR": self.path("state"),
                 "MARQUEE_API_URL": "http://127.0.0.1:1"})

    def test_without_stdout_there_is_nowhere_to_print_to(self):
        done = self.run_shell('exec "$0" --once >&-')
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertIn(b"stdout is closed", done.stderr)

    def test_without_stdin_and_stdout_a_command_can_still_be_run(self):
        done = self.run_shell('exec "$0" --once --exec true <&- >&-')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(os.path.exists(self.path("state", "events.db")))

    def test_without_stderr_nothing_is_written_into_the_event_log(self):
        done = self.run_shell('exec "$0" --once --exec true 2>&-')
        self.assertEqual(done.returncode, 0)
        with open(self.path("state", "events.db"), "rb") as log:
            self.assertEqual(log.read(15), b"SQLite format 3")
