"""tools/run-site, which is what make run runs."""

import contextlib
import glob
import json
import os
import signal
import socket
import urllib.request

import programs
import rabbitmq
import run_site
import upstream
from run_site import processes_of


class Events:
    """What tests of a site's events need."""

    def wait_until_nothing_runs(self):
        programs.wait_for(lambda: not processes_of(self.rundir), 10,
                          "the end of all its processes")

    def post(self, description):
        """Posts an event; returns the line that notify is to print of it."""
        request = urllib.request.Request(
            "http://127.0.0.1:%d/events" % self.port,
            json.dumps({"user_id": "visitor",
                        "description": description}).encode(),
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.event_id = json.load(answer)["event_id"]
        return "Event %s has been sent to visitor: %s\n" % (
            self.event_id, description)

    def wait_until_processed(self):
        def status():
            with urllib.request.urlopen(
                    "http://127.0.0.1:%d/events/%s" % (
                        self.port, self.event_id), timeout=10) as answer:
                return json.load(answer)["status"] == "Processed"
        programs.wait_for(status, 20, "an event that is Processed")


class ByBroker(rabbitmq.WithVhost, Events, run_site.TestCase):

    def test_with_a_broker_events_go_through_it_to_the_terminal(self):
        process = self.run_site(MARQUEE_AMQP_URL=self.vhost.url)
        self.line(process)
        printed = self.post("by way of the broker")
        self.assertEqual(process.stdout.readline().decode(), printed)
        self.wait_until_processed()
        self.assertEqual(self.vhost.take("marquee.events", 1), [])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)
        self.wait_until_nothing_runs()


