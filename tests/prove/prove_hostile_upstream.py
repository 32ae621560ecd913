"""Whatever the upstream sends: what is published stays, or is right; in little
memory, and in time."""

import os
import sys

import hostile_media
import hostile_upstream
import proof

TITLE = "hostile upstream"

MUTANTS = 500

PLANTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "planted")

# A control needs few of them to be found.
FEW = 20


def wrong(trials):
    return [trial for trial in trials if trial.wrong]


def rows(what, kind, function, cases, careless):
    trials = hostile_upstream.trials(function, cases, kind=kind)
    found = hostile_upstream.trials(
        function, cases[::len(cases) // FEW],
        [sys.executable, os.path.join(PLANTED, careless)], kind)
    control = proof.Control("a careless job", "%d wrong of %d" % (
        len(wrong(found)), len(found)), bool(wrong(found)))
    for trial in wrong(trials):
        print("     ", trial, file=sys.stderr)
    tried = "%d runs, %d refused" % (
        len(trials), sum(trial.status != 0 for trial in trials))
    yield proof.Row(what, tried, "%d wrong" % len(wrong(trials)), "0",
                    not wrong(trials), control)
    peak = max(trial.peak_kb for trial in trials) / 1024
    yield proof.Row(what + ": peak memory", tried, "%.1f MB" % peak, "< 64 MB",
                    peak < 64, control)
    late = max(trial.seconds for trial in trials)
    yield proof.Row(what + ": past the deadline", tried,
                    "%.2f s" % max(late, 0), "<= 1 s", late <= 1, control)


def large():
    """A good catalogue of 60 MB is not held in memory."""
    size = [hostile_upstream.LARGE_BYTES]
    trial, = hostile_upstream.trials(hostile_upstream.try_large, size)
    found, = hostile_upstream.trials(
        hostile_upstream.try_large, size,
        [sys.executable, os.path.join(PLANTED, "careless_fetch.py")])
    print("     ", trial, file=sys.stderr)
    most = hostile_upstream.MEMORY_MAX_KB
    yield proof.Row(
        "films, a good catalogue of 60 MB: peak memory", trial.name,
        "%.1f MB, %d wrong" % (trial.peak_kb / 1024, len(trial.wrong)),
        "< 64 MB", not trial.wrong and trial.peak_kb < most,
        proof.Control("a careless job", "%.1f MB" % (found.peak_kb / 1024),
                      found.peak_kb >= most))


def prove():
    yield from large()
    for name, hostile, kind, careless in (
            ("films", hostile_upstream, hostile_upstream.Place,
             "careless_fetch.py"),
            ("media files", hostile_media, hostile_media.Place,
             "careless_keep.py")):
        yield from rows(name + ", every fault at every path", kind,
                        hostile.try_fault, hostile.faults(), careless)
        yield from rows(name + ", mutated bodies", kind, hostile.try_mutant,
                        list(range(MUTANTS)), careless)
