"""Contract section 4, seen through nginx: codings, validators, ranges,
headers."""

import email.utils
import json
import os

import programs
import whole_site

# Accept-Encoding, and the coding that comes.
CODING_CASES = [
    (None, None),
    ("", None),
    ("identity", None),
    ("gzip", "gzip"),
    ("br", "br"),
    ("gzip, br", "br"),
    ("gzip, deflate, br, zstd", "br"),
    ("br;q=0.5, gzip;q=0.8", "gzip"),
    ("br;q=0, gzip", "gzip"),
    ("br;q=0, gzip;q=0", None),
    ("deflate", None),
    ("GZIP", "gzip"),
]

SECURITY_HEADERS = ("Content-Security-Policy", "X-Content-Type-Options",
                    "Referrer-Policy")


class Codings(whole_site.TestCase):

    def test_the_coding_is_what_accept_encoding_prefers(self):
        self.start_site()
        for target in ("/movies", "/movies.json", "/style.css"):
            plain = self.get(target).body.decode()
            for accept, coding in CODING_CASES:
                with self.subTest(target=target, accept=accept):
                    headers = {} if accept is None \
                        else {"Accept-Encoding": accept}
                    answer = self.get(target, headers)
                    self.assertEqual(answer["Content-Encoding"], coding)
                    self.assertEqual(answer.text(), plain)
                    self.assertIn("Accept-Encoding", answer["Vary"])
                    self.assertEqual(int(answer["Content-Length"]),
                                     len(answer.body))

    def test_each_representation_has_a_strong_tag_of_its_own(self):
        self.start_site()
        tags = [self.get(target, {"Accept-Encoding": coding})["ETag"]
                for target in ("/movies.html", "/movies.json")
                for coding in ("br", "gzip", "identity")]
        self.assertEqual(len(set(tags)), 6)
        for tag in tags:
            self.assertRegex(tag, r'^"[^"]+"$')

    def test_a_coding_asked_for_first_is_not_given_to_the_next(self):
        """What the microcache keeps is told apart by its key."""
        self.start_site()
        for _ in range(3):
            for accept, coding in CODING_CASES:
                headers = {} if accept is None else {"Accept-Encoding": accept}
                self.assertEqual(
                    self.get("/movies", headers)["Content-Encoding"], coding)


