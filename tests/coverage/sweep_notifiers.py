"""The failing calls of notify and relay-events."""

import notifying
import programs
import rabbitmq
import sweeping


class Notifying(sweeping.Sweeping, notifying.TestCase):

    def sweep_notify(self, *arguments, **settings):
        def run():
            self.post()
            self.post()
            return self.run_program(
                [programs.program("notify"), "--once", *arguments],
                env=self.notify_settings(**self.table.env, **settings),
                timeout=sweeping.RUN_S)
        self.exhaust(run)


class Notify(Notifying):

    def test_an_event_is_printed(self):
        self.sweep_notify()

    def test_a_command_is_run(self):
        self.sweep_notify("--exec", "cat", "--exec-timeout", "5")

    def test_a_command_fails(self):
        self.sweep_notify("--exec", "exit 3", "--backoff-ms", "1",
                          MARQUEE_NOTIFY_ATTEMPTS="2")

    def test_failed_ones_are_tried_again(self):
        def run():
            self.post()
            self.notify_once("--exec", "exit 1", MARQUEE_NOTIFY_ATTEMPTS="1")
            return self.run_program(
                [programs.program("notify"), "--retry-failed"],
                env=self.notify_settings(**self.table.env), timeout=sweeping.RUN_S)
        self.exhaust(run)

    def test_without_stdin(self):
        self.exhaust(lambda: self.run_program(
            ["sh", "-c", 'exec "$0" --once --exec true <&-',
             programs.program("notify")],
            env=self.notify_settings(**self.table.env), timeout=sweeping.RUN_S))


QUEUE = "marquee.events"


class Relay(rabbitmq.WithVhost, sweeping.Sweeping, programs.TestCase):

    def where(self):
        return {"MARQUEE_STATE_DIR": self.path("state"),
                "MARQUEE_CACHE_DIR": self.path("cache"),
                "MARQUEE_AMQP_URL": self.vhost.url}

    def log(self, *arguments):
        return self.run_program([programs.helper("event_log"),
                                 self.path("state"), *arguments]).stdout

    def test_events_are_handed_on(self):
        def run():
            self.log("post", "3", "x")
            return self.run_program(
                [programs.program("relay-events"), "--once"],
                env=dict(self.table.env, **self.where()),
                timeout=sweeping.RUN_S)
        self.exhaust(run)

    def test_it_waits_for_events(self):
        def run():
            process = self.start([programs.program("relay-events")],
                                 env=dict(self.table.env, **self.where()))
            self.log("post", "1", "x")
            try:
                programs.wait_for(
                    lambda: self.log("counts").startswith(b"unsent=0") or
                    process.poll() is not None, 3, "the relay")
            except AssertionError:
                pass  # it waits until it may try again
            process.returncode = self.end(process)
            process.stderr = ""
            return process
        self.exhaust(run)


class NotifyFromBroker(rabbitmq.WithVhost, sweeping.Sweeping,
                       notifying.TestCase):

    def sweep_notify(self, *arguments, **settings):
        """An event in the queue for each run."""
        where = {"MARQUEE_AMQP_URL": self.vhost.url}

        def run():
            self.post()
            self.run_program([programs.program("relay-events"), "--once"],
                             env=self.settings(**where))
            return self.run_program(
                [programs.program("notify"), "--once", *arguments],
                env=self.notify_settings(**where, **self.table.env,
                                         **settings), timeout=sweeping.RUN_S)
        self.exhaust(run)

    def test_an_event_is_printed(self):
        self.sweep_notify()

    def test_a_command_fails(self):
        self.sweep_notify("--exec", "exit 3", "--backoff-ms", "1",
                          MARQUEE_NOTIFY_ATTEMPTS="2")
