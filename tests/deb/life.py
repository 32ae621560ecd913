"""The life of the package on a machine: installed, serving, upgraded, booted
again, removed, installed again, purged. There is no network: what it would fetch
from an API is not shown, and cron does not run beside systemd."""

import json
import os
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "support"))
import links  # noqa: E402

SITE = "http://127.0.0.1"
SERVICES = ["marquee-events.service", "marquee-files.service",
            "marquee-movies.service", "marquee-notify.service"]
SOCKETS = ["marquee-events.socket", "marquee-files.socket",
           "marquee-movies.socket"]
# Its socket is enough until somebody asks.
BY_REQUEST = "marquee-movies.service"
STARTED = sorted(SERVICES + SOCKETS + ["marquee-fetch.timer"])
SETTINGS = "/etc/marquee/marquee.env"
WAIT_S = 60


def wait_for(predicate):
    """True once it is so; False where it is not for a long time."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if predicate():
            return True
        time.sleep(0.1)
    return False


class Life:

    def __init__(self, machine, report):
        self.machine = machine
        self.report = report
        self.command = None

    # --- What is asked in several of its ages --------------------------------

    def apt(self, *arguments):
        return self.machine.run("apt-get", "-q", "-y",
                                *arguments)

    def stat(self, path):
        return self.machine.say("stat", "-c", "%a %U:%G", path)

    def active_units(self):
        listed = self.machine.say("systemctl", "list-units", "--plain",
                                  "--no-legend", "--state=active", "marquee*")
        return sorted(line.split()[0] for line in listed.splitlines())

    def failed_units(self):
        return self.machine.say("systemctl", "list-units", "--failed",
                                "--plain", "--no-legend")

    def is_enabled(self, unit):
        return self.machine.say("systemctl", "is-enabled", unit)

    def starts(self, units):
        """When each was last started, by the machine's clock."""
        return {unit: self.machine.say(
            "systemctl", "show", "--value", "-p",
            "ActiveEnterTimestampMonotonic", unit) for unit in units}

    def processes(self):
        """The command lines of what runs as the user."""
        user = int(self.machine.say("id", "-u", "marquee"))
        return [line for _, uid, line in self.machine.processes()
                if uid == user]

    def workers(self):
        """The pids of nginx's workers."""
        return {pid for pid, _, line in self.machine.processes()
                if line.startswith("nginx: worker process") and
                "shutting down" not in line}

    def films(self):
        status, body = self.machine.curl(SITE + "/movies.json")
        return len(json.loads(body)) if status == 200 else status

    def post(self, description):
        """Posts an event; returns its id, or what went wrong."""
        status, body = self.machine.curl(
            SITE + "/events", "-H", "Content-Type: application/json", "-d",
            json.dumps({"user_id": "chihiro", "description": description}))
        return json.loads(body)["event_id"] if status == 201 else body

    def event_status(self, event_id):
        status, body = self.machine.curl("%s/events/%s" % (SITE, event_id))
        return json.loads(body)["status"] if status == 200 else status

    # --- The ages ------------------------------------------------------------

    def is_installed(self, package):
        check, same = self.report.check, self.report.same
        done = self.apt("install", package)
        check("it installs", done.returncode == 0, done.stdout)
        self.read_command(done.stdout)
        same("every file is there as it was packed",
             self.machine.say("dpkg", "-V", "marquee"), "")
        documents = self.machine.path("/usr/share/doc/marquee")
        check("README is among its documents",
              len(links.of(documents + "/README.md")) > 5)
        same("and every link of them leads to an installed file",
             links.broken(documents), [])
        same("what has something to run is started, and nothing else",
             self.active_units(), [unit for unit in STARTED
                                   if unit != BY_REQUEST])
        same("the units that are started are enabled",
             [unit for unit in STARTED if unit != BY_REQUEST and
              self.is_enabled(unit) != "enabled"], [])
        same("relay-events, which needs a broker, is not enabled",
             self.is_enabled("marquee-relay.service"), "disabled")
        same("no unit has failed", self.failed_units(), "")
        same("the settings are for root and the group marquee",
             self.stat(SETTINGS), "640 root:marquee")
        same("the cache can be read by the web server",
             self.stat("/var/cache/marquee"), "755 marquee:marquee")
        same("the event log's directory cannot",
             self.stat("/var/lib/marquee"), "750 marquee:marquee")
        user = self.machine.say("getent", "passwd", "marquee").split(":")
        check("the user is a system's one that nobody can log in as",
              0 < int(user[2]) < 1000 and user[6] == "/usr/sbin/nologin", user)
        units = self.machine.say("sh", "-c", "ls /lib/systemd/system/marquee*")
        done = self.machine.run("systemd-analyze", "verify", "--man=no",
                                *units.split())
        same("systemd finds nothing wrong with the units",
             (done.returncode, done.stdout), (0, ""))

    def read_command(self, printed):
        """The one command that enables the site, as the installation says."""
        found = re.search(r"^ +(ln -s .*)$", printed, re.M)
        self.command = found.group(1) if found else "false"
        self.report.check("the installation says how to enable the site",
                          found is not None, printed)

    def is_enabled_by_one_command(self):
        check, same = self.report.check, self.report.same
        _, before = self.machine.curl(SITE + "/")
        check("until then nginx serves what it served before",
              "Welcome to nginx" in before, before)
        done = self.machine.run("sh", "-c", self.command)
        check("the command that was printed enables the site",
              done.returncode == 0, done.stdout)
        check("it serves the films, which are the bundled ones without a "
              "network", wait_for(lambda: self.films() == 22), self.films())

    def serves(self):
        check, same = self.report.check, self.report.same
        for path in ("/", "/movies", "/docs", "/metrics"):
            same("GET %s is 200" % path, self.machine.curl(SITE + path)[0],
                 200)
        _, health = self.machine.curl(SITE + "/health")
        same("/health knows all three services",
             sorted(json.loads(health)["services"]),
             ["events", "files", "movies"])
        same("a media file is 503 without MARQUEE_FILES_URL", self.machine.curl(
            SITE + "/api/presentation/files/x")[0], 503)
        event_id = self.post("It is dusk.")
        check("a posted event becomes Processed", wait_for(
            lambda: self.event_status(event_id) == "Processed"),
            self.event_status(event_id))
        check("its notification is in the journal", "It is dusk." in
              self.machine.say("journalctl", "-u", "marquee-notify"))
        for name in ("movies.fcgi", "files.fcgi", "events.fcgi", "notify"):
            check("%s runs as marquee" % name,
                  any(name in line for line in self.processes()),
                  self.machine.processes())
        self.machine.run("systemctl", "kill", "-s", "KILL", "marquee-events")
        check("a killed responder is running again",
              wait_for(lambda: self.event_status(event_id) == "Processed"))
        return event_id

    def is_upgraded(self, package, event_id):
        check, same = self.report.check, self.report.same
        with open(self.machine.path(SETTINGS), "a", encoding="utf-8") as file:
            file.write("MARQUEE_SPECIES=Human\n")
        before, workers = self.starts(STARTED), self.workers()
        refused, is_over = [], threading.Event()

        def ask():
            while not is_over.is_set():
                status, body = self.machine.curl(SITE + "/events?limit=1")
                if status != 200:
                    refused.append((status, body))
        asker = threading.Thread(target=ask)
        asker.start()
        done = self.apt("install", package)
        is_over.set()
        asker.join()
        check("it is upgraded, and asks nothing", done.returncode == 0 and
              "Setting up marquee" in done.stdout, done.stdout)
        same("meanwhile no request was refused", refused, [])
        after = self.starts(STARTED)
        same("the services run the new programs",
             [unit for unit in SERVICES if after[unit] == before[unit]], [])
        same("the sockets stayed open",
             [unit for unit in SOCKETS if after[unit] != before[unit]], [])
        check("nginx has read its snippets again",
              workers and wait_for(lambda: not self.workers() & workers),
              workers)
        same("relay-events was not started by the way",
             self.active_units(), STARTED)
        same("the settings are as they were", self.stat(SETTINGS) +
             self.machine.say("tail", "-n", "1", SETTINGS),
             "640 root:marquee" + "MARQUEE_SPECIES=Human")
        same("so are the events", self.event_status(event_id), "Processed")
        same("no unit has failed", self.failed_units(), "")

    def is_booted_again(self, event_id):
        """After what is a power cut to the programs."""
        self.machine.shut_down()
        self.machine.boot()
        self.report.same("after a boot it runs again", self.active_units(),
                         [unit for unit in STARTED if unit != BY_REQUEST])
        self.report.check(
            "and serves", self.films() == 22 and
            self.event_status(event_id) == "Processed", self.films())

    def is_removed(self):
        check, same = self.report.check, self.report.same
        done = self.apt("remove", "marquee")
        check("it is removed", done.returncode == 0, done.stdout)
        same("no unit of it is left running", self.active_units(), [])
        same("no process is", self.processes(), [])
        status, body = self.machine.curl(SITE + "/movies")
        check("its site is not served any more", "film" not in body, body)
        same("nginx takes its configuration",
             self.machine.run("nginx", "-t").returncode, 0)
        same("the settings stay", self.stat(SETTINGS), "640 root:marquee")
        same("the event log stays", self.stat("/var/lib/marquee/events.db"),
             "640 marquee:marquee")
        with open(self.machine.path("/etc/cron.d/marquee"),
                  encoding="utf-8") as file:
            entries = [line.split(None, 6)[6].replace(
                "test -e /run/systemd/system", "false").replace("sleep", ":")
                for line in file if line.startswith("*")]
        same("the crontab that stays does nothing, silently",
             [(ran.returncode, ran.stdout) for ran in
              (self.machine.run("sh", "-c", entry) for entry in entries)],
             [(0, "")] * 3)

    def is_installed_again(self, package, event_id):
        done = self.apt("install", package)
        self.read_command(done.stdout)
        self.machine.run("sh", "-c", self.command)
        self.report.check(
            "installed again it has its events still", done.returncode == 0 and
            wait_for(lambda: self.event_status(event_id) == "Processed"),
            done.stdout)

    def is_purged(self):
        check, same = self.report.check, self.report.same
        done = self.apt("purge", "marquee")
        check("it is purged", done.returncode == 0, done.stdout)
        same("no file of its name is left", self.machine.say(
            "find", "/", "-xdev", "-name", "*marquee*", "-not", "-path",
            "/packages/*"), "")
        same("no file without an owner is", self.machine.say(
            "find", "/", "-xdev", "-nouser", "-o", "-nogroup"), "")
        # passwd- and its like are what they were before the last change.
        same("nothing in /etc speaks of it",
             self.machine.say("grep", "-r", "-l", "--exclude=*-", "marquee",
                              "/etc"), "")
        same("nor does systemd", self.machine.say(
            "systemctl", "list-units", "--all", "--plain", "--no-legend",
            "marquee*"), "")
        same("nginx takes its configuration",
             self.machine.run("nginx", "-t").returncode, 0)
        same("and nothing is in /run", self.machine.say(
            "find", "/run", "-name", "*marquee*"), "")
