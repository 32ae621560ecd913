"""events.fcgi: its settings, plain CGI, what it tells /health."""

import json
import os
import sqlite3
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import fcgi
import programs
import serving_events

JSON = {"Content-Type": "application/json"}
EVENT = serving_events.encode({"user_id": "u", "description": "d"})


class Program(serving_events.TestCase):

    def run_alone(self, *options, **env):
        return self.run_program([programs.program("events.fcgi"), *options],
                                env=self.settings(**env))

    def test_a_log_that_is_none_is_refused_without_its_password(self):
        for url, why in (
                ("sqlite:/marquee:secret@db", b"allowed are sqlite:"),
                ("postgresql://marquee:secret@db", b"names no database"),
                ("postgresql://:secret@db/events", b"names no user"),
                ("postgresql://marquee:secret@db/events?passfile=/a",
                 b"the parameter passfile is not allowed"),
                ("postgresql://marquee:secret@db/events?sslmode",
                 b"no URL of a PostgreSQL database")):
            with self.subTest(url):
                done = self.run_alone(MARQUEE_EVENTS_URL=url)
                self.assertEqual(done.returncode, 78, done.stderr)
                self.assertIn(b"MARQUEE_EVENTS_URL", done.stderr)
                self.assertIn(why, done.stderr)
                if not url.startswith("sqlite:"):
                    self.assertNotIn(b"secret", done.stderr)
                self.assertFalse(os.path.exists(self.state))

    def test_a_server_s_password_is_not_shown(self):
        url = "postgresql://marquee:s3cret@127.0.0.1:%d/events" \
            % programs.free_port()
        done = self.run_alone("--check-config", MARQUEE_EVENTS_URL=url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"MARQUEE_EVENTS_URL=postgresql://marquee:***@127",
                      done.stdout)
        answer = self.cgi("/events", MARQUEE_EVENTS_URL=url)
        self.problem(answer, 503)
        self.assertIn("postgresql://marquee:***@", answer.errors)
        self.assertNotIn("s3cret", answer.errors + str(answer.body))

    def test_without_socket_and_request_it_says_what_it_needs(self):
        done = self.run_alone()
        self.assertEqual(done.returncode, 64, done.stderr)
        self.assertIn(b"FastCGI", done.stderr)

    def test_a_number_of_threads_that_is_none_is_refused(self):
        for threads in ("0", "513", "x", ""):
            done = self.run_alone("--threads=" + threads)
            self.assertEqual(done.returncode, 64, done.stderr)

    def test_the_settings_are_shown_and_checked(self):
        done = self.run_alone("--check-config")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("MARQUEE_STATE_DIR=" + self.state, done.stdout.decode())

    def test_one_thread_is_enough(self):
        self.serve("--threads=1")
        event = self.posted()
        self.assertEqual(self.event(event["event_id"]), event)

    def test_ping_and_health_answer(self):
        self.serve()
        self.assertEqual(json.loads(self.ask("/ping/").body)["ping"], "pong!")
        health = json.loads(self.ask("/health").body)
        self.assertEqual(health["status"], "ok")
        self.assertEqual(health["services"]["events"]["waiting"], 0)
        self.posted()
        health = json.loads(self.ask("/health").body)
        self.assertEqual(health["services"]["events"]["waiting"], 1)
        self.assertEqual(health["services"]["events"]["unsent"], 1)


class LongEvents(serving_events.TestCase):

    def test_regress_a_page_of_the_longest_events_took_32_mb(self):
        self.serve()
        posted = [self.posted("\1" * 256, "\1" * 4096)["event_id"]
                  for _ in range(100)]
        answer = self.send("GET", "/events?limit=1000")
        self.assertEqual(answer.status, 200)
        self.assertLess(len(answer.body), 1200000)
        self.assertIn('rel="next"', answer.headers["link"])
        self.assertEqual([event["event_id"] for event in self.events()],
                         posted)


class PlainCgi(serving_events.TestCase):

    def test_events_are_posted_read_and_changed(self):
        answer = self.cgi("/events", "POST", EVENT, JSON)
        self.assertEqual(answer.status, 201, answer.body)
        target = answer.headers["location"]
        answer = self.cgi(target)
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(answer.body)["description"], "d")
        self.assertEqual(self.cgi(target, "GET", b"", {
            "If-None-Match": '"%s"' % ("x" * 4096)}).status, 431)
        changed = self.cgi(target, "PUT", b'{"status": "Processed"}',
                           dict({"If-Match": answer.headers["etag"]}, **JSON))
        self.assertEqual(changed.status, 200, changed.body)
        self.assertEqual(self.cgi(target, "PUT", b'{"status": "Failed"}',
                                  dict({"If-Match": answer.headers["etag"]},
                                       **JSON)).status, 412)
        listed = json.loads(self.cgi("/events?status=Processed").body)
        self.assertEqual([event["description"] for event in listed], ["d"])

    def test_a_body_that_ends_early_is_refused(self):
        answer = self.cgi("/events", "POST", EVENT,
                          dict({"Content-Length": "500"}, **JSON))
        self.assertEqual(answer.status, 400, answer.body)
        self.assertEqual(json.loads(self.cgi("/events").body), [])

    def test_it_leaves_no_note_and_is_healthy_all_the_same(self):
        self.assertEqual(self.cgi("/events", "POST", EVENT, JSON).status, 201)
        answer = self.cgi("/health")
        self.assertEqual(answer.status, 200)
        entry = json.loads(answer.body)["services"]["events"]
        self.assertEqual((entry["status"], entry["waiting"]), ("ok", 1))
        self.assertFalse(os.path.exists(self.cache))

    def test_it_works_beside_the_service(self):
        self.serve()
        event = self.posted()
        answer = self.cgi("/events/" + event["event_id"], "PUT",
                          b'{"user_id": "v"}', JSON)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.event(event["event_id"])["user_id"], "v")


