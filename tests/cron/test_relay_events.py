"""relay-events: from the outbox to a real RabbitMQ, whatever dies when."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import time

import postgresql
import programs
import rabbitmq

QUEUE, DEAD = "marquee.events", "marquee.events.dead"

# How long what comes at once may take on a busy machine.
SOON_S = 60


class TestCase(programs.TestCase):
    """A test with an event log, and no relay yet."""

    def setUp(self):
        super().setUp()
        self.state, self.cache = self.path("state"), self.path("cache")

    def log(self, *arguments):
        done = self.run_program([programs.helper("event_log"), self.state,
                                 *arguments])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

    def post(self, count=1, description="Something happened"):
        """Puts events into the log; returns their ids."""
        return self.log("post", str(count), description).split()

    def unsent(self):
        return int(self.log("counts").split()[0].partition("=")[2])

    def lease_ms(self):
        """When the last lease ends, by the wall clock; 0: there is none."""
        with contextlib.closing(sqlite3.connect(
                "file:%s/events.db?mode=ro" % self.state, uri=True)) as log:
            return log.execute(
                "SELECT max(due_ms) FROM outbox").fetchone()[0] or 0

    def await_empty(self):
        programs.wait_for(lambda: self.unsent() == 0, SOON_S,
                          "an empty outbox")

    def settings(self, url, **more):
        return dict({"MARQUEE_STATE_DIR": self.state,
                     "MARQUEE_CACHE_DIR": self.cache,
                     "MARQUEE_AMQP_URL": url}, **more)

    def relay(self, url, **more):
        return self.start([programs.program("relay-events")],
                          env=self.settings(url, **more))

    def relay_once(self, url, *options, **more):
        done = self.run_program(
            [programs.program("relay-events"), *(options or ["--once"])],
            env=self.settings(url, **more), timeout=100)
        done.errors = done.stderr.decode("utf-8", "replace")
        return done

    def note(self):
        """What /health is told."""
        path = os.path.join(self.cache, "events", "relay")
        if not os.path.exists(path):
            return {}
        with open(path, encoding="utf-8") as note:
            return dict(line.rstrip("\n").split("=", 1) for line in note)

    def await_note(self, result, error=""):
        return programs.wait_for(
            lambda: self.note().get("result") == result and
            error in self.note().get("error", "") and self.note(),
            SOON_S, "the note %s %s, is %s" % (result, error, self.note()))


def ids(messages):
    return [message["properties"]["message_id"] for message in messages]


class Relaying(rabbitmq.WithVhost, TestCase):

    # --- What is published ------------------------------------------------------

    def test_a_message_says_all_that_is_known_of_its_event(self):
        before = int(self.post(1, "Gr\u00fc\u00dfe")[0].replace("-", "")[:12],
                     16)
        done = self.relay_once(self.vhost.url)
        self.assertEqual(done.returncode, 0, done.errors)
        message, = self.vhost.take(QUEUE)
        event = json.loads(message["payload"])
        self.assertEqual(
            (event["user_id"], event["description"], event["status"]),
            ("somebody", "Gr\u00fc\u00dfe", "NotProcessed"))
        self.assertEqual(message["properties"], {
            "message_id": event["event_id"], "type": "marquee.event",
            "content_type": "application/json", "delivery_mode": 2,
            "timestamp": before // 1000, "headers": {}})
        self.assertEqual(self.unsent(), 0)

    def test_the_queues_are_durable_and_lead_dead_letters_to_their_own(self):
        self.relay_once(self.vhost.url)
        queues = self.vhost.queues()
        leads_to = {QUEUE + ".retry.%d" % 2 ** n: QUEUE for n in range(12)}
        leads_to[QUEUE] = DEAD
        self.assertEqual(sorted(queues), sorted([*leads_to, DEAD]))
        for queue in queues.values():
            self.assertTrue(queue["durable"])
            self.assertFalse(queue["auto_delete"] or queue["exclusive"])
        for queue, to in leads_to.items():
            self.assertEqual(queues[queue]["arguments"], {
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": to})
        self.assertEqual(queues[DEAD]["arguments"], {})

    def test_events_come_in_their_order_and_once(self):
        first = self.post(200)
        relay = self.relay(self.vhost.url)
        found = ids(self.vhost.await_messages(QUEUE, 200))
        second = self.post(200)
        found += ids(self.vhost.await_messages(QUEUE, 200))
        self.assertEqual(found, first + second)
        self.await_empty()
        self.assertEqual(self.end(relay), 0)
        self.assertIn("relayed=400", self.errors(relay))
        self.assertEqual(self.vhost.take(QUEUE), [])

    def test_a_post_wakes_it(self):
        relay = self.relay(self.vhost.url)
        self.await_note("ok")
        # By itself it looks when the broker says something, every 15 s.
        until = time.monotonic() + SOON_S
        for _ in range(8):
            posted = self.post()
            self.assertEqual(ids(self.vhost.await_messages(
                QUEUE, 1, until - time.monotonic())), posted)
        self.assertEqual(self.end(relay), 0)

    def test_the_longest_events_fit(self):
        # Each control character takes six bytes of JSON.
        posted = self.post(130, "\x01" * 4096)
        done = self.relay_once(self.vhost.url)
        self.assertEqual(done.returncode, 0, done.errors)
        messages = self.vhost.await_messages(QUEUE, 130)
        self.assertEqual(ids(messages), posted)
        self.assertEqual(json.loads(messages[-1]["payload"])["description"],
                         "\x01" * 4096)

    def test_it_writes_nothing_while_there_is_nothing_to_do(self):
        trace = self.path("trace")
        relay = self.start(
            ["strace", "-f", "-qq", "-e",
             "trace=fsync,fdatasync,pwrite64,renameat", "-o", trace, programs.program("relay-events")],
            env=self.settings(self.vhost.url,
                              ASAN_OPTIONS="detect_leaks=0"))
        self.post()
        self.vhost.await_messages(QUEUE, 1)
        self.await_empty()
        self.await_note("ok")

        def note_is_on_disk():
            with open(trace, encoding="utf-8") as file:
                calls = [line.split()[1] for line in file.readlines()[-2:]]
            return [call.partition("(")[0] for call in calls] == [
                "renameat", "fsync"]
        programs.wait_for(note_is_on_disk, 20, "the end of the last write")
        before = os.path.getsize(trace)
        with self.assertRaises(subprocess.TimeoutExpired):
            relay.wait(3)
        self.assertEqual(os.path.getsize(trace), before)

    def test_two_relays_share_the_work(self):
        # That finds it missing sends again what the other may have sent.
        self.relay_once(self.vhost.url)
        posted = self.post(600)
        relays = [self.relay(self.vhost.url) for _ in range(2)]
        found = ids(self.vhost.await_messages(QUEUE, 600))
        self.await_empty()
        for relay in relays:
            self.assertEqual(self.end(relay), 0)
        self.assertEqual(sorted(found + ids(self.vhost.take(QUEUE))),
                         sorted(posted))

    # --- A broker that is ill ---------------------------------------------------

    def test_a_broker_killed_in_the_middle_loses_no_event(self):
        self.vhost.await_kept()
        relay = self.relay(self.vhost.url)
        self.await_note("ok")
        posted = []
        posting = threading.Thread(target=lambda: [
            posted.extend(self.post(20)) for _ in range(25)])
        posting.start()
        programs.wait_for(lambda: self.vhost.take(QUEUE, 1, keeps=True),
                          SOON_S, "the first event")
        self.broker.kill()
        posting.join()
        self.await_note("failed", "cannot")
        self.broker.start()
        found = set()

        def all_are_there():
            found.update(ids(self.vhost.take(QUEUE)))
            return found >= set(posted)
        self.assertEqual(len(posted), 500)
        programs.wait_for(all_are_there, SOON_S, "every event")
        self.await_empty()
        self.await_note("ok")
        self.assertEqual(self.end(relay), 0)

    def test_a_broker_that_is_away_at_the_start_is_waited_for(self):
        self.broker.stop()
        posted = self.post(3)
        done = self.relay_once(self.vhost.url)
        self.assertEqual(done.returncode, 69, done.errors)
        self.assertEqual(self.unsent(), 3)
        relay = self.relay(self.vhost.url)
        note = self.await_note("failed", "cannot connect")
        self.assertGreater(int(note["failed_ms"]), 1600000000000)
        self.broker.start()
        self.assertEqual(ids(self.vhost.await_messages(QUEUE, 3)), posted)
        self.assertNotIn("error", self.await_note("ok"))
        self.assertEqual(self.end(relay), 0)
        # It said so once, however often it tried.
        self.assertEqual(self.errors(relay).count("cannot connect"), 1)

    def test_what_a_full_queue_refuses_waits_in_the_outbox(self):
        self.vhost.set_policy("full", "^marquee.events$", {
            "max-length": 1, "overflow": "reject-publish"})
        posted = self.post(5)
        done = self.relay_once(self.vhost.url)
        self.assertEqual(done.returncode, 69, done.errors)
        self.assertIn("takes no messages", done.errors)
        taken = 5 - self.unsent()
        self.assertIn(taken, range(1, 5))
        relay = self.relay(self.vhost.url)
        self.await_note("failed", "takes no messages")
        self.vhost.drop_policy("full")
        # Those that were refused are in no queue: none comes twice.
        self.assertEqual(sorted(ids(self.vhost.await_messages(QUEUE, 5))),
                         sorted(posted))
        self.await_note("ok")
        self.await_empty()
        self.assertEqual(self.end(relay), 0)

    def test_a_deleted_queue_is_made_again(self):
        relay = self.relay(self.vhost.url)
        self.await_note("ok")
        self.vhost.delete(QUEUE)
        posted = self.post(3)
        messages = self.vhost.await_messages(QUEUE, 3)
        self.assertEqual(ids(messages), posted)
        # Whoever was tried before may be there already.
        self.assertEqual(messages[0]["properties"]["headers"],
                         {"x-marquee-repeat": True})
        self.await_empty()
        self.await_note("ok")
        self.assertEqual(self.end(relay), 0)
        self.assertIn("was deleted", self.errors(relay))

    def test_regress_a_queue_deleted_at_rest_was_missed_at_the_next_event_only(
            self):
        posted = self.post(3)
        relay = self.relay(self.vhost.url)
        self.vhost.await_messages(QUEUE, 3)
        self.await_empty()
        self.await_note("ok")
        self.vhost.delete(QUEUE)
        self.assertEqual(ids(self.vhost.await_messages(QUEUE, 3)), posted)
        self.await_empty()
        self.await_note("ok")
        self.assertEqual(self.end(relay), 0)

    def test_regress_what_a_broker_had_forgotten_was_never_sent_again(self):
        """As it does, killed, with a queue that was made just then."""
        posted = self.post(5)
        self.relay_once(self.vhost.url)
        self.assertEqual(self.unsent(), 0)
        self.vhost.delete(QUEUE)
        done = self.relay_once(self.vhost.url)
        self.assertEqual(done.returncode, 0, done.errors)
        self.assertIn("the broker has lost its queue", done.errors)
        self.assertIn("events=5", done.errors)
        messages = self.vhost.take(QUEUE)
        self.assertEqual(ids(messages), posted)
        # Somebody may have one in hand.
        for message in messages:
            self.assertEqual(message["properties"]["headers"],
                             {"x-marquee-repeat": True})
        relay = self.relay(self.vhost.url)
        self.await_note("ok")
        self.vhost.delete(QUEUE)
        posted += self.post()
        self.assertEqual(ids(self.vhost.await_messages(QUEUE, 6)), posted)
        self.await_empty()
        self.await_note("ok")
        self.assertEqual(self.end(relay), 0)

    def test_no_queue_is_made_before_what_it_had_is_in_the_outbox_again(self):
        posted = self.post(3)
        self.relay_once(self.vhost.url)
        self.vhost.delete(QUEUE)
        with contextlib.closing(sqlite3.connect(
                self.state + "/events.db")) as log:
            log.execute("CREATE TRIGGER closed BEFORE INSERT ON outbox BEGIN "
                        "SELECT raise(ABORT, 'the outbox is closed'); END")
            done = self.relay_once(self.vhost.url)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("the outbox is closed", done.errors)
            self.assertNotIn(QUEUE, self.vhost.queues())
            log.execute("DROP TRIGGER closed")
        self.assertEqual(self.relay_once(self.vhost.url).returncode, 0)
        self.assertEqual(ids(self.vhost.take(QUEUE)), posted)

    def test_a_connection_that_is_closed_is_opened_again(self):
        relay = self.relay(self.vhost.url)
        self.await_note("ok")

        def close_connections():
            mine = [connection for connection
                    in self.broker.must("GET", "/api/connections")
                    if connection.get("vhost") == self.vhost.name]
            for connection in mine:
                self.broker.ask("DELETE", "/api/connections/" +
                                connection["name"].replace(" ", "%20")
                                .replace(">", "%3E"))
            return mine
        # The list is some seconds old.
        programs.wait_for(close_connections, SOON_S, "the connection")
        programs.wait_for(lambda: "events wait" in self.errors(relay), SOON_S,
                          "the loss")
        posted = self.post(2)
        self.assertEqual(ids(self.vhost.await_messages(QUEUE, 2)), posted)
        self.assertEqual(self.end(relay), 0)

    def test_a_broker_short_of_memory_is_waited_for_and_gets_no_event_twice(
            self):
        relay = self.relay(self.vhost.url)
        self.await_note("ok")
        self.broker.control("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            posted = self.post(300)
            self.await_note("failed", "takes nothing now")
            # However long that takes, nobody else publishes them.
            lease = self.lease_ms()
            programs.wait_for(lambda: self.lease_ms() > lease, SOON_S,
                              "a lease that is extended")
        finally:
            self.broker.control("set_vm_memory_high_watermark", "absolute",
                                "4GB")
        found = ids(self.vhost.await_messages(QUEUE, 300))
        self.await_empty()
        self.await_note("ok")
        self.assertEqual(self.end(relay), 0)
        self.assertEqual(sorted(found + ids(self.vhost.take(QUEUE))),
                         sorted(posted))

    # --- A relay that dies ------------------------------------------------------

    def test_what_a_killed_relay_had_in_hand_comes_back(self):
        posted = self.post(500)
        relay = self.relay(self.vhost.url)
        programs.wait_for(lambda: self.vhost.take(QUEUE, 1, keeps=True),
                          SOON_S, "the first event")
        relay.kill()
        relay.wait()
        second = self.relay(self.vhost.url)
        self.await_empty()
        self.assertEqual(self.end(second), 0)
        found = ids(self.vhost.take(QUEUE, 2000))
        self.assertEqual(set(found), set(posted))

    def test_sigterm_ends_it_at_once_and_loses_nothing(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                posted = self.post(200)
                relay = self.relay(self.vhost.url)
                programs.wait_for(
                    lambda: self.vhost.take(QUEUE, 1, keeps=True), SOON_S,
                    "the first event")
                relay.send_signal(number)
                self.assertEqual(relay.wait(SOON_S), 0)
                # What it did not get to was given back, and is due at once.
                self.assertEqual(self.relay_once(self.vhost.url).returncode,
                                 0)
                self.assertEqual(self.unsent(), 0)
                self.assertEqual(ids(self.vhost.await_messages(QUEUE, 200)),
                                 posted)

    # --- Who may, and how -------------------------------------------------------

    def test_a_queue_with_other_properties_is_named(self):
        self.vhost.declare(QUEUE, arguments={"x-max-priority": 3})
        self.post()
        with open(self.path("empty.env"), "w", encoding="ascii"):
            pass
        for options in (["--once"], ["--config", self.path("empty.env")]):
            done = self.relay_once(self.vhost.url, *options)
            self.assertEqual(done.returncode, 78, done.errors)
            self.assertIn("the queue " + QUEUE, done.errors)
            self.assertIn("PRECONDITION_FAILED", done.errors)
        self.assertEqual(self.unsent(), 1)
        self.assertIn(QUEUE, self.note()["error"])

    def test_who_is_not_let_in_hears_why_and_shows_no_password(self):
        cases = (
            (self.vhost.url.replace("guest:guest", "guest:t0p-secret"),
             "ACCESS_REFUSED"),
            (self.vhost.url.replace("guest:guest", "nobody:t0p-secret"),
             "ACCESS_REFUSED"),
            (self.vhost.url + "x", "vhost " + self.vhost.name + "x not found"),
        )
        self.post()
        for url, why in cases:
            with self.subTest(why):
                done = self.relay_once(url, MARQUEE_LOG_LEVEL="debug")
                self.assertEqual(done.returncode, 69, done.errors)
                self.assertIn(why, done.errors)
                self.assertNotIn("t0p-secret", done.errors)
                self.assertNotIn("t0p-secret", str(self.note()))
        self.assertEqual(self.unsent(), 1)

    def test_tls_needs_a_certificate_of_a_trusted_authority_for_that_host(self):
        trusted = {"SSL_CERT_FILE": self.broker.path("ca.pem")}
        cases = (
            ("localhost", {}, 69, "peer cert verification"),
            ("localhost", {"SSL_CERT_FILE": ""}, 69, "peer cert verification"),
            ("localhost", {"SSL_CERT_FILE": self.path("none")}, 69,
             "ca-certificates"),
            ("127.0.0.1", trusted, 69, "hostname verification"),
            ("localhost", trusted, 0, ""),
        )
        self.post()
        for host, more, status, why in cases:
            with self.subTest(host, more=more):
                done = self.relay_once(self.vhost.tls_url(host), **more)
                self.assertEqual(done.returncode, status, done.errors)
                self.assertIn(why, done.errors)
        self.assertEqual(len(self.vhost.take(QUEUE)), 1)

    def test_a_plain_port_does_not_speak_tls(self):
        url = self.vhost.tls_url("localhost").replace(
            str(self.broker.tls_port), str(self.broker.port))
        self.assertEqual(self.relay_once(url).returncode, 69)
        url = self.vhost.url.replace(str(self.broker.port),
                                     str(self.broker.tls_port))
        self.assertEqual(self.relay_once(url).returncode, 69)


    def test_events_of_a_postgresql_log_are_relayed_once(self):
        server = postgresql.Server(type(self))
        log, vhost = server.database(), self.broker.vhost()
        ids = [event_id for _ in range(2) for event_id in self.run_program(
            [programs.helper("event_log"), log.url, "post", "150"]).stdout.decode().split()]
        for _ in range(2):
            self.relay(vhost.url, MARQUEE_EVENTS_URL=log.url)
        messages = vhost.await_messages(QUEUE, len(ids))
        self.assertEqual(
            sorted(json.loads(message["payload"])["event_id"]
                   for message in messages), sorted(ids))
        programs.wait_for(
            lambda: log.ask("SELECT count(*) FROM marquee.outbox") == "0",
            SOON_S, "an empty outbox")
        self.assertEqual(vhost.take(QUEUE), [])


class Alone(TestCase):
    """What needs no broker."""

    def test_without_a_broker_in_the_settings_it_is_exit_78(self):
        done = self.relay_once("")
        self.assertEqual(done.returncode, 78)
        self.assertIn("MARQUEE_AMQP_URL is not set", done.errors)

    def test_a_url_that_is_none_is_exit_78_and_not_shown(self):
        for url in ("amqp://u:t0p-secret@host/a/b",
                    "amqp://u:t0p-secret@host?heartbeat=1"):
            done = self.relay_once(url)
            self.assertEqual(done.returncode, 78, done.errors)
            self.assertIn("MARQUEE_AMQP_URL", done.errors)
            self.assertNotIn("t0p-secret", done.errors)

    def test_an_event_log_that_is_none_is_exit_78(self):
        for url in ("postgresql://h/d", "sqlite:/elsewhere"):
            done = self.relay_once("amqp://127.0.0.1", MARQUEE_EVENTS_URL=url)
            self.assertEqual(done.returncode, 78, done.errors)

    def test_wrong_calls_are_exit_64(self):
        for options in (["--nonsense"], ["word"], ["--once=1"]):
            self.assertEqual(
                self.relay_once("amqp://127.0.0.1", *options).returncode, 64)

    def test_help_names_every_exit_status(self):
        done = self.relay_once("", "--help")
        self.assertEqual(done.returncode, 0)
        for word in ("--once", "65", "69", "73", "74", "78"):
            self.assertIn(word, done.stdout.decode())

    def test_a_damaged_event_log_is_exit_65_and_stays_as_it_is(self):
        os.mkdir(self.state)
        path = os.path.join(self.state, "events.db")
        with open(path, "wb") as database:
            database.write(b"no database " * 1000)
        done = self.relay_once("amqp://127.0.0.1")
        self.assertEqual(done.returncode, 65, done.errors)
        with open(path, "rb") as database:
            self.assertEqual(database.read(), b"no database " * 1000)

    def test_peers_that_are_no_brokers_are_given_up(self):
        """One says nothing, one too much, one hangs up."""
        for name, words in (("silent", None), ("hangs up", b""),
                            ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
                            ("other version", b"AMQP\0\1\0\0"),
                            ("endless frame", b"\1\0\0\xff\xff\xff\xff" +
                             b"x" * 100000),
                            ("frame without end",
                             b"\1\0\0\0\0\0\4\0\x0a\0\x0a!")):
            with self.subTest(name), socket.create_server(
                    ("127.0.0.1", 0)) as server:
                held = []

                def serve(server=server, words=words, held=held):
                    connection, _ = server.accept()
                    held.append(connection)
                    if words is not None:
                        connection.sendall(words)
                        connection.shutdown(socket.SHUT_WR)
                thread = threading.Thread(target=serve)
                thread.start()
                done = self.relay_once("amqp://127.0.0.1:%d" %
                                       server.getsockname()[1])
                thread.join()
                held[0].close()
                self.assertEqual(done.returncode, 69, done.errors)

    def test_regress_a_note_that_met_another_was_never_written(self):
        """events.fcgi was putting its own at that moment."""
        self.post()
        os.makedirs(os.path.join(self.cache, "events"))
        with open(os.path.join(self.cache, "events", "lock"), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            relay = self.relay("amqp://127.0.0.1:%d" % programs.free_port())
            programs.wait_for(
                lambda: "events wait in the outbox" in self.errors(relay),
                SOON_S, "a failure to tell of")
            self.assertEqual(self.note(), {})
        self.await_note("failed", "the broker 127.0.0.1")
        self.assertEqual(self.errors(relay).count("events wait in"), 1)
        self.assertEqual(self.end(relay), 0)

    def test_sigterm_ends_it_while_it_waits_for_a_broker(self):
        relay = self.relay("amqp://127.0.0.1:%d" % programs.free_port())
        self.await_note("failed", "cannot connect")
        relay.send_signal(signal.SIGTERM)
        self.assertEqual(relay.wait(SOON_S), 0)
