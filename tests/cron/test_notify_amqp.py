"""notify with a real RabbitMQ: nothing leaves the queue before it is dealt
with, and what cannot be dealt with is in nobody's way."""

import json
import os
import re
import signal

import fetching
import notifying
import programs
import rabbitmq

QUEUE, DEAD = "marquee.events", "marquee.events.dead"
RETRY = QUEUE + ".retry."

SOON_S = notifying.SOON_S * 2


class Notifying(rabbitmq.WithVhost, notifying.TestCase):

    def settings(self, **more):
        return super().settings(**dict({"MARQUEE_AMQP_URL": self.vhost.url},
                                       **more))

    def relay(self, **settings):
        """Hands on what was posted."""
        done = fetching.Run(self.run_program(
            [programs.program("relay-events"), "--once"],
            env=self.settings(**settings)))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def post_to_queue(self, *texts):
        events = [self.post(text) for text in texts]
        self.relay()
        return events

    def stuck_notify(self):
        """A notifier that has an event in hand and will not be done."""
        notify = self.notify("--exec", "echo $$ >started; exec sleep 600",
                             "--exec-timeout", "600")
        self.await_in_hand()
        programs.wait_for(lambda: self.lines_of("started"), SOON_S, "its pid")
        self.addCleanup(os.kill, int(self.lines_of("started")[0]),
                        signal.SIGKILL)
        return notify

    def await_in_hand(self):
        """Until the command of --exec says that it has begun."""
        programs.wait_for(lambda: os.path.exists(self.path("started")),
                          SOON_S, "the command")

    def lines_of(self, name):
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as file:
            return file.read().splitlines()

    def test_an_event_that_the_log_has_no_more_is_dropped(self):
        self.post_to_queue("gone")
        self.api.set_fault("status-404", path="PUT")
        run = self.notify_once()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("the event is gone", run.stderr)
        self.assertEqual(self.vhost.take(QUEUE), [])

    # --- What comes ---------------------------------------------------------------

    def test_a_posted_event_is_notified_by_way_of_the_broker(self):
        relay = self.start([programs.program("relay-events")],
                           env=self.settings())
        notify = self.notify()
        events = [self.post("number %d" % number) for number in range(10)]
        for event in events:
            self.wait_for_status(event, "Processed", SOON_S)
        self.assertEqual(self.printed(notify),
                         "".join(map(notifying.line, events)))
        self.assertEqual(self.end(notify), 0)
        self.assertEqual(self.end(relay), 0)
        self.assertEqual(self.vhost.take(QUEUE), [])

    def test_once_takes_all_there_are_and_ends(self):
        self.relay()  # makes the queue
        self.assertEqual(self.notify_once().returncode, 0)
        events = self.post_to_queue(*map(str, range(30)))
        run = self.notify_once()
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stdout, "".join(map(notifying.line, events)))
        self.assertEqual(self.notify_once().stdout, "")
        self.assertEqual(self.event(events[-1])["status"], "Processed")

    def test_a_notifier_makes_no_queue_and_waits_for_the_relay(self):
        missing = "the queue marquee.events is missing: relay-events makes it"
        run = self.notify_once()
        self.assertEqual(run.returncode, 69, run.stderr)
        self.assertIn(missing, run.stderr)
        notify = self.notify()
        self.wait_for_log(notify, missing)
        self.assertEqual(self.vhost.queues(), {})
        event, = self.post_to_queue("first")
        self.wait_for_status(event, "Processed", SOON_S)
        # It said so once, however often it looked.
        self.assertEqual(self.errors(notify).count(missing), 1)
        self.assertEqual(self.end(notify), 0)

    def test_two_notifiers_share_the_work(self):
        events = self.post_to_queue(*map(str, range(60)))
        both = [self.notify() for _ in range(2)]
        for event in events:
            self.wait_for_status(event, "Processed", SOON_S)
        printed = [line for notify in both
                   for line in self.printed(notify).splitlines(True)]
        self.assertEqual(sorted(printed), sorted(map(notifying.line, events)))

    def test_what_cannot_be_read_goes_to_the_dead_and_holds_up_no_event(self):
        self.relay()  # makes the queue
        bad = ["", "no JSON", "[]", "{}", "{\"event_id\": \"x\"}", "\x00",
               json.dumps({"event_id": "x" * 200000}), "[" * 100000]
        for number, payload in enumerate(bad):
            self.vhost.publish(QUEUE, payload, message_id="bad-%d\n" % number,
                               delivery_mode=2)
        event, = self.post_to_queue("good")
        notify = self.notify()
        self.wait_for_status(event, "Processed", SOON_S)
        self.assertEqual(self.printed(notify), notifying.line(event))
        dead = self.vhost.await_messages(DEAD, len(bad))
        self.assertEqual([message["payload"] for message in dead], bad)
        for number in range(len(bad)):
            self.assertIn("message_id=\"bad-%d\\n\"" % number,
                          self.errors(notify))
        self.assertEqual(self.end(notify), 0)
        self.assertEqual(self.vhost.take(QUEUE), [])

    def test_once_passes_over_what_cannot_be_read(self):
        self.relay()
        self.vhost.publish(QUEUE, "first")
        event, = self.post_to_queue("good")
        self.vhost.publish(QUEUE, "last")
        self.assertEqual(self.notify_once().stdout, notifying.line(event))
        self.assertEqual([message["payload"] for message
                          in self.vhost.await_messages(DEAD, 2)],
                         ["first", "last"])

    def test_a_user_needs_no_more_than_the_readme_gives_it(self):
        with open(os.path.join(programs.ROOT, "README.md"),
                  encoding="utf-8") as readme:
            configure, write, read = re.search(
                "set_permissions -p marquee marquee '(.*)' '(.*)' '(.*)'",
                readme.read()).groups()
        url = self.vhost.url_of("marquee", {
            "configure": configure, "write": write, "read": read})
        event = self.post("important")
        self.relay(MARQUEE_AMQP_URL=url)
        notify = self.notify("--exec", "echo >>tries; test $(wc -l <tries) "
                             "-gt 1", "--backoff-ms", "100",
                             MARQUEE_AMQP_URL=url)
        after = self.wait_for_status(event, "Processed", SOON_S)
        self.assertEqual(after["attempts"], 2)
        self.assertEqual(self.end(notify), 0)

    # --- What fails ---------------------------------------------------------------

    def test_what_fails_waits_in_a_queue_for_waits_like_its_own(self):
        event, = self.post_to_queue("bad")
        run = self.notify_once("--exec", "exit 1", "--backoff-ms", "60000")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.vhost.take(QUEUE), [])
        (seconds, message), = [
            (int(queue[len(RETRY):]), message)
            for queue in self.vhost.queues() if queue.startswith(RETRY)
            for message in self.vhost.take(queue)]
        properties = message["properties"]
        self.assertIn(int(properties["expiration"]), range(30000, 60001))
        self.assertIn(int(properties["expiration"]),
                      range(seconds * 1000, seconds * 2000))
        self.assertEqual(properties["headers"], {"x-marquee-attempts": 1})
        self.assertEqual((properties["delivery_mode"],
                          properties["message_id"]), (2, event["event_id"]))
        self.assertEqual(json.loads(message["payload"])["event_id"],
                         event["event_id"])

    def test_it_is_tried_again_and_again_and_then_it_is_failed(self):
        event, = self.post_to_queue("bad")
        notify = self.notify("--exec", "echo >>tries; exit 7", "--backoff-ms",
                             "20", MARQUEE_NOTIFY_ATTEMPTS="4")
        after = self.wait_for_status(event, "Failed", SOON_S)
        self.assertEqual((after["attempts"], after["last_error"]),
                         (4, "exit status 7"))
        self.assertEqual(len(self.lines_of("tries")), 4)
        self.assertEqual(self.end(notify), 0)
        for queue in self.vhost.queues():
            self.assertEqual(self.vhost.take(queue), [], queue)

    def test_one_that_fails_holds_up_no_other(self):
        events = self.post_to_queue(*["bad", "good"] * 5)
        notify = self.notify(
            # Without its quotes it could be part of an id.
            "--exec", "! grep -q '\"bad\"'", "--backoff-ms", "300000")
        for event in events[1::2]:
            self.wait_for_status(event, "Processed", SOON_S)
        self.assertEqual(self.end(notify), 0)
        for event in events[::2]:
            self.assertEqual(self.event(event)["attempts"], 1)

    def test_a_short_wait_does_not_stand_behind_a_long_one(self):
        slow, = self.post_to_queue("slow")
        self.notify_once("--exec", "exit 1", "--backoff-ms", "300000")
        quick, = self.post_to_queue("quick")
        self.notify("--exec", "echo >>tries; test $(wc -l <tries) -gt 3",
                    "--backoff-ms", "100")
        self.wait_for_status(quick, "Processed", SOON_S)
        self.assertEqual(self.event(slow)["status"], "NotProcessed")

    def test_attempts_are_counted_from_what_the_message_says(self):
        event, = self.post_to_queue("bad")
        for said, counted in ((8, 9), ("many", 1), (-3, 1), (True, 1),
                              (2 ** 40, 1000000000)):
            with self.subTest(said):
                message, = self.vhost.await_messages(QUEUE, 1)
                self.vhost.publish(QUEUE, message["payload"],
                                   message_id=event["event_id"],
                                   headers={"x-marquee-attempts": said})
                run = self.notify_once("--exec", "exit 1",
                                       MARQUEE_NOTIFY_ATTEMPTS=str(
                                           min(counted, 1000000)))
                self.assertEqual(run.returncode, 0, run.stderr)
                after = self.event(event)
                self.assertEqual(after["status"], "Failed")
                self.assertEqual(after["attempts"], counted)
                self.put(event, status="NotProcessed")
                self.relay()

    # --- What dies ----------------------------------------------------------------

    def test_what_a_killed_notifier_had_in_hand_is_delivered_again(self):
        event, = self.post_to_queue("important")
        first = self.stuck_notify()
        self.assertEqual(self.vhost.take(QUEUE), [])
        first.send_signal(signal.SIGKILL)
        first.wait()
        second = self.notify()
        self.wait_for_status(event, "Processed", SOON_S)
        self.assertEqual(self.printed(second), notifying.line(event))

    def test_nothing_leaves_the_queue_before_the_status_is_stored(self):
        event, = self.post_to_queue("important")
        self.api.set_fault("status-503", path="PUT")
        first = self.notify()
        programs.wait_for(lambda: self.asked("PUT"), SOON_S, "the report")
        first.send_signal(signal.SIGKILL)
        first.wait()
        self.assertEqual(self.printed(first), notifying.line(event))
        message, = programs.wait_for(
            lambda: self.vhost.take(QUEUE, keeps=True), SOON_S, "the message")
        self.assertEqual(message["properties"]["message_id"],
                         event["event_id"])
        self.api.clear_faults()
        self.assertEqual(self.notify_once().stdout, notifying.line(event))
        self.assertEqual(self.event(event)["status"], "Processed")

    def test_what_is_delivered_again_although_it_is_done_is_not_notified(self):
        done, = self.post_to_queue("done")
        first = self.stuck_notify()
        # One whose API is well asks it only where there is a reason.
        second = self.notify()
        before, = self.post_to_queue("before")
        self.wait_for_status(before, "Processed", SOON_S)
        self.put(done, status="Processed")
        first.send_signal(signal.SIGKILL)
        first.wait()
        programs.wait_for(lambda: "/events/" + done["event_id"] in
                          [entry.target for entry in self.asked("GET")],
                          SOON_S, "the question")
        after, = self.post_to_queue("after")
        self.wait_for_status(after, "Processed", SOON_S)
        self.assertEqual(self.printed(second),
                         notifying.line(before) + notifying.line(after))
        self.assertEqual(self.end(second), 0)
        self.assertEqual(self.vhost.take(QUEUE), [])

    def test_what_the_relay_may_have_published_twice_is_notified_once(self):
        event, = self.post_to_queue("twice")
        message, = self.vhost.take(QUEUE)
        for headers in ({}, {"x-marquee-repeat": True}):
            self.vhost.publish(QUEUE, message["payload"], headers=headers)
        self.assertEqual(self.notify_once().stdout, notifying.line(event))

    def test_an_api_of_something_else_empties_no_queue(self):
        """Where each URL is answered with 404."""
        event, = self.post_to_queue("event")
        self.api.set_fault("status-404")
        run = self.notify_once(MARQUEE_TIMEOUT_MS="500")
        self.assertEqual((run.returncode, run.stdout), (69, ""), run.stderr)
        self.api.clear_faults()
        self.assertEqual(self.notify_once().stdout, notifying.line(event))

    def test_regress_an_event_unknown_to_the_api_was_thrown_away(self):
        """It may be the API of another log."""
        gone, event = self.post_to_queue("gone", "event")
        self.api.set_fault("status-404", path="/events/" + gone["event_id"])
        run = self.notify_once()
        self.assertEqual((run.returncode, run.stdout),
                         (0, notifying.line(event)), run.stderr)
        self.assertIn("the event is gone", run.stderr)
        letter, = self.vhost.take(DEAD)
        self.assertEqual(letter["properties"]["message_id"], gone["event_id"])
        self.api.clear_faults()
        self.assertEqual(self.notify_once().stdout, "")

    def test_regress_refusals_of_the_broker_were_taken_for_attempts(self):
        """Back at the embedded queue such events were Failed, untried."""
        event = self.post("refused")
        self.vhost.set_policy("full", "^marquee.events$", {
            "max-length": 0, "overflow": "reject-publish"})
        for _ in range(3):
            done = self.run_program(
                [programs.program("relay-events"), "--once"],
                env=self.settings())
            self.assertEqual(done.returncode, 69, done.stderr)
            self.assertIn(b"takes no messages", done.stderr)
        run = self.notify_once(MARQUEE_AMQP_URL="",
                               MARQUEE_NOTIFY_ATTEMPTS="2")
        self.assertEqual(run.stdout, notifying.line(event), run.stderr)
        self.assertEqual(self.event(event)["status"], "Processed")

    def test_regress_what_a_broker_had_was_forgotten_without_it(self):
        lost, done = self.post_to_queue("lost with its broker", "done")
        self.put(done, status="Processed")
        run = self.notify_once(MARQUEE_AMQP_URL="")
        self.assertEqual(run.stdout, notifying.line(lost), run.stderr)
        self.assertIn("events=1", run.stderr)
        self.assertEqual(self.event(lost)["status"], "Processed")
        again = self.notify_once(MARQUEE_AMQP_URL="")
        self.assertEqual(again.stdout, "", again.stderr)

    def test_only_what_waits_is_sent_again_to_a_broker_without_its_queue(self):
        waits, done, failed = self.post_to_queue("waits", "done", "failed")
        self.put(done, status="Processed")
        self.put(failed, status="Failed")
        self.vhost.delete(QUEUE)
        self.relay()
        message, = self.vhost.take(QUEUE)
        self.assertEqual(message["properties"]["message_id"],
                         waits["event_id"])

    def test_one_in_hand_when_its_queue_is_lost_is_notified_once(self):
        event, = self.post_to_queue("in hand")
        os.mkfifo(self.path("gate"))
        notify = self.notify("--exec",
                             "echo >>tries; echo >started; read x <gate")
        self.await_in_hand()
        self.vhost.delete(QUEUE)
        self.assertIn("events=1", self.relay().stderr)
        following, = self.post_to_queue("next")
        for waiting in (event, following):
            with open(self.path("gate"), "w", encoding="ascii") as gate:
                gate.write("go\n")
            self.wait_for_status(waiting, "Processed", SOON_S)
        self.assertEqual(len(self.lines_of("tries")), 2)
        self.assertEqual(self.end(notify), 0)

    def test_a_broker_that_dies_is_waited_for(self):
        self.vhost.await_kept()
        first, = self.post_to_queue("first")
        notify = self.notify()
        self.wait_for_status(first, "Processed", SOON_S)
        self.broker.kill()
        self.wait_for_log(notify, "the queue is away")
        self.broker.start()
        second, = self.post_to_queue("second")
        self.wait_for_status(second, "Processed", SOON_S)
        self.assertEqual(self.printed(notify),
                         notifying.line(first) + notifying.line(second))
        self.assertEqual(self.end(notify), 0)

    def test_a_broker_that_dies_with_one_in_hand_does_not_cause_a_second_one(
            self):
        self.vhost.await_kept()
        event, = self.post_to_queue("in hand")
        os.mkfifo(self.path("gate"))
        notify = self.notify("--exec",
                             "echo >>tries; echo >started; read x <gate")
        self.await_in_hand()
        self.broker.kill()
        with open(self.path("gate"), "w", encoding="ascii") as gate:
            gate.write("go\n")
        self.wait_for_status(event, "Processed", SOON_S)
        self.wait_for_log(notify, "the queue was not told")
        self.broker.start()
        second, = self.post_to_queue("next")
        with open(self.path("gate"), "w", encoding="ascii") as gate:
            gate.write("go\n")
        self.wait_for_status(second, "Processed", SOON_S)
        self.assertEqual(len(self.lines_of("tries")), 2)

    def test_a_deleted_queue_is_made_again_and_taken_from(self):
        first, = self.post_to_queue("first")
        notify = self.notify()
        self.wait_for_status(first, "Processed", SOON_S)
        self.vhost.delete(QUEUE)
        self.wait_for_log(notify, "the queue is away, waiting for it")
        second, = self.post_to_queue("second")
        self.wait_for_status(second, "Processed", SOON_S)

    def test_a_retry_that_the_broker_does_not_take_goes_back(self):
        event, = self.post_to_queue("bad")
        self.vhost.set_policy("full", "retry", {
            "max-length": 0, "overflow": "reject-publish"})
        notify = self.notify("--exec", "echo >>tries; test -e ready",
                             "--backoff-ms", "100")
        self.wait_for_log(notify, "takes no messages")
        with open(self.path("ready"), "wb"):
            pass
        self.wait_for_status(event, "Processed", SOON_S)
        self.assertEqual(self.end(notify), 0)
        self.assertEqual(self.vhost.take(QUEUE), [])

    def test_a_signal_ends_it_at_once(self):
        for waits_for in ("events", "a broker"):
            with self.subTest(waits_for):
                url = self.vhost.url if waits_for == "events" else \
                    "amqp://127.0.0.1:%d" % programs.free_port()
                notify = self.notify(MARQUEE_AMQP_URL=url)
                if waits_for == "events":
                    event, = self.post_to_queue("one")
                    self.wait_for_status(event, "Processed", SOON_S)
                else:
                    self.wait_for_log(notify, "the queue is away")
                notify.send_signal(signal.SIGTERM)
                self.assertEqual(notify.wait(SOON_S), 0)

    # --- Settings -----------------------------------------------------------------

    def test_once_without_a_broker_is_exit_69(self):
        run = self.notify_once(MARQUEE_AMQP_URL="amqp://u:t0p-secret@127.0.0.1"
                               ":%d" % programs.free_port())
        self.assertEqual(run.returncode, 69, run.stderr)
        self.assertNotIn("t0p-secret", run.stderr)

    def test_what_no_waiting_heals_is_exit_78(self):
        run = self.notify_once(MARQUEE_AMQP_URL="amqp://u:t0p-secret@h/a/b")
        self.assertEqual(run.returncode, 78, run.stderr)
        self.assertNotIn("t0p-secret", run.stderr)
        self.vhost.declare(QUEUE)
        notify = self.notify()
        self.assertEqual(notify.wait(SOON_S), 78)
        self.assertIn("the queue " + QUEUE, self.errors(notify))
