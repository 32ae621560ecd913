"""Scenarios of the memory sweep: the responders, as plain CGI and over FastCGI.
See starving_sweep.py."""

import json
import os
import re
import shutil
import sqlite3

import fcgi
import programs
import responding
import serving_events
import serving_files
import starving
import starving_jobs
import starving_sweep

# What may differ from one answer to the next: times, counts, new ids.
VOLATILE = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}|\d+")
VOLATILE_HEADERS = ("age", "x-accel-expires", "date", "cache-status",
                    "location", "etag", "content-length", "cache-control")


class Answered(starving_sweep.Scenario):
    """One request. `is_volatile`: the body has times and ids in it."""

    uri, method, headers, body = "/", "GET", {}, None
    is_volatile = False
    volatile_headers = VOLATILE_HEADERS

    def runTest(self):
        pass

    def variables(self):
        return serving_events.params(self.uri, self.method, self.headers,
                                     self.body)

    def prepare(self):
        """Makes the cache and so on, before anything runs."""

    def open(self):
        self.setUp()
        self.prepare()
        self.begun = None
        if os.path.exists(self.cache):
            self.begun = self.path("begun")
            shutil.copytree(self.cache, self.begun, symlinks=True)
        self.program = self.make_program()
        self.right = None
        self.reset()
        self.right = self.essence(self.program.run(0).stdout)
        return self.program

    def make_program(self):
        return starving.Program(
            self.path("."), [programs.release_program(self.responder)],
            self.settings(**self.variables()), self.body or b"")

    def reset(self):
        starving_jobs.replace(self.cache, self.begun)

    def essence(self, output):
        """An answer without what may differ; None where it is none, or one that
        says that the program failed."""
        answer = fcgi.Answer(output)
        if answer.status == 0 or answer.status >= 500:
            return None
        headers = {name: value for name, value in answer.headers.items()
                   if name not in self.volatile_headers}
        body = answer.body
        if answer.status >= 400:
            # Without memory it may explain itself in other words, or in none.
            return (answer.status, answer.headers.get("allow"))
        if self.method != "HEAD" and "content-length" in answer.headers and \
                answer.length != len(body):
            return ("cut short", headers, body)
        if self.is_volatile:
            body = VOLATILE.sub(b"0", body)
        return (answer.status, sorted(headers.items()), body)

    def is_told(self, run):
        """An answer that says that the program failed is a sentence too."""
        return run.says_memory or 500 <= fcgi.Answer(run.stdout).status <= 599

    def is_well(self, run):
        return run.status == 0 and self.essence(run.stdout) is not None

    def fault(self, run):
        if not run.stdout:
            if run.status == 0:
                return "no answer"
        elif self.is_well(run):
            if self.essence(run.stdout) != self.right:
                return "a wrong answer: %r" % run.stdout[:2000]
        elif not run.has_crashed and not 500 <= fcgi.Answer(
                run.stdout).status <= 599:
            return "no whole answer: %r" % run.stdout[:2000]
        return self.state_fault(run)

    def state_fault(self, run):
        """What is wrong with what is kept."""

    def close(self):
        self.doCleanups()


def asked(scenario, path):
    """One request over FastCGI; its output, None where none came."""
    try:
        with fcgi.Connection(path, timeout=starving.RUN_S) as connection:
            connection.send(scenario.variables(), body=scenario.body or b"")
            output = []
            while True:
                kind, content = connection.read_record()
                if kind == fcgi.STDOUT:
                    output.append(content)
                elif kind == fcgi.END_REQUEST:
                    return b"".join(output)
    except (EOFError, OSError):
        return None


class Served:
    """The same request again and again of one FastCGI responder."""

    def make_program(self):
        return starving.Server(
            self.path("."),
            [programs.release_program(self.responder), "--threads", "1"],
            self.settings(), lambda path: asked(self, path))

    def fault(self, run):
        """The next request too is to be answered, where the process lives."""
        if run.status == 0 and not run.stdout:
            wrong = None  # libfcgi gave the connection up
        else:
            wrong = super().fault(run)
        if wrong is None and run.failed and not run.has_crashed:
            after = self.program.run(0)
            if self.essence(after.stdout) != self.right:
                return "the next answer: %r, %s" % (after.stdout[:500], after)
        return wrong


class Page(Answered, responding.TestCase):
    """movies.fcgi."""

    program_name = "movies.fcgi"

    def prepare(self):
        self.publish(responding.PAGES)

    def reset(self):
        """Nothing changes what is published."""


def page(title, uri, method="GET", is_volatile=False, **headers):
    return type("Page_" + re.sub(r"\W+", "_", title), (Page,), {
        "name": "movies.fcgi, " + title, "uri": uri, "method": method,
        "is_volatile": is_volatile,
        "headers": {name.replace("_", "-"): value
                    for name, value in headers.items()}})


