"""notify: each event is notified, and said to be so, whatever goes wrong."""

import contextlib
import fcntl
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess

import fetching
import notifying
import programs

# Of Linux's fcntl.h; Python 3.9 does not know it.
F_GETPIPE_SZ = 1032


class Once(notifying.TestCase):

    def test_an_event_is_printed_and_becomes_processed(self):
        event = self.post()
        run = self.notify_once()
        self.assertEqual((run.returncode, run.stdout),
                         (0, notifying.line(event)), run.stderr)
        after = self.event(event)
        self.assertEqual((after["status"], after["attempts"]),
                         ("Processed", 1))
        self.assertIsNone(after["last_error"])

    def test_without_an_event_nothing_is_printed_nor_asked(self):
        run = self.notify_once()
        self.assertEqual((run.returncode, run.stdout), (0, ""), run.stderr)
        self.assertEqual(self.api.log, [])

    def test_events_are_notified_oldest_first_each_once(self):
        events = [self.post("number %d" % n) for n in range(20)]
        run = self.notify_once()
        self.assertEqual(run.stdout, "".join(map(notifying.line, events)))
        self.assertEqual(self.notify_once().stdout, "")

    def test_reports_go_over_one_kept_connection(self):
        for number in range(10):
            self.post("number %d" % number)
        self.notify_once()
        self.assertEqual(len(self.asked("PUT")), 10)
        self.assertEqual(self.api.connection_count, 1)

    def test_an_event_is_one_line_whatever_it_says(self):
        cases = [
            ("two\nlines", r"two\nlines"),
            ("tab\tand\rreturn", r"tab\tand\rreturn"),
            ("\x1b[31mred\x7f", r"\u001b[31mred\u007f"),
            ("next\x85line", r"next\u0085line"),
            ("\u2028 and \u2029", r"\u2028 and \u2029"),
            ("not \u2027 nor \u2030", "not \u2027 nor \u2030"),
            ("Öl, 風, \U0001f3ac", "Öl, 風, \U0001f3ac"),
            ("C:\\new \"quoted\"", "C:\\new \"quoted\""),
        ]
        for said, shown in cases:
            with self.subTest(said):
                event = self.post(said, user="me " + said)
                run = self.notify_once()
                event.update(user_id="me " + shown, description=shown)
                self.assertEqual(run.stdout, notifying.line(event))

    def test_the_longest_event_is_printed_whole(self):
        event = self.post("\x01" * 4096, user="u" * 256)
        run = self.notify_once()
        self.assertEqual(run.stdout.count(r"\u0001"), 4096)
        self.assertEqual(self.event(event)["status"], "Processed")

    def test_what_somebody_else_has_processed_is_not_notified(self):
        event = self.post()
        self.put(event, status="Processed")
        self.assertEqual(self.notify_once().stdout, "")

    def test_an_event_set_back_is_notified_again(self):
        event = self.post()
        self.notify_once()
        self.put(event, status="NotProcessed")
        self.assertEqual(self.notify_once().stdout, notifying.line(event))

    def test_an_api_that_is_away_ends_it_before_anything_is_notified(self):
        event = self.post()
        self.api.refuse_connections()
        run = self.notify_once(MARQUEE_TIMEOUT_MS="1000")
        self.assertEqual((run.returncode, run.stdout), (69, ""), run.stderr)
        self.api.accept_connections()
        self.assertEqual(self.notify_once().stdout, notifying.line(event))
        self.assertEqual(self.event(event)["attempts"], 1)

    def test_an_api_that_does_not_know_the_log_s_event_loses_none(self):
        """As at the wrong MARQUEE_API_URL: also where all is answered."""
        event = self.post()
        for fault in ("status-404", "status-403", "empty-body", "garbage"):
            with self.subTest(fault):
                self.api.set_fault(fault)
                run = self.notify_once(MARQUEE_TIMEOUT_MS="500")
                self.assertEqual((run.returncode, run.stdout), (69, ""),
                                 run.stderr)
                self.api.clear_faults()
        self.assertEqual(self.notify_once().stdout, notifying.line(event))

    def test_a_report_that_is_answered_with_something_else_does_not_count(
            self):
        event = self.post()
        processed = dict(event, status="Processed")
        for answer in (event, dict(processed, event_id="f" + event[
                "event_id"][1:]), [processed], {}):
            with self.subTest(answer):
                self.api.add_route(
                    "/events/" + event["event_id"],
                    lambda entry: notifying.upstream.Response(
                        event if entry.method == "GET" else answer))
                run = self.notify_once("--backoff-ms", "1",
                                       MARQUEE_NOTIFY_ATTEMPTS="1000000")
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertEqual(self.event(event)["status"], "NotProcessed")
        del self.api.routes["/events/" + event["event_id"]]
        self.wait_until_notified(event)

    def test_a_report_that_the_api_does_not_know_does_not_count(self):
        event = self.post()
        self.api.set_fault("status-404", path="PUT")
        run = self.notify_once("--backoff-ms", "1",
                               MARQUEE_NOTIFY_ATTEMPTS="1000000")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("will be notified again", run.stderr)
        self.assertEqual(self.event(event)["status"], "NotProcessed")
        self.api.clear_faults()
        self.wait_until_notified(event)

    def wait_until_notified(self, event):
        """It steps back for a moment after each report that was refused."""
        def printed():
            return self.notify_once(MARQUEE_NOTIFY_ATTEMPTS="1000000").stdout
        self.assertEqual(programs.wait_for(printed, notifying.SOON_S,
                                           "its turn"), notifying.line(event))
        self.assertEqual(self.event(event)["status"], "Processed")


    def test_text_that_somebody_spoilt_in_the_log_is_printed_as_text(self):
        event = self.post("before")
        with contextlib.closing(sqlite3.connect(
                self.path("state", "events.db"))) as log:
            log.execute("UPDATE event SET description = "
                        "CAST(x'61ff62' AS TEXT)")
            log.commit()
        run = self.notify_once()
        event["description"] = "a\ufffdb"
        self.assertEqual(run.stdout, notifying.line(event), run.stderr)

    def test_a_line_that_was_cut_is_ended_before_the_next(self):
        limit = 16 << 20  # more than the event log has
        output = self.path("stdout")
        with open(output, "wb") as file:
            file.truncate(limit - 20)
        with open(output, "ab") as file:
            process = self.start(
                [programs.program("notify"), "--backoff-ms", "50"],
                env=self.notify_settings(MARQUEE_NOTIFY_ATTEMPTS="1000000"),
                stdout=file, preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)))
        event = self.post()
        self.wait_for_log(process, "cannot write to stdout")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.wait_for_status(event, "Processed")
        with open(output, encoding="utf-8") as file:
            file.seek(limit - 20)
            self.assertEqual(file.read(), notifying.line(event)[:20] + "\n" +
                             notifying.line(event))


