"""The failing calls of every unit program."""

import os
import re
import subprocess
import tempfile

import programs
import sweep

UNIT = os.path.abspath(os.environ.get(
    "MARQUEE_UNIT", os.path.join(programs.BIN, "..", "unit")))

# One run, which a failed call can leave waiting; all runs of one program.
RUN_S = 60
LONGEST_S = 150


def names():
    return sorted(name for name in os.listdir(UNIT)
                  if re.fullmatch(r"test_\w+", name))


def run_program(name):
    """Returns (rounds or None, failures, crashes of our own code)."""
    with tempfile.TemporaryDirectory(prefix="marquee-sweep-") as directory:
        table = sweep.Table(directory)

        def run():
            try:
                subprocess.run(
                    [os.path.join(UNIT, name)], cwd=programs.ROOT,
                    env=programs.environment(dict(table.env,
                                                  TMPDIR=directory)),
                    timeout=RUN_S, stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    check=False)
            except subprocess.TimeoutExpired:
                pass
        return (table.exhaust(run, LONGEST_S), table.failures,
                table.crashes)
