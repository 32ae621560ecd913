"""The logs of all programs and of nginx: one form, ids that lead from one to the
other, and no secret."""

import contextlib
import http.client
import json
import os
import re

import media_upstream
import programs
import responding
import run_site
import whole_site

JSON = {"Content-Type": "application/json"}

# logfmt: keys are letters, digits and `_`; a value that is not plain is a JSON
# string.
PAIR = re.compile(r'(\w+)=("(?:[^"\\\x00-\x1f]|\\.)*"|[^\s"=]*)(?: |$)')
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?(Z|[+-]\d\d:\d\d)")
ALWAYS = ["time", "level", "program", "msg"]


def read_logfmt(line):
    """The fields of a line; a ValueError where it is none."""
    fields, at = {}, 0
    while at < len(line):
        pair = PAIR.match(line, at)
        if not pair or pair.group(1) in fields:
            raise ValueError(line)
        value = pair.group(2)
        fields[pair.group(1)] = json.loads(value) \
            if value.startswith('"') else value
        at = pair.end()
    return fields


def read_json(line):
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError(line)
    return fields


READERS = {"logfmt": read_logfmt, "json": read_json}


def ids_of(entries):
    """The X-Request-Id of each request that an upstream got."""
    return {entry.headers.get("X-Request-Id") for entry in entries}


class Ids(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.start_with_media(MARQUEE_RETRIES="1", MARQUEE_LOG_LEVEL="debug")

    def lines_of(self, request_id):
        return [line for line in self.errors(self.files).splitlines()
                if "request_id=%s " % request_id in line]

    def test_one_id_leads_from_nginx_to_the_media_api(self):
        answer = self.get("/api/presentation/files/file-7")
        self.assertEqual(answer.status, 200)
        request_id = answer["X-Request-Id"]
        self.assertRegex(request_id, r"^[0-9a-f]{32}$")
        self.assertGreaterEqual(len(self.media.log), 3)
        self.assertEqual(ids_of(self.media.log), {request_id})
        programs.wait_for(lambda: self.lines_of(request_id), 10,
                          "the responder's line")
        programs.wait_for(
            lambda: [line for line in self.access_log()
                     if "request_id=%s " % request_id in line], 10,
            "nginx's line")

    def test_each_line_about_a_failure_has_the_id(self):
        self.media.fail("status-500", place="details/file-7")
        answer = self.get("/api/presentation/files/file-7")
        self.assertEqual(answer.status, 502)

        def said():
            lines = self.lines_of(answer["X-Request-Id"])
            return [read_logfmt(line)["msg"] for line in lines]
        programs.wait_for(lambda: "answered" in said(), 10, "the lines")
        self.assertIn("request is tried again", said())
        self.assertIn("a file cannot be fetched", said())
        self.assertEqual(ids_of(self.media.log), {answer["X-Request-Id"]})

    def test_an_id_of_a_client_s_is_not_taken(self):
        answer = self.get("/api/presentation/files/file-7",
                          {"X-Request-Id": "chosen"})
        self.assertNotEqual(answer["X-Request-Id"], "chosen")
        self.assertNotIn("chosen", ids_of(self.media.log))
        for number, value in enumerate((
                "a\r\nX-Evil: 1", "a b", "x" * 65, "\xe3\x81\x82")):
            del self.media.log[:]
            done = self.run_program(
                [programs.program("files.fcgi")], env=self.settings(
                    MARQUEE_FILES_URL=self.media.url, REQUEST_METHOD="GET",
                    REQUEST_URI="/api/presentation/files/file-%d" % (number + 1),
                    REQUEST_ID=value, MARQUEE_CACHE_DIR=self.path("other")))
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"Status: 200", done.stdout)
            self.assertEqual(ids_of(self.media.log), {None})
            for entry in self.media.log:
                self.assertNotIn("X-Evil", entry.headers)

    def test_a_run_has_an_id_of_its_own(self):
        seen = set()
        for _ in range(2):
            del self.upstream.log[:]
            run = self.fetch(MARQUEE_LOG_LEVEL="debug")
            ids = {read_logfmt(line)["run_id"] for line in run.lines}
            self.assertEqual(ids, ids_of(self.upstream.log))
            self.assertEqual(len(ids), 1)
            seen |= ids
        self.assertEqual(len(seen), 2)
        done = self.run_program(
            [programs.program("fetch-file"), "file-3", "nobody"],
            env=self.settings(MARQUEE_FILES_URL=self.media.url))
        ids = ids_of(self.media.log)
        self.assertEqual(
            {read_logfmt(line)["run_id"]
             for line in done.stderr.decode().splitlines()}, ids)
        self.assertEqual(len(ids), 1)
        self.assertFalse(ids & seen)


class Journal(whole_site.TestCase):

    def test_every_line_to_the_journal_has_its_priority(self):
        """The journal is told by what stderr is (systemd.exec(5))."""
        self.publish()
        for fault, priority in ((None, "6"), ("status-500", "3")):
            if fault:
                self.upstream.set_fault(fault)
            with open(self.path("journal"), "w+", encoding="utf-8") as journal:
                status = os.fstat(journal.fileno())
                process = self.start(
                    [programs.program("fetch-movies")], stderr=journal,
                    env=self.settings(JOURNAL_STREAM="%d:%d" % (
                        status.st_dev, status.st_ino)))
                process.wait(60)
                journal.seek(0)
                lines = journal.read().splitlines()
            self.assertGreater(len(lines), 0)
            for line in lines:
                self.assertRegex(line, r"^<[3467]>time=")
                read_logfmt(line[3:])
            self.assertTrue(lines[-1].startswith("<%s>" % priority), lines)


