"""files.fcgi and a media API that misbehaves: each fault of the films' tests,
on the list, on details and on segments. What is expected follows from what
kind of fault it is; nothing unfinished, partial or mixed is ever kept."""

import json
import threading

import fcgi
import media_upstream
import programs
import responding
import serving_files
from serving_files import URL
from upstream_faults import FAULTS, ONLY_OF_FILMS

# These end by running out of time.
SLOW = {"hang", "hang-in-body", "drip", "drip-headers"}

# These may end by running out of time or by their size, whichever is first.
LONG = {"endless-error-body", "endless-headers", "endless-body",
        "endless-element", "gzip-bomb", "too-many-elements", "small-pieces"}

STATUS_OF_KIND = {"served": {200}, "lost": {502}, "refused": {502},
                  "content": {200, 400, 404, 502}}

# Faults of a collection of films that are something else here.
LIST = {
    # Not the id's field, so no file is one.
    "object": {502}, "string": {502}, "number": {502}, "null": {502},
}
DETAILS = {
    # An object with one field that nobody knows is what details may be.
    "object": {200, 502},
    # There is no array whose elements these could be.
    "missing-comma": {502}, "trailing-comma": {502},
    "duplicate-ids": {502}, "same-ids": {200}, "one-less": {502},
    "half-array": {502}, "scalars": {502}, "empty-array": {502},
    "empty-objects": {502}, "huge-numbers": {502},
}
SEGMENTS = {}


def expected(name, special):
    if name in special:
        return special[name]
    if name in SLOW:
        return {504}
    return STATUS_OF_KIND[FAULTS[name].kind] | (
        {504} if name in LONG else set())


class Faults(serving_files.TestCase):

    timeout_ms = 3000

    # At once, so that the slow ones wait together.
    CALLERS = 8

    def setUp(self):
        super().setUp()
        self.names = [name for name in FAULTS if name not in ONLY_OF_FILMS]
        self.upstream.files = media_upstream.files(len(self.names))
        for made, name in zip(self.upstream.files, self.names):
            made["fileId"] = name

    def responder_with(self, **settings):
        return self.serve(settings=dict({
            "MARQUEE_MAX_WALKS": "16", "MARQUEE_MAX_BYTES": "4000000",
            "MARQUEE_CONNECT_TIMEOUT_MS": "1000"}, **settings))

    def answers(self):
        """Asks for all files, a few at a time."""
        left, found = list(self.names), {}

        def caller():
            while True:
                try:
                    name = left.pop()
                except IndexError:
                    return
                with fcgi.Connection(self.socket) as connection:
                    found[name] = connection.ask(responding.params(URL + name))

        callers = [threading.Thread(target=caller)
                   for _ in range(self.CALLERS)]
        for thread in callers:
            thread.start()
        for thread in callers:
            thread.join()
        return found

    def check(self, place, special):
        """Every id has the fault that it is called, at `place`."""
        for name in self.names:
            self.upstream.fail(name, "%s/%s" % (place, name))
        process = self.responder_with()
        found = self.answers()
        self.assertIsNone(process.poll(), self.errors(process))
        self.upstream.clear_faults()
        for name in self.names:
            with self.subTest(name):
                self.check_one(name, found[name], expected(name, special))

    def check_one(self, name, answer, statuses):
        self.assertIn(answer.status, statuses, answer.body[:300])
        if answer.status == 200:
            body = json.loads(answer.body)
            self.assertEqual(body["fileId"], name)
            self.assertEqual(body["processingStatus"], "FINISHED")
            self.assertIsInstance(body["segments"], list)
            for segment in body["segments"]:
                self.assertEqual(segment.get("fileId", name), name)
        else:
            self.problem(answer)
            if answer.status >= 500:
                self.assertIn("retry-after", answer.headers)
            self.assertFalse(self.is_kept(name))
        if answer.status == 200 and FAULTS[name].kind == "served":
            self.assert_right(answer, name)
            self.assert_right(self.kept(name), name)

    def test_faults_of_details(self):
        self.check("details", DETAILS)

    def test_faults_of_segments(self):
        self.check("segments", SEGMENTS)


class ListFaults(Faults):
    """One after the other: a walk that fails is everybody's. These end by
    themselves; the deadline is far away, for a busy machine."""

    test_faults_of_details = test_faults_of_segments = None

    timeout_ms = 30000
    ends_by_deadline = False

    def setUp(self):
        super().setUp()
        self.names = [name for name in self.names if
                      (504 in expected(name, LIST)) == self.ends_by_deadline]

    def ask_with(self, name, fault, place):
        self.upstream.clear_faults()
        self.upstream.fail(fault, place)
        answer = self.file(name)
        self.upstream.clear_faults()
        # Sixteen pages of a million elements keep the stand-in busy.
        programs.wait_for(lambda: self.upstream.active == 0, 60,
                          "the stand-in to have answered")
        return answer

    def test_faults_of_the_whole_list(self):
        process = self.responder_with(MARQUEE_INDEX_TTL_S="0")
        for name in self.names:
            with self.subTest(name):
                answer = self.ask_with(name, name, "list")
                self.check_one(name, answer, expected(name, LIST))
        self.assertIsNone(process.poll(), self.errors(process))

    def test_faults_of_the_last_page_make_no_id_unknown(self):
        """An id is unknown only when every page up to the end was read."""
        process = self.responder_with(MARQUEE_INDEX_TTL_S="0")
        last = len(self.upstream.files) // 5
        for name in self.names:
            kind = FAULTS[name].kind
            with self.subTest(name):
                answer = self.ask_with("nobody-" + name, name,
                                       "page/%d" % last)
                if kind in ("lost", "refused"):
                    self.problem(answer)
                    self.assertIn(answer.status, (502, 504))
                elif kind == "served":
                    self.problem(answer, 404)
        self.assertIsNone(process.poll(), self.errors(process))