class Health(serving_events.TestCase):
    """What movies.fcgi, which links no database, says of the events."""

    def becomes(self, **expected):
        """Waits until the entry has these members."""
        def has():
            seen = {name: self.health()[name] for name in expected}
            return seen == expected
        programs.wait_for(has, 30, "%s in %s" % (expected, self.health()))

    def test_it_is_disabled_until_events_fcgi_was_started(self):
        self.assertEqual(self.health()["status"], "disabled")
        self.serve()
        self.becomes(status="ok", waiting=0, unsent=0, failed=0,
                     oldest_age_s=None, queue="embedded", last_error=None)

    def test_it_follows_the_counts(self):
        self.serve()
        first, second = self.posted(), self.posted()
        self.becomes(status="ok", waiting=2, unsent=2, failed=0)
        self.put(first["event_id"], {"status": "Failed"})
        self.put(second["event_id"], {"status": "Processed"})
        self.becomes(status="ok", waiting=0, unsent=0, failed=1,
                     oldest_age_s=None)

    def test_it_sees_what_another_process_changes(self):
        self.serve()
        event = self.posted()
        self.becomes(waiting=1)
        self.cgi("/events/" + event["event_id"], "PUT",
                 b'{"status": "Processed"}', JSON)
        self.becomes(waiting=0, unsent=0)

    def test_a_killed_service_is_down_until_it_is_back(self):
        process = self.serve()
        self.posted()
        self.becomes(status="ok", waiting=1)
        self.kill(process)
        entry = self.health()
        self.assertEqual(entry["status"], "down")
        self.assertEqual(entry["waiting"], 1)
        self.assertTrue(entry["last_error"])
        self.serve()
        self.becomes(status="ok", last_error=None)

    def test_a_service_that_was_ended_is_down_too(self):
        process = self.serve()
        self.becomes(status="ok")
        self.assertEqual(self.end(process), 0, self.errors(process))
        self.assertEqual(self.health()["status"], "down")

    def test_an_event_that_waits_for_more_than_a_minute_degrades(self):
        process = self.serve()
        event = self.posted()
        self.becomes(status="ok", waiting=1)
        self.end(process)
        database = sqlite3.connect(self.database)
        database.execute("UPDATE event SET created_ms = created_ms - 90000")
        database.commit()
        database.close()
        self.serve()
        self.becomes(status="degraded")
        self.assertGreaterEqual(self.health()["oldest_age_s"], 90)
        self.put(event["event_id"], {"status": "Processed"})
        self.becomes(status="ok", oldest_age_s=None)

    def test_a_change_that_is_not_stored_degrades_until_one_is(self):
        self.serve()
        lock = self.lock()
        self.assertEqual(self.post().status, 503)
        self.becomes(status="degraded")
        entry = self.health()
        self.assertTrue(entry["last_error"])
        self.assertTrue(entry["last_failure"])
        lock.close()
        self.posted()
        self.becomes(status="ok", last_error=None, waiting=1)

    def test_the_queue_is_named_and_its_relay_degrades(self):
        self.serve(settings={"MARQUEE_AMQP_URL": "amqp://127.0.0.1:1"})
        self.becomes(status="ok", queue="rabbitmq")
        with open(os.path.join(self.cache, "events", "relay"), "w",
                  encoding="utf-8") as note:
            note.write("result=failed\nerror=no broker\nfailed_ms=1000\n")
        self.becomes(status="degraded", last_error="no broker")
        own = json.loads(self.ask("/health").body)["services"]["events"]
        self.assertEqual(own["last_error"], "no broker")

    def test_a_cache_that_cannot_be_written_stops_no_event(self):
        with open(self.cache, "w", encoding="utf-8"):
            pass
        process = self.serve(is_supervised=True)
        self.posted()
        programs.wait_for(
            lambda: "note for /health" in self.errors(process), 20,
            "a line that says so")
        os.unlink(self.cache)
        self.becomes(status="ok", waiting=1)


if __name__ == "__main__":
    unittest.main()
