"""events.fcgi with PostgreSQL while things go wrong: what was answered with 201
stays, and is there once."""

import json
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import cutting_proxy
import postgresql
import programs
import serving_events
from cutting_proxy import CUT, DEAFEN, HOLD, SILENCE

# The states of a connection, by what is sent in it.
STATES = (b"BEGIN", b"INSERT INTO event", b"COMMIT")

# Longer than any call may take: to connect, to wait, and a busy machine.
BOUNDED_S = 60


class Faults(postgresql.WithLog, serving_events.TestCase):

    def setUp(self):
        super().setUp()
        self.proxy = cutting_proxy.Proxy(self.server.port).start()
        self.addCleanup(self.proxy.stop)
        self.process = self.serve_host()

    def serve_host(self, **more):
        """One host's events.fcgi, its database behind the proxy."""
        return self.serve(settings=dict(
            {"MARQUEE_EVENTS_URL": self.log.url_at(self.proxy.port)}, **more))

    def second_host(self):
        """Another's, which needs no proxy."""
        host = Host(self)
        host.serve(settings={"MARQUEE_EVENTS_URL": self.log.url})
        return host

    def stored(self):
        return [event["event_id"] for event in self.events()]

    def refused(self, answer, status=503):
        problem = self.problem(answer, status)
        if status == 503:
            self.assertIsNotNone(answer.headers.get("retry-after"))
        return problem["detail"]

    # --- Connections ------------------------------------------------------------

    def test_a_post_whose_connection_is_lost_is_stored_once(self):
        accepted = []
        for words in STATES:
            for action in (CUT, DEAFEN):
                # A new process prepares its statements.
                self.end(self.process)
                self.process = self.serve_host()
                with self.subTest(words=words, action=action):
                    self.proxy.on(words, action)
                    accepted.append(self.posted()["event_id"])
                    self.assertEqual(self.proxy.fired.pop(), (words, action))
        self.assertEqual(self.stored(), accepted)
        self.assertEqual(self.log.ask("SELECT count(*) FROM marquee.outbox"),
                         str(len(accepted)))

    def test_a_change_whose_connection_is_lost_is_made_once(self):
        for action in (CUT, DEAFEN):
            with self.subTest(action):
                event = self.posted()
                tag = self.send("GET", "/events/" + event["event_id"]) \
                    .headers["etag"]
                self.proxy.on(b"COMMIT", action)
                answer = self.put(event["event_id"], {"description": "new"},
                                  If_Match=tag)
                self.assertEqual(answer.status, 200, answer.body)
                self.assertEqual(len(self.proxy.fired), 1)
                self.proxy.fired.clear()
                self.assertEqual(self.log.ask(
                    "SELECT description, version FROM marquee.event"
                    " WHERE id = '%s'" % event["event_id"]), "new|2")

    def test_sessions_that_were_ended_while_idle_are_nobody_s_loss(self):
        first = self.posted()
        self.assertEqual(len(self.events()), 1)
        self.log.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE application_name = 'marquee'")
        self.assertEqual(self.event(first["event_id"]), first)
        self.posted()
        self.assertEqual(len(self.events()), 2)

    def test_without_a_server_all_is_503_until_it_is_back(self):
        self.posted()
        self.proxy.refuse(True)
        detail = self.refused(self.post())
        self.assertIn("nothing was changed", detail)
        self.refused(self.send("GET", "/events"))
        self.assertIn("result=failed", self.note())
        self.proxy.refuse(False)
        programs.wait_for(lambda: self.post().status == 201, BOUNDED_S,
                          "the server to be back")
        self.assertEqual(len(self.stored()), 2)

    def test_who_starts_before_the_server_answers_once_it_is_there(self):
        self.assertEqual(self.end(self.process), 0)
        self.proxy.refuse(True)
        self.process = self.serve_host()
        self.refused(self.post())
        self.proxy.refuse(False)
        programs.wait_for(lambda: self.post().status == 201, BOUNDED_S,
                          "the server to be back")

    def test_a_commit_that_nobody_can_ask_about_is_no_201(self):
        """It was done, or was not: it is not said that it was, and the same
        key gives the event that is there."""
        for number, action in enumerate((DEAFEN, CUT)):
            key = "key-%d" % number
            self.proxy.on(b"COMMIT", action, then_refuses=True)
            self.assertIn("not known",
                          self.refused(self.post(Idempotency_Key=key)))
            self.proxy.refuse(False)
            answer = programs.wait_for(
                lambda: self.is_accepted(self.post(Idempotency_Key=key)),
                BOUNDED_S, "the server to be back")
            self.assertEqual(self.stored().count(answer["event_id"]), 1)
            self.assertEqual(len(self.stored()), number + 1)

    def is_accepted(self, answer):
        return answer.status == 201 and json.loads(answer.body)

    def test_a_silent_server_costs_a_bounded_time(self):
        self.posted()
        for words in (b"INSERT INTO event", b"COMMIT"):
            self.end(self.process)
            self.process = self.serve_host()
            self.proxy.on(words, SILENCE, then_refuses=True)
            started = time.monotonic()
            self.refused(self.post())
            self.assertLess(time.monotonic() - started, BOUNDED_S)
            self.proxy.release()
            self.proxy.refuse(False)
            programs.wait_for(lambda: self.post().status == 201, BOUNDED_S,
                              "the server to be back")

    # --- Several hosts ----------------------------------------------------------

    def test_who_lists_misses_no_event_that_is_committed_late(self):
        """An event with a smaller number must not come after one that was
        listed. Of two hosts one is held up when it is to commit."""
        self.posted()
        other = self.second_host()
        self.proxy.on(b"COMMIT", HOLD)
        slow = Post(self)
        programs.wait_for(lambda: self.proxy.fired, BOUNDED_S, "a commit")
        fast = Post(other)
        # It has come as far as it comes.
        programs.wait_for(
            lambda: fast.answer or self.log.ask(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
                " AND locktype = 'advisory'") != "0",
            BOUNDED_S, "the other post")
        seen, after = self.page(other, 0)
        self.proxy.release()
        self.assertEqual((slow.status(), fast.status()), (201, 201))
        more, _ = self.page(other, after)
        self.assertEqual(seen + more, self.stored())
        self.assertEqual(len(seen + more), 3)

    def page(self, host, after):
        """Ids after a place, and the place after them."""
        answer = host.send("GET", "/events?after=%d" % after)
        ids = [event["event_id"] for event in json.loads(answer.body)]
        return ids, int(self.log.ask(
            "SELECT coalesce(max(number), %d) FROM marquee.event WHERE id IN"
            " ('%s')" % (after, "','".join(ids))))

    def test_a_host_that_falls_silent_in_its_turn_holds_up_none_for_long(self):
        other = self.second_host()
        self.posted()
        self.proxy.on(b"COMMIT", SILENCE)
        silent = Post(self)
        programs.wait_for(lambda: self.proxy.fired, BOUNDED_S, "a commit")
        programs.wait_for(lambda: other.post().status == 201, BOUNDED_S,
                          "another's turn")
        # What it had in hand is either there and said to be, or neither.
        self.assertEqual(silent.status(), 201)
        self.assertEqual(len(self.stored()), 3)

    def test_hosts_that_start_at_once_make_the_tables_once(self):
        self.end(self.process)
        self.log.ask("DROP SCHEMA IF EXISTS marquee CASCADE")
        hosts = [threading.Thread(target=self.run_program, args=(
            [programs.helper("event_log"), self.log.url, "post", "3"],))
                 for _ in range(8)]
        for host in hosts:
            host.start()
        for host in hosts:
            host.join()
        self.assertEqual(self.log.ask("SELECT version FROM marquee.version"),
                         "1")
        self.assertEqual(self.log.ask("SELECT count(*) FROM marquee.event"),
                         "24")
        self.process = self.serve_host()

    # --- The server's own troubles ------------------------------------------------

    def trouble(self, state):
        """From now on a new event is refused with that SQLSTATE."""
        self.log.ask(
            "CREATE SEQUENCE public.tries;"
            "CREATE FUNCTION public.trouble() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN IF nextval('public.tries') < TG_ARGV[1]::integer THEN"
            " RAISE EXCEPTION USING ERRCODE = TG_ARGV[0]; END IF;"
            " RETURN new; END $$;"
            "CREATE TRIGGER trouble BEFORE INSERT ON marquee.event FOR EACH"
            " ROW EXECUTE FUNCTION public.trouble('%s', '%s')" % state)

    def end_trouble(self):
        self.log.ask("DROP FUNCTION public.trouble CASCADE;"
                     " DROP SEQUENCE public.tries")

    def test_what_the_server_cannot_take_is_told_by_its_reason(self):
        self.posted()
        for state, status in (("53100", 507), ("53200", 503), ("25006", 503),
                              ("55P03", 503), ("XX000", 500)):
            with self.subTest(state):
                self.trouble((state, 1000))
                self.problem(self.post(), status)
                self.assertEqual(len(self.stored()), 1)
                self.end_trouble()
        self.posted()

    def test_what_was_in_another_s_way_is_tried_again(self):
        self.posted()
        for state in ("40001", "40P01", "57P01"):
            with self.subTest(state):
                self.trouble((state, 3))
                self.posted()
                self.end_trouble()
        self.assertEqual(len(self.stored()), 4)

    def test_what_the_server_refuses_at_the_commit_is_not_done(self):
        self.posted()
        self.log.ask(
            "CREATE FUNCTION public.trouble() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$;"
            "CREATE CONSTRAINT TRIGGER trouble AFTER INSERT ON marquee.event"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
            " EXECUTE FUNCTION public.trouble()")
        self.problem(self.post(), 507)
        self.log.ask("DROP FUNCTION public.trouble CASCADE")
        self.assertEqual(len(self.stored()), 1)
        self.posted()

    def test_who_may_make_no_tables_is_told_so(self):
        self.server.ask("CREATE ROLE guest LOGIN")
        done = self.run_program(
            [programs.helper("event_log"), self.server.database().url.replace(
                "://marquee@", "://guest@"), "counts"])
        self.assertEqual(done.returncode, 78, done.stderr)
        self.assertIn(b"permission denied", done.stderr)

    def test_a_database_that_can_only_be_read_is_read(self):
        event = self.posted()
        self.log.ask("ALTER DATABASE %s SET default_transaction_read_only = on"
                     % self.log.name)
        self.assertEqual(self.end(self.process), 0)
        self.process = self.serve_host()
        self.problem(self.post(), 503)
        self.assertEqual(self.event(event["event_id"]), event)

    def test_too_many_connections_are_503(self):
        self.posted()
        self.assertEqual(self.end(self.process), 0)
        self.server.ask("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        self.process = self.serve_host(MARQUEE_EVENTS_URL=self.log.url.replace(
            "://marquee@", "://crowded@"))
        self.refused(self.post())
        self.assertIn("too many connections", self.errors(self.process))

    def test_a_201_waits_for_the_disk_whatever_is_preset(self):
        self.log.ask("ALTER DATABASE %s SET synchronous_commit = off"
                     % self.log.name)
        self.assertEqual(self.end(self.process), 0)
        self.process = self.serve_host()
        self.posted()
        self.log.ask(
            "CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN new.description := current_setting('synchronous_commit');"
            " RETURN new; END $$;"
            "CREATE TRIGGER tell BEFORE INSERT ON marquee.event FOR EACH ROW"
            " EXECUTE FUNCTION public.tell()")
        self.posted()
        self.assertEqual(self.events()[1]["description"], "on")

    def test_a_database_of_another_encoding_or_a_newer_marquee_is_refused(self):
        other = self.server.database("ENCODING 'LATIN1' TEMPLATE template0")
        self.log.ask("UPDATE marquee.version SET version = 99")
        for log, words in ((other, b"UTF8"), (self.log, b"newer")):
            done = self.run_program(
                [programs.helper("event_log"), log.url, "counts"])
            self.assertEqual(done.returncode, 65, done.stderr)
            self.assertIn(words, done.stderr)

    def note(self):
        """What /health is told once something has failed."""
        path = os.path.join(self.cache, "events", "status")

        def read():
            with open(path, encoding="utf-8") as note:
                text = note.read()
            return "result=failed" in text and text
        return programs.wait_for(read, BOUNDED_S, "the note")


class Host(serving_events.TestCase):
    """events.fcgi of another host; ended with the test."""

    def __init__(self, test):
        super().__init__("runTest")
        self.directory = test.directory
        self.start, self.addCleanup = test.start, test.addCleanup
        self.cache, self.state = test.path("cache2"), test.path("state2")
        self.socket = test.path("second.sock")

    def runTest(self):
        """No test."""


class Post:
    """A post under way."""

    def __init__(self, host):
        self.answer = None
        self.thread = threading.Thread(target=self.run, args=(host,))
        self.thread.start()

    def run(self, host):
        self.answer = host.post()

    def status(self):
        self.thread.join()
        return self.answer.status


if __name__ == "__main__":
    unittest.main()
