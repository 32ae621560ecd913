"""The requests of tests/data/http (its README says how they are written), and
what is wrong with an answer, whatever was asked.

    checks = http_corpus.Checks(site)
    for case in http_corpus.read("smuggling.json"):
        for violation in checks.run(case):
            print(violation)
"""

import json
import os
import re

import hostile_site
import http_wire
import programs
import serving_events

CASES = os.path.join(programs.ROOT, "tests", "data", "http")

MEMBERS = {"what", "send", "target", "method", "headers", "body", "answers",
           "last", "methods", "cold"}

# Behind each case on its connection, to see whose answer that is.
AFTER = b"GET /ping HTTP/1.1\r\nHost: after\r\nConnection: close\r\n\r\n"
PONG = re.compile(rb'\{"ping":"pong!","now":"[0-9T:.Z-]+"\}\n')

# nginx closes the connection after a 412 of its own making, without a word: the
# rest of the answer that it then does not send would follow.
CLOSING = 412

# 408, 414, 431, 501 and 505 are nginx's own.
STATUSES = {200, 201, 206, 304, 400, 404, 405, 408, 411, 412, 413, 414, 415,
            416, 422, 431, 501, 502, 503, 504, 505, 507}

SECURITY = {
    "Content-Security-Policy":
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self' "
        "https://image.tmdb.org https://www.themoviedb.org; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# Whatever comes is one of these, once, and looks like this.
HEADERS = {
    "server": "nginx", "date": r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT",
    "content-type": r"text/(html|css|javascript|plain)(; version=0\.0\.4)?; "
                    r"charset=utf-8|application/((problem\+)?json|atom\+xml)|"
                    r"image/svg\+xml",
    "content-length": r"\d+", "connection": "close|keep-alive",
    "content-security-policy": ".*", "x-content-type-options": ".*",
    "referrer-policy": ".*", "x-request-id": "[0-9a-f]{32}",
    "vary": "Accept|Accept-Encoding|Accept, Accept-Encoding",
    "etag": r'"[0-9a-f-]+"', "age": r"\d+",
    "last-modified": r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT",
    "content-location": r"/[\w./-]*(\?order=year)?",
    "cache-status": r"marquee; (hit|fwd=miss)[a-z0-9;= -]*",
    "cache-control": r"no-store|no-cache|public, [a-z0-9=, -]+",
    "accept-ranges": "bytes", "content-range": r"bytes (\d+-\d+|\*)/\d+",
    "content-encoding": "br|gzip", "transfer-encoding": "chunked",
    "allow": r"GET, HEAD(, POST|, PUT)?", "retry-after": r"\d+",
    "location": r"/events/[0-9a-f-]{36}",
    "link": r'</(movies/page/\d+|events\?[\w&=-]+)>; rel="(next|prev)"',
    "access-control-allow-origin": r"\*",
    "access-control-allow-methods": "GET, HEAD",
    "access-control-expose-headers": "ETag, Age, Link, Cache-Status",
}

# nginx's own page.
ERROR_PAGE = re.compile(
    rb'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    rb'<meta name="viewport" content="width=device-width">\n'
    rb'<title>([A-Z][A-Za-z -]+)</title>\n'
    rb'<link rel="icon" href="/favicon\.svg" type="image/svg\+xml">\n'
    rb'<link rel="stylesheet" href="/style\.css">\n</head>\n<body>\n'
    rb'<main class="wrap">\n<div class="lead wrong">\n<h1>\1</h1>\n'
    rb'<p><a class="door" href="/movies">All films</a></p>\n</div>\n'
    rb'</main>\n</body>\n</html>\n')

# Never in a body: our decoy, the system's, nginx's and the log's own files.
FORBIDDEN = (hostile_site.DECOY.encode(), b"root:x:0:", b"worker_processes",
             b"SQLite format 3", b"program=nginx")

# What others ask, and its Accept.
OTHERS = (("/movies", "text/html"), ("/movies", "application/json"),
          ("/movies.json", "*/*"))

# What of an answer a client before must not have changed.
COMPARED = ("Content-Type", "Content-Encoding", "ETag", "Vary",
            "Content-Location", "Last-Modified", "Location", "Link")


def files():
    return sorted(name for name in os.listdir(CASES) if name.endswith(".json"))


def read(name):
    """The cases of a file. A member that nobody looks at is an error."""
    with open(os.path.join(CASES, name), encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        if set(case) - MEMBERS or not {"what", "answers"} <= set(case):
            raise ValueError("%s: %s" % (name, case))
    return cases


def answers_of(case):
    """All allowed sequences of statuses."""
    answers = case["answers"]
    alternatives = answers if isinstance(answers, list) else [answers]
    return [one if isinstance(one, list) else [one] for one in alternatives]


def bytes_of(case, cold):
    """What is sent. {cold} is a path that nobody has asked for yet."""
    if "send" in case:
        text = "".join(case["send"])
    else:
        text = "%s %s HTTP/1.1\r\nHost: h\r\n" % (case.get("method", "GET"),
                                                  case["target"])
        text += "".join(header + "\r\n" for header in case.get("headers", ()))
        body = serving_events.expand(case.get("body", ""))
        if body:
            text += "Content-Length: %d\r\n" % len(body.encode("latin-1"))
        text += "\r\n" + body
    return serving_events.expand(text.replace("{cold}", cold)).encode(
        "latin-1")


class Checks:
    """Runs cases against a site, and says what is wrong. `others` are targets
    and Accepts, asked for after each case."""

    def __init__(self, site, others=OTHERS):
        self.site = site
        self.films = iter([path for film in site.films()
                           for path in ("/movies/" + film,
                                        "/movies/%s.json" % film,
                                        "/movies/%s.html" % film)])
        self.bodies = site.right_bodies()
        self.any_body = set().union(*self.bodies.values())
        self.pages = site.error_pages()
        self.before = {asked: self.ask(*asked) for asked in others}

    def run(self, case):
        """What is wrong, as sentences."""
        cold = next(self.films) if "cold" in case else ""
        sent = bytes_of(case, cold)
        is_last = case.get("last", False)
        targets = re.findall(rb"(?:^|\n)([A-Z]+) (\S*) HTTP/1", sent)
        exchange = http_wire.talk(
            self.site.port, sent if is_last else sent + AFTER,
            case.get("methods") or [case.get("method", "GET")], is_last)
        found = list(self.wrong_in(exchange, case, targets))
        found += self.poisoned(cold)
        return ["%s: %s" % (case["what"], why) for why in found]

    def wrong_in(self, exchange, case, targets):
        """What is wrong with what came on the connection."""
        if exchange.wrong:
            yield exchange.wrong
        responses = list(exchange.responses)
        if not case.get("last") and responses:
            if PONG.fullmatch(responses[-1].body):
                responses.pop()
            elif responses[-1]["Connection"] != "close" and \
                    responses[-1].status != CLOSING:
                yield "the connection ended without a word"
        statuses = [response.status for response in responses]
        if statuses not in answers_of(case):
            yield "answered %s" % statuses
        for number, response in enumerate(responses):
            target = targets[number][1].decode("latin-1") \
                if number < len(targets) else None
            yield from self.wrong_with(response, target)

    def wrong_with(self, response, target):
        """What no answer may be."""
        if response.status not in STATUSES:
            yield "the status %d" % response.status
        for name, value in SECURITY.items():
            if response.all(name) != [value]:
                yield "%d has %s %s" % (response.status, name,
                                        response.all(name))
        names = [name.lower() for name, _ in response.headers]
        for name, value in response.headers:
            if not re.fullmatch(HEADERS.get(name.lower(), "(?!)"), value):
                yield "the header %s: %.100s" % (name, value)
            if names.count(name.lower()) > 1:
                yield "%s comes %d times" % (name, names.count(name.lower()))
        for text in FORBIDDEN:
            if text in response.body:
                yield "a body with %r" % text
        if response.status >= 400:
            yield from self.wrong_with_error(response)
        elif response.body and not self.is_right(response, target):
            yield "%d with a body of another place: %.80r" % (
                response.status, response.body)

    def wrong_with_error(self, response):
        kind, body = response["Content-Type"], response.body
        if response["Cache-Control"] != "no-store":
            yield "%d may be kept: %s" % (response.status,
                                          response["Cache-Control"])
        if response.status == 405 and not response["Allow"]:
            yield "405 without Allow"
        if kind == "application/problem+json":
            try:
                is_right = not body or \
                    json.loads(body)["status"] == response.status
            except (ValueError, KeyError, TypeError):
                is_right = False
        else:
            is_right = not body or body in self.pages or \
                ERROR_PAGE.fullmatch(body)
        if not is_right:
            yield "%d, %s, with %.80r" % (response.status, kind, body)

    def is_right(self, response, target):
        """Whether it is what belongs to the target."""
        path, _, query = (target or "").partition("?")
        bodies = self.bodies.get(target) or self.any_body
        if "order=" not in query:
            bodies = self.bodies.get(path) or bodies
        if response.status == 206:
            return any(response.body in body for body in bodies)
        return response.body in bodies or self.is_live(response.body)

    @staticmethod
    def is_live(body):
        """/ping, /health, /metrics and the events."""
        if body.startswith(b"# HELP marquee_"):
            return True
        try:
            document = json.loads(body)
        except ValueError:
            return False
        if isinstance(document, list):
            return all("event_id" in event for event in document)
        return bool({"ping", "services", "event_id"} & set(document))

    def poisoned(self, cold):
        """What others then get that they did not get before."""
        for asked, before in self.before.items():
            yield from self.compare(asked, before, self.ask(*asked))
        if cold:
            for accept in ("text/html", "application/json"):
                asked = cold, accept
                yield from self.compare(asked, self.ask_direct(*asked),
                                        self.ask(*asked))

    def ask(self, target, accept):
        """What a good client gets, on a connection of its own."""
        answer = self.site.get(target, {"Accept": accept})
        return answer.status, answer.body, {
            name: answer.headers.get_all(name) for name in COMPARED}

    def ask_direct(self, target, accept):
        """What the responder says, without anything that keeps it."""
        answer = self.site.direct(target, accept=accept)
        return answer.status, answer.body, {
            name: [answer.headers[name.lower()]]
            if name.lower() in answer.headers else None for name in COMPARED}

    @staticmethod
    def compare(asked, before, after):
        for what, one, other in zip(("status", "body", "headers"), before,
                                    after):
            if one != other:
                yield "others get another %s of %s: %.200r" % (
                    what, " as ".join(asked), other)
