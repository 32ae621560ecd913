"""The event log: posts that are on disk when they are answered, reads, lists."""

import json
import sqlite3

import bed
import load
import nginx_peer
import rows_media
from figures import Contest, Row, at_least

EVENT = json.dumps({"user_id": "user-7", "description":
                    "A description of about the length that one has. " * 2})
HEADERS = {"Content-Type": "application/json"}

MEMORY = ("each post is on disk when it is answered, and the peer's is lost with "
          "its process; an async handler that only appends to a list is the "
          "quickest that FastAPI has")

SMALL, LARGE = 1000, 1000000

# "The same": what rounds of one and the same differ by on a busy machine.
THE_SAME = 0.9


class EventSite(bed.Bed):

    def open(self):
        super().open()
        self.alone_port = bed.programs.free_port()
        self.extra_servers = nginx_peer.DEBIAN + \
            nginx_peer.responders_alone(self.alone_port)
        self.start_all()

    def start_all(self):
        self.start_fcgi("events")
        self.start_nginx()

    @property
    def front(self):
        return "http://127.0.0.1:%d" % self.port

    def post(self, base):
        answer = self.ask_to_keep(base)
        self.assertEqual(answer.status, 201, answer.body)
        return json.loads(answer.body)

    def ask_to_keep(self, base):
        return self.ask(base + "/events", HEADERS, "POST", EVENT.encode())

    def load_posts(self, base):
        self.post(base)
        return load.run(base + "/events", HEADERS, "POST", body=EVENT)


class Posts(EventSite):

    def contests(self):
        fastapi = bed.named("FastAPI", "python3-fastapi") + ", a list, "
        name = "POST /events, on disk"
        yield Contest({
            "ours": lambda: self.load_posts(self.front),
            "async": lambda: self.load_posts(self.fastapi()),
            "def": lambda: self.load_posts(self.fastapi() + "/threads"),
        }, [Row(name, fastapi + "async def", "ours", "async", "requests/s",
                at_least(5), why=MEMORY),
            Row(name, fastapi + "async def", "ours", "async", "p99, ms", None),
            Row(name, fastapi + "def", "ours", "def", "requests/s",
                at_least(5), why=MEMORY)])

    def fastapi(self):
        return self.peer("FastAPI", lambda port: self.start_fastapi(
            "fastapi_events:app", port, workers=1, logs=True))


class Reads(rows_media.MediaSite):
    """One event beside one kept file, both by the responder."""

    files_count = 5

    def start_site(self):
        self.start_fcgi("events")
        super().start_site()

    def contests(self):
        yield Contest({
            "event": self.read_event,
            "kept": lambda: load.run(self.alone + rows_media.URL + "3"),
        }, [Row("GET of one event", "a kept file, responder alone", "event",
                "kept", "requests/s", at_least(0.5))])

    def open(self):
        super().open()
        answer = self.ask(self.front + "/events", HEADERS, "POST",
                          EVENT.encode())
        self.assertEqual(answer.status, 201, answer.body)
        self.event = answer["Location"]
        answer = self.ask(self.alone + rows_media.URL + "3")
        self.assertEqual(answer.status, 200, answer.body)

    def read_event(self):
        return load.run(self.front + self.event)


class Lists(EventSite):
    """A page from the middle of a long log, and of a short one."""

    count = LARGE

    def start_all(self):
        self.fill()
        super().start_all()

    def fill(self):
        """What so many posts would have left, in a few seconds."""
        self.run_cgi_once()
        base = sqlite3.connect(self.path("state", "events.db"))
        with base:
            base.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                "FROM n WHERE i < ?) "
                "INSERT INTO event (id, user_id, description, status, "
                "created_ms, updated_ms) SELECT "
                "printf('01900000-0000-7000-8000-%012x', i), 'user-7', "
                "'A description of about the length that one has.', 1, "
                "1700000000000 + i, 1700000000000 + i FROM n", (self.count,))
        base.close()

    def run_cgi_once(self):
        """Makes the tables."""
        done = self.run_program(
            [bed.programs.program("events.fcgi")], env=self.settings(
                REQUEST_METHOD="GET", REQUEST_URI="/events",
                GATEWAY_INTERFACE="CGI/1.1", SERVER_PROTOCOL="HTTP/1.1"))
        self.assertIn(b"Status: 200", done.stdout, done.stderr)

    def contests(self):
        for name, target in (
                ("a page of 100 of %d events", "/events?after=%d"),
                ("the same of one status", "/events?status=Processed&after=%d")):
            yield Contest({
                "large": lambda target=target: self.page(target),
                "small": lambda target=target: self.small.page(target),
            }, [Row(name % LARGE if "%" in name else name,
                    "of %d events" % SMALL, "large", "small", "requests/s",
                    at_least(THE_SAME))])

    def open(self):
        super().open()
        self.small = FewEvents()
        self.small.open()

    def close(self):
        if hasattr(self, "small"):
            self.small.close()
        super().close()

    def page(self, target):
        url = self.front + target % (self.count // 2)
        answer = self.ask(url)
        self.assertEqual((answer.status, len(json.loads(answer.body))),
                         (200, 100), answer.body[:200])
        return load.run(url)


class FewEvents(Lists):
    count = SMALL

    def open(self):
        EventSite.open(self)


GROUPS = [Posts, Reads, Lists]