class SlowListFaults(ListFaults):
    """Those that only the deadline ends."""

    timeout_ms = 3000
    ends_by_deadline = True


class Retries(serving_files.TestCase):

    def test_what_fails_once_is_tried_again(self):
        for number, name in enumerate(["status-503", "reset", "close",
                                       "cut-gzip", "short-body"]):
            for place in ("list", "details", "segments"):
                with self.subTest(fault=name, place=place):
                    file_id = "file-%d" % number
                    self.upstream.fail(name, place, times=1)
                    answer = self.cgi(URL + file_id,
                                      env={"MARQUEE_RETRIES": "2",
                                           "MARQUEE_CACHE_DIR":
                                           self.path(place)})
                    self.assert_right(answer, file_id)

    def test_a_kept_connection_that_is_dead_costs_no_attempt(self):
        """The upstream may close it at the moment when it is used again: what
        was asked then is asked over a new one, without MARQUEE_RETRIES."""
        for name in ("close", "refuse"):
            for place in ("page/2", "details", "segments"):
                with self.subTest(fault=name, place=place):
                    self.upstream.fail(name, place, times=1)
                    answer = self.cgi(URL + "file-33", env={
                        "MARQUEE_CONCURRENCY": "1",
                        "MARQUEE_CACHE_DIR": self.path(name, place)})
                    self.assert_right(answer, "file-33")
                    self.assertIn(name, [entry.fault for entry in
                                         self.upstream.asked()])

    def test_a_page_that_fails_for_good_is_no_end_of_the_list(self):
        self.upstream.fail("status-500", "page/3")
        self.problem(self.cgi(URL + "nobody"), 502)
        self.upstream.clear_faults()
        self.problem(self.cgi(URL + "nobody"), 404)

    def test_pages_that_arrive_out_of_order_are_put_in_order(self):
        """Each even page waits until the odd one after it was answered."""
        answer_list, is_given = self.upstream.answer_list, {
            page: threading.Event() for page in range(20)}

        def answer(entry):
            page = int(entry.query["offset"])
            if page % 2 == 0 and not is_given[page + 1].wait(60):
                raise TimeoutError("page %d is not asked for" % (page + 1))
            is_given[page].set()
            return answer_list(entry)
        self.upstream.add_route(media_upstream.LIST, answer)
        for file_id, status in (("nobody", 404), ("file-50", 200),
                                ("file-1", 200)):
            with self.subTest(file_id):
                for event in is_given.values():
                    event.clear()
                answer_of = self.cgi(URL + file_id,
                                     env={"MARQUEE_TIMEOUT_MS": "60000"})
                self.assertEqual(answer_of.status, status,
                                 self.said(answer_of))


class Mixed(serving_files.TestCase):
    """What is right to the letter but not about one and the same file."""

    def test_details_of_another_file_are_502(self):
        self.upstream.details["file-1"] = {"fileId": "file-2"}
        self.problem(self.cgi(URL + "file-1"), 502)
        self.assertEqual(self.kept_files(), [])

    def test_segments_of_another_file_are_502(self):
        self.upstream.segments["file-1"] = (
            media_upstream.segments("file-1") +
            media_upstream.segments("file-2"))
        self.problem(self.cgi(URL + "file-1"), 502)
        self.assertEqual(self.kept_files(), [])

    def test_details_that_are_not_finished_yet_are_400(self):
        """Although the list is already: details win."""
        self.upstream.details["file-1"] = {"processingStatus": "PROCESSING"}
        answer = self.cgi(URL + "file-1")
        self.assertEqual(self.problem(answer, 400)["processingStatus"],
                         "PROCESSING")
        self.assertEqual(self.kept_files(), [])

    def test_an_id_that_is_the_beginning_of_another_is_another(self):
        self.upstream.files[0]["fileId"] = "file-77"
        self.problem(self.cgi(URL + "file-7777"), 404)
        self.problem(self.cgi(URL + "FILE-1"), 404)
        self.problem(self.cgi(URL + "file-"), 404)

    def test_the_first_of_two_entries_with_one_id_counts(self):
        """On one page, that is: of two pages the first that arrives."""
        self.upstream.files[4] = media_upstream.file(
            8, fileId="file-3", fileName="the second")
        answer = self.cgi(URL + "file-3")
        self.assert_right(answer, "file-3")

    def test_slow_is_504_and_the_rest_of_the_time_is_not_waited_for(self):
        self.upstream.fail("hang", "details/file-1")
        process = self.serve()
        answer = self.file("file-1")
        self.problem(answer, 504)
        self.assertIn("retry-after", answer.headers)
        self.assertIn("file-1", self.errors(process))
        self.assertEqual(self.end(process), 0)

    def test_an_upstream_that_is_not_there_is_502(self):
        answer = self.cgi(URL + "file-1", env={
            "MARQUEE_FILES_URL": "http://127.0.0.1:%d"
                                 % programs.free_port()})
        self.problem(answer, 502)


class Ending(serving_files.TestCase):

    timeout_ms = 60000

    def test_an_upstream_that_never_answers_holds_it_up_for_the_grace_only(
            self):
        process = self.serve()
        gate = self.upstream.hold(media_upstream.DETAILS + "/file-7")
        self.addCleanup(gate.set)
        self.begin("file-7")
        self.wait_until_asked("details/file-7")
        self.assertEqual(self.end(process), 0)
        self.assertIn("unfinished=1", self.errors(process))
