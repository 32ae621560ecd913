"""Media files behind nginx: /api/presentation/files/{fileId}."""

import concurrent.futures
import json
import re

import brotli_text
import media_upstream
import programs
import run_site
import whole_site
from test_semantics import SECURITY_HEADERS

URL = "/api/presentation/files/"
MISS, HIT = "marquee; fwd=miss; stored", "marquee; hit"


class Files(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.start_with_media()

    def file(self, file_id, headers=None, method="GET"):
        return self.request(method, URL + file_id, headers)

    def assert_right(self, answer, file_id):
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(media_upstream.exact(answer.text()),
                         self.media.expected(file_id))

    def assert_problem(self, answer, status):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer["Content-Type"], "application/problem+json")
        self.assertEqual(answer["Cache-Control"], "no-store")
        self.assertEqual(json.loads(answer.body)["status"], status)
        for name in SECURITY_HEADERS:
            self.assertIsNotNone(answer[name], name)

    def test_the_second_request_is_a_hit_that_asks_nobody(self):
        answer = self.file("file-7")
        self.assert_right(answer, "file-7")
        self.assertEqual(answer["Cache-Status"], MISS)
        for _ in range(3):
            answer = self.file("file-7")
            self.assert_right(answer, "file-7")
            self.assertEqual(answer["Cache-Status"], HIT)
            self.assertEqual(answer["Cache-Control"],
                             "public, max-age=31536000, immutable")
            self.assertIsNone(answer["X-Accel-Expires"])
            for name in SECURITY_HEADERS:
                self.assertIsNotNone(answer[name], name)
        self.assertEqual(self.media.asked_twice(), [])

    def test_validators_head_ranges_and_codings_work(self):
        self.media.segments["file-7"] = media_upstream.segments("file-7", 200)
        whole = self.file("file-7")
        tag = whole["ETag"]
        answer = self.file("file-7", {"If-None-Match": tag})
        self.assertEqual((answer.status, answer.body), (304, b""))
        answer = self.file("file-7", method="HEAD")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer["Content-Length"], str(len(whole.body)))
        self.file("file-7")  # the microcache has it now
        answer = self.file("file-7", {"Range": "bytes=0-9"})
        self.assertEqual((answer.status, answer.body),
                         (206, whole.body[:10]))
        answer = self.file("file-7", {"Accept-Encoding": "br"})
        self.assertEqual(answer["Content-Encoding"], "br")
        self.assertNotEqual(answer["ETag"], tag)
        self.assertEqual(brotli_text.decompress(answer.body), whole.body)

    def test_the_first_answer_has_parts_and_validators_too(self):
        whole = self.file("file-7")
        cases = [
            ({"Range": "bytes=5-14"}, 206, whole.body[5:15]),
            ({"If-None-Match": whole["ETag"]}, 304, b""),
            ({"If-None-Match": '"other"'}, 200, whole.body),
        ]
        for headers, status, body in cases:
            with self.subTest(headers):
                self.forget("file-7")
                answer = self.file("file-7", headers)
                self.assertEqual((answer.status, answer.body), (status, body))
                self.assertEqual(answer["Cache-Status"], MISS)
                self.assertEqual(answer["ETag"], whole["ETag"])

    def forget(self, file_id):
        done = self.run_program(
            [programs.program("fetch-file"), "--forget", file_id],
            env=self.settings())
        self.assertEqual(done.stdout.decode(), "forgot %s\n" % file_id)

    def test_a_file_may_take_longer_than_a_page(self):
        self.media.fail("slow-start", "details/file-7", delay_s=3)
        self.assert_right(self.file("file-7"), "file-7")

    def test_errors_are_problems_and_are_not_kept(self):
        self.media.set_status("file-1", "PROCESSING")
        self.media.fail("status-500", "details/file-2")
        for file_id, status in [("nobody", 404), ("file-1", 400),
                                ("file-2", 502)]:
            with self.subTest(file_id):
                answer = self.file(file_id, {"Accept": "text/html"})
                self.assert_problem(answer, status)
                if status != 404:
                    self.assertIsNotNone(answer["Retry-After"])
        self.media.set_status("file-1", "FINISHED")
        self.assert_right(self.file("file-1"), "file-1")

    def test_fifty_callers_of_a_cold_id_cost_one_walk(self):
        self.media.latency_s = 0.3
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(lambda _: self.file("file-7"), range(50)))
        for answer in answers:
            self.assert_right(answer, "file-7")
        self.assertEqual(len([answer for answer in answers
                              if answer["Cache-Status"] == MISS]), 1)
        self.assertEqual(len(self.media.of("file-7")), 2)
        pages = self.media.pages()
        self.assertEqual(len(pages), len(set(pages)))

    def test_ids_that_are_none_are_refused_and_nobody_is_asked(self):
        for bad in ("..%2f..%2fetc%2fpasswd", "%2e%2e", "../../etc/passwd",
                    "..%2Ffile-1", "a%2Fb", "%00", "file-1%00", "%0d%0aX:%20y",
                    "a%20b", "x" * 129, "x" * 1000, "%66ile-1", "a//b",
                    "%2F%2F"):
            with self.subTest(bad[:30]):
                answer = self.file(bad)
                self.assertIn(answer.status, (400, 404), answer.body)
                self.assertIsNone(answer["X"])
        self.assertEqual(self.file("x" * 10000).status, 414)
        self.assertEqual(self.media.log, [])

    def test_other_paths_and_methods(self):
        for path in (URL, URL[:-1], URL + "file-1/", URL + "a/b"):
            self.assertEqual(self.get(path, {"Accept": "application/json"}
                                      ).status, 404, path)
        answer = self.request("POST", URL + "file-1", None, b"{}")
        self.assert_problem(answer, 405)
        self.assertEqual(answer["Allow"], "GET, HEAD")
        self.assertEqual(self.media.log, [])

    def test_any_web_page_may_read_it(self):
        for file_id in ("file-1", "nobody"):
            answer = self.file(file_id, {"Origin": "https://a.example"})
            self.assertEqual(answer["Access-Control-Allow-Origin"], "*")
            self.assertIn("Cache-Status",
                          answer["Access-Control-Expose-Headers"])

    def test_health_has_an_entry_and_names_the_failure(self):
        def entry():
            return json.loads(self.get("/health").body)["services"]["files"]
        self.file("file-1")
        self.assertEqual((entry()["status"], entry()["kept"]), ("ok", 1))
        self.media.refuse_connections()
        self.assert_problem(self.file("file-2"), 502)
        health = json.loads(self.get("/health").body)
        self.assertEqual(health["status"], "degraded")
        self.assertEqual(health["services"]["files"]["status"], "degraded")
        self.assertEqual(health["services"]["movies"]["status"], "ok")
        self.assertTrue(health["services"]["files"]["last_error"])

    def test_while_the_responder_is_dead_files_are_503_or_as_kept_lately(
            self):
        self.file("file-1")
        self.file("file-1")  # a hit: the microcache takes it
        before = self.file("file-1")
        self.assertEqual(self.end(self.files), 0, self.errors(self.files))
        answer = self.file("file-2", {"Accept": "text/html"})
        self.assert_problem(answer, 503)
        self.assertIsNotNone(answer["Retry-After"])

        after = self.file("file-1")
        self.assertEqual((after.status, after.body), (200, before.body))
        self.assertEqual(after["ETag"], before["ETag"])
        self.assertEqual(self.get("/movies").status, 200)

    def test_slow_files_do_not_slow_the_films_down(self):
        self.media.fail("hang", "list")
        with concurrent.futures.ThreadPoolExecutor(70) as pool:
            waiting = [pool.submit(self.file, "cold-%d" % number)
                       for number in range(70)]
            programs.wait_for(lambda: self.media.log, 10, "a request")
            for number in range(5):
                self.assertEqual(self.get("/movies?%d" % number).status, 200)
            self.assertFalse(all(answer.done() for answer in waiting),
                             "the films waited for the files")
            for answer in waiting:
                self.assertIn(answer.result().status, (503, 504))


