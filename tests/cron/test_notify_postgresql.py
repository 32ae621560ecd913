"""notify with the event log in PostgreSQL: several hosts share the work."""

import collections
import json
import os

import notifying
import postgresql
import programs


class Notifying(postgresql.WithLog, notifying.TestCase):

    def settings(self, **more):
        return super().settings(**dict(
            {"MARQUEE_EVENTS_URL": self.log.url}, **more))

    def lines(self, processes):
        return "".join(map(self.printed, processes)).splitlines(True)

    def test_notifiers_of_several_hosts_tell_of_each_event_once(self):
        hosts = [self.notify(MARQUEE_STATE_DIR=self.path("host-%d" % number))
                 for number in range(3)]
        events = [self.post("number %d" % number) for number in range(40)]
        for event in events:
            self.wait_for_status(event, "Processed")
        self.assertEqual(collections.Counter(self.lines(hosts)),
                         collections.Counter(map(notifying.line, events)))
        # None of them keeps anything at home.
        self.assertFalse(os.path.exists(self.path("host-0")))

    def test_a_notifier_gives_up_no_more_than_it_needs(self):
        process = self.notify(MARQUEE_EVENTS_URL=self.log.socket_url)
        self.wait_for_status(self.post(), "Processed")
        with open("/proc/%d/status" % process.pid, encoding="ascii") as status:
            self.assertIn("Seccomp:\t2", status.read())

    def test_notifying_goes_on_when_the_server_was_restarted(self):
        process = self.notify()
        self.wait_for_status(self.post(), "Processed")
        self.server.kill()
        self.wait_for_log(process, "the queue is away")
        self.server.start()
        programs.wait_for(lambda: self.get("/events").status == 200,
                          notifying.SOON_S, "the log to be back")
        events = [self.post("after %d" % number) for number in range(3)]
        for event in events:
            self.wait_for_status(event, "Processed")
        self.assertEqual(collections.Counter(self.lines([process])[1:]),
                         collections.Counter(map(notifying.line, events)))

    def test_once_without_a_server_is_exit_69(self):
        self.server.stop()
        try:
            run = self.notify_once()
        finally:
            self.server.start()
        self.assertEqual(run.returncode, 69, run.stderr)

    def test_what_failed_is_tried_again_when_it_is_asked_for(self):
        event = self.post()
        self.notify_once("--exec", "exit 1", MARQUEE_NOTIFY_ATTEMPTS="1")
        self.assertEqual(self.event(event)["status"], "Failed")
        done = self.run_program(
            [programs.program("notify"), "--retry-failed"],
            env=self.notify_settings())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.notify_once().stdout, notifying.line(event))

    def test_health_counts_what_every_host_did(self):
        failed = self.post()
        self.notify_once("--exec", "exit 1", MARQUEE_NOTIFY_ATTEMPTS="1")
        waiting = self.post()
        self.assertEqual(self.event(failed)["status"], "Failed")
        self.assertEqual(self.event(waiting)["status"], "NotProcessed")

        def counted():
            events = json.loads(self.run_health())["services"]["events"]
            return (events.get("waiting"), events.get("failed")) == (1, 1)
        programs.wait_for(counted, notifying.SOON_S, "the counts")

    def run_health(self):
        done = self.run_program(
            [programs.program("movies.fcgi")],
            env=self.settings(REQUEST_METHOD="GET", REQUEST_URI="/health",
                              QUERY_STRING="", SERVER_PROTOCOL="HTTP/1.1"))
        return done.stdout.partition(b"\r\n\r\n")[2]
