"""events.fcgi with a log of its own, and the cases of tests/data/events.

    class Events(serving_events.TestCase):
        def test_it_answers(self):
            self.serve()
            event = self.posted("u-1", "it has happened")
            self.assertEqual(self.event(event["event_id"]), event)
"""

import json
import os
import re
import sqlite3
import tempfile

import fcgi
import openapi
import programs
import responding

CASES = os.path.join(programs.ROOT, "tests", "data", "events")

SECURITY_HEADERS = ("content-security-policy", "x-content-type-options",
                    "referrer-policy")


def params(uri, method, headers, body):
    """CGI variables; `headers` as HTTP has them."""
    variables = responding.params(uri, method)
    if body is not None:
        variables["CONTENT_LENGTH"] = str(len(body))
    for name, value in headers.items():
        name = name.upper().replace("-", "_")
        if not name.startswith("CONTENT_"):
            name = "HTTP_" + name
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = value
    return variables


def encode(document):
    return json.dumps(document, ensure_ascii=False).encode()


class TestCase(responding.TestCase):
    responder = "events.fcgi"

    def setUp(self):
        super().setUp()
        self.state = self.path("state")
        self.database = os.path.join(self.state, "events.db")

    def settings(self, **more):
        return dict({"MARQUEE_CACHE_DIR": self.cache,
                     "MARQUEE_STATE_DIR": self.state}, **more)

    def serve(self, *options, **more):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        return super().serve(*options, **more)

    def kill(self, process):
        """Ends it as a power cut would, and sees that it is gone."""
        process.kill()
        process.wait()

    def send(self, method, uri, headers=None, body=None):
        """One request over a FastCGI connection of its own."""
        with fcgi.Connection(self.socket, 60) as connection:
            answer = connection.ask(
                params(uri, method, headers or {}, body), body=body or b"")
        self.assertEqual(openapi.read().wrong_with(
            method, uri, answer, without={"X-Request-Id"}), [])
        return answer

    def send_json(self, method, uri, document, **headers):
        headers = {name.replace("_", "-"): value
                   for name, value in headers.items()}
        return self.send(method, uri,
                         dict({"Content-Type": "application/json"}, **headers),
                         encode(document))

    def cgi(self, uri, method="GET", body=None, headers=None, **env):
        """One request to the program as plain CGI."""
        with tempfile.TemporaryFile() as file:
            file.write(body or b"")
            file.seek(0)
            done = self.run_program(
                [programs.program(self.responder)], stdin=file,
                env=self.settings(**params(uri, method, headers or {}, body),
                                  **env))
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = fcgi.Answer(done.stdout)
        answer.errors = done.stderr.decode()
        return answer

    def post(self, user_id="u", description="d", **headers):
        return self.send_json("POST", "/events", {"user_id": user_id,
                                                  "description": description},
                              **headers)

    def posted(self, *event, **headers):
        """The event that was accepted."""
        answer = self.post(*event, **headers)
        self.assertEqual(answer.status, 201, answer.body)
        return json.loads(answer.body)

    def put(self, event_id, document, **headers):
        return self.send_json("PUT", "/events/" + event_id, document,
                              **headers)

    def event(self, event_id):
        answer = self.send("GET", "/events/" + event_id)
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def events(self, query=""):
        """All events, page by page."""
        found, target = [], "/events?limit=1000" + query
        while target:
            answer = self.send("GET", target)
            self.assertEqual(answer.status, 200, answer.body)
            found += json.loads(answer.body)
            target = next_target(answer.headers.get("link"))
        return found

    def problem(self, answer, status):
        assert_problem(self, answer.headers.get, answer.status, answer.body)
        self.assertEqual(answer.status, status, answer.body)
        return json.loads(answer.body)

    def health(self):
        """The entry `events` of the site's /health, from movies.fcgi."""
        done = self.run_program(
            [programs.program("movies.fcgi")],
            env=self.settings(**responding.params("/health")))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(fcgi.Answer(done.stdout).body)["services"]["events"]

    def lock(self):
        """Another program's write lock on the database: a connection whose
        close() ends it."""
        connection = sqlite3.connect(self.database, isolation_level=None,
                                     check_same_thread=False)
        self.addCleanup(connection.close)
        connection.execute("PRAGMA busy_timeout = 10000")
        connection.execute("BEGIN IMMEDIATE")
        return connection


def next_target(link):
    """The address of rel="next" in a Link header, or None."""
    found = re.fullmatch(r'<([^>]*)>; rel="next"', link or "")
    return found.group(1) if found else None


def assert_problem(test, header, status, body, is_nginx_s=False):
    """Whether it is a problem that nobody keeps and no other origin reads.
    nginx's own say no more than the status does."""
    test.assertEqual(header("content-type"), "application/problem+json", body)
    test.assertEqual(header("cache-control"), "no-store")
    for name in ("access-control-allow-origin", "etag", "location", "link"):
        test.assertIsNone(header(name), name)
    if not body:
        return
    problem = json.loads(body)
    test.assertEqual(problem["type"], "about:blank")
    test.assertEqual(problem["status"], status)
    test.assertTrue(problem["title"])
    test.assertEqual(bool(problem.get("detail")), not is_nginx_s, body)


# --- Cases as data -------------------------------------------------------------

MEMBERS = {"what", "steps", "direct", "fresh"}
STEP_MEMBERS = {"method", "path", "headers", "body", "text", "bytes", "status",
                "has", "answer", "empty", "keep"}


