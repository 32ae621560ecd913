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
        self.table = os.path.join(directory, "failed")
        self.count = os.path.join(directory, "count")
        for path, length in (self.table, TABLE_BYTES), (self.count, 0):
            with open(path, "wb") as file:
                file.truncate(length)

    @property
    def env(self):
        env = {"LD_PRELOAD": library(), "FAILING_CALLS": self.table,
               "FAILING_COUNT": self.count, "GCOV_ERROR_FILE": "/dev/null"}
        if self.outermost is not None:
            env["FAILING_OUTER"] = str(self.outermost)
        return env

    @property
    def failures(self):
        return os.path.getsize(self.count)

    def exhaust(self, run, longest_s):
        """Calls run() until nothing new failed; returns how often, or None
        where the time was over before."""
        deadline, rounds = time.monotonic() + longest_s, 0
        while time.monotonic() < deadline:
            before, rounds = self.failures, rounds + 1
            run()
            if self.failures == before:
                return rounds
        return None
