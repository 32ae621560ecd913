"""The failing calls of every unit program."""

import os
import re
import signal
import subprocess
import tempfile

import programs
import sweep

UNIT = os.path.abspath(os.environ.get(
    "MARQUEE_UNIT", os.path.join(programs.BIN, "..", "unit")))

# One run, which a failed call can leave waiting; all runs of one program.
RUN_S = 60
LONGEST_S = 100


def names():
    return sorted(name for name in os.listdir(UNIT)
                  if re.fullmatch(r"test_\w+", name))


def run_program(name):
    """Returns (rounds or None, failures, crashes of our own code)."""
    with tempfile.TemporaryDirectory(prefix="marquee-sweep-") as directory:
        table = sweep.Table(directory)

        def run():
            process = subprocess.Popen(
                [os.path.join(UNIT, name)], cwd=programs.ROOT,
                env=programs.environment(dict(table.env, TMPDIR=directory)),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                process.wait(RUN_S)
            except subprocess.TimeoutExpired:
                pass
            # What a test forked may wait for a parent that did not come back.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        return (table.exhaust(run, LONGEST_S), table.failures,
                table.crashes)
