"""movies.fcgi as a plain CGI program: contract sections 3 and 4, answer by
answer."""

import gzip
import json
import os
import re
import subprocess
import time
import unittest

import programs
import responding
from responding import PAGES

HTML, JSON = "text/html", "application/json"
CSP = ("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
       "img-src 'self' "
       "https://image.tmdb.org https://www.themoviedb.org; "
       "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


class Pages(responding.TestCase):
    def setUp(self):
        super().setUp()
        self.publish(PAGES)

    def test_every_url_shows_its_representation(self):
        for uri, accept, name in [
                ("/", HTML, "index.html"),
                ("/movies", HTML, "movies.html"),
                ("/movies/", HTML, "movies.html"),
                ("/movies", "*/*", "movies.html"),
                ("/movies", JSON, "movies.json"),
                ("/movies/", JSON, "movies.json"),
                ("/movies.html", JSON, "movies.html"),
                ("/movies.json", HTML, "movies.json"),
                ("/movies?order=year", HTML, "movies-by-year.html"),
                ("/movies?order=year", JSON, "movies.json"),
                ("/movies/page/1", HTML, "movies.html"),
                ("/movies/page/2", HTML, "movies/page/2.html"),
                ("/movies/page/2/", HTML, "movies/page/2.html"),
                ("/movies/f1", HTML, "movies/f1.html"),
                ("/movies/f1", JSON, "movies/f1.json"),
                ("/movies/f1.html", JSON, "movies/f1.html"),
                ("/movies/f1.json", HTML, "movies/f1.json"),
                ("/style.css", "text/css", "style.css"),
                ("/script.js", "*/*", "script.js"),
                ("/movies.atom", JSON, "movies.atom"),
                ("/favicon.svg", "image/*", "favicon.svg")]:
            with self.subTest(uri=uri, accept=accept):
                answer = self.cgi(uri, accept=accept)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.body, PAGES[name])
                self.assertEqual(answer.length, len(answer.body))

    def test_without_accept_a_page_is_html(self):
        answer = self.cgi("/movies")
        self.assertEqual(answer.headers["content-type"],
                         "text/html; charset=utf-8")
        self.assertEqual(answer.headers["content-location"], "/movies.html")
        self.assertEqual(answer.headers["vary"], "Accept, Accept-Encoding")

    def test_a_representation_named_outright_varies_by_coding_only(self):
        answer = self.cgi("/movies.json")
        self.assertEqual(answer.headers["vary"], "Accept-Encoding")
        self.assertNotIn("content-location", answer.headers)

    def test_a_server_without_request_uri_is_served_too(self):
        answer = self.cgi("", env={"REQUEST_URI": "", "SCRIPT_NAME": "/movies",
                                   "PATH_INFO": "/f1",
                                   "HTTP_ACCEPT": JSON})
        self.assertEqual(answer.body, PAGES["movies/f1.json"])

    def test_each_coding_has_its_own_tag_and_decodes_to_the_same(self):
        plain = self.cgi("/movies")
        zipped = self.cgi("/movies", accept_encoding="gzip")
        brotli = self.cgi("/movies", accept_encoding="gzip, deflate, br")
        self.assertNotIn("content-encoding", plain.headers)
        self.assertEqual(zipped.headers["content-encoding"], "gzip")
        self.assertEqual(brotli.headers["content-encoding"], "br")
        self.assertEqual(gzip.decompress(zipped.body), plain.body)
        tags = {a.headers["etag"] for a in (plain, zipped, brotli)}
        self.assertEqual(len(tags), 3)
        for tag in tags:
            self.assertRegex(tag, r'^"[0-9a-f]{32}"$')

    def test_a_client_that_has_it_gets_304_with_the_headers_of_200(self):
        whole = self.cgi("/movies", accept_encoding="gzip")
        for tag in (whole.headers["etag"], "W/" + whole.headers["etag"],
                    '"x", ' + whole.headers["etag"], "*"):
            answer = self.cgi("/movies", accept_encoding="gzip",
                              if_none_match=tag)
            self.assertEqual((answer.status, answer.body), (304, b""), tag)
            for name in ("etag", "vary", "content-location", "cache-control",
                         "cache-status", "last-modified", "age"):
                self.assertIn(name, answer.headers)
            self.assertNotIn("content-length", answer.headers)

    def test_a_tag_goes_before_a_date(self):
        date = "Fri, 01 Jan 2100 00:00:00 GMT"
        self.assertEqual(self.cgi("/movies", if_modified_since=date).status,
                         304)
        self.assertEqual(self.cgi("/movies", if_modified_since=date,
                                  if_none_match='"x"').status, 200)

    def test_head_is_get_without_the_body(self):
        for uri in ("/", "/movies", "/movies/f1", "/movies/unknown", "/ping"):
            get, head = self.cgi(uri), self.cgi(uri, "HEAD")
            self.assertEqual(head.body, b"")
            self.assertEqual(head.status, get.status)
            self.assertEqual(head.names, get.names)
            self.assertEqual(head.length, get.length)

    def test_a_range_is_of_the_coding_that_is_sent(self):
        whole = self.cgi("/movies", accept_encoding="gzip")
        part = self.cgi("/movies", accept_encoding="gzip", range="bytes=10-19")
        self.assertEqual(part.status, 206)
        self.assertEqual(part.body, whole.body[10:20])
        self.assertEqual(part.headers["content-range"],
                         "bytes 10-19/%d" % len(whole.body))
        self.assertEqual(part.headers["content-encoding"], "gzip")

    def test_a_range_past_the_end_is_416(self):
        answer = self.cgi("/movies/f1", range="bytes=100-", accept=JSON)
        self.assertEqual(answer.status, 416)
        self.assertEqual(answer.headers["content-range"], "bytes */21")
        self.assertEqual(answer.headers["content-type"],
                         "application/problem+json")

    def test_json_may_be_read_by_any_origin_and_html_not(self):
        answer = self.cgi("/movies.json")
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")
        self.assertEqual(answer.headers["access-control-allow-methods"],
                         "GET, HEAD")
        self.assertEqual(answer.headers["access-control-expose-headers"],
                         "ETag, Age, Link, Cache-Status")
        self.assertNotIn("access-control-allow-origin",
                         self.cgi("/movies.html").headers)

    def test_every_answer_carries_the_security_headers(self):
        for uri, method in [("/", "GET"), ("/movies.json", "GET"),
                            ("/x", "GET"), ("/movies", "POST"),
                            ("/ping", "GET"), ("/health", "GET")]:
            headers = self.cgi(uri, method).headers
            self.assertEqual(headers["content-security-policy"], CSP)
            self.assertEqual(headers["x-content-type-options"], "nosniff")
            self.assertEqual(headers["referrer-policy"], "no-referrer")

    def test_another_method_is_405_with_allow(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"):
            answer = self.cgi("/movies", method)
            self.assertEqual(answer.status, 405, method)
            self.assertEqual(answer.headers["allow"], "GET, HEAD")
            self.assertEqual(answer.body, PAGES["error/405.html"])

    def test_errors_are_a_page_or_a_problem_as_accept_prefers(self):
        page = self.cgi("/movies/unknown", accept="text/html,*/*;q=0.8")
        self.assertEqual((page.status, page.body),
                         (404, PAGES["error/404.html"]))
        answer = self.cgi("/movies/unknown", accept=JSON)
        self.assertEqual(answer.headers["content-type"],
                         "application/problem+json")
        self.assertEqual(json.loads(answer.body), {
            "type": "about:blank", "title": "Not Found", "status": 404,
            "detail": "There is nothing at this address.",
            "instance": "/movies/unknown"})
        for error in (page, answer):
            self.assertEqual(error.headers["cache-control"], "no-store")
            self.assertNotIn("x-accel-expires", error.headers)

    def test_an_endless_accept_counts_as_none(self):
        answer = self.cgi("/movies", accept=JSON + "," * 5000)
        self.assertEqual(answer.body, PAGES["movies.html"])

    def test_nothing_of_a_path_reaches_a_header_or_a_page(self):
        evil = "/movies/x\r\nSet-Cookie: a=b\r\n\r\n<script>"
        for accept in (HTML, JSON):
            answer = self.cgi(evil, accept=accept)
            self.assertEqual(answer.status, 404)
            self.assertNotIn("set-cookie", answer.headers)
            self.assertNotIn(b"script", answer.body)
        self.assertNotIn("\nSet-Cookie", answer.errors)


class Traversal(responding.TestCase):
    """Whatever the path says, nothing outside what is published is read."""

    SPELLINGS = [
        "/../secret", "/movies/../../secret", "/movies/../movies",
        "/movies/%2e%2e/%2e%2e/secret", "/movies/%2E%2E/secret",
        "/movies/..%2F..%2Fsecret", "/movies/..%2f..%2fsecret",
        "/movies/..%5C..%5Csecret", "/movies/..\\..\\secret",
        "/movies/%252e%252e%252fsecret", "/movies/%c0%ae%c0%ae/secret",
        "/movies/....//....//secret", "/movies/./f1", "/./movies", "//movies",
        "//secret", "///movies///f1", "/movies//f1", "/movies/f1%00.html",
        "/movies/f1%00", "/movies/f1;.html", "/movies/%66%31",
        "/movies/f1%2Ehtml", "/movies%2Ff1", "/movies/f1/", "/movies/f1.css",
        "/movies/f1/x.css", "/movies.css", "/Movies", "/movies/F1",
        "/etc/passwd", "//etc/passwd", "/movies//etc/passwd",
        "/movies/%2Fetc%2Fpasswd", "file:///etc/passwd",
        "http://localhost/movies", "/pack", "/current/pack", "/checked",
        "/upstream", "/lock", "/movies/current", "/generations", "/secret",
        "/error/404.html", "/movies-by-year.html", "movies", "", "*", "?",
        "/movies/~root", "/movies/" + "a" * 5000, "/movies/" + "../" * 400,
        "/movies/%", "/movies/%2", "/movies/%zz", "/movies/f1\x00",
    ]

    def test_no_spelling_reads_outside_the_cache(self):
        self.publish(PAGES)
        for directory in (self.cache, os.path.join(self.cache, "movies"),
                          os.path.join(self.cache, "movies", "current"),
                          self.directory):
            with open(os.path.join(directory, "secret"), "wb") as secret:
                secret.write(b"the secret")
        for uri in self.SPELLINGS:
            with self.subTest(uri=uri[:60]):
                answer = self.cgi(uri.replace("\x00", ""), accept=HTML) \
                    if uri != "/movies/f1\x00" else self.cgi("/movies/f1\x01")
                self.assertEqual(answer.status, 404)
                self.assertEqual(answer.body, PAGES["error/404.html"])


class Freshness(responding.TestCase):
    def test_fresh_data_says_how_old_it_is(self):
        self.publish(PAGES)
        self.confirmed(10)
        headers = self.cgi("/movies").headers
        age = int(headers["age"])
        self.assertIn(age, range(10, 20))
        self.assertEqual(headers["cache-status"],
                         "marquee; hit; ttl=%d" % (60 - age))
        self.assertEqual(
            headers["cache-control"], "public, max-age=60, "
            "stale-while-revalidate=5, stale-if-error=86400")

    def test_cache_control_comes_before_x_accel_expires(self):
        self.publish(PAGES)
        names = self.cgi("/movies").names
        self.assertLess(names.index("Cache-Control"),
                        names.index("X-Accel-Expires"))

    def test_nginx_shows_an_answer_again_until_its_second_ends(self):
        self.publish(PAGES)
        before = int(time.time())
        until = self.cgi("/movies").headers["x-accel-expires"]
        self.assertRegex(until, r"^@\d+$")
        self.assertIn(int(until[1:]), range(before, int(time.time()) + 1))

    def test_stale_data_is_the_same_bytes_with_other_headers(self):
        self.publish(PAGES, status="source=upstream\ndetail=timeout\n")
        self.confirmed(10)
        fresh = self.cgi("/movies")
        self.confirmed(100)
        stale = self.cgi("/movies")
        self.assertEqual(stale.body, fresh.body)
        self.assertEqual(stale.headers["etag"], fresh.headers["etag"])
        age = int(stale.headers["age"])
        self.assertGreaterEqual(age, 100)
        self.assertEqual(stale.headers["cache-status"],
                         "marquee; hit; ttl=%d; detail=timeout" % (60 - age))

    def test_the_bundled_catalogue_is_never_fresh(self):
        self.publish(PAGES, confirm=False, status="source=bundled\n")
        self.assertRegex(self.cgi("/movies").headers["cache-status"],
                         r"^marquee; hit; ttl=-\d+; detail=bundled$")

    def test_a_note_cannot_forge_a_header(self):
        self.publish(PAGES, status="detail=a; ttl=60\n")
        self.confirmed(100)
        self.assertRegex(self.cgi("/movies").headers["cache-status"],
                         r"^marquee; hit; ttl=-\d+; detail=stale$")


class Health(responding.TestCase):
    NOTE = ("result=%s\nsource=%s\nfilms=22\npeople=57\ngeneration=3f\n"
            "last_run=2026-11-21T08:00:00.000Z\nfailures=2\nerror=no route\n")

    def health(self):
        answer = self.cgi("/health")
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        report = json.loads(answer.body)
        return answer, report["status"], report["services"]["movies"]

    def test_ping_says_pong_and_now(self):
        answer = self.cgi("/ping")
        pong = json.loads(answer.body)
        self.assertEqual(pong["ping"], "pong!")
        self.assertRegex(pong["now"], r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual(answer.headers["access-control-allow-origin"], "*")

    def test_fresh_data_is_ok(self):
        self.publish(PAGES, status=self.NOTE % ("ok", "upstream"))
        answer, status, movies = self.health()
        self.assertEqual((answer.status, status), (200, "ok"))
        self.assertLess(movies.pop("age_s"), 20)
        self.assertRegex(movies.pop("published"), r"^\d{4}-\d\d-\d\dT[\d:.]+Z$")
        self.assertEqual(movies, {
            "status": "ok", "films": 22, "people": 57, "source": "upstream",
            "generation": "3f", "last_run": "2026-11-21T08:00:00.000Z",
            "failures": 2, "last_error": None})

    def test_stale_data_is_degraded_with_the_last_error(self):
        self.publish(PAGES, status=self.NOTE % ("failed", "upstream"))
        self.confirmed(100)
        answer, status, movies = self.health()
        self.assertEqual((answer.status, status), (200, "degraded"))
        self.assertGreaterEqual(movies["age_s"], 100)
        self.assertEqual(movies["last_error"], "no route")

    def test_the_bundled_catalogue_is_degraded(self):
        self.publish(PAGES, confirm=False,
                     status=self.NOTE % ("failed", "bundled"))
        answer, status, movies = self.health()
        self.assertEqual((answer.status, status), (200, "degraded"))
        self.assertEqual(movies["source"], "bundled")
        self.assertIsNone(movies["age_s"])

    def test_an_empty_cache_is_down_with_503(self):
        answer, status, movies = self.health()
        self.assertEqual((answer.status, status), (503, "down"))
        self.assertEqual(answer.headers["retry-after"], "20")
        self.assertIsNone(movies["films"])


class NothingThere(responding.TestCase):
    def test_an_empty_cache_is_503_as_a_page_and_as_a_problem(self):
        for accept, kind in ((HTML, "text/html; charset=utf-8"),
                             (JSON, "application/problem+json")):
            answer = self.cgi("/movies", accept=accept)
            self.assertEqual(answer.status, 503)
            self.assertEqual(answer.headers["content-type"], kind)
            self.assertEqual(answer.headers["retry-after"], "20")
            self.assertEqual(answer.headers["cache-control"], "no-store")

    def test_a_5xx_is_logged_with_the_request_id(self):
        answer = self.cgi("/movies")
        self.assertIn("status=503", answer.errors)
        self.assertIn("request_id=r-1", answer.errors)

    def test_an_ordinary_answer_is_not_logged(self):
        self.publish(PAGES)
        self.assertEqual(self.cgi("/movies").errors, "")
        self.assertEqual(self.cgi("/unknown").errors, "")

    def test_a_damaged_pack_is_503_and_names_nothing_to_the_client(self):
        self.publish(PAGES)
        os.truncate(os.path.join(self.cache, "movies/current/pack"), 30)
        answer = self.cgi("/movies", accept=JSON)
        self.assertEqual(answer.status, 503)
        self.assertNotIn(b"pack", answer.body)
        self.assertIn("level=error", answer.errors)


class CommandLine(responding.TestCase):
    def run_movies(self, *arguments, **settings):
        return self.run_program([programs.program("movies.fcgi"), *arguments],
                                env=self.settings(**settings))

    def test_run_by_hand_it_says_what_it_wants_and_exits_64(self):
        done = self.run_movies()
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"neither a FastCGI socket", done.stderr)
        self.assertEqual(done.stdout, b"")

    def test_threads_outside_their_limits_are_refused(self):
        for number in ("0", "513", "-1", "x", "", "64 ", "99999999999999999"):
            done = self.run_movies("--threads", number)
            self.assertEqual(done.returncode, 64, number)
            self.assertIn(b"1 to 512", done.stderr)

    def test_help_and_version_print_to_stdout(self):
        for option in ("--help", "--version"):
            done = self.run_movies(option)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(b"movies.fcgi", done.stdout)

    def test_check_config_shows_the_cache_directory(self):
        done = self.run_movies("--check-config")
        self.assertEqual(done.returncode, 0)
        self.assertIn(self.cache.encode(), done.stdout)

    def test_a_malformed_setting_is_78(self):
        self.assertEqual(
            self.run_movies(MARQUEE_LOG_LEVEL="loud").returncode, 78)

    def test_it_links_neither_curl_nor_json_c_nor_sqlite(self):
        listing = subprocess.run(
            ["readelf", "-d", programs.release_program("movies.fcgi")],
            stdout=subprocess.PIPE, check=True).stdout.decode()
        needed = re.findall(r"NEEDED.*\[(.*)\]", listing)
        self.assertIn("libfcgi.so.0", needed)
        for library in ("curl", "json-c", "sqlite", "crypto", "ssl", "brotli",
                        "libz"):
            self.assertFalse([n for n in needed if library in n], needed)


if __name__ == "__main__":
    unittest.main()
