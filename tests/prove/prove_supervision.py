"""What is in trouble is replaced, whatever the trouble is, and meanwhile nginx
answers: from the files where the responder does not."""

import concurrent.futures
import dataclasses
import os
import random
import signal
import time

import programs
import proof
import steady_load
import supervising

TITLE = "supervision"

# Another one kills at other moments.
SEED = int(os.environ.get("PROVE_SEED", "5"))

KILLS = 20
PER_S = 1000

# Of each trouble.
TIMES = 2

# As tools/run-site and the units have it.
SILENCE_MS = 5000

# Readers of /movies meanwhile, and how long the answers may take to come from
# the responder again: it is silent for 5 s before it is replaced, or an answer
# hangs for so long, which is seen a second later at most; another second is for
# what can be finished, and the rest for a start on a machine that does other
# things too.
READERS_PER_S = 50
BACK_S = 10


@dataclasses.dataclass(frozen=True)
class Trouble:
    what: str
    make: callable  # of a site; returns the pid of who is in it
    reason: str     # what the log then says


def abort(site):
    pid = site.pid()
    supervising.abort(site.socket_path())
    return pid


def freeze(site):
    pid = site.pid()
    os.kill(pid, signal.SIGSTOP)
    return pid


def hold_all(site):
    """The peers stand in line before nginx: its connections end with the
    responder that they are to. A thread that nginx has goes on working."""
    before = freeze(site)
    site.held = supervising.hold(site, site.socket_path(), 2 * site.threads)
    os.kill(before, signal.SIGKILL)
    site.wait_until_replaced(before)
    return site.pid()


TROUBLES = (
    Trouble("aborts (libfcgi, a record that lies)",
            abort, "Aborted"),
    Trouble("one thread hangs", lambda site: site.make_trouble("stick"),
            "an answer hangs"),
    Trouble("all threads hang", lambda site: site.make_trouble("hang"),
            "an answer hangs"),
    Trouble("all threads held by peers", hold_all, "no request was taken"),
    Trouble("leaks descriptors", lambda site: site.make_trouble("leak"),
            "descriptors leak"),
    Trouble("gives no sign of life", lambda site: site.make_trouble("silent"),
            "no sign of life"),
    Trouble("frozen (SIGSTOP)", freeze, "no sign of life"),
)


@dataclasses.dataclass
class Outcome:
    """What became of a site in trouble."""
    replaced: int = 0
    slowest_s: float = 0
    sent: int = 0
    failures: dict = dataclasses.field(default_factory=dict)
    complaints: list = dataclasses.field(default_factory=list)


def go_through(trouble):
    """The site as it is shipped."""
    outcome = Outcome()
    with supervising.site() as site, \
            steady_load.Load(site.port, READERS_PER_S, "/movies",
                             True) as load:
        for _ in range(TIMES):
            programs.wait_for(site.is_answered_by_the_responder, 60,
                              "the responder")
            pid = trouble.make(site)
            began = time.monotonic()
            site.wait_until_replaced(pid)
            while site.held:
                site.held.pop().close()
            programs.wait_for(site.is_answered_by_the_responder, 60,
                              "the next responder")
            outcome.slowest_s = max(outcome.slowest_s,
                                    time.monotonic() - began)
            outcome.replaced += 1
        said = site.said()
        if said.count(trouble.reason) < TIMES:
            outcome.complaints.append("it was not for: " + trouble.reason)
        if "Too many open files" in said:
            outcome.complaints.append("descriptors had run out")
    outcome.sent, outcome.failures = load.sent, dict(load.failures)
    return outcome


def go_without(trouble):
    """The same where nobody looks for signs of life or, of one that ends,
    nobody starts another: whether that one is left as it is."""
    with supervising.site(watch=()) as site:
        if trouble.make is abort:
            site.stop_supervisor()
        with steady_load.Load(site.port, READERS_PER_S, "/movies", True):
            pid = trouble.make(site)
            time.sleep(BACK_S)
        return site.find() in (pid, None)