class Failing(notifying.TestCase):
    """With --exec, so that a test says what fails."""

    def test_the_command_gets_the_event_as_json_and_its_output_is_shown(self):
        event = self.post("what \"it\" says\n")
        run = self.notify_once("--exec", "cat; echo told >&2")
        given = json.loads(run.stdout)
        for key in ("event_id", "user_id", "description", "created_at"):
            self.assertEqual(given[key], event[key])
        self.assertEqual(run.stdout[-1], "\n")
        self.assertIn("told\n", run.stderr)
        self.assertEqual(self.event(event)["status"], "Processed")

    def test_a_command_that_does_not_read_its_input_has_not_failed(self):
        event = self.post("x" * 4096)
        for command in ("true", "exec <&-; sleep 0.1"):
            run = self.notify_once("--exec", command)
            self.assertEqual(run.returncode, 0)
            self.assertEqual(self.event(event)["status"], "Processed", command)
            self.put(event, status="NotProcessed")

    def test_a_command_finds_no_signal_ignored_and_no_descriptor_of_ours(self):
        self.post()
        run = self.notify_once("--exec", "grep SigIgn /proc/self/status; "
                               "ls /proc/self/fd | tr '\\n' ' '")
        ignored, descriptors = run.stdout.splitlines()
        self.assertEqual(int(ignored.split()[1], 16) & (
            1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1), 0)
        # The last one is the directory that ls reads.
        self.assertEqual(descriptors.split(), ["0", "1", "2", "3"])

    def test_each_way_to_fail_is_recorded_and_the_event_waits(self):
        for command, reason in [
                ("exit 3", "exit status 3"),
                ("kill -9 $$", "killed by signal 9"),
                ("/no/such/program 2>/dev/null", "exit status 127"),
                ("sleep 600", "timed out after 1 s")]:
            with self.subTest(command):
                event = self.post(command)
                run = self.notify_once("--exec", command, "--exec-timeout",
                                       "1", "--backoff-ms", "300000")
                self.assertEqual(run.returncode, 0, run.stderr)
                after = self.event(event)
                self.assertEqual(
                    (after["status"], after["attempts"], after["last_error"]),
                    ("NotProcessed", 1, reason))

    def test_a_timeout_ends_the_whole_process_group(self):
        self.post()
        self.notify_once("--exec", "sleep 600 & echo $! >pid; wait",
                         "--exec-timeout", "1", "--backoff-ms", "300000")
        with open(self.path("pid"), encoding="ascii") as file:
            pid = int(file.read())

        def is_gone():
            try:
                with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
                    return stat.read().rpartition(")")[2].split()[0] == "Z"
            except FileNotFoundError:
                return True
        programs.wait_for(is_gone, notifying.SOON_S, "the end of the sleep")

    def test_it_is_tried_again_and_again_and_then_it_is_failed(self):
        event = self.post()
        process = self.notify("--exec", "echo >>tries; exit 7", "--backoff-ms",
                              "20", MARQUEE_NOTIFY_ATTEMPTS="4")
        after = self.wait_for_status(event, "Failed")
        self.assertEqual((after["attempts"], after["last_error"]),
                         (4, "exit status 7"))
        with open(self.path("tries"), encoding="ascii") as tries:
            self.assertEqual(len(tries.readlines()), 4)
        self.assertEqual(self.end(process), 0)
        self.assertEqual(self.notify_once().stdout, "")

    def test_the_attempt_that_succeeds_is_counted(self):
        event = self.post()
        self.notify("--exec", "test -e ready", "--backoff-ms", "20")
        programs.wait_for(
            lambda: self.event(event).get("attempts", 0) >= 2,
            notifying.SOON_S, "two attempts")
        with open(self.path("ready"), "wb"):
            pass
        after = self.wait_for_status(event, "Processed")
        self.assertGreaterEqual(after["attempts"], 3)

    def test_one_that_fails_holds_up_no_other(self):
        events = [self.post("bad" if n % 5 == 0 else "good")
                  for n in range(20)]
        process = self.notify(
            # Without its quotes it could be part of an id.
            "--exec", "! grep -q '\"bad\"'", "--backoff-ms", "300000")
        for event in events:
            if event["description"] == "good":
                self.wait_for_status(event, "Processed")
        for event in events:
            if event["description"] == "bad":
                after = self.event(event)
                self.assertEqual((after["status"], after["attempts"]),
                                 ("NotProcessed", 1))
        self.assertEqual(self.end(process), 0)

    def test_the_wait_doubles_with_each_failure_and_half_of_it_is_chance(self):
        event = self.post()
        process = self.notify("--exec", "exit 1", "--backoff-ms", "100",
                              MARQUEE_NOTIFY_ATTEMPTS="6")
        self.wait_for_status(event, "Failed")
        waits = [int(ms) for ms in re.findall(r"wait_ms=(\d+)",
                                              self.errors(process))]
        self.assertEqual(len(waits), 5)
        for number, wait in enumerate(waits):
            self.assertIn(wait, range(50 << number, (100 << number) + 1),
                          waits)
        self.assertNotEqual(waits, [50 << number for number in range(5)])

    def test_failed_events_are_notified_again_when_that_is_asked_for(self):
        events = [self.post("number %d" % n) for n in range(250)]
        self.notify_once("--exec", "exit 1", MARQUEE_NOTIFY_ATTEMPTS="1")
        self.assertEqual({self.event(event)["status"] for event in events},
                         {"Failed"})
        run = fetching.Run(self.run_program(
            [programs.program("notify"), "--retry-failed"],
            env=self.notify_settings()))
        self.assertEqual((run.returncode, run.stdout),
                         (0, "events to be notified again: 250\n"), run.stderr)
        after = self.event(events[0])
        self.assertEqual(after["status"], "NotProcessed")
        self.assertNotIn("last_error", after)
        run = self.notify_once()
        self.assertEqual(run.stdout, "".join(map(notifying.line, events)))
        run = fetching.Run(self.run_program(
            [programs.program("notify"), "--retry-failed"],
            env=self.notify_settings()))
        self.assertEqual(run.stdout, "events to be notified again: 0\n")

    def test_retry_failed_says_when_the_api_is_away(self):
        self.api.refuse_connections()
        run = fetching.Run(self.run_program(
            [programs.program("notify"), "--retry-failed"],
            env=self.notify_settings(MARQUEE_TIMEOUT_MS="1000")))
        self.assertEqual(run.returncode, 69, run.stderr)

    def test_an_attempt_is_no_less_one_because_the_api_was_not_told(self):
        event = self.post()
        self.api.set_fault("status-503", path="PUT")
        self.notify_once("--exec", "exit 1", "--backoff-ms", "300000")
        after = self.event(event)
        self.assertEqual(after["status"], "NotProcessed")
        self.assertNotIn("attempts", after)
        self.api.clear_faults()
        # It has stepped back, whatever the API knows.
        self.assertEqual(self.notify_once().stdout, "")

    def test_a_refused_report_of_an_attempt_is_told(self):
        for fault in "status-403", "status-404":
            with self.subTest(fault):
                event = self.post()
                self.api.set_fault(fault, path="PUT")
                run = self.notify_once("--exec", "exit 1", "--backoff-ms",
                                       "300000")
                self.assertIn("the attempt was not recorded", run.stderr)
                self.assertIn(event["event_id"], run.stderr)

    def test_an_attempt_that_fails_while_it_is_stopped_is_still_told(self):
        """The command itself asks it to stop."""
        event = self.post()
        run = self.notify_once("--exec", "kill -TERM $PPID; exit 1",
                               "--backoff-ms", "300000")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.event(event)["attempts"], 1)


