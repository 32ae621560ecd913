"""Runs a program again and again while failing_calls.so fails its calls, each
once on each way to it, until a run comes to no new one.

    table = sweep.Table(directory)
    rounds = table.exhaust(lambda: run(env=table.env), longest_s=60)

A failure that is injected makes tests fail, and that is nothing: what counts is
that our own lines ran, and that no program ended by a signal.
"""

import os
import time

import programs

TABLE_BYTES = 8 << 18


def library():
    path = programs.built(os.path.join(programs.BIN, "..", "tests"),
                          "failing_calls.so")
    if path is None:
        raise FileNotFoundError("failing_calls.so is not built")
    return path


class Table:
    """What failed so far, for all runs that have `env`."""

    def __init__(self, directory, outermost=None):
        self.outermost = outermost
        self.is_alone = True
        self.only = None
        self.table = os.path.join(directory, "failed")
        self.count = os.path.join(directory, "count")
        self.said = os.path.join(directory, "crashes")
        for path, length in ((self.table, TABLE_BYTES), (self.count, 0),
                             (self.said, 0)):
            with open(path, "wb") as file:
                file.truncate(length)

    @property
    def env(self):
        """For the programs of one run."""
        env = {"LD_PRELOAD": library(), "FAILING_CALLS": self.table,
               "FAILING_COUNT": self.count, "FAILING_CRASHES": self.said}
        if self.outermost is not None:
            env["FAILING_OUTER"] = str(self.outermost)
        if self.only is not None:
            env["FAILING_ONLY"] = self.only
        if self.is_alone:
            env["FAILING_ALONE"] = "1"
        return env

    @property
    def failures(self):
        return os.path.getsize(self.count)

    @property
    def crashes(self):
        """What our own code crashed on, as failing_calls.c tells it."""
        with open(self.said, encoding="ascii") as file:
            return file.read().splitlines()

    def exhaust(self, run, longest_s):
        """Calls run() until nothing new failed: first with one failure at a
        time, then with those that only come after another. Returns how often,
        or None where the time was over before."""
        deadline, rounds = time.monotonic() + longest_s, 0
        for self.is_alone in True, False:
            before = -1
            while self.failures != before:
                if time.monotonic() > deadline:
                    return None
                before, rounds = self.failures, rounds + 1
                run()
        return rounds
