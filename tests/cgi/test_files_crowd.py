"""Many callers of files.fcgi at once, callers that leave, and its sudden
death."""

import collections
import os
import random
import select
import signal
import threading
import time

import fcgi
import media_upstream
import programs
import responding
import serving_files
from serving_files import HIT, MISS, URL


class Crowds(serving_files.TestCase):

    timeout_ms = 60000

    def begin_all(self, ids):
        """Asks for all of them while the list is held, so that each waits for
        the first walk; returns the connections."""
        gate = self.upstream.hold(media_upstream.LIST)
        connections = [self.begin(file_id) for file_id in ids]
        # Connections are taken in their order: now it has all of them.
        self.assertEqual(self.ask("/ping").status, 200)
        gate.set()
        return connections

    def hold_details(self, file_id):
        return self.upstream.hold(media_upstream.DETAILS + "/" + file_id)

    def test_fifty_callers_of_one_id_cost_one_walk(self):
        self.upstream.files = media_upstream.library(200)
        self.serve(settings={"MARQUEE_CONCURRENCY": "16"})
        connections = self.begin_all(["file-87"] * 50)  # page 17
        answers = [connection.receive() for connection in connections]
        for answer in answers:
            self.assert_right(answer, "file-87")
        statuses = collections.Counter(answer.headers["cache-status"]
                                       for answer in answers)
        # One whose thread was late found it kept: on a busy machine many.
        late = statuses.pop(HIT, 0)
        self.assertLess(late, 40)
        self.assertEqual(statuses,
                         {MISS: 1, MISS + "; collapsed": 49 - late})
        pages = self.upstream.pages()
        self.assertEqual(len(pages), len(set(pages)))
        self.assertLessEqual(len(pages), 18 + 16)
        self.assertEqual(
            sorted(entry.path for entry in self.upstream.of("file-87")),
            ["/api/file/details/file-87", "/api/file/segments/file-87"])
        self.assertLessEqual(self.upstream.most_active, 16)
        self.assertEqual(self.file("file-87").headers["cache-status"], HIT)

    def test_those_who_waited_get_the_part_they_asked_for(self):
        self.serve()
        tag = self.elsewhere("file-1").headers["etag"]
        self.upstream.asked()
        gate = self.hold_details("file-1")
        first = self.begin("file-1")
        self.wait_until_asked("details/file-1")
        part = self.begin("file-1", range="bytes=0-9")
        known = self.begin("file-1", if_none_match=tag)
        self.assertEqual(self.ask("/ping").status, 200)
        gate.set()
        body = first.receive().body
        answer = part.receive()
        self.assertEqual((answer.status, answer.body), (206, body[:10]))
        self.assertEqual(answer.headers["cache-status"], MISS + "; collapsed")
        answer = known.receive()
        self.assertEqual((answer.status, answer.body), (304, b""))
        self.assertEqual(answer.headers["cache-status"], MISS + "; collapsed")

    def elsewhere(self, file_id):
        """The same file of another host: one content has one tag."""
        return self.cgi(URL + file_id,
                        env={"MARQUEE_CACHE_DIR": self.path("elsewhere")})

    def test_all_callers_get_the_same_error(self):
        self.upstream.fail("status-500", "details/file-7")
        self.serve()
        connections = self.begin_all(["file-7"] * 20)
        answers = [connection.receive() for connection in connections]
        for answer in answers:
            self.problem(answer, 502)
            self.assertLessEqual(1, int(answer.headers["retry-after"]))
            self.assertLessEqual(int(answer.headers["retry-after"]), 5)
        self.assertEqual(len({answer.body for answer in answers}), 1)
        paths = [entry.path for entry in self.upstream.of("file-7")]
        self.assertEqual(len(paths), len(set(paths)), paths)

    def test_after_an_error_the_id_rests_and_then_recovers(self):
        self.serve()
        self.upstream.fail("status-500", "segments/file-7", times=1)
        self.problem(self.file("file-7"), 502)
        answer = self.file("file-7")
        self.problem(answer, 502)
        self.assertIn("retry-after", answer.headers)
        # Its details may come late: nobody waited for them any more.
        self.assertLessEqual(len(self.upstream.of("file-7")), 2)
        self.assert_right(self.file("file-8"), "file-8")  # only that id rests
        programs.wait_for(lambda: self.file("file-7").status == 200, 10,
                          "the end of its rest")
        self.assert_right(self.kept("file-7"), "file-7")

    def test_different_cold_ids_share_the_walk(self):
        self.serve(settings={"MARQUEE_MAX_WALKS": "30"})
        ids = ["file-%d" % number for number in range(0, 60, 2)]
        for file_id, connection in zip(ids, self.begin_all(ids)):
            self.assert_right(connection.receive(), file_id)
        pages = self.upstream.pages()
        # Those whose threads were late share a second one. A walk to the last
        # of them is of 12 pages, and of those that are in flight by then.
        self.assertLess(len(pages), 2 * (12 + 16) + 1, pages)

    def test_beyond_max_walks_callers_come_again_and_kept_ones_go_on(self):
        self.serve(settings={"MARQUEE_MAX_WALKS": "2"})
        self.assertEqual(self.file("file-1").status, 200)
        gates = [self.hold_details(name) for name in ("file-2", "file-3")]
        under_way = [(name, self.begin(name)) for name in ("file-2", "file-3")]
        for name, _ in under_way:
            self.wait_until_asked("details/" + name)
        answer = self.file("file-4")
        self.problem(answer, 503)
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertEqual(self.file("file-1").headers["cache-status"], HIT)
        collapsed = self.begin("file-2")  # costs nothing more
        for gate in gates:
            gate.set()
        for name, connection in under_way:
            self.assert_right(connection.receive(), name)
        self.assert_right(collapsed.receive(), "file-2")
        self.assert_right(self.file("file-4"), "file-4")

    def test_callers_who_wait_leave_threads_for_kept_files(self):
        process = self.serve()
        self.assertEqual(self.file("file-1").status, 200)
        # Whoever has just got its answer may still count for a moment.
        self.end(process)
        self.serve("--threads", "4")
        gate = self.hold_details("file-2")
        callers = [self.begin("file-2") for _ in range(3)]
        # Two of them wait; the one that came last gets its answer at once.
        ready, _, _ = select.select([caller.socket for caller in callers],
                                    [], [], 30)
        refused, = [caller for caller in callers if caller.socket in ready]
        answer = refused.receive()
        self.problem(answer, 503)
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertEqual(self.file("file-1").headers["cache-status"], HIT)
        gate.set()
        for caller in callers:
            if caller is not refused:
                self.assert_right(caller.receive(), "file-2")

    def test_a_caller_who_leaves_does_not_stop_the_fetch(self):
        process = self.serve()
        gate = self.hold_details("file-2")
        first = self.begin("file-2")
        self.wait_until_asked("details/file-2")
        second = self.begin("file-2")
        first.socket.close()
        gate.set()
        self.assert_right(second.receive(), "file-2")
        alone = self.begin("file-3")
        self.wait_until_asked("details/file-3")
        alone.socket.close()
        programs.wait_for(lambda: self.is_kept("file-3"), 10,
                          "the file that nobody waits for")
        self.assertEqual(self.end(process), 0)
        self.assertNotIn("level=error", self.errors(process))

    def test_regress_a_caller_with_a_pause_before_asking_was_dropped(self):
        """A web server on a busy machine has one. On a machine that is busier
        still, some of these may be too long."""
        self.serve()
        for _ in range(20):
            connection = fcgi.Connection(self.socket)
            self.addCleanup(connection.socket.close)
            time.sleep(0.1)
            try:
                answer = connection.ask(responding.params("/ping"))
            except (OSError, EOFError):
                continue
            self.assertEqual(answer.status, 200)
            return
        self.fail("each one was dropped")

    def test_an_answer_under_way_is_finished_at_the_end(self):
        process = self.serve()
        gate = self.hold_details("file-2")
        connection = self.begin("file-2")
        self.wait_until_asked("details/file-2")
        process.send_signal(signal.SIGTERM)
        gate.set()
        self.assert_right(connection.receive(), "file-2")
        self.assertEqual(process.wait(20), 0)


