"""Memory runs out: the n-th allocation fails, for every n, in every program and
every parser; alone, and with all after it. What a library does of its own when
it is refused memory is told apart, in the figure's brackets.
"""

import concurrent.futures
import contextlib
import functools
import os

import proof
import programs
import rabbitmq
import starving_answers
import starving_helpers
import starving_jobs
import starving_limits
import starving_parsers
import starving_planted
import starving_sweep

TITLE = "memory sweep"

WANTED = "0 crashes of ours, 0 wrong, 0 mute"

# Allocations of the programs themselves and of json-c, and as many of other
# libraries: all of most scenarios, and of the longest ones an even choice.
MOST = {starving_jobs.FirstFetch: 600, starving_helpers.Notify: 120}
MOST_OTHERWISE = 150

WORKERS = 2


def sweep_part(scenario, part):
    """For a process of its own."""
    return starving_sweep.sweep(
        scenario(), MOST.get(scenario, MOST_OTHERWISE), part=part,
        parts=WORKERS)


def sweep_all(pool, scenarios):
    """One tally of all of them, each cut in parts."""
    parts = [pool.submit(sweep_part, scenario, part)
             for scenario in scenarios for part in range(WORKERS)]
    return functools.reduce(starving_sweep.Tally.add,
                            [part.result() for part in parts],
                            starving_sweep.Tally())


def figure(tally):
    libraries = ", ".join("%s %d" % (name.partition(".so")[0], count)
                          for name, count in sorted(tally.libraries.items()))
    return "%d crashes of ours, %d wrong, %d mute (of libraries: crashes %s; " \
        "other words %d)" % (len(tally.crashes), len(tally.wrong),
                             len(tally.mute), libraries or 0,
                             tally.library_words)


def row(what, tally, control):
    if tally.ours:
        print(tally.told())
    return proof.Row(what, "%d allocations refused" % tally.tried,
                     figure(tally), WANTED, tally.ours == 0, control)


# The longest last.
GROUPS = [
    ("fetch-file", [starving_helpers.KeepFile]),
    ("notify --once", [starving_helpers.Notify]),
    ("render-template", [starving_helpers.Render]),
    ("movies.fcgi, %d requests and FastCGI" % len(starving_answers.PAGES),
     starving_answers.PAGES + [starving_answers.ServedPage]),
    ("files.fcgi, 3 requests and FastCGI", starving_answers.FILES),
    ("events.fcgi, 5 requests and FastCGI", starving_answers.EVENTS),
    ("fetch-movies: first, changed, rollback",
     [starving_jobs.FirstFetch, starving_jobs.ChangedFetch,
      starving_jobs.Rollback]),
]


class Owner:
    """Whose cleanups a broker's directory and processes are."""

    def __init__(self, stack):
        self.addClassCleanup = stack.callback


def prove_relay(control):
    with contextlib.ExitStack() as stack:
        broker = rabbitmq.Broker(Owner(stack))
        tally = starving_sweep.sweep(starving_helpers.Relay(broker.vhost()),
                                     most=40)
    return row("relay-events --once, RabbitMQ", tally, control)


def prove_parsers():
    case = starving_planted.Place()
    with case:
        found = starving_parsers.starve(case)
    with case:
        planted = starving_parsers.starve(case, starving_parsers.PLANTED)
    words = ", ".join("%d %s" % (starving_parsers.total(found, word), word)
                      for word in starving_parsers.OURS)
    return proof.Row(
        "%d parsers" % len(found),
        "%d allocations refused" % starving_parsers.total(found, "tried"),
        "%s (json-c: %d crashes, %d other)" % (
            words, starving_parsers.total(found, "library_crashed"),
            starving_parsers.total(found, "library")),
        "0 of each", starving_parsers.ours(found) == 0,
        proof.Control("unchecked malloc, silent loser",
                      "%d crashed, %d wrong" % (
                          planted["planted unchecked"]["crashed"],
                          planted["planted loser"]["wrong"]),
                      planted["planted unchecked"]["crashed"] > 0 and
                      planted["planted loser"]["wrong"] > 0))


def prove_limits():
    """The address space ends for good, here and there."""
    tried, faults, starved = starving_limits.sweep()
    _, found, _ = starving_limits.sweep(starving_limits.PLANTED)
    return proof.Row(
        "RLIMIT_AS small, every program", "%d runs" % tried,
        "%d faults, %d runs failed for it" % (len(faults), starved),
        "0 faults, some failed", not faults and starved > 0,
        proof.Control("unchecked malloc", "%d faults" % len(found),
                      bool(found)))


def prove():
    os.environ.setdefault("MARQUEE_RELEASE_BIN", programs.BIN)
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        planted = sweep_all(pool, starving_planted.ALL)
        control = proof.Control(
            "unchecked malloc, silent loser", "%d crashes, %d wrong" % (
                len(planted.crashes), len(planted.wrong)),
            bool(planted.crashes) and bool(planted.wrong))
        for what, scenarios in GROUPS:
            yield row(what, sweep_all(pool, scenarios), control)
    yield prove_relay(control)
    yield prove_parsers()
    yield prove_limits()
