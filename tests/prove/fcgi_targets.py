"""The three responders as fcgi_attack wants them: what good requests there are,
and what answers are right."""

import json
import re
import sqlite3

import responding
import serving_events
import serving_files

PROBLEM = "application/problem+json"
PAGE = "text/html; charset=utf-8"


class Target:
    """What they share; beside it, a responding.TestCase."""

    def ping(self):
        return responding.params("/ping")

    def requests(self):
        """Pairs of CGI variables and a body."""
        raise NotImplementedError

    def known(self):
        """Bodies that may come with a 200."""
        return set()

    def prepare(self):
        self.bodies = self.known()

    def wrong_in_the_end(self):
        """What is wrong with what the responder has kept, or None."""
        return None

    def wrong(self, answer):
        """What is wrong with an answer to whatever was asked, or None."""
        if answer.status >= 400:
            return wrong_error(answer)
        if answer.status == 304 or not answer.body:
            return None  # HEAD
        if answer.status == 206:
            found = any(answer.body in body for body in self.bodies)
        else:
            found = answer.body in self.bodies or self.is_live(answer)
        return None if found else "%d with %r" % (answer.status,
                                                  answer.body[:100])

    def is_live(self, answer):
        """/ping, /health and /metrics are never the same twice."""
        if answer.headers.get("content-type", "").startswith("text/plain"):
            return answer.body.startswith(b"# HELP marquee_")
        try:
            document = json.loads(answer.body)
        except ValueError:
            return False
        return isinstance(document, dict) and (
            document.get("ping") == "pong!" or "services" in document)

    def good(self):
        """None, or what is wrong."""
        answer = self.ask("/ping")
        return None if answer.status == 200 and self.is_live(answer) else \
            "/ping is %d, %r" % (answer.status, answer.body[:100])


def wrong_error(answer):
    kind = answer.headers.get("content-type")
    if kind not in (PROBLEM, PAGE):
        return "%d of type %s" % (answer.status, kind)
    if kind == PROBLEM and answer.body and \
            json.loads(answer.body).get("status") != answer.status:
        return "%d with %r" % (answer.status, answer.body[:100])
    return None


class Movies(Target, responding.TestCase):

    ASKED = ("/movies", "/movies.json", "/movies/f1", "/movies/f1.json",
             "/movies/page/2", "/style.css", "/")

    def prepare(self):
        self.publish(responding.PAGES)
        super().prepare()

    def known(self):
        return set(responding.PAGES.values())

    def requests(self):
        return [(responding.params(uri, method, **more), b"")
                for uri in (*self.ASKED, "/ping", "/health", "/nothing")
                for method, more in (
                    ("GET", {}), ("GET", {"accept": "application/json"}),
                    ("HEAD", {}), ("GET", {"range": "bytes=5-20"}),
                    ("POST", {}))]

    def good(self):
        for uri, name in (("/movies", "movies.html"),
                          ("/movies.json", "movies.json"),
                          ("/movies/f1", "movies/f1.html")):
            answer = self.ask(uri)
            if (answer.status, answer.body) != (200, responding.PAGES[name]):
                return "%s is %d, %r" % (uri, answer.status,
                                         answer.body[:100])
        return None


class Files(Target, serving_files.TestCase):

    IDS = ("file-1", "file-2", "file-3")

    def prepare(self):
        """Their files are kept before: what is asked then is the responder,
        not the stand-in behind it."""
        self.right = {}
        for file_id in self.IDS:
            answer = self.cgi(serving_files.URL + file_id)
            self.assert_right(answer, file_id)
            self.right[file_id] = answer.body
        super().prepare()

    def known(self):
        return set(self.right.values())

    def requests(self):
        return [(responding.params(serving_files.URL + file_id, method,
                                   **more), b"")
                for file_id in (*self.IDS, "..%2F..%2Fsecret")
                for method, more in (("GET", {}), ("HEAD", {}),
                                     ("GET", {"range": "bytes=5-20"}),
                                     ("PUT", {}))]

    def good(self):
        for file_id, body in self.right.items():
            answer = self.file(file_id)
            if (answer.status, answer.body) != (200, body):
                return "%s is %d, %r" % (file_id, answer.status,
                                         answer.body[:100])
        return super().good()


class Events(Target, serving_events.TestCase):
    """A good request here is an event: what was answered 201 is in the log
    afterwards, once, with what was posted."""

    EVENT = re.compile(r"[0-9a-f-]{36}")

    def prepare(self):
        super().prepare()
        self.accepted = {}

    def requests(self):
        json_type = {"Content-Type": "application/json"}
        body = serving_events.encode({"user_id": "hostile",
                                      "description": "d" * 300})
        short = serving_events.encode({"status": "Processed"})
        unknown = "/events/00000000-0000-4000-8000-000000000000"
        made = [("POST", "/events", body), ("GET", "/events?limit=3", None),
                ("PUT", unknown, short), ("GET", unknown, None),
                ("POST", "/events", b"{"), ("GET", "/ping", None),
                ("DELETE", "/events", None)]
        return [(serving_events.params(uri, method, json_type, content),
                 content or b"") for method, uri, content in made]

    def is_live(self, answer):
        try:
            document = json.loads(answer.body)
        except ValueError:
            return False
        events = document if isinstance(document, list) else [document]
        return super().is_live(answer) or all(
            isinstance(event, dict) and
            self.EVENT.fullmatch(str(event.get("event_id"))) and
            event.get("status") == "NotProcessed" for event in events)

    def good(self):
        name = "good-%d" % len(self.accepted)
        answer = self.post(name, name)
        if answer.status != 201:
            return "a post is %d, %r" % (answer.status, answer.body[:100])
        event = json.loads(answer.body)
        if (event["user_id"], event["description"]) != (name, name):
            return "another event: %r" % answer.body[:200]
        self.accepted[event["event_id"]] = name
        seen = self.send("GET", "/events/" + event["event_id"])
        if (seen.status, seen.body) != (200, answer.body):
            return "an accepted event is %d, %r" % (seen.status,
                                                    seen.body[:100])
        return super().good()

    def wrong_in_the_end(self):
        """What was accepted is there, and the database is whole."""
        with sqlite3.connect(self.database) as log:
            verdict, = log.execute("PRAGMA integrity_check").fetchone()
            rows = log.execute(
                "SELECT id, user_id FROM event").fetchall()
        log.close()
        if verdict != "ok":
            return verdict
        kept = dict(rows)
        lost = [event for event, name in self.accepted.items()
                if kept.get(event) != name]
        return "%d accepted events are lost" % len(lost) if lost else None


TARGETS = {"movies.fcgi": Movies, "files.fcgi": Files, "events.fcgi": Events}


class Careless(Target, responding.TestCase):
    """The responder of tests/support/careless.c, which answers with the
    path."""

    responder = "careless"

    def requests(self):
        return [(serving_events.params("/asked/%d" % number, method, {}, body),
                 body or b"")
                for number in range(3)
                for method, body in (("GET", None), ("POST", b"x" * 50))]

    def wrong(self, answer):
        return None  # it is the good requests that are to find it

    def good(self):
        for number in range(2):
            uri = "/good/%d" % number
            answer = self.ask(uri)
            if answer.body != uri.encode() + b"\n":
                return "%s is %d, %r" % (uri, answer.status,
                                         answer.body[:100])
        return None


FAULTS = ("mixes", "waits", "overflows")
