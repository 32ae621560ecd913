"""What the tests themselves lean on."""

import os
import subprocess
import sys

import programs

SUPPORT = os.path.join(programs.ROOT, "tests", "support")


class Ports(programs.TestCase):

    def test_regress_no_two_tests_get_the_same_port(self):
        """Two sites on one port: a test read the other one's answers."""
        asked = [sys.executable, "-c",
                 "import programs, sys\n"
                 "print(*[programs.free_port() for _ in range(300)],"
                 " flush=True)\n"
                 "sys.stdin.read()"]
        tests = [subprocess.Popen(asked, cwd=SUPPORT, text=True,
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
                 for _ in range(3)]
        ports = [port for test in tests
                 for port in test.stdout.readline().split()]
        for test in tests:
            test.communicate("")
        self.assertEqual(len(ports), 900)
        self.assertEqual(len(set(ports)), 900)