class SuddenDeath(serving_files.TestCase):

    KILLS = 30

    timeout_ms = 10000

    def setUp(self):
        super().setUp()
        self.upstream.files = media_upstream.files(400)
        for number in range(0, 400, 5):  # some take more than one write
            name = "file-%d" % number
            self.upstream.segments[name] = media_upstream.segments(name, 1500)

    def ask_and_forget(self, file_id):
        try:
            with fcgi.Connection(self.socket) as connection:
                connection.ask({"REQUEST_METHOD": "GET",
                                "REQUEST_URI": URL + file_id})
        except (OSError, EOFError):
            pass

    def test_each_kept_file_is_whole_after_kill_9_at_random_moments(self):
        seed = int.from_bytes(os.urandom(4), "big")
        chance = random.Random(seed)
        ids = iter(range(400))
        for _ in range(self.KILLS):
            process = self.serve(settings={"MARQUEE_MAX_WALKS": "16"})
            callers = [threading.Thread(
                target=self.ask_and_forget, args=("file-%d" % next(ids),))
                for _ in range(10)]
            for caller in callers:
                caller.start()
            time.sleep(chance.uniform(0, 0.4))
            process.kill()
            process.wait()
            for caller in callers:
                caller.join()
        self.assert_all_whole(seed)

    def assert_all_whole(self, seed):
        """Looked at by one that has no upstream, then by one that has."""
        self.serve(settings={"MARQUEE_FILES_URL": ""})
        kept = 0
        for number in range(10 * self.KILLS):
            answer = self.file("file-%d" % number)
            if answer.status == 200:
                self.assert_right(answer, "file-%d" % number)
                kept += 1
            else:
                self.assertIn("no media-file API",
                              self.problem(answer, 503)["detail"], seed)
        self.assertEqual(kept, len(self.kept_files()), seed)
        self.assertGreater(kept, 0, "no file was kept: it was killed too soon")
        self.assertLess(kept, 10 * self.KILLS,
                        "all files were kept: it was killed too late")
        self.left_overs(seed)

    def left_overs(self, seed):
        """Nothing half done lies about."""
        names = [name for _, _, names in os.walk(self.path("cache", "files"))
                 for name in names if len(name) != 62]
        self.assertLessEqual(set(names), {"alive", "lock", "status", "status.new"},
                             seed)