class Validators(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.start_site()
        self.first = self.get("/movies")
        self.tag = self.first["ETag"]

    def settled_date(self):
        """The Last-Modified, once that second is over."""
        date = email.utils.formatdate(
            int(os.stat(self.site("current")).st_mtime), usegmt=True)
        programs.wait_for(
            lambda: email.utils.formatdate(usegmt=True) != date
            and self.get("/movies")["Last-Modified"] == date,
            10, "a settled Last-Modified")
        return date

    def test_the_entity_tag_goes_before_the_date(self):
        match, other, date = self.tag, '"other"', self.settled_date()
        older, newer = ("Thu, 01 Jan 1970 00:00:00 GMT",
                        email.utils.formatdate(usegmt=True))
        self.assertNotEqual(newer, date)
        cases = [
            (None, None, 200), (match, None, 304), (other, None, 200),
            ("*", None, 304), ("W/" + match, None, 304),
            ('"a", %s, "b"' % match, None, 304), (None, date, 304),
            (None, older, 200), (None, newer, 304), (None, "nonsense", 200),
            (match, older, 304), (match, newer, 304), (match, "nonsense", 304),
            (other, older, 200), (other, newer, 200), (other, date, 200),
        ]
        # Twice: the second answer comes from the microcache.
        for tag, since, status in cases + cases:
            with self.subTest(tag=tag, since=since):
                headers = {}
                if tag is not None:
                    headers["If-None-Match"] = tag
                if since is not None:
                    headers["If-Modified-Since"] = since
                for method in ("GET", "HEAD"):
                    answer = self.request(method, "/movies", headers)
                    self.assertEqual(answer.status, status, method)
                    self.assertEqual(answer["ETag"], self.tag)
                    self.assertEqual(answer["Vary"], "Accept, Accept-Encoding")
                    self.assertIsNotNone(answer["Cache-Control"])
                    self.assertIsNotNone(answer["Age"])
                    if status == 304 or method == "HEAD":
                        self.assertEqual(answer.body, b"")
                    else:
                        self.assertEqual(answer.body, self.first.body)

    def test_the_tag_of_one_coding_does_not_match_another(self):
        answer = self.get("/movies", {"If-None-Match": self.tag,
                                      "Accept-Encoding": "br"})
        self.assertEqual(answer.status, 200)

    def test_if_match_and_if_unmodified_since_are_honoured(self):
        past = "Thu, 01 Jan 1970 00:00:00 GMT"
        for headers, status in [
                ({"If-Match": self.tag}, 200), ({"If-Match": "*"}, 200),
                ({"If-Match": '"other"'}, 412),
                ({"If-Unmodified-Since": self.settled_date()}, 200),
                ({"If-Unmodified-Since": past}, 412)]:
            for _ in range(2):
                with self.subTest(headers):
                    self.assertEqual(self.get("/movies", headers).status,
                                     status)

    def test_one_client_s_validators_decide_nothing_for_another(self):
        self.assertEqual(
            self.get("/movies", {"If-None-Match": self.tag}).status, 304)
        answer = self.get("/movies")
        self.assertEqual((answer.status, answer.body),
                         (200, self.first.body))
        self.assertEqual(
            self.get("/movies", {"If-None-Match": '"x"'}).status, 200)

    def test_no_two_requests_that_differ_have_one_kept_answer(self):
        """Values that say the same one after the other, cut elsewhere."""
        tag = self.get("/movies.html")["ETag"]
        for kept, other in (
                ({"If-None-Match": tag}, {"If-Modified-Since": tag}),
                ({"If-None-Match": tag}, {"If-Modified-Since": "|" + tag}),
                ({"If-None-Match": tag}, {"Accept-Encoding": tag}),
                ({"If-None-Match": tag}, {"Accept": "\\n\\n\\n" + tag})):
            with self.subTest(other):
                self.assertEqual(
                    self.get("/movies.html", kept).status, 304)
                self.assertEqual(
                    self.get("/movies.html", other).status, 200)

    def test_the_same_content_has_the_same_tag_on_another_host(self):
        other = whole_site.TestCase()
        other.setUp()
        self.addCleanup(other.doCleanups)
        other.start_site()
        self.assertEqual(other.get("/movies")["ETag"], self.tag)


class Ranges(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.start_site()
        self.whole = self.get("/movies.json")

    def part(self, value, **headers):
        headers = {name.replace("_", "-"): text
                   for name, text in headers.items()}
        return self.get("/movies.json", dict(headers, Range=value))

    def test_a_range_gives_those_bytes(self):
        body, size = self.whole.body, len(self.whole.body)
        self.assertEqual(self.whole["Accept-Ranges"], "bytes")
        # Twice: not kept yet, and kept.
        for value, first, last in 2 * [
                ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99),
                ("bytes=100-", 100, size - 1), ("bytes=-7", size - 7,
                                                size - 1),
                ("bytes=5-99999999", 5, size - 1)]:
            with self.subTest(value):
                answer = self.part(value)
                self.assertEqual(answer.status, 206)
                self.assertEqual(answer.body, body[first:last + 1])
                self.assertEqual(answer["Content-Range"], "bytes %d-%d/%d"
                                 % (first, last, size))
                self.assertEqual(answer["ETag"], self.whole["ETag"])

    def test_a_range_past_the_end_is_416_with_the_size(self):
        answer = self.part("bytes=99999999-")
        self.assertEqual(answer.status, 416)
        self.assertEqual(answer["Content-Range"],
                         "bytes */%d" % len(self.whole.body))

    def test_regress_a_416_was_kept_as_long_as_what_it_is_about(self):
        answer = self.part("bytes=99999999-")
        self.assertEqual(answer["Cache-Control"], "no-store")
        self.assertEqual(answer["Content-Type"], "application/problem+json")

    def test_a_malformed_range_gives_the_whole(self):
        for value in ("bytes=x-y", "lines=1-2", "bytes 0-1"):
            with self.subTest(value):
                answer = self.part(value)
                self.assertIn(answer.status, (200, 416))
                if answer.status == 200:
                    self.assertEqual(answer.body, self.whole.body)

    def test_if_range_gives_a_part_only_of_the_same_representation(self):
        for value, status in 2 * [
                (self.whole["ETag"], 206), ('"other"', 200),
                ("W/" + self.whole["ETag"], 200),
                ("Thu, 01 Jan 1970 00:00:00 GMT", 200)]:
            with self.subTest(value):
                answer = self.part("bytes=0-9", If_Range=value)
                self.assertEqual(answer.status, status)
                self.assertEqual(
                    answer.body,
                    self.whole.body[:10] if status == 206
                    else self.whole.body)

    def test_a_range_of_a_coding_is_of_its_bytes(self):
        whole = self.get("/movies.json", {"Accept-Encoding": "gzip"})
        part = self.part("bytes=10-19", Accept_Encoding="gzip")
        self.assertEqual(part.status, 206)
        self.assertEqual(part.body, whole.body[10:20])
        self.assertEqual(part["ETag"], whole["ETag"])

    def test_if_none_match_goes_before_the_range(self):
        answer = self.part("bytes=0-9", If_None_Match=self.whole["ETag"])
        self.assertEqual(answer.status, 304)


class Headers(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.start_site()
        self.film = next(iter(self.movies()))

    def test_security_headers_are_on_every_answer(self):
        tag = self.get("/movies")["ETag"]
        for method, target, headers in [
                ("GET", "/", {}), ("GET", "/movies", {}),
                ("HEAD", "/movies", {}), ("GET", "/movies.json", {}),
                ("GET", "/movies/" + self.film, {}), ("GET", "/style.css", {}),
                ("GET", "/favicon.svg", {}), ("GET", "/ping", {}),
                ("GET", "/health", {}), ("GET", "/nothing", {}),
                ("GET", "/nothing", {"Accept": "application/json"}),
                ("POST", "/movies", {}), ("TRACE", "/movies", {}),
                ("GET", "/movies", {"If-None-Match": tag}),
                ("GET", "/movies", {"Range": "bytes=0-1"}),
                ("GET", "/movies", {"Range": "bytes=9999999-"}),
                ("GET", "/movies", {"If-Match": '"x"'}),
                ("GET", "/movies", {"X": "a" * 9000}),
                ("GET", "/" + "a" * 9000, {}), ("GET", "/.error", {}),
                ("GET", "/movies/%00", {})]:
            with self.subTest(method=method, target=target[:50],
                              headers=list(headers)):
                answer = self.request(method, target, headers)
                for name in SECURITY_HEADERS:
                    self.assertIsNotNone(
                        answer[name], "%d without %s" % (answer.status, name))
                policy = answer["Content-Security-Policy"]
                self.assertNotIn("unsafe", policy)
                self.assertIn("default-src 'none'", policy)
                self.assertIn("frame-ancestors 'none'", policy)
                self.assertEqual(answer["X-Content-Type-Options"], "nosniff")
                self.assertRegex(answer["X-Request-Id"], "^[0-9a-f]{32}$")
                self.assertEqual(answer["Server"], "nginx")

    def test_nginx_answers_its_own_errors_in_the_reader_s_voice(self):
        for target, headers, status in [
                ("/" + "a" * 9000, {}, 414), ("/movies/%00", {}, 400),
                ("/movies", {"X": "a" * 9000}, 431)]:
            with self.subTest(status):
                answer = self.get(target, headers)
                self.assertEqual(answer.status, status)
                self.assertEqual(answer["Content-Type"],
                                 "text/html; charset=utf-8")
                self.assertIn("All films", answer.text())
                self.assertEqual(answer["Cache-Control"], "no-store")
        answer = self.get("/movies.json", {"If-Match": '"x"'})
        self.assertEqual(answer.status, 412)
        self.assertEqual(answer["Content-Type"], "application/problem+json")
        self.assertEqual(json.loads(answer.body)["status"], 412)

    def test_regress_what_nginx_cannot_speak_got_no_security_headers(self):
        for request, status in [
                (b"GET /movies HTTP/2.0\r\nHost: h\r\n\r\n", b"505"),
                (b"POST /movies HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
                 b"Transfer-Encoding: gzip\r\n\r\n", b"501")]:
            with self.subTest(status):
                answer = self.raw(request)
                self.assertTrue(answer.startswith(b"HTTP/1.1 " + status),
                                answer[:60])
                for name in SECURITY_HEADERS:
                    self.assertIn(b"\r\n%s: " % name.encode(), answer)
                self.assertIn(b"All films", answer)

    def test_a_body_that_nobody_wants_is_413(self):
        answer = self.request("POST", "/movies", {}, b"a" * 20000)
        self.assertEqual(answer.status, 413)

    def test_json_may_be_read_from_any_origin_and_pages_may_not(self):
        for target, accept in [("/movies", "application/json"),
                               ("/movies.json", "*/*"),
                               ("/movies/" + self.film, "application/json"),
                               ("/nothing", "application/json"),
                               ("/health", "*/*")]:
            with self.subTest(target):
                answer = self.get(target, {"Accept": accept,
                                           "Origin": "https://example.org"})
                self.assertEqual(answer["Access-Control-Allow-Origin"], "*")
                self.assertEqual(answer["Access-Control-Expose-Headers"],
                                 "ETag, Age, Link, Cache-Status")
                self.assertIsNone(
                    answer["Access-Control-Allow-Credentials"])
        for target in ("/", "/movies", "/movies/" + self.film):
            with self.subTest(target):
                self.assertIsNone(
                    self.get(target)["Access-Control-Allow-Origin"])

    def test_freshness_is_told(self):
        for target in ("/", "/movies", "/movies.json",
                       "/movies/" + self.film):
            with self.subTest(target):
                answer = self.get(target)
                self.assertRegex(answer["Cache-Status"],
                                 r"^marquee; hit; ttl=\d+$")
                self.assertLess(int(answer["Age"]), 30)
                self.assertRegex(
                    answer["Cache-Control"],
                    r"^public, max-age=60, stale-while-revalidate=\d+, "
                    r"stale-if-error=\d+$")
                self.assertIsNone(answer["X-Accel-Expires"])

    def test_errors_are_not_to_be_kept(self):
        for target in ("/nothing", "/movies/nobody"):
            self.assertEqual(self.get(target)["Cache-Control"], "no-store")

    def test_a_request_has_the_same_id_in_the_answer_and_the_log(self):
        answer = self.get("/movies?a=\"b\" level=error".replace(" ", "%20"))
        request_id = answer["X-Request-Id"]
        self.assertNotEqual(request_id, self.get("/movies")["X-Request-Id"])

        def line():
            return [entry for entry in self.access_log()
                    if "request_id=" + request_id in entry]
        found = programs.wait_for(line, 5, "the line in the log")
        self.assertEqual(len(found), 1)
        self.assertRegex(
            found[0],
            r'^time=\S+ level=info program=nginx msg=request '
            r'request_id=\S+ remote=127\.0\.0\.1 method="GET" '
            r'uri="/movies\?a=\\"b\\"%20level=error" status=200 '
            r'body_bytes=\d+ duration_s=[\d.]+ cache="\w+"$')

    def test_a_problem_is_a_problem_in_full(self):
        answer = self.get("/movies/nobody.json")
        self.assertEqual(answer["Content-Type"], "application/problem+json")
        problem = json.loads(answer.body)
        for name in ("type", "title", "status", "detail"):
            self.assertIn(name, problem)