class Service(notifying.TestCase):

    def test_an_event_posted_while_it_runs_is_notified(self):
        process = self.notify()
        first = self.post("first")
        self.wait_for_status(first, "Processed")
        second = self.post("second")
        self.wait_for_status(second, "Processed")
        self.assertEqual(self.printed(process),
                         notifying.line(first) + notifying.line(second))

    def test_while_nothing_happens_it_uses_no_time(self):
        process = self.notify()
        self.wait_for_status(self.post(), "Processed")

        def times():
            with open("/proc/%d/status" % process.pid,
                      encoding="ascii") as file:
                return int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                     file.read(), re.M)[1])

        def is_waiting():
            before = times()
            with open("/proc/%d/stat" % process.pid,
                      encoding="ascii") as stat:
                state = stat.read().rpartition(")")[2].split()[0]
            return state == "S" and times() == before
        programs.wait_for(is_waiting, notifying.SOON_S, "its wait")
        before = times()
        # Somebody else's second: a request that takes that long.
        self.api.set_fault("slow-start", delay_s=1)
        whole = notifying.http.client.HTTPConnection("127.0.0.1",
                                                     self.api.port)
        whole.request("GET", "/events")
        whole.getresponse().read()
        whole.close()
        self.assertLess(times() - before, 5)

    def test_a_signal_ends_it_at_once_while_it_waits(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                process = self.notify()
                self.wait_for_status(self.post(), "Processed")
                process.send_signal(number)
                self.assertEqual(process.wait(notifying.SOON_S), 0)

    def test_at_a_signal_the_one_in_hand_is_finished_and_no_other_taken(self):
        first, second = self.post("first"), self.post("second")
        os.mkfifo(self.path("gate"))
        process = self.notify("--exec", "echo >started; read x <gate")
        programs.wait_for(lambda: os.path.exists(self.path("started")),
                          notifying.SOON_S, "the command")
        process.send_signal(signal.SIGTERM)
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(0.5)
        with open(self.path("gate"), "w", encoding="ascii") as gate:
            gate.write("go\n")
        self.assertEqual(process.wait(notifying.SOON_S), 0)
        self.assertEqual(self.event(first)["status"], "Processed")
        self.assertEqual(self.event(second)["status"], "NotProcessed")

    def test_an_api_that_is_away_at_the_start_is_waited_for(self):
        event = self.post()
        self.api.refuse_connections()
        process = self.notify()
        self.wait_for_log(process, "the API is away")
        self.api.accept_connections()
        self.wait_for_status(event, "Processed")
        self.assertEqual(self.printed(process), notifying.line(event))
        self.assertEqual(self.errors(process).count("the API is away"), 1)
        self.wait_for_log(process, "the API is back")

    def test_a_report_waits_for_the_api_and_the_event_is_notified_once(self):
        """Longer than the lease, beside a second notifier."""
        first = self.post("first")
        process = self.notify("--lease-s", "3")
        self.wait_for_status(first, "Processed")
        self.api.set_fault("status-503", path="PUT")
        second = self.post("second")
        self.wait_for_log(process, "the API is away")
        other = self.notify("--lease-s", "3")
        reports = len(self.asked("PUT"))
        programs.wait_for(lambda: len(self.asked("PUT")) >= reports + 4,
                          notifying.SOON_S, "four more tries")
        self.api.clear_faults()
        self.assertEqual(self.wait_for_status(second, "Processed")["attempts"],
                         1)
        self.assertEqual(self.printed(process),
                         notifying.line(first) + notifying.line(second))
        self.assertEqual(self.printed(other), "")

    def test_a_report_that_is_never_taken_is_given_back_at_a_signal(self):
        first = self.post("first")
        process = self.notify()
        self.wait_for_status(first, "Processed")
        self.api.set_fault("status-503", path="PUT")
        second = self.post("second")
        self.wait_for_log(process, "the API is away")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        self.api.clear_faults()
        # Not after its lease: it was given back.
        self.assertEqual(self.notify_once().stdout, notifying.line(second))

    def test_a_command_that_takes_longer_than_the_lease_keeps_its_event(self):
        event = self.post()
        process = self.notify("--lease-s", "3", "--exec",
                              "echo >>runs; sleep 7")
        other = self.notify("--lease-s", "3", "--exec", "echo >>runs")
        self.wait_for_status(event, "Processed", 60)
        with open(self.path("runs"), encoding="ascii") as runs:
            self.assertEqual(len(runs.readlines()), 1)
        self.assertEqual(self.end(process), 0)
        self.assertEqual(self.end(other), 0)

    def test_several_side_by_side_notify_each_event_once(self):
        notifiers = [self.notify() for _ in range(3)]
        events = [self.post("number %d" % n) for n in range(200)]
        for event in events:
            self.wait_for_status(event, "Processed", 60)
        printed = [self.printed(process).splitlines(True)
                   for process in notifiers]
        self.assertEqual(sorted(sum(printed, [])),
                         sorted(map(notifying.line, events)))

    def test_what_a_killed_notifier_had_in_hand_comes_back(self):
        event = self.post()
        process = self.notify("--lease-s", "3", "--exec",
                              "echo >started; exec sleep 600")
        programs.wait_for(lambda: os.path.exists(self.path("started")),
                          notifying.SOON_S, "the command")
        process.kill()
        process.wait()
        other = self.notify("--lease-s", "3")
        after = self.wait_for_status(event, "Processed", 60)
        self.assertEqual(after["attempts"], 2)
        self.assertEqual(self.printed(other), notifying.line(event))

    def test_one_that_no_notifier_survives_is_failed_in_the_end(self):
        event = self.post()
        for _ in range(2):
            process = self.notify("--lease-s", "3", "--exec",
                                  "echo >>started; kill -9 $PPID")
            process.wait(60)
            self.assertEqual(process.returncode, -signal.SIGKILL)
        self.notify("--lease-s", "3", "--exec", "echo >>started",
                    MARQUEE_NOTIFY_ATTEMPTS="2")
        after = self.wait_for_status(event, "Failed", 60)
        self.assertEqual(after["last_error"], "no attempt came to an end")
        with open(self.path("started"), encoding="ascii") as started:
            self.assertEqual(len(started.readlines()), 2)


class Stdout(notifying.TestCase):

    def piped(self, *arguments):
        return self.start([programs.program("notify"), *arguments],
                          env=self.notify_settings(), stdout=subprocess.PIPE)

    def test_a_reader_that_leaves_ends_it_and_the_event_is_not_lost(self):
        event = self.post()
        process = self.piped()
        process.stdout.readline()
        process.stdout.close()
        self.wait_for_status(event, "Processed")
        second = self.post("second")
        self.assertEqual(process.wait(notifying.SOON_S), 74)
        self.assertEqual(self.notify_once().stdout, notifying.line(second))
        self.assertEqual(self.event(second)["attempts"], 1)

    def test_without_a_stdout_it_does_not_start(self):
        self.post()
        run = self.run_program(
            ["sh", "-c", 'exec "$0" --once >&-', programs.program("notify")],
            env=self.notify_settings())
        self.assertEqual(run.returncode, 74, run.stderr)
        self.assertIn(b"stdout is closed", run.stderr)

    def test_a_full_disk_is_a_failed_attempt(self):
        event = self.post()
        with open("/dev/full", "wb") as full:
            process = self.start(
                [programs.program("notify"), "--once", "--backoff-ms",
                 "300000"], env=self.notify_settings(), stdout=full)
            self.assertEqual(process.wait(notifying.SOON_S), 0)
        after = self.event(event)
        self.assertEqual((after["status"], after["attempts"]),
                         ("NotProcessed", 1))
        self.assertIn("No space left", after["last_error"])

    def test_a_stdout_that_cannot_be_written_ends_it_and_nothing_is_lost(self):
        event = self.post("x" * 4096)
        run = self.run_program(
            ["sh", "-c", 'exec "$0" --once 1</dev/null',
             programs.program("notify")], env=self.notify_settings())
        self.assertEqual(run.returncode, 74, run.stderr)
        self.assertEqual(self.notify_once().stdout, notifying.line(event))

    def test_a_reader_that_does_not_read_is_waited_for(self):
        events = [self.post("x" * 4000) for _ in range(40)]
        process = self.piped("--lease-s", "3")
        programs.wait_for(
            lambda: self.event(events[5])["status"] == "Processed",
            notifying.SOON_S, "the pipe to fill")
        process.send_signal(signal.SIGCONT)
        printed = b"".join(process.stdout.readline() for _ in events)
        self.assertEqual(printed.decode(),
                         "".join(map(notifying.line, events)))

    def in_hand(self):
        """Number of the event that it has claimed."""
        with contextlib.closing(sqlite3.connect(
                "file:%s?mode=ro" % self.path("state", "events.db"),
                uri=True)) as log:
            return log.execute("SELECT max(number) FROM outbox "
                               "WHERE attempts > 0").fetchone()[0]

    def test_a_signal_ends_it_though_nobody_reads(self):
        for _ in range(40):
            self.post("x" * 4000)
        process = self.piped()
        # A line takes a page, and notify waits for room for a page.
        pages = fcntl.fcntl(process.stdout, F_GETPIPE_SZ) // 4096
        programs.wait_for(lambda: self.in_hand() == pages + 1,
                          notifying.SOON_S, "the pipe to fill")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)
        lines = process.stdout.read().count(b"\n")
        self.assertLess(lines, 40)
        self.assertEqual(len(self.asked("PUT")), lines)


