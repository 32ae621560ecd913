"""A TestCase whose programs have failing calls, for the sweep_*.py.

    class FetchFile(sweeping.Sweeping, serving_files.TestCase):
        def test_a_file_is_kept(self):
            self.exhaust(lambda: self.fetch("file-7", **self.table.env))

Each test is one way to use a program, tried until no run of it comes to a call
that did not fail yet; the programs around it are whole. A program that a signal
ends fails its test.
"""

import os
import subprocess

import sweep

# For one way to use it; a machine that is slow comes less far.
LONGEST_S = float(os.environ.get("MARQUEE_SWEEP_S", "60"))

# One run, which a failed call can leave waiting.
RUN_S = 20

# Frames from main() that tell ways apart: below them the unit programs do.
OUTERMOST = 7


class Sweeping:
    """For a TestCase: self.table.env, and exhaust(run)."""

    outermost = OUTERMOST

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("table"))
        self.table = sweep.Table(self.path("table"), self.outermost)

    def exhaust(self, run):
        """run() makes one run with self.table.env; what it returns, if that
        has a status, was not ended by a signal."""
        signals = []

        def once():
            try:
                done = run()
            except (subprocess.TimeoutExpired, OSError, EOFError):
                return
            if done is not None and done.returncode < 0:
                signals.append((-done.returncode, str(done.stderr)[-600:]))
        self.table.exhaust(once, LONGEST_S)
        self.assertEqual(self.table.crashes + signals, [])
        self.assertGreater(self.table.failures, 0)