def prove_troubles():
    """Sites side by side: they mostly wait."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        through = [pool.submit(go_through, trouble) for trouble in TROUBLES]
        without = [pool.submit(go_without, trouble) for trouble in TROUBLES]
        for trouble, outcome, control in zip(TROUBLES, through, without):
            yield row_of(trouble, outcome.result(), control.result())


def row_of(trouble, outcome, is_left):
    failed = sum(outcome.failures.values())
    complain(trouble.what, list(outcome.failures) + outcome.complaints)
    return proof.Row(
        "movies.fcgi: " + trouble.what,
        "%d times, %d requests" % (TIMES, outcome.sent),
        "; ".join(["%d replaced, back in %.1f s, %d requests failed" % (
            outcome.replaced, outcome.slowest_s, failed)]
                  + outcome.complaints),
        "all, in %d s, 0 failed" % BACK_S,
        outcome.replaced == TIMES and outcome.slowest_s <= BACK_S and
        failed == 0 and not outcome.complaints,
        control=proof.Control("nobody looks", "not replaced" if is_left
                              else "replaced", is_left))


def complain(what, whys):
    for why in whys[:10]:
        print("%s: %s" % (what, why))


def kill_under_load(kills, is_distinct):
    """Returns the load, over."""
    moments = random.Random(SEED)
    with supervising.site(launch=()) as site, \
            steady_load.Load(site.port, PER_S, "/movies",
                             is_distinct) as load:
        for _ in range(kills):
            time.sleep(moments.uniform(0.3, 1))
            site.wait_until_replaced(site.kill())
        time.sleep(1)
    return load


def kill_for_good(is_distinct):
    """The same load where nobody does anything about a kill."""
    with supervising.site(nginx_edits=[supervising.WITHOUT_FALLBACK]) as site, \
            steady_load.Load(site.port, PER_S, "/movies",
                             is_distinct) as load:
        site.stop_supervisor()
        site.kill()
        programs.wait_for(lambda: load.failed, 30, "what must fail")
    return load


def go_through_alone(name, make):
    """A responder that nginx has no files for; how long it took."""
    slowest_s = 0
    with supervising.alone(name) as responder:
        for _ in range(TIMES):
            pid = responder.supervise_or_wait(SILENCE_MS)
            began = time.monotonic()
            make(responder)
            responder.wait_until_replaced(pid)
            responder.wait_until_it_answers()
            slowest_s = max(slowest_s, time.monotonic() - began)
    return slowest_s


def go_without_alone(name):
    with supervising.alone(name) as responder:
        pid = responder.supervise_or_wait(0)
        freeze(responder)
        time.sleep(BACK_S)
        return responder.find() == pid


def prove_others():
    names = ("files.fcgi", "events.fcgi")
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        through = [(name, [pool.submit(go_through_alone, name, make)
                           for make in (abort, freeze)]) for name in names]
        without = [pool.submit(go_without_alone, name) for name in names]
        for (name, both), control in zip(through, without):
            slowest_s = max(run.result() for run in both)
            yield proof.Row(
                name + ": aborts, frozen", "%d times each" % TIMES,
                "all replaced, back in %.1f s" % slowest_s,
                "all, in %d s" % BACK_S, slowest_s <= BACK_S,
                control=proof.Control(
                    "nobody looks", "not replaced" if control.result()
                    else "replaced", control.result()))


def prove_load():
    for what, is_distinct in (("as shipped", False),
                              ("nothing out of the microcache", True)):
        load = kill_under_load(KILLS, is_distinct)
        control = kill_for_good(is_distinct)
        complain("load, " + what, ["%s (%d times)" % pair
                                   for pair in load.failures.items()])
        yield proof.Row(
            "/movies through %d kills -9, %s" % (KILLS, what),
            "%d requests, %.0f/s" % (load.sent, load.per_s),
            "%d failed, slowest %.0f ms" % (load.failed,
                                            load.slowest_s * 1000),
            "0 failed" if is_distinct else "0 failed at %d/s" % PER_S,
            load.failed == 0 and
            (is_distinct or load.per_s > 0.95 * PER_S),
            control=proof.Control(
                "no fallback, nobody restarts", "%d of %d failed" % (
                    control.failed, control.sent), control.failed > 0))


def prove():
    yield from prove_troubles()
    yield from prove_others()
    yield from prove_load()