PAGES = [
    page("welcome", "/"),
    page("list", "/movies", Accept="text/html", Accept_Encoding="br, gzip"),
    page("JSON", "/movies", Accept="application/json"),
    page("a film", "/movies/f1"),
    page("a later page", "/movies/page/2"),
    page("by year", "/movies?order=year"),
    page("part of it", "/movies.json", Range="bytes=10-99"),
    page("HEAD", "/movies", "HEAD"),
    page("unknown", "/movies/nobody", Accept="application/json"),
    page("another method", "/movies", "DELETE"),
    page("ping", "/ping", is_volatile=True),
    page("health", "/health", is_volatile=True),
    page("metrics", "/metrics", is_volatile=True),
]

# Another process finds a class by its name.
globals().update((scenario.__name__, scenario) for scenario in PAGES)


class ServedPage(Served, Page):
    name = "movies.fcgi over FastCGI, list"
    uri = "/movies"
    headers = {"Accept": "text/html", "Accept-Encoding": "gzip"}


class File(Answered, serving_files.TestCase):
    """files.fcgi; the upstream has what is asked for."""

    program_name = "files.fcgi"
    uri = serving_files.URL + "file-7"

    # One that cannot be kept is served all the same, as a passing answer.
    volatile_headers = VOLATILE_HEADERS + (
        "last-modified", "vary", "content-encoding", "accept-ranges",
        "x-accel-expires")

    def state_fault(self, run):
        """What is kept is right, or nothing is."""
        for path in self.kept_files():
            with open(path, "rb") as kept:
                text = kept.read()
            if text not in self.keepable():
                return "kept: %r" % text[:500]
        return None

    def keepable(self):
        """The texts that may be kept: of a run with all its memory."""
        if not hasattr(self, "texts"):
            self.texts = []
            for path in self.kept_files():
                with open(path, "rb") as kept:
                    self.texts.append(kept.read())
        return self.texts


class FileMiss(File):
    name = "files.fcgi, fetched"


class FileHit(File):
    name = "files.fcgi, kept"

    def prepare(self):
        answer = self.cgi(self.uri)
        self.assertEqual(answer.status, 200, answer.body)


class FileUnknown(File):
    name = "files.fcgi, unknown"
    uri = serving_files.URL + "file-99"


class ServedFile(Served, FileHit):
    name = "files.fcgi over FastCGI, kept"

    def reset(self):
        """It stays kept."""


class Event(Answered, serving_events.TestCase):
    """events.fcgi."""

    program_name = "events.fcgi"
    is_volatile = True
    first = {"user_id": "u-1", "description": "it has happened"}

    def prepare(self):
        answer = self.cgi("/events", "POST", serving_events.encode(self.first),
                          {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 201, answer.body)
        self.event_id = json.loads(answer.body)["event_id"]
        self.uri = self.uri.replace("{id}", self.event_id)
        shutil.copytree(self.state, self.path("begun-state"))

    def reset(self):
        super().reset()
        starving_jobs.replace(self.state, self.path("begun-state"))

    def rows(self):
        """All that is stored, by id."""
        connection = sqlite3.connect(self.database)
        try:
            problem = connection.execute("PRAGMA integrity_check").fetchone()
            if problem != ("ok",):
                raise AssertionError(problem)
            return dict(connection.execute(
                "SELECT id, description FROM event"))
        finally:
            connection.close()

    def state_fault(self, run):
        rows = self.rows()
        if self.first["description"] not in rows.values():
            return "an event is gone: %s" % rows
        return self.row_fault(run, rows)

    def row_fault(self, run, rows):
        return None if len(rows) == 1 else "another event: %s" % rows


class EventPost(Event):
    name = "events.fcgi, POST"
    uri, method = "/events", "POST"
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k-1"}
    body = b'{"user_id": "u-2", "description": "a second \\u00e9vent"}'

    def row_fault(self, run, rows):
        """What was accepted is stored, whole."""
        descriptions = sorted(rows.values())
        if descriptions not in ([self.first["description"]],
                                ["a second \u00e9vent",
                                 self.first["description"]]):
            return "stored: %s" % rows
        if self.is_well(run) and len(rows) != 2:
            return "accepted and not stored: %s" % rows
        return None


class EventPut(Event):
    name = "events.fcgi, PUT"
    uri, method = "/events/{id}", "PUT"
    headers = {"Content-Type": "application/json"}
    body = b'{"status": "Processed", "last_error": null}'


class EventList(Event):
    name = "events.fcgi, list"
    uri = "/events?limit=10&status=NotProcessed"


class EventOne(Event):
    name = "events.fcgi, one event"
    uri = "/events/{id}"


class EventWrong(Event):
    name = "events.fcgi, refused"
    uri, method = "/events", "POST"
    headers = {"Content-Type": "application/json"}
    body = b'{"user_id": 7, "else": []}'


class ServedList(Served, EventList):
    name = "events.fcgi over FastCGI, list"

    def reset(self):
        """Nothing is written."""


class ServedPost(Served, EventPost):
    name = "events.fcgi over FastCGI, POST"

    def reset(self):
        """The key makes it the same event every time."""


FILES = [FileMiss, FileHit, FileUnknown, ServedFile]
EVENTS = [EventPost, EventPut, EventList, EventOne, EventWrong, ServedList,
          ServedPost]
