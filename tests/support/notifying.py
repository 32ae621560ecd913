"""notify and what it works with: the event log behind nginx, as shipped, and
between notify and that log a stand-in that can misbehave.

    class Notify(notifying.TestCase):
        def test_an_event_is_processed(self):
            event = self.post()
            run = self.notify_once()
            self.assertEqual(run.stdout, notifying.line(event))
            self.assertEqual(self.event(event)["status"], "Processed")

self.api is the stand-in (upstream.py): its log says what notify asked, its
set_fault what goes wrong; "PUT" as the path means the reports.
"""

import http.client
import json
import os

import fetching
import programs
import upstream
import whole_site

# How long what comes at once may take on a busy machine.
SOON_S = 90


def line(event):
    return "Event %s has been sent to %s: %s\n" % (
        event["event_id"], event["user_id"], event["description"])


class TestCase(whole_site.TestCase):
    """A test with an event log that is served, and no notifier yet."""

    def setUp(self):
        super().setUp()
        self.start_events()
        self.start_nginx()
        self.api = upstream.Upstream(data=None).start()
        self.addCleanup(self.api.stop)
        self.api.gzip = self.api.entity_tags = False
        self.api.add_route("/events", self.forward)

    def start_events(self):
        self.events = self.start_fcgi("events")

    def forward(self, entry):
        """What the real log answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)
        try:
            headers = {name: entry.headers[name]
                       for name in ("Content-Type", "Accept", "If-Match")
                       if name in entry.headers}
            connection.request(entry.method, entry.target,
                               entry.body or None, headers)
            answer = connection.getresponse()
            return upstream.Response(
                answer.read(), answer.status,
                {name: answer.headers[name]
                 for name in ("Content-Type", "Link", "Retry-After")
                 if name in answer.headers})
        finally:
            connection.close()

    def asked(self, method):
        """The requests of that method that notify made so far."""
        return [entry for entry in self.api.log if entry.method == method]

    def notify_settings(self, **more):
        env = self.settings(MARQUEE_API_URL=self.api.url,
                            MARQUEE_LOG_LEVEL="debug")
        env.update(more)
        return env

    def notify(self, *arguments, **settings):
        """Starts the service. Its stdout is a file: self.printed(process)."""
        output = open(self.path("stdout-%d" % len(self.outputs())), "wb")
        self.addCleanup(output.close)
        process = self.start([programs.program("notify"), *arguments],
                             env=self.notify_settings(**settings),
                             stdout=output)
        process.output_file = output.name
        return process

    def outputs(self):
        return [name for name in os.listdir(self.directory)
                if name.startswith("stdout-")]

    @staticmethod
    def printed(process):
        with open(process.output_file, encoding="utf-8") as output:
            return output.read()

    def notify_once(self, *arguments, **settings):
        return fetching.Run(self.run_program(
            [programs.program("notify"), "--once", *arguments],
            env=self.notify_settings(**settings)))

    def send(self, method, target, value):
        answer = self.request(method, target,
                              {"Content-Type": "application/json"},
                              json.dumps(value).encode())
        if answer.status not in (200, 201):
            raise AssertionError("%d %r\n%s%s" % (
                answer.status, answer.body, self.errors(self.events),
                self.nginx_log()))
        return json.loads(answer.body)

    def nginx_log(self):
        with open(self.path("logs", "nginx-error.log"),
                  encoding="utf-8") as log:
            return log.read()

    def post(self, description="Your film has arrived", user="user-1"):
        return self.send("POST", "/events", {"user_id": user,
                                             "description": description})

    def put(self, event, **change):
        return self.send("PUT", "/events/" + event["event_id"], change)

    def event(self, event):
        """The event as it is now."""
        answer = self.get("/events/" + event["event_id"])
        self.assertEqual(answer.status, 200, answer.body)
        return json.loads(answer.body)

    def wait_for_status(self, event, status, seconds=SOON_S):
        return programs.wait_for(
            lambda: self.event(event)["status"] == status and
            self.event(event), seconds, "an event that is " + status)

    def wait_for_log(self, process, words, seconds=SOON_S):
        programs.wait_for(lambda: words in self.errors(process), seconds,
                          "%r in the log" % words)
