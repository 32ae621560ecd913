"""Scenarios of the memory sweep: the jobs about media files and events, and
render-template. See starving_sweep.py."""

import contextlib
import json
import sqlite3
import time

import programs
import serving_events
import serving_files
import starving
import starving_jobs
import starving_sweep
import upstream

# How long an event is a notifier's that died: as short as it can be.
LEASE_S = 3

# What a relay that died held is another's in this time.
SETTLE_S = 180
DAY_S = 86400


class KeepFile(starving_sweep.Scenario, serving_files.TestCase):
    name = "fetch-file"
    program_name = "fetch-file"

    def runTest(self):
        pass

    def open(self):
        self.setUp()
        program = starving.Program(
            self.path("."), [programs.release_program("fetch-file"),
                             "file-7"], self.settings())
        self.reset()
        program.run(0)
        self.right = self.kept_bytes()
        self.assertEqual(len(self.right), 1)
        self.program = program
        return program

    def kept_bytes(self):
        found = []
        for path in self.kept_files():
            with open(path, "rb") as kept:
                found.append(kept.read())
        return found

    def reset(self):
        starving_jobs.replace(self.cache, None)

    def fault(self, run):
        kept = self.kept_bytes()
        if kept not in ([], self.right):
            return "kept: %r" % kept
        if run.status == 0 and (not kept or run.stdout != b"kept file-7\n"):
            return "it went well, and kept %d, said %r" % (len(kept),
                                                           run.stdout)
        if run.failed:
            after = self.program.run(0)
            if after.status != 0 or self.kept_bytes() != self.right:
                return "the next run: %s" % after
        return None

    def close(self):
        self.doCleanups()


class Render(starving_sweep.Scenario, programs.TestCase):
    name = "render-template"
    program_name = "render-template"
    template = ("<h1>{{title}}</h1>\n{{#films}}\n{{> film}}\n{{/films}}\n"
                "{{^none}}{{a.b.c}} {{{raw}}} {{number}} {{yes}}{{/none}}\n")
    partial = "  <p>{{name}}: {{#people}}{{.}}, {{/people}}</p>\n"
    data = {"title": "Films & \u00e9", "raw": "<b>" + "x" * 90,
            "number": 1.25, "yes": True, "a": {"b": {"c": -17}},
            "films": [{"name": "Film %d" % i, "people": ["p%d" % j
                                                         for j in range(i)]}
                      for i in range(5)],
            **{"more%d" % i: "text %d" % i for i in range(20)}}

    def runTest(self):
        pass

    def open(self):
        self.setUp()
        for name, text in (("page.mustache", self.template),
                           ("film.mustache", self.partial),
                           ("data.json", json.dumps(self.data))):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
        program = starving.Program(
            self.path("."), [programs.release_program("render-template"),
                             "page.mustache", "data.json"], {})
        self.right = program.run(0).stdout
        return program

    def fault(self, run):
        if run.status == 0 and run.stdout != self.right:
            return "printed: %r" % run.stdout[:1000]
        if run.status != 0 and not self.right.startswith(run.stdout):
            return "printed, and failed: %r" % run.stdout[:1000]
        return None

    def close(self):
        self.doCleanups()


class Events(starving_sweep.Scenario, serving_events.TestCase):
    """An event log with one event more for every run."""

    def runTest(self):
        pass

    def rows(self):
        """id -> status."""
        with contextlib.closing(sqlite3.connect(
                "file:%s?mode=ro" % self.database, uri=True)) as log:
            return dict(log.execute("SELECT id, status FROM event"))

    def close(self):
        self.doCleanups()