class Rotated(responding.TestCase):
    """logrotate with the file that is installed, for another directory."""

    RULES = os.path.join(programs.ROOT, "cron", "marquee.logrotate")

    def test_a_program_goes_on_in_its_log_and_no_line_is_lost(self):
        os.mkdir(self.path("logs"))
        log = self.path("logs", "movies.log")
        with open(self.RULES, encoding="utf-8") as rules:
            text = rules.read()
        self.assertIn("/var/log/marquee/*.log", text)
        with open(self.path("rules"), "w", encoding="utf-8") as here:
            here.write(text.replace("/var/log/marquee", self.path("logs")))
        self.publish({"movies.html": b"page"})
        with open(log, "ab") as stderr:
            self.serve(stderr=stderr, settings={"MARQUEE_LOG_LEVEL": "debug"})
        self.wait_for_line(log, "msg=serving ")
        before = self.wait_for_line(log, "uri=/ping ")
        done = self.run_program(["logrotate", "-f", "-s", self.path("state"),
                                 self.path("rules")])
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(log + ".1", encoding="utf-8") as old:
            self.assertEqual(old.read(), before)
        self.ask("/movies.html")
        after = self.wait_for_line(log, "uri=/movies.html ").splitlines()
        self.assertEqual([read_logfmt(line)["uri"] for line in after],
                         ["/movies.html"])

    @staticmethod
    def wait_for_line(log, words):
        """The log's text when it has a line with these."""
        def text():
            with open(log, encoding="utf-8") as file:
                found = file.read()
            return found if words in found and \
                found.endswith("\n") else None
        return programs.wait_for(text, 30, "a line in " + log)


class Running(run_site.TestCase):
    """All that make run starts, its logs, and what it publishes."""

    secret = "s3cr3t-0f-n0b0dy"

    def serve(self, log_format):
        media = media_upstream.MediaUpstream().start()
        self.addCleanup(media.stop)
        user = "http://somebody:%s@127.0.0.1:" % self.secret
        dead = programs.free_port()
        process = self.run_site(
            MARQUEE_LOG_FORMAT=log_format, MARQUEE_LOG_LEVEL="debug",
            MARQUEE_GHIBLI_URL="%s%d %s%d" % (
                user, dead, user, self.upstream.port),
            MARQUEE_FILES_URL=user + str(media.port),
            MARQUEE_API_URL=user + str(self.port),
            MARQUEE_AMQP_URL="amqp://u:%s@127.0.0.1:%d/" % (self.secret, dead),
            MARQUEE_REDIS_URL="redis://:%s@127.0.0.1:%d" % (self.secret, dead),
            MARQUEE_TIMEOUT_MS="8000", MARQUEE_RETRIES="1")
        self.line(process)
        self.ask_for_all(media)
        return process

    def ask(self, method, target, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)
        with contextlib.closing(connection):
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")

    def ask_for_all(self, media):
        """Every program has something to say, of what is ill too."""
        self.assertEqual(self.ask("GET", "/api/presentation/files/file-7")[0],
                         200)
        media.fail("status-500", place="details/file-9")
        self.assertEqual(self.ask("GET", "/api/presentation/files/file-9")[0],
                         502)
        self.assertEqual(self.ask("POST", "/events", JSON, json.dumps(
            {"user_id": "u", "description": "d"}))[0], 201)
        self.ask("GET", "/nothing?a=%22b\\%22&c=d")
        self.ask("GET", "/movies")

    def logs(self):
        """The text of each log by its program's name."""
        texts = {}
        directory = os.path.join(self.rundir, "logs")
        for name in os.listdir(directory):
            with open(os.path.join(directory, name), encoding="utf-8") as log:
                texts[name[:-len(".log")]] = log.read()
        return texts

    def wait_for_logs(self):
        """Until each of them has said something."""
        wanted = {"movies", "files", "events", "fetch-movies", "notify",
                  "relay-events", "nginx-access"}
        return programs.wait_for(
            lambda: wanted <= {name for name, text in self.logs().items()
                               if text.endswith("\n")}, 60, "all the logs")

    def assert_one_form(self, log_format):
        read = READERS[log_format]
        for name, text in self.logs().items():
            if name == "nginx-error":
                continue
            for line in text.splitlines():
                with self.subTest(name):
                    fields = read(line)
                    self.assertEqual(list(fields)[:4], ALWAYS, line)
                    self.assertRegex(fields["time"], TIME)
                    self.assertIn(fields["level"],
                                  ("debug", "info", "warn", "error"))
                    self.assertIn(fields["program"], (
                        name, name + ".fcgi", "nginx", "keep-running"))

    def assert_no_secret(self, process):
        texts = self.logs()
        texts["run-site"] = self.errors(process)
        for target in ("/health", "/metrics", "/status", "/movies", "/docs"):
            texts[target] = self.ask("GET", target)[1]
        for directory, _, names in os.walk(self.rundir):
            for name in names:
                path = os.path.join(directory, name)
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, encoding="utf-8",
                              errors="replace") as file:
                        texts[path] = file.read()
        for name, text in texts.items():
            self.assertNotIn(self.secret, text, name)

    def test_logfmt_is_the_form_of_all_and_no_secret_is_in_it(self):
        process = self.serve("logfmt")
        self.wait_for_logs()
        self.assert_one_form("logfmt")
        self.assert_no_secret(process)

    def test_json_is_the_form_of_all_and_no_secret_is_in_it(self):
        process = self.serve("json")
        self.wait_for_logs()
        self.assert_one_form("json")
        self.assert_no_secret(process)