def files():
    return sorted(name for name in os.listdir(CASES) if name.endswith(".json"))


def read(name):
    """The cases of a file. A member that nobody looks at is an error."""
    with open(os.path.join(CASES, name), encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        unknown = set(case) - MEMBERS
        for step in case["steps"]:
            unknown |= set(step) - STEP_MEMBERS
            if not {"method", "path", "status"} <= set(step):
                raise ValueError("%s: %s: a step without all it needs"
                                 % (name, case["what"]))
        if unknown:
            raise ValueError("%s: %s: %s" % (name, case["what"], unknown))
    return cases


def expand(text):
    """<ab*3> is ababab."""
    return re.sub(r"<([^<>]+?)\*(\d+)>",
                  lambda found: found.group(1) * int(found.group(2)), text)


class Case:
    """One case under way. `send` takes method, target, headers and a body of
    bytes, and returns (status, header by name, body)."""

    def __init__(self, test, send):
        self.test = test
        self.send = send
        self.names = {}
        self.posted = []

    def fill(self, value):
        """A text with its names replaced; so in all of a document."""
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}",
                          lambda found: self.names.get(found.group(1),
                                                       found.group(0)),
                          expand(value))
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        return value

    def body(self, step):
        if "body" in step:
            return encode(self.fill(step["body"]))
        if "text" in step:
            return self.fill(step["text"]).encode()
        if "bytes" in step:
            return step["bytes"].encode("latin-1")
        return None

    def run(self, steps):
        for number, step in enumerate(steps, 1):
            where = "step %d, %s %.60s" % (number, step["method"],
                                           step["path"])
            body = self.body(step)
            headers = {} if body is None else {
                "Content-Type": "application/json"}
            headers.update(self.fill(step.get("headers", {})))
            status, header, answered = self.send(
                step["method"], self.fill(step["path"]), headers, body)
            self.remember(step, status, header, answered)
            self.check(step, where, status, header, answered)

    def remember(self, step, status, header, body):
        if status in (200, 201) and header("etag"):
            self.names["etag"] = header("etag")
            if "keep" in step:
                self.names[step["keep"]] = header("etag")
        if status == 201:
            event_id = json.loads(body)["event_id"]
            self.names["id"] = event_id
            if event_id not in self.posted:
                self.posted.append(event_id)
                self.names["id%d" % len(self.posted)] = event_id
        if next_target(header("link")):
            self.names["next"] = next_target(header("link"))

    def check(self, step, where, status, header, body):
        test = self.test
        self.fits(step["status"], str(status) if isinstance(
            step["status"], str) else status, where + ": status")
        for name in SECURITY_HEADERS:
            test.assertIsNotNone(header(name), where)
        if status >= 400:
            assert_problem(test, header, status, body)
        if step.get("empty"):
            test.assertEqual(body, b"", where)
        for name, value in self.fill(step.get("has", {})).items():
            seen = header(name.lower())
            if value is None:
                test.assertIsNone(seen, "%s: %s" % (where, name))
            else:
                self.fits(value, seen, "%s: %s" % (where, name))
        if "answer" in step:
            self.fits(self.fill(step["answer"]), json.loads(body), where)

    def fits(self, expected, seen, where):
        test = self.test
        if isinstance(expected, str) and expected.startswith("~"):
            test.assertIsInstance(seen, str, where)
            test.assertRegex(seen, "(?s)\\A(?:%s)\\Z" % expected[1:], where)
        elif isinstance(expected, dict):
            test.assertIsInstance(seen, dict, where)
            expected = dict(expected)
            if not expected.pop("…", False):
                test.assertEqual(sorted(seen), sorted(expected), where)
            for key, value in expected.items():
                test.assertIn(key, seen, where)
                self.fits(value, seen[key], "%s.%s" % (where, key))
        elif isinstance(expected, list):
            test.assertIsInstance(seen, list, where)
            test.assertEqual(len(seen), len(expected), "%s: %s" % (where, seen))
            for i, (value, item) in enumerate(zip(expected, seen)):
                self.fits(value, item, "%s[%d]" % (where, i))
        else:
            test.assertEqual(seen, expected, where)


class AllCases:
    """A test for each file of cases, for whoever has run_cases(name)."""

    def test_posting_is_as_the_cases_say(self):
        self.run_cases("post.json")

    def test_idempotency_keys_are_as_the_cases_say(self):
        self.run_cases("idempotency.json")

    def test_changing_is_as_the_cases_say(self):
        self.run_cases("put.json")

    def test_reading_is_as_the_cases_say(self):
        self.run_cases("read.json")

    def test_listing_is_as_the_cases_say(self):
        self.run_cases("list.json")


class ServedCases(AllCases):
    """The same for a TestCase that serves by itself, and has forget(), which
    takes away what is in the log of a responder that has ended."""

    def ask_for(self, method, target, headers, body):
        answer = self.send(method, target, headers, body)
        return answer.status, answer.headers.get, answer.body

    def run_cases(self, name):
        process = self.serve()
        for case in read(name):
            if case.get("fresh"):
                self.assertEqual(self.end(process), 0, self.errors(process))
                self.forget()
                process = self.serve()
            with self.subTest(case["what"]):
                Case(self, self.ask_for).run(case["steps"])
        self.assertEqual(self.end(process), 0, self.errors(process))