class MakeRun(run_site.TestCase):
    """tools/run-site's own media-file API."""

    def setUp(self):
        super().setUp()
        self.line(self.run_site())

    def asked(self):
        """The targets that the example's API was asked for."""
        try:
            with open(self.rundir + "/logs/example-files.log",
                      encoding="utf-8") as log:
                return re.findall(r'uri="([^"]*)"', log.read())
        except FileNotFoundError:
            return []

    def get(self, target, host="127.0.0.1"):
        return whole_site.get(host, self.port, target)

    def test_the_second_request_asks_nobody(self):
        first = self.get(URL + "wind-episode-07")
        self.assertEqual((first.status, first["Cache-Status"]), (200, MISS))
        self.assertEqual(json.loads(first.body)["fileId"], "wind-episode-07")
        # nginx writes its log after it has answered.
        asked = programs.wait_for(
            lambda: {"/api/file/all?limit=5&offset=1",
                     "/api/file/details/wind-episode-07",
                     "/api/file/segments/wind-episode-07"} <= set(
                         self.asked()) and self.asked(),
            5, "the requests in the example's log")
        second = self.get(URL + "wind-episode-07")
        self.assertEqual((second.status, second["Cache-Status"]), (200, HIT))
        self.assertEqual(second.body, first.body)
        # What comes later stands later in the log.
        self.assertEqual(self.get(URL + "wind-episode-01").status, 200)
        later = programs.wait_for(
            lambda: [line for line in self.asked() if "episode-01" in line]
            and self.asked()[len(asked):], 5, "the next request in the log")
        self.assertEqual([line for line in later if "episode-07" in line], [])

    def test_the_welcome_page_links_to_one_of_each_kind(self):
        page = self.get("/").body.decode()
        links = re.findall(r'href="(%s[^"]*)"' % URL, page)
        found = {}
        for link in links:
            answer = self.get(link)
            body = json.loads(answer.body)
            kind = body.get("processingStatus", answer.status)
            found[kind] = max(found.get(kind, 0),
                              len(body.get("segments", [])))
        self.assertEqual(set(found), {"FINISHED", "PROCESSING", "FAILED",
                                      404})
        self.assertGreaterEqual(found["FINISHED"], 300)

    def test_the_example_is_a_list_in_pages(self):
        ids, page = [], 0
        while True:
            files = json.loads(self.get(
                "/api/file/all?limit=5&offset=%d" % page, "127.0.0.2").body)
            ids += [file["fileId"] for file in files]
            if len(files) < 5:
                break
            page += 1
        self.assertEqual(page, 2)
        self.assertEqual(len(ids), len(set(ids)))
        for file_id in ids:
            for kind in ("details", "segments"):
                answer = self.get("/api/file/%s/%s" % (kind, file_id),
                                  "127.0.0.2")
                self.assertEqual(answer.status, 200, file_id)
                self.assertEqual(answer["Content-Type"], "application/json")
                body = json.loads(answer.body)
                for part in [body] if kind == "details" else body:
                    self.assertEqual(part["fileId"], file_id)
        for target in ("/api/file/all?offset=..%2Fdetails%2Fnight-train",
                       "/api/file/all?offset=999"):
            self.assertEqual(json.loads(self.get(target, "127.0.0.2").body),
                             [])
        for target in ("/", "/api/file/details/nobody", "/list/0.json",
                       "/api/file/details/", "/api/file/details/../list/0"):
            self.assertEqual(self.get(target, "127.0.0.2").status, 404,
                             target)


class GivenUpstream(run_site.TestCase):
    """run-site where MARQUEE_FILES_URL is given."""

    def test_that_one_is_asked_and_there_is_no_example(self):
        with media_upstream.MediaUpstream() as media:
            self.line(self.run_site(MARQUEE_FILES_URL=media.url))
            answer = whole_site.get("127.0.0.1", self.port, URL + "file-3")
            self.assertEqual(media_upstream.exact(answer.body),
                             media.expected("file-3"))
            with self.assertRaises(OSError):
                whole_site.get("127.0.0.2", self.port, "/api/file/all")
            page = whole_site.get("127.0.0.1", self.port, "/").body.decode()
            self.assertIn(URL + "{fileId}", page)
            self.assertNotIn('href="%s' % URL, page)

    def test_an_empty_one_is_503_with_a_reason(self):
        self.line(self.run_site(MARQUEE_FILES_URL=""))
        answer = whole_site.get("127.0.0.1", self.port, URL + "file-3")
        self.assertEqual(answer.status, 503)
        health = json.loads(whole_site.get("127.0.0.1", self.port,
                                           "/health").body)
        self.assertEqual(health["services"]["files"]["status"], "disabled")
        self.assertEqual(health["status"], "ok")
