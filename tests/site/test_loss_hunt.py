"""The loss hunt: clients post events while everything that handles them is
killed at random. Every 201 is found afterwards and ends Processed.

`make test` runs a short form; `make hunt` the long one. The numbers that are
drawn come from MARQUEE_HUNT_SEED, which a failure names.
"""

import collections
import contextlib
import http.client
import json
import os
import random
import re
import signal
import sqlite3
import threading

import postgresql
import programs
import rabbitmq
import whole_site

CLIENTS = 8
POSTS = int(os.environ.get("MARQUEE_HUNT_POSTS", "400"))
KILLS = int(os.environ.get("MARQUEE_HUNT_KILLS", "8"))
SEED = int(os.environ.get("MARQUEE_HUNT_SEED", random.randrange(2 ** 32)))

# How long the slowest machine may take to let a single event through.
PATIENCE_S = 60

NOTIFIED = re.compile(r"^Event (\S+) has been sent to (\S+): (.*)$")


class Accepted:
    """What was answered with 201, by id."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = {}
        self.contradictions = []
        self.refused = 0

    def add(self, event, user_id, description):
        said = (event["user_id"], event["description"])
        with self.lock:
            before = self.events.setdefault(event["event_id"], said)
            if before != said or said != (user_id, description):
                self.contradictions.append((event, before))

    def count(self):
        with self.lock:
            return len(self.events)


class Hunt(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.accepted = Accepted()
        self.kills = collections.Counter()
        self.turns = []
        self.supervised = {}
        self.printed = open(self.path("notified"), "ab")
        self.addCleanup(self.printed.close)

    def settings(self, **more):
        return super().settings(**self.queue_settings(), **more)

    def queue_settings(self):
        return {}

    # --- The processes, each under a supervisor that starts it again ---

    def supervise(self, name, *arguments, **settings):
        self.supervised[name] = self.start(
            [programs.program("keep-running"),
             programs.program(name), *arguments],
            env=self.settings(
                MARQUEE_API_URL="http://127.0.0.1:%d" % self.port,
                **settings),
            stdout=self.printed)

    def start_all(self):
        self.supervised["events.fcgi"] = self.start_fcgi("events")
        self.start_nginx()
        self.supervise("notify", "--lease-s", "3", "--backoff-ms", "100",
                       MARQUEE_NOTIFY_ATTEMPTS="1000")

    def victims(self):
        return sorted(self.supervised)

    def kill(self, name):
        pid = programs.wait_for(
            lambda: programs.child(self.supervised[name], name), PATIENCE_S,
            name)
        os.kill(pid, signal.SIGKILL)

    def kill_one(self):
        """Whoever's turn it is: each as often as the others."""
        if not self.turns:
            self.turns = self.random.sample(self.victims(),
                                            len(self.victims()))
        name = self.turns.pop()
        self.kill(name)
        self.kills[name] += 1

    # --- The clients ---

    def post(self, connection, key, body):
        """A 201's event, or None: it is to be sent again."""
        try:
            connection.request(
                "POST", "/events", body,
                {"Content-Type": "application/json", "Idempotency-Key": key})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        if answer.status == 201:
            return json.loads(text)
        self.assertIn(answer.status, (500, 502, 503, 504), text)
        return None

    def client(self, number, posts):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=PATIENCE_S)
        try:
            for post in range(posts):
                user_id = "client-%d" % number
                description = "post %d" % post
                body = json.dumps({"user_id": user_id,
                                   "description": description})
                key = "%d-%d" % (number, post)
                event = programs.wait_for(
                    lambda: self.post(connection, key, body),
                    PATIENCE_S, "a 201")
                self.accepted.add(event, user_id, description)
        except BaseException as error:
            self.troubles.append(error)
        finally:
            connection.close()

    def hunt(self):
        self.troubles = []
        clients = [threading.Thread(target=self.client,
                                    args=(number, POSTS // CLIENTS))
                   for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for kill in range(1, KILLS + 1):
            # Spread over the posts, so that none comes after the last.
            threshold = POSTS * kill // (KILLS + 1)
            programs.wait_for(
                lambda: self.troubles or self.accepted.count() >= threshold,
                PATIENCE_S, "%d events accepted" % threshold)
            self.kill_one()
        for client in clients:
            client.join()
        self.assertEqual(self.troubles, [])

    # --- What must hold afterwards ---

    def listed(self, query=""):
        """All events of the log, page by page."""
        found, target = [], "/events?limit=1000" + query
        while target:
            answer = self.get(target)
            self.assertEqual(answer.status, 200, answer.body)
            found += json.loads(answer.body)
            link = re.match(r'<([^>]*)>; rel="next"', answer["Link"] or "")
            target = link.group(1) if link else None
        return found

    def notified(self):
        """How often each event was printed. A notifier that was killed may
        have left half a line."""
        with open(self.path("notified"), encoding="utf-8") as printed:
            lines = [NOTIFIED.match(line) for line in printed.read()
                     .splitlines()]
        return collections.Counter(line.group(1) for line in lines if line)

    def check(self):
        programs.wait_for(
            lambda: not json.loads(
                self.get("/events?status=NotProcessed&limit=1").body),
            PATIENCE_S, "every event to be processed")
        events = {event["event_id"]: event for event in self.listed()}
        self.assertEqual(self.accepted.contradictions, [])
        self.assertEqual(len(self.accepted.events),
                         POSTS // CLIENTS * CLIENTS)
        for event_id, said in self.accepted.events.items():
            self.assertIn(event_id, events)
            event = events[event_id]
            self.assertEqual((event["user_id"], event["description"]), said)
            self.assertEqual(event["status"], "Processed", event)
        notified = self.notified()
        self.assertEqual(set(self.accepted.events) - set(notified), set())
        twice = sum(times - 1 for times in notified.values())
        self.tell("%-13s %5d events, %5d of them answered with 201, all "
                  "Processed; %d notifications too many; killed: %s" % (
                      type(self).__name__, len(events),
                      len(self.accepted.events), twice,
                      ", ".join("%s %d" % kill for kill in
                                sorted(self.kills.items()))))

    def tell(self, figures):
        """`make hunt` prints what was found."""
        if "MARQUEE_HUNT_FIGURES" in os.environ:
            with open(os.environ["MARQUEE_HUNT_FIGURES"], "a",
                      encoding="utf-8") as file:
                print(figures, file=file)

    def run_hunt(self):
        try:
            self.publish()
            self.start_all()
            self.hunt()
            self.check()
        except AssertionError as error:
            said = "\n".join("%s: %s" % (name, self.errors(process)[-2000:])
                             for name, process in self.supervised.items())
            raise AssertionError("MARQUEE_HUNT_SEED=%d\n%s"
                                 % (SEED, said)) from error


class EmbeddedQueue(Hunt):

    def test_no_accepted_event_is_lost(self):
        self.run_hunt()


class RabbitMq(rabbitmq.WithVhost, Hunt):

    def queue_settings(self):
        return {"MARQUEE_AMQP_URL": self.vhost.url}

    def start_all(self):
        self.vhost.await_kept()
        super().start_all()
        # First of all the broker.
        self.turns = self.victims()

    def victims(self):
        return super().victims() + ["the broker"]

    def is_confirmed(self):
        """Whether there is an event that nobody but the broker has."""
        with contextlib.closing(sqlite3.connect(
                "file:%s/events.db?mode=ro" % self.path("state"),
                uri=True)) as log:
            return log.execute(
                "SELECT 1 FROM event WHERE status = 0 AND NOT EXISTS (SELECT 1"
                " FROM outbox WHERE outbox.number = event.number)").fetchone()

    def kill_first(self):
        """The queue was made just then: the broker forgets it, and with it what
        it has confirmed."""
        self.supervise("relay-events")
        programs.wait_for(self.is_confirmed, PATIENCE_S, "the first confirm")
        self.broker.kill()
        self.broker.forget_last_queue()

    def kill(self, name):
        if name == "the broker":
            if "relay-events" not in self.supervised:
                self.kill_first()
            else:
                self.broker.kill()
            self.broker.start(waits=False)
        else:
            super().kill(name)

    def check(self):
        self.broker.await_start()
        super().check()
        self.assertIn("the broker has lost its queue",
                      self.errors(self.supervised["relay-events"]))

    def test_no_accepted_event_is_lost(self):
        self.run_hunt()


class PostgreSql(postgresql.WithLog, Hunt):
    """The log on a server that is killed, too; a second host works on it."""

    # What it has said is on disk is to be there after a kill.
    server_settings = {"fsync": "on"}

    def queue_settings(self):
        return {"MARQUEE_EVENTS_URL": self.log.url}

    def start_all(self):
        super().start_all()
        second = self.path("second")
        self.supervised["notify of a second host"] = self.start(
            [programs.program("keep-running"), programs.program("notify"),
             "--lease-s", "3", "--backoff-ms", "100"],
            env=self.settings(
                MARQUEE_STATE_DIR=second, MARQUEE_NOTIFY_ATTEMPTS="1000",
                MARQUEE_API_URL="http://127.0.0.1:%d" % self.port),
            stdout=self.printed)

    def victims(self):
        return super().victims() + ["the server"]

    def kill(self, name):
        if name == "the server":
            self.server.kill()
            self.server.start(waits=False)
        elif name == "notify of a second host":
            pid = programs.wait_for(
                lambda: programs.child(self.supervised[name], "notify"),
                PATIENCE_S, name)
            os.kill(pid, signal.SIGKILL)
        else:
            super().kill(name)

    def test_no_accepted_event_is_lost(self):
        self.run_hunt()