class Starting(programs.TestCase):
    """What is wrong before there is anything to do."""

    def run_notify(self, *arguments, **settings):
        env = {"MARQUEE_STATE_DIR": self.path("state")}
        env.update(settings)
        return fetching.Run(self.run_program(
            [programs.program("notify"), *arguments], env=env))

    def test_what_cannot_be_is_said_with_its_status(self):
        for status, words, arguments, settings in [
                (64, "allowed is a whole number from 3 to 3600",
                 ["--lease-s", "2"], {}),
                (64, "--exec-timeout", ["--exec-timeout", "soon"], {}),
                (64, "--exec-timeout is", ["--exec-timeout", "3601"], {}),
                (64, "--backoff-ms", ["--backoff-ms", "0"], {}),
                (64, "--retry-failed", ["--retry-failed", "--once"], {}),
                (64, "goes with no other", ["--retry-failed", "--exec", "x"],
                 {}),
                (64, "unexpected argument", ["event"], {}),
                (78, "MARQUEE_NOTIFY_ATTEMPTS", [],
                 {"MARQUEE_NOTIFY_ATTEMPTS": "0"}),
                (78, "allowed are sqlite:", [],
                 {"MARQUEE_EVENTS_URL": "sqlite:/elsewhere"}),
                (78, "it names no user", [],
                 {"MARQUEE_EVENTS_URL": "postgresql://db/events"}),
                (78, "MARQUEE_API_URL is empty", [],
                 {"MARQUEE_API_URL": ""}),
                (78, "MARQUEE_API_URL", ["--check-config"],
                 {"MARQUEE_API_URL": "ftp://somewhere"})]:
            with self.subTest(words):
                run = self.run_notify("--once", *arguments, **settings) \
                    if "--retry-failed" not in arguments \
                    else self.run_notify(*arguments, **settings)
                self.assertEqual(run.returncode, status, run.stderr)
                self.assertIn(words, run.stderr)
                self.assertEqual(run.stdout, "")

    def test_check_config_shows_its_settings(self):
        run = self.run_notify("--check-config", MARQUEE_NOTIFY_ATTEMPTS="3")
        self.assertEqual(run.returncode, 0)
        self.assertIn("MARQUEE_NOTIFY_ATTEMPTS=3\t(environment)", run.stdout)
        self.assertIn("MARQUEE_API_URL=http://127.0.0.1:8080\t(default)",
                      run.stdout)

    def test_help_tells_every_option(self):
        run = self.run_notify("--help")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        for option in ("--once", "--exec", "--exec-timeout",
                       "--retry-failed", "--backoff-ms", "--lease-s"):
            self.assertIn(option, run.stdout)

    def test_a_damaged_log_is_refused_and_left_as_it_is(self):
        os.mkdir(self.path("state"))
        with open(self.path("state", "events.db"), "wb") as file:
            file.write(b"no database" * 1000)
        run = self.run_notify("--once")
        self.assertEqual(run.returncode, 65, run.stderr)
        with open(self.path("state", "events.db"), "rb") as file:
            self.assertEqual(file.read(), b"no database" * 1000)
