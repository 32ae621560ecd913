"""keep-running by itself; that it replaces responders in trouble is proved in
tests/prove/test_supervision.py."""

import os
import sys
import unittest

import programs


# Says once that it is ready, then only what is no sign of life; the sign that
# its own child gives is somebody else's.
DECEIVER = """
import os, socket, time
parent = os.getpid()
sign = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sign.connect(os.environ["NOTIFY_SOCKET"].replace("@", chr(0), 1))
sign.send(b"READY=1\\n")
others = (b"WATCHDOG=1",) if os.fork() == 0 else (
    b"STATUS=READY=1\\n", b"READY=x", b"WATCHDOG=0", b"",
    b"EXTEND_TIMEOUT_USEC=99999999999999")
while parent in (os.getpid(), os.getppid()):
    for other in others:
        sign.send(other)
    time.sleep(0.02)
"""


class KeepRunning(programs.TestCase):

    def keep(self, *arguments):
        return self.start([programs.program("keep-running"), *arguments])

    def test_wrong_calls_are_exit_64_with_a_reason(self):
        for words, arguments in (
                ("which program", ()), ("which option", ("--nonsense",)),
                ("10 to 600000", ("--watch-ms", "9", "true")),
                ("10 to 600000", ("--watch-ms", "600001", "true")),
                ("10 to 600000", ("--watch-ms", "1s", "true"))):
            with self.subTest(arguments):
                done = self.run_program(
                    [programs.program("keep-running"), *arguments])
                self.assertEqual(done.returncode, 64)
                self.assertIn(words, done.stderr.decode())
                self.assertIn("Usage: keep-running", done.stderr.decode())

    def test_a_program_that_is_not_there_is_named_and_tried_again(self):
        process = self.keep("/nowhere/program")
        programs.wait_for(
            lambda: self.errors(process).count("cannot run") > 1, 60,
            "a second try")
        self.assertIn("what=/nowhere/program", self.errors(process))
        self.assertEqual(self.end(process), 0)

    def test_it_ends_its_program_before_itself(self):
        process = self.keep("sh", "-c", "echo $$ >pid; exec sleep 1000")

        def pid():
            with open(self.path("pid"), encoding="ascii") as file:
                return file.read()
        kept = int(programs.wait_for(pid, 60, "its program"))
        self.assertEqual(self.end(process), 0)
        with self.assertRaises(ProcessLookupError):
            os.kill(kept, 0)

    def test_help_that_is_not_written_is_a_failure(self):
        done = self.run_program(
            ["sh", "-c", 'exec "$0" --help >/dev/full',
             programs.program("keep-running")])
        self.assertEqual(done.returncode, 74)

    def test_asked_twice_it_waits_for_its_program_all_the_same(self):
        process = self.keep(
            "sh", "-c", "trap 'echo >asked' TERM; echo >ready;"
            "until [ -e go ]; do sleep 0.05; done")

        def there(name):
            return os.path.exists(self.path(name))
        programs.wait_for(lambda: there("ready"), 60, "its program")
        process.terminate()
        programs.wait_for(lambda: there("asked"), 60, "its being asked")
        process.terminate()
        with open(self.path("go"), "w", encoding="ascii"):
            self.assertEqual(process.wait(60), 0)

    def test_what_is_no_sign_of_life_of_its_program_is_none(self):
        process = self.keep("--watch-ms", "300", sys.executable, "-c",
                            DECEIVER)
        programs.wait_for(
            lambda: "no sign of life, killing it" in self.errors(process), 60,
            "its end")
        self.assertEqual(self.end(process), 0)


if __name__ == "__main__":
    unittest.main()
