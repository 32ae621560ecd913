"""The event log on a PostgreSQL of the machine, as README says: over TCP, for
which the unit has to be given a network, and over a Unix socket."""

import json
import os
import re

import life

README = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "README.md")
OVER_TCP = "postgresql://marquee:a-secret@localhost/marquee"
OVER_SOCKET = "postgresql://marquee@/marquee?host=/run/postgresql"
DROP_IN = "/etc/systemd/system/marquee-events.service.d/override.conf"


def section():
    with open(README, encoding="utf-8") as file:
        return re.search(r"\n### PostgreSQL\n(.*?)\n### ", file.read(),
                         re.S).group(1)


def commands():
    """README's commands for the server's host, in a root without sudo."""
    lines = re.findall(r"^    sudo (.*)$", section(), re.M)
    return [re.sub(r"^-u (\w+) ", r"runuser -u \1 -- ", line).replace(
        "apt-get install", "apt-get install -y") for line in lines]


def drop_in():
    """README's lines for `systemctl edit marquee-events`."""
    lines = re.search(r"\n((    .*\n)*    PrivateNetwork=no\n(    .*\n)*)",
                      section()).group(1)
    return re.sub(r"^    ", "", lines, flags=re.M)


class Server:

    def __init__(self, machine, report):
        self.machine = machine
        self.report = report
        self.life = life.Life(machine, report)

    def is_there(self, package):
        done = self.life.apt("install", package)
        self.life.read_command(done.stdout)
        self.machine.run("sh", "-c", self.life.command)
        for command in commands():
            done = self.machine.run("sh", "-c", command)
            self.report.check(command, done.returncode == 0, done.stdout)

    def use(self, url):
        """Writes the setting; has the services know it."""
        with open(self.machine.path(life.SETTINGS), "a",
                  encoding="utf-8") as file:
            file.write("MARQUEE_EVENTS_URL=%s\n" % url)
        self.machine.run("systemctl", "daemon-reload")
        self.machine.run("systemctl", "restart", "marquee-events",
                         "marquee-notify")

    def is_refused(self, sentence):
        status, _ = self.machine.curl(life.SITE + "/events")
        self.report.same(sentence, status, 503)

    def takes_events(self, sentence):
        event_id = None

        def post():
            nonlocal event_id
            event_id = self.life.post("It is dusk.")
            return re.fullmatch("[0-9a-f-]{36}", event_id)
        self.report.check("an event is taken " + sentence, life.wait_for(post),
                          event_id)
        self.report.check(
            "and notified of", life.wait_for(
                lambda: self.life.event_status(event_id) == "Processed"),
            self.machine.say("journalctl", "-u", "marquee-notify", "-n", "9"))

    def count(self):
        """How many events the server has."""
        return json.loads(self.machine.say(
            "runuser", "-u", "postgres", "--", "psql", "-A", "-t", "marquee",
            "-c", "SELECT count(*) FROM marquee.event"))

    def is_used_over_tcp(self):
        self.use(OVER_TCP)
        self.is_refused("without a network there is no event log")
        path = self.machine.path(DROP_IN)
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write(drop_in())
        self.use(OVER_TCP)
        self.takes_events("with README's drop-in")
        self.report.same("the server has it", self.count(), 1)

    def is_used_over_its_socket(self):
        os.unlink(self.machine.path(DROP_IN))
        self.use(OVER_SOCKET)
        self.takes_events("over a Unix socket without one")
        self.report.same("the server has both", self.count(), 2)