class RunSite(Events, run_site.TestCase):

    def movies_served(self):
        with urllib.request.urlopen("http://127.0.0.1:%d/movies.json"
                                    % self.port, timeout=10) as answer:
            return json.load(answer)

    def refused(self, status=None, **more):
        """Runs it to its early end; returns what it complained about."""
        process = self.run_site(**more)
        output = process.stdout.read()
        returned = process.wait(60)
        self.assertEqual(output, b"")
        self.assertNotEqual(returned, 0)
        if status is not None:
            self.assertEqual(returned, status)
        return self.errors(process)

    def calm(self):
        """All that stderr has of a run in which nothing went wrong."""
        return ("marquee: fetching the films\n"
                "marquee: Ctrl-C stops it; its data and logs are in %s\n"
                "marquee: stopped\n" % self.rundir)

    def stand_in(self, name, text):
        """A PATH on which that program is a script of this text."""
        directory = self.path("bin")
        os.makedirs(directory)
        path = os.path.join(directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text)
        os.chmod(path, 0o755)
        return directory + ":" + os.environ["PATH"]

    def test_it_serves_the_upstream_s_films_when_its_line_is_printed(self):
        self.upstream.collections["films"][0]["title"] = "Another Name"
        process = self.run_site()
        self.line(process)
        movies = self.movies_served()
        self.assertEqual(len(movies), 22)
        self.assertIn("Another Name",
                      [film["film_title"] for film in movies.values()])

    def test_without_an_upstream_it_serves_the_bundled_films(self):
        self.upstream.refuse_connections()
        self.line(self.run_site())
        self.assertEqual(len(self.movies_served()), 22)

    def test_term_and_int_end_everything_and_leave_only_rundir(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                process = self.run_site()
                self.line(process)
                self.assertGreater(len(processes_of(self.rundir)), 2)
                process.send_signal(number)
                self.assertEqual(process.wait(20), 0)
                self.wait_until_nothing_runs()
                with self.assertRaises(OSError):
                    socket.create_connection(("127.0.0.1", self.port), 1)
                self.assertEqual(process.stdout.read(), b"")
                self.assertEqual(self.errors(process), self.calm())
        self.assertEqual(
            [name for name in os.listdir(self.directory)
             if not name.startswith("stderr-")], ["run"])

    def test_a_ctrl_c_at_the_terminal_ends_it_in_order(self):
        """The whole process group gets the signal then."""
        process = self.run_site()
        self.line(process)
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(20), 0)
        self.wait_until_nothing_runs()
        self.assertEqual(self.errors(process), self.calm())

    def test_term_during_the_first_fetch_ends_it_too(self):
        self.upstream.set_fault("hang")
        process = self.run_site()
        programs.wait_for(lambda: self.upstream.log, 20, "a request")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        self.wait_until_nothing_runs()

    def test_what_a_killed_run_left_does_not_stop_the_next(self):
        process = self.run_site()
        self.line(process)
        process.kill()
        process.wait(20)
        self.wait_until_nothing_runs()
        self.line(self.run_site())
        self.assertEqual(len(self.movies_served()), 22)

    def test_regress_what_was_just_started_outlived_a_killed_run(self):
        for _ in range(3):
            process = self.run_site()
            self.line(process)  # notify is started now
            process.kill()
            process.wait(20)
            self.wait_until_nothing_runs()

    def test_two_with_their_own_port_and_directory_run_side_by_side(self):
        first = self.run_site()
        other_port = programs.free_port()
        second = self.run_site(PORT=str(other_port),
                               RUNDIR=self.path("other"))
        self.line(first)
        self.port = other_port
        self.line(second)
        self.assertEqual(len(self.movies_served()), 22)

    def test_a_port_in_use_is_said_in_a_sentence(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            complaint = self.refused()
        self.assertIn("port %d is in use" % self.port, complaint)
        self.assertEqual(complaint.count("\n"), 1)
        self.wait_until_nothing_runs()

    def test_the_answer_of_somebody_else_on_the_port_does_not_count(self):
        self.upstream.add_route("/movies", lambda entry: upstream.Response([]))
        self.port = self.upstream.port
        self.assertIn("in use", self.refused())

    def test_nothing_is_fetched_where_the_port_is_in_use(self):
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            self.refused()
        self.assertEqual(self.upstream.log, [])

    def test_a_port_for_root_only_is_said_in_a_sentence(self):
        """nginx's complaint, by a stand-in: root may open every port."""
        path = self.stand_in("nginx", "echo 'nginx: [emerg] bind() to "
                             "127.0.0.1:80 failed (13: Permission denied)' >&2\n"
                             "exit 1\n")
        complaint = self.refused(77, PATH=path)
        self.assertEqual(
            complaint.partition("\n")[2], "marquee: port %d is for root only; "
            "PORT=8080 is for everybody\n" % self.port)

    def test_a_full_disk_is_said_before_anything_is_started(self):
        path = self.stand_in("df", "echo Filesystem Blocks Used Available\n"
                             "echo none 99999 79519 20480 80% /\n")
        complaint = self.refused(74, PATH=path)
        self.assertIn("has room for 20 MB and needs 32; make room", complaint)
        self.assertEqual(complaint.count("\n"), 1)
        self.assertEqual(self.upstream.log, [])

    def test_a_second_start_does_not_wait_for_a_films_api_that_hangs(self):
        """Its line is printed while the run that the API holds up goes on."""
        process = self.run_site()
        self.line(process)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)
        self.upstream.set_fault("hang")
        self.line(self.run_site(MARQUEE_TIMEOUT_MS="600000"))
        self.assertIsNotNone(self.running("fetch-movies"))
        self.assertEqual(len(self.movies_served()), 22)

    def test_films_that_do_not_come_are_said_and_no_failure(self):
        self.upstream.refuse_connections()
        process = self.run_site()
        self.line(process)
        self.assertIn("the films API gave none; what is here is shown",
                      self.errors(process))

    def test_a_directory_in_use_is_said_in_a_sentence(self):
        self.line(self.run_site())
        complaint = self.refused(PORT=str(programs.free_port()))
        self.assertIn("in use by another run", complaint)
        self.assertEqual(complaint.count("\n"), 1)

    def test_what_cannot_be_is_said_in_a_sentence(self):
        blocked = self.path("file")
        with open(blocked, "w", encoding="utf-8"):
            pass
        for status, words, more in [
                (64, "PORT=0 ", {"PORT": "0"}),
                (64, "PORT=x ", {"PORT": "x"}),
                (64, "PORT=70000 ", {"PORT": "70000"}),
                (64, "PORT=80;id ", {"PORT": "80;id"}),
                (73, "cannot write", {"RUNDIR": blocked + "/run"}),
                (78, "MARQUEE_LOG_FORMAT", {"MARQUEE_LOG_FORMAT": "xml"}),
                (78, "MARQUEE_RETRIES", {"MARQUEE_RETRIES": "many"}),
                (None, "make builds it", {"MARQUEE_BIN": "/nowhere"})]:
            with self.subTest(words):
                complaint = self.refused(status, **more)
                self.assertIn(words, complaint)
                self.assertEqual(complaint.count("\n"), 1, complaint)

    def test_a_long_and_odd_directory_is_no_problem(self):
        """A socket's path may have 107 bytes."""
        self.rundir = self.path("a b'c$d", "x" * 120)
        self.line(self.run_site())
        self.assertEqual(len(self.movies_served()), 22)

    def test_the_cache_and_the_log_s_format_can_be_set(self):
        cache = self.path("elsewhere")
        self.line(self.run_site(MARQUEE_CACHE_DIR=cache,
                                MARQUEE_LOG_FORMAT="json"))
        self.assertEqual(len(self.movies_served()), 22)
        self.assertTrue(os.path.exists(cache + "/movies/current/pack"))

        def entry():
            with open(self.rundir + "/logs/nginx-access.log",
                      encoding="utf-8") as log:
                return [json.loads(line) for line in log
                        if "/movies.json" in line]
        found = programs.wait_for(entry, 5, "the line in the log")[0]
        self.assertEqual((found["status"], found["uri"], found["program"]),
                         (200, "/movies.json", "nginx"))

    def test_a_killed_responder_is_running_again(self):
        process = self.run_site()
        self.line(process)
        pid = self.running("movies.fcgi")
        os.kill(pid, signal.SIGKILL)
        programs.wait_for(
            lambda: self.running("movies.fcgi") not in (None, pid), 10,
            "another responder")
        self.assertEqual(len(self.movies_served()), 22)

    def test_a_posted_event_is_printed_and_becomes_processed(self):
        process = self.run_site()
        self.line(process)
        for description in ("first", "Öl and 風"):
            printed = self.post(description)
            self.assertEqual(process.stdout.readline().decode(), printed)
            self.wait_until_processed()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(process.stdout.read(), b"")
        self.wait_until_nothing_runs()

    def test_two_sites_notify_of_their_own_events_each(self):
        sites = []
        for name in ("run", "other"):
            self.rundir = self.path(name)
            self.port = programs.free_port()
            process = self.run_site()
            self.line(process)
            sites.append((process, self.port))
        for process, self.port in sites:
            printed = self.post("on port %d" % self.port)
            self.assertEqual(process.stdout.readline().decode(), printed)
            self.wait_until_processed()

    def test_regress_the_installed_site_s_settings_kept_its_events_waiting(
            self):
        """A file of settings with a path from /, as /etc/marquee has one."""
        settings = self.path("marquee.env")
        with open(settings, "w", encoding="utf-8") as file:
            file.write("MARQUEE_API_URL=http://127.0.0.1:1\n"
                       "MARQUEE_AMQP_URL=amqp://127.0.0.1:1\n")
        programs_of_it = self.path("bin")
        os.makedirs(programs_of_it)
        os.symlink(programs.program("keep-running"),
                   os.path.join(programs_of_it, "keep-running"))
        for name in ("movies.fcgi", "files.fcgi", "events.fcgi",
                     "fetch-movies", "notify", "relay-events"):
            path = os.path.join(programs_of_it, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write('#!/bin/sh\nexec "%s" --config "%s" "$@"\n'
                           % (programs.program(name), settings))
            os.chmod(path, 0o755)
        process = self.run_site(MARQUEE_BIN=programs_of_it)
        self.line(process)
        printed = self.post("not for the installed site")
        self.wait_until_processed()
        self.assertEqual(process.stdout.readline().decode(), printed)
        self.assertFalse(os.path.exists(self.rundir
                                        + "/logs/relay-events.log"))

    def test_regress_without_a_sleep_it_fetched_again_and_again(self):
        process = self.run_site(PATH=self.stand_in(
            "sleep", '[ "$1" != 20 ] || exit 127\nexec /bin/sleep "$@"\n'))
        self.line(process)
        self.assertEqual(process.wait(30), 1)
        self.assertIn("cut short", self.errors(process))
        self.wait_until_nothing_runs()

    def test_a_killed_notifier_is_running_again(self):
        process = self.run_site()
        self.line(process)
        pid = programs.wait_for(lambda: self.running("notify"), 10, "notify")
        os.kill(pid, signal.SIGKILL)
        printed = self.post("after its end")
        self.assertEqual(process.stdout.readline().decode(), printed)

    def test_events_are_kept_from_one_run_to_the_next(self):
        process = self.run_site(MARQUEE_API_URL="http://127.0.0.1:1")
        self.line(process)
        printed = self.post("before the end")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(process.stdout.read(), b"")
        process = self.run_site()
        self.line(process)
        self.assertEqual(process.stdout.readline().decode(), printed)
        self.wait_until_processed()

    def test_a_proxy_of_the_caller_s_is_not_asked(self):
        process = self.run_site(http_proxy="http://127.0.0.1:1",
                                MARQUEE_FILES_URL=self.upstream.url)
        self.line(process)
        printed = self.post("without a proxy")
        self.assertEqual(process.stdout.readline().decode(), printed)
        self.wait_until_processed()

    def running(self, program):
        """The pid of that program of this site, or None."""
        for path in glob.glob("/proc/[0-9]*/environ"):
            with contextlib.suppress(OSError):
                with open(path, "rb") as file:
                    if self.rundir.encode() in file.read():
                        with open(os.path.dirname(path) + "/comm",
                                  encoding="utf-8") as comm:
                            if comm.read().strip() == program:
                                return int(path.split("/")[2])
        return None
