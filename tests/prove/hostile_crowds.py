"""Crowds that hold on to connections, and what a good client gets meanwhile.

    with hostile_site.started(hostile_crowds.Site) as site:
        for scenario in hostile_crowds.SCENARIOS:
            with crowd.Crowd(scenario.kind, site.port, scenario.short,
                             scenario.target):
                hostile_crowds.wrong_answers(site, site.port)
"""

import dataclasses
import http.client
import os
import signal
import time

import crowd
import hostile_site
import programs
import responding

# More than the kernel and nginx hold for a reader who does not read.
BIG_BYTES = 6 * 1000 * 1000

# How long the control waits for its crowd, and a good client for an answer.
# On a busy machine a crowd is not there at once.
CONTROL_PATIENCE_S = 1
CONTROL_S = 30

FASTCGI = "snippets/marquee-fastcgi.conf"
EVENTS = "snippets/marquee-events.conf"
LOCATIONS = "snippets/marquee-locations.conf"


class Site(hostile_site.Site):
    """Little is published, but for one list that fits into no buffer."""

    big_bytes = BIG_BYTES

    # What a good client asks for, and gets.
    GOOD = ("/movies", "/movies/f1", "/movies/page/2", "/style.css", "/ping",
            "/events")

    def publish(self):
        responding.TestCase.publish(self, dict(responding.PAGES, **{
            "movies.json": b'{"f1": {"film_title": "%s"}}\n' % (
                b"x" * self.big_bytes)}))

    def right(self, target):
        """The body, or None where it is another one each time."""
        names = {"/movies": "movies.html", "/style.css": "style.css",
                 "/movies/f1": "movies/f1.html",
                 "/movies/page/2": "movies/page/2.html"}
        return responding.PAGES[names[target]] if target in names else None


class SmallSite(Site):
    """With few threads, so that a small crowd could take them all; fewer
    connections are kept, as marquee.conf wants it."""

    big_bytes = BIG_BYTES // 2
    fcgi_options = ("--threads", "16")
    nginx_edits = (("nginx.conf", "keepalive 24;", "keepalive 4;"),
                   *hostile_site.PatientSite.nginx_edits)


@dataclasses.dataclass(frozen=True)
class Scenario:
    what: str
    kind: str
    full: int      # how many they are
    short: int
    target: str
    fault: str     # the control
    edits: tuple
    control: int   # how many are too many for it
    control_short: int


SCENARIOS = (
    Scenario("half-open connections", "half-open", 10000, 500, "/movies",
             "nginx with 128 connections",
             (("nginx.conf", "worker_connections 12288;",
               "worker_connections 64;"),), 200, 200),
    Scenario("slow readers of a big list", "slow-readers", 64, 16,
             "/movies.json", "answers that are not buffered",
             ((FASTCGI, "fastcgi_keep_conn on;",
               "fastcgi_keep_conn on;\nfastcgi_buffering off;"),), 64, 32),
    Scenario("slow writers of an event", "slow-writers", 1000, 100, "/events",
             "bodies that are not buffered",
             ((EVENTS, "client_body_buffer_size 64k;",
               "fastcgi_request_buffering off;"),), 64, 32),
)

# Frozen, the lists come from the files, and the rest from what is kept.
NO_FALLBACK = ((LOCATIONS, "error_page 502 504 = @marquee_files;", ""),)
NO_MICROCACHE = (("snippets/marquee-microcache.conf",
                  "fastcgi_cache marquee;", "fastcgi_cache off;"),)
KEPT = ("/movies/f1", "/movies/page/2")


def asked(site, targets=None):
    """For good_client."""
    return [(target, site.right(target)) for target in targets or site.GOOD]


def wrong_answers(site, port, rounds=1, patience_s=60):
    """What a good client with a kept connection gets wrong, or not at all."""
    wrong = []
    connection = http.client.HTTPConnection("127.0.0.1", port,
                                            timeout=patience_s)
    try:
        for target, right in asked(site) * rounds:
            connection.request("GET", target)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or right not in (None, body):
                wrong.append("%s is %d, %.80r" % (target, response.status,
                                                  body))
    except (OSError, http.client.HTTPException) as error:
        wrong.append("%s: %r" % (target, error))
    finally:
        connection.close()
    return wrong


class Frozen:
    """movies.fcgi accepts connections and answers none, for a block."""

    def __init__(self, site):
        self.pid = programs.wait_for(site.responder_pid, 10, "the responder")

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_):
        try:
            os.kill(self.pid, signal.SIGCONT)
        except ProcessLookupError:
            pass  # its supervisor has replaced it


def lists_of(site, port):
    """The lists while it is frozen, until each has come from the files: what is
    wrong with them, how many were asked for, the longest wait in seconds."""
    wrong, count, slowest_s = [], 0, 0
    for target in ("/movies", "/style.css"):
        is_file_s = False
        while not is_file_s and not wrong:
            started = time.monotonic()
            status, headers, body = ask_alone(port, target)
            slowest_s = max(slowest_s, time.monotonic() - started)
            count += 1
            is_file_s = "ETag" not in headers
            if (status, body) != (200, site.right(target)):
                wrong.append("%s is %d, %.80r" % (target, status, body))
    return wrong, count, slowest_s


def ask_alone(port, target):
    """On a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def found_by(site, scenario, count):
    """What is wrong, with the fault of the scenario, for a good client among so
    many."""
    with hostile_site.beside(site, (
            *site.nginx_edits, *scenario.edits)) as broken, \
            crowd.Crowd(scenario.kind, broken.port, count, scenario.target,
                        CONTROL_PATIENCE_S):
        wrong, end = [], time.monotonic() + CONTROL_S
        while not wrong and time.monotonic() < end:
            wrong = wrong_answers(site, broken.port, 1, CONTROL_PATIENCE_S)
        return wrong
