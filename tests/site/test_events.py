"""The event log behind nginx: /events."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import threading

import programs
import serving_events
import whole_site
from test_semantics import SECURITY_HEADERS

JSON = {"Content-Type": "application/json"}
EVENT = serving_events.encode({"user_id": "u", "description": "d"})


class TestCase(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.state = self.path("state")
        self.start_nginx()

    def serve(self):
        self.events_responder = self.start_fcgi(
            "events", MARQUEE_STATE_DIR=self.state)
        programs.wait_for(lambda: self.get("/events").status == 200, 20,
                          "events.fcgi behind nginx")

    def stop(self):
        self.assertEqual(self.end(self.events_responder), 0,
                         self.errors(self.events_responder))

    def post(self, body=EVENT, **headers):
        return self.request("POST", "/events", dict(
            JSON, **{name.replace("_", "-"): value
                     for name, value in headers.items()}), body)

    def assert_problem(self, answer, status, is_nginx_s=False):
        self.assertEqual(answer.status, status, answer.body)
        serving_events.assert_problem(self, answer.__getitem__, status,
                                      answer.body, is_nginx_s)
        for name in SECURITY_HEADERS:
            self.assertIsNotNone(answer[name], name)
        self.assertIsNotNone(answer["X-Request-Id"])
        return json.loads(answer.body)


class Cases(serving_events.AllCases, TestCase):
    """The cases that do not need to go past nginx."""

    def ask_for(self, method, target, headers, body):
        pairs = [(name, value.encode())
                 for name, value in headers.items() if value is not None]
        answer = self.request(method, target, pairs, body)
        self.assertIsNotNone(answer["X-Request-Id"])
        return answer.status, answer.__getitem__, answer.body

    def run_cases(self, name):
        self.serve()
        ran = 0
        for case in serving_events.read(name):
            if case.get("direct"):
                continue
            if case.get("fresh"):
                self.stop()
                shutil.rmtree(self.state)
                self.serve()
            with self.subTest(case["what"]):
                serving_events.Case(self, self.ask_for).run(case["steps"])
            ran += 1
        self.assertGreater(ran, 4)
        self.stop()


class Events(TestCase):

    def setUp(self):
        super().setUp()
        self.serve()

    def test_what_is_posted_is_read_at_once(self):
        """Nothing of it is kept on the way, not even for a second."""
        target = self.post()["Location"]
        for number in range(20):
            document = serving_events.encode({"description": str(number)})
            answer = self.request("PUT", target, JSON, document)
            self.assertEqual(answer.status, 200, answer.body)
            seen = self.get(target)
            self.assertEqual(seen["ETag"], answer["ETag"])
            self.assertEqual(seen.body, answer.body)
            self.assertEqual(json.loads(self.get("/events").body),
                             [json.loads(answer.body)])

    def test_a_body_of_64_kib_fits_and_a_byte_more_does_not(self):
        most = EVENT + b" " * (65536 - len(EVENT))
        self.assertEqual(self.post(most).status, 201)
        problem = self.assert_problem(self.post(most + b" "), 413, True)
        self.assertEqual(problem["title"], "Content Too Large")
        self.assertEqual(len(json.loads(self.get("/events").body)), 1)

    def chunked(self, chunks, more=""):
        """The status line's number, of a body sent in chunks."""
        body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk)
                        for chunk in chunks) + b"0\r\n\r\n"
        answer = self.raw(
            ("POST /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
             "Content-Type: application/json\r\n%s"
             "Transfer-Encoding: chunked\r\n\r\n" % more).encode() + body)
        return int(answer.split(b" ", 2)[1])

    def test_a_chunked_body_arrives_whole(self):
        self.assertEqual(self.chunked([EVENT[:5], EVENT[5:6], EVENT[6:]]), 201)
        padded = EVENT + b" " * (65536 - len(EVENT))
        self.assertEqual(self.chunked([padded[:40000], padded[40000:]]), 201)
        self.assertEqual(self.chunked([padded[:40000], padded[40000:], b" "]),
                         413)
        self.assertEqual(self.chunked([]), 400)
        self.assertEqual(len(json.loads(self.get("/events").body)), 2)

    def test_two_lengths_are_refused(self):
        self.assertEqual(self.chunked([EVENT], "Content-Length: 4\r\n"), 400)
        self.assertEqual(self.get("/events").body, b"[]\n")

    def test_a_client_that_leaves_in_the_middle_posts_nothing(self):
        with socket.create_connection(("127.0.0.1", self.port), 30) as peer:
            peer.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Type: application/json\r\n"
                         b"Content-Length: %d\r\n\r\n" % len(EVENT) +
                         EVENT[:-1])
        self.assertEqual(self.post().status, 201)
        self.assertEqual(len(json.loads(self.get("/events").body)), 1)

    def test_a_request_without_a_body_is_told_so(self):
        for method, target in (("POST", "/events"),
                               ("PUT", self.post()["Location"])):
            answer = self.request(method, target, JSON)
            self.assert_problem(answer, 411)

    def test_no_header_but_those_meant_reaches_the_log(self):
        """A second body length or a proxy of the client's is none."""
        answer = self.request("POST", "/events", dict(JSON, **{
            "Proxy": "http://127.0.0.1:1", "X-Content-Length": "1",
            "X-HTTP-Method-Override": "DELETE"}), EVENT)
        self.assertEqual(answer.status, 201, answer.body)

    def test_other_addresses_take_no_body(self):
        self.publish()
        self.start_responder()
        for target in ("/movies", "/", "/eventsx", "/movies/x", "/health",
                       "/movies/..%2fevents"):
            answer = self.request("POST", target, JSON, EVENT)
            self.assertIn(answer.status, (404, 405), target)
        self.assertEqual(self.get("/events").body, b"[]\n")

    def test_an_address_has_one_spelling(self):
        self.publish()
        self.start_responder()
        target = self.post()["Location"]
        for other in ("/" + target, "/%65vents" + target[7:], "/x/.." + target,
                      target.replace("-", "%2D"), target + "/%2e"):
            self.assertEqual(self.get(other).status, 404, other)
        self.assertEqual(self.get("/events/%00").status, 400)

    def test_methods_that_nginx_refuses_itself_are_told_the_right_ones(self):
        for target, methods in (("/events", "GET, HEAD, POST"),
                                ("/events/x", "GET, HEAD, PUT")):
            answer = self.request("TRACE", target)
            self.assert_problem(answer, 405, True)
            self.assertEqual(answer["Allow"], methods)

    def test_32_clients_at_once_get_events_of_their_own(self):
        ids, errors = [], []

        def post(number):
            try:
                for i in range(10):
                    answer = self.post(serving_events.encode(
                        {"user_id": str(number), "description": str(i)}))
                    self.assertEqual(answer.status, 201, answer.body)
                    ids.append(json.loads(answer.body)["event_id"])
            except BaseException as error:  # pylint: disable=broad-except
                errors.append(error)

        threads = [threading.Thread(target=post, args=(number,))
                   for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        listed = json.loads(self.get("/events?limit=1000").body)
        self.assertEqual(sorted(event["event_id"] for event in listed),
                         sorted(ids))
        self.assertEqual(len(set(ids)), 320)

    def test_a_lock_that_lasts_is_waited_out_by_nginx_too(self):
        lock = sqlite3.connect(os.path.join(self.state, "events.db"),
                               isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN IMMEDIATE")
        problem = self.assert_problem(self.post(), 503)
        self.assertIn("event log is held", problem["detail"])
        self.assertEqual(self.get("/events").status, 200)

    def test_regress_nginx_waited_no_longer_than_two_changes_may(self):
        """A change may have to wait for the one before."""
        def number(pattern, *path):
            with open(os.path.join(programs.ROOT, *path),
                      encoding="utf-8") as file:
                return int(re.search(pattern, file.read()).group(1))
        busy_ms = number(r"define EVENT_STORE_BUSY_MS (\d+)",
                         "lib", "events", "event_store.h")
        read_s = number(r"fastcgi_read_timeout (\d+)s;",
                        "nginx", "snippets", "marquee-events.conf")
        self.assertGreater(read_s * 1000, 2 * busy_ms + 2000)

    def test_health_has_an_entry(self):
        self.publish()
        self.start_responder()
        self.post()

        def entry():
            return json.loads(self.get("/health").body)["services"]["events"]

        programs.wait_for(lambda: entry()["waiting"] == 1, 30,
                          "the event in /health")
        self.assertEqual(entry()["status"], "ok")
        self.stop()
        self.assertEqual(entry()["status"], "down")
        self.assertEqual(json.loads(self.get("/health").body)["status"],
                         "degraded")


class Dead(TestCase):
    """Nothing else answers for the event log."""

    def assert_unavailable(self, answer):
        self.assert_problem(answer, 503, True)
        self.assertGreaterEqual(int(answer["Retry-After"]), 1)

    def check_unavailable(self):
        some = "/events/0190163d-8694-739b-aea5-966c26f8ad91"
        self.assert_unavailable(self.get("/events?limit=3"))
        self.assert_unavailable(self.get(some))
        self.assert_unavailable(self.post())
        self.assert_unavailable(self.post(EVENT + b" " * 60000))
        self.assert_unavailable(self.request("PUT", some, JSON, EVENT))

    def test_without_a_responder_everything_is_503_at_once(self):
        self.check_unavailable()

    def test_a_responder_that_ended_is_503_until_it_is_back(self):
        self.serve()
        target = self.post()["Location"]
        event = self.get(target)
        self.stop()
        self.check_unavailable()
        self.assert_unavailable(self.get(target))
        self.serve()
        self.assertEqual(self.get(target).body, event.body)
        self.assertEqual(self.post().status, 201)

    def test_one_that_is_killed_is_started_again_and_has_kept_all(self):
        self.serve()
        ids = []
        for _ in range(3):
            ids.append(json.loads(self.post().body)["event_id"])
            os.kill(self.pid(), signal.SIGKILL)
            programs.wait_for(lambda: self.get("/events").status == 200, 30,
                              "events.fcgi after a kill")
        listed = json.loads(self.get("/events").body)
        self.assertEqual([event["event_id"] for event in listed], ids)

    def pid(self):
        """Of events.fcgi, below its supervisor."""
        return programs.wait_for(
            lambda: programs.child(self.events_responder, "events.fcgi"), 20,
            "events.fcgi")

    def test_its_death_is_not_the_films(self):
        self.publish()
        self.start_responder()
        self.assertEqual(self.get("/movies").status, 200)
        self.check_unavailable()