class Notify(Events):
    name = "notify --once"
    program_name = "notify"

    def open(self):
        self.setUp()
        self.serve()
        self.api = upstream.Upstream(data=None).start()
        self.addCleanup(self.api.stop)
        self.api.gzip = self.api.entity_tags = False
        self.api.add_route("/events", self.forward)
        self.lines, self.printed = {}, set()
        self.program = starving.Program(
            self.path("."), [programs.release_program("notify"), "--once",
                             "--lease-s", str(LEASE_S), "--backoff-ms", "1"],
            self.settings(MARQUEE_API_URL=self.api.url,
                          MARQUEE_NOTIFY_ATTEMPTS="100",
                          MARQUEE_TIMEOUT_MS="300"))
        return self.program

    def forward(self, entry):
        """What events.fcgi answers."""
        headers = {name: entry.headers[name]
                   for name in ("Content-Type", "Accept", "If-Match")
                   if name in entry.headers}
        answer = serving_events.TestCase.send(
            self, entry.method, entry.target, headers, entry.body or None)
        return upstream.Response(
            answer.body, answer.status,
            {"Content-Type": answer.headers["content-type"]})

    def reset(self):
        event = self.posted("user-1", "a film has arrived")
        self.lines["Event %s has been sent to user-1: a film has arrived" %
                   event["event_id"]] = event["event_id"]

    def fault(self, run):
        text = run.stdout.decode()
        for line in text.splitlines():
            if line not in self.lines:
                return "printed: %r" % line
            self.printed.add(self.lines[line])
        untold = [event for event, status in self.rows().items()
                  if status == 1 and event not in self.printed]
        return "processed, and never printed: %s" % untold if untold else None

    def close(self):
        """What was in hand when a run ended is notified by a later one."""
        try:
            self.settle()
        finally:
            self.doCleanups()

    def settle(self):
        deadline = time.monotonic() + 20 * LEASE_S
        while set(self.rows().values()) != {1}:
            run = self.last_run()
            if self.fault(run) or time.monotonic() > deadline:
                raise AssertionError("events are left: %s" % run)
            time.sleep(LEASE_S / 10)

    def last_run(self):
        done = self.run_program(
            [programs.release_program("notify"), "--once", "--lease-s",
             str(LEASE_S)], env=self.settings(MARQUEE_API_URL=self.api.url))
        self.control = type("Seen", (), {"seen": 0, "failed": 0, "chain": "",
                                         "crash": ""})
        return starving.Run(self.control, done.returncode, done.stdout,
                            done.stderr)


class Relay(Events):
    """relay-events --once, with a vhost of a real RabbitMQ."""

    name = "relay-events --once"
    program_name = "relay-events"

    def __init__(self, vhost):
        super().__init__()
        self.vhost = vhost

    def open(self):
        self.setUp()
        self.ids = set()
        self.program = starving.Program(
            self.path("."), [programs.release_program("relay-events"),
                             "--once"],
            self.settings(MARQUEE_AMQP_URL=self.vhost.url))
        return self.program

    def reset(self):
        done = self.run_program([programs.helper("event_log"), self.state,
                                 "post", "1"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.ids.update(done.stdout.decode().split())

    def unsent(self, until_s):
        """Events that are due by then."""
        with contextlib.closing(sqlite3.connect(
                "file:%s?mode=ro" % self.database, uri=True)) as log:
            return log.execute("SELECT count(*) FROM outbox WHERE due_ms < ?",
                               [int(until_s * 1000)]).fetchone()[0]

    def fault(self, run):
        if run.status == 0 and self.unsent(time.time()):
            return "it went well, and left events that were due"
        return None

    def close(self):
        """Every event is in the queue, whole."""
        try:
            programs.wait_for(
                lambda: self.program.run(0).status == 0 and
                not self.unsent(time.time() + DAY_S), SETTLE_S,
                "an empty outbox")
            found = set()
            while True:
                messages = self.vhost.take("marquee.events")
                if not messages:
                    break
                found.update(json.loads(message["payload"])["event_id"]
                             for message in messages)
            if found != self.ids:
                raise AssertionError("not in the queue: %s"
                                     % (self.ids - found))
        finally:
            self.doCleanups()


