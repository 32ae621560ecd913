"""What nginx keeps of answers that no responder of ours gives, what ours do give,
and how the results of the public suite are judged (docs/http.md)."""

import glob
import http.server
import os
import re
import sys
import threading

import media_upstream
import programs
import whole_site

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import judging  # noqa: E402
import origin  # noqa: E402

EXPECTED = os.path.join(HERE, "expected.json")


class Counting(http.server.BaseHTTPRequestHandler):
    """Answers with the server's headers and the number of the request."""

    def do_GET(self):
        self.server.asked += 1
        body = b"%d" % self.server.asked
        self.send_response(200)
        for name, value in self.server.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class OtherAnswers(whole_site.TestCase):
    """The location of single films, with a responder of another kind."""

    def setUp(self):
        super().setUp()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      Counting)
        self.server.asked = 0
        self.addCleanup(self.server.server_close)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.shutdown)
        os.makedirs(self.path("nginx"))
        self.enterContext(origin.Origin(self.path("nginx", "movies.sock"),
                                        self.server.server_port))
        self.start_nginx()

    def is_kept(self, name, *headers):
        """Whether a second reader gets what the first one got."""
        self.server.headers = headers
        target = "/movies/%s.html" % name
        first, second = (whole_site.get("127.0.0.1", self.port, target).body
                         for _ in range(2))
        return first == second

    def test_regress_what_varied_otherwise_was_kept_for_everybody(self):
        fresh = ("Cache-Control", "max-age=60")
        for number, (vary, is_kept) in enumerate([
                ("Accept-Encoding", True), ("Accept, Accept-Encoding", True),
                ("accept, accept-encoding", True), ("*", False),
                ("Cookie", False), ("Accept-Encoding, Cookie", False),
                ("Accept-Encoding,*", False)]):
            with self.subTest(vary):
                self.assertEqual(self.is_kept("vary-%d" % number, fresh,
                                              ("Vary", vary)), is_kept)

    def test_regress_what_had_expires_alone_was_kept(self):
        self.assertFalse(self.is_kept(
            "expires", ("Expires", "Fri, 01 Jan 2100 00:00:00 GMT")))
        self.assertTrue(self.is_kept(
            "both", ("Cache-Control", "max-age=60"),
            ("Expires", "Fri, 01 Jan 2100 00:00:00 GMT")))

    def test_what_may_not_be_kept_is_not(self):
        for number, value in enumerate(["no-store", "no-cache", "private",
                                        "max-age=0", "max-age=60, no-store"]):
            with self.subTest(value):
                self.assertFalse(self.is_kept("not-%d" % number,
                                              ("Cache-Control", value)))


class OurAnswers(whole_site.TestCase):
    """On these the reasons of expected.json rest."""

    NOT_SENT = ("Expires", "CDN-Cache-Control", "Set-Cookie", "Pragma")

    def test_kept_answers_have_nothing_that_nginx_would_take_wrongly(self):
        media = media_upstream.MediaUpstream().start()
        self.addCleanup(media.stop)
        self.start_site()
        self.start_files(MARQUEE_FILES_URL=media.url)
        for target in ("/", "/movies", "/movies.json", "/movies.atom",
                       "/movies/" + next(iter(self.movies())), "/style.css",
                       "/docs", "/api/presentation/files/file-7"):
            for headers in ({}, {"Accept": "application/json"}):
                with self.subTest(target, headers=headers):
                    answer = self.get(target, headers)
                    self.assertEqual(answer.status, 200)
                    for name in self.NOT_SENT:
                        self.assertIsNone(answer[name], name)
                    self.assertIn("public", answer["Cache-Control"])
                    self.assertIn(answer["Vary"], (
                        "Accept-Encoding", "Accept, Accept-Encoding"))
                    self.assertEqual(self.request("POST", target).status, 405)


class Judging(programs.TestCase):

    def setUp(self):
        super().setUp()
        self.expected = judging.read_expected(EXPECTED)
        self.results = dict.fromkeys(
            self.expected.required + self.expected.optimal,
            ["Assertion", "not so"])
        self.kinds = dict.fromkeys(self.expected.required, "required")
        self.kinds.update(dict.fromkeys(self.expected.optimal, "optimal"))

    def judged(self):
        return judging.judge(self.results, self.kinds, self.expected)

    def test_what_is_expected_is_well(self):
        lines, is_well = self.judged()
        self.assertTrue(is_well, lines)

    def test_a_test_that_is_not_passed_any_more_is_named(self):
        self.results["a-new-one"] = ["Setup", "not so"]
        self.kinds["a-new-one"] = "required"
        lines, is_well = self.judged()
        self.assertFalse(is_well)
        self.assertIn("required a-new-one: not passed, which is new "
                      "(['Setup', 'not so'])", lines)

    def test_a_test_that_is_passed_now_is_named(self):
        for test in (self.expected.required[0], self.expected.optimal[0]):
            with self.subTest(test):
                self.results[test] = True
                self.assertFalse(self.judged()[1])
                self.results[test] = ["Assertion", "not so"]

    def test_the_document_explains_each_group_and_names_tests_that_exist(self):
        with open(os.path.join(programs.ROOT, "docs", "http.md"),
                  encoding="utf-8") as file:
            text = file.read()
        for group in self.expected.groups:
            self.assertIn("| %s | %d |" % (group["group"],
                                           len(group["tests"])), text)
        tests = ""
        for path in glob.glob(os.path.join(programs.ROOT, "tests", "*",
                                           "test_*.py")):
            with open(path, encoding="utf-8") as file:
                tests += file.read()
        named = set(re.findall(r"`(test_\w+)`", text))
        self.assertGreater(len(named), 20)
        for name in sorted(named):
            self.assertIn("def %s(" % name, tests)
