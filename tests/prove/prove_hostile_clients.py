"""Clients that mean harm: records and requests that nobody sends by mistake,
and crowds that hold on to what they have got."""

import concurrent.futures
import contextlib
import os
import resource

import crowd
import fcgi_attack
import fcgi_targets
import good_client
import hostile_controls
import hostile_crowds
import hostile_site
import http_corpus
import programs
import proof

TITLE = "hostile clients"

# Another one gives other streams.
SEED = int(os.environ.get("PROVE_SEED", "5"))

STREAMS = 1000

# For the controls, which are to be found sooner.
CONTROL_STREAMS = 300
CONTROL_HANG_S = 5

P99_MS = 10
FROZEN_S = 2

# A round of the good client, and how many where others use the machine too.
ROUND_S = 3
ROUNDS = 5


def attack_responder(name):
    with fcgi_attack.Attack(fcgi_targets.TARGETS[name]) as attack:
        attack.run(STREAMS, SEED)
        return attack


def attack_careless(fault):
    """A responder with a fault; how many streams it took to find it."""
    with fcgi_attack.Attack(fcgi_targets.Careless,
                            [programs.helper("careless"), fault],
                            hang_s=CONTROL_HANG_S) as attack:
        attack.run(CONTROL_STREAMS, SEED, until_found=True)
        return attack


def prove_records():
    """Each responder by itself; they wait for each other's seconds."""
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        attacks = list(pool.map(attack_responder, fcgi_targets.TARGETS))
        controls = list(pool.map(attack_careless, fcgi_targets.FAULTS))
    for name, attack, fault, control in zip(
            fcgi_targets.TARGETS, attacks, fcgi_targets.FAULTS, controls):
        complain(name, attack.violations)
        yield proof.Row(
            "mutated records to " + name,
            "%d streams, seed %d; %d good requests" % (
                attack.streams, SEED, attack.good),
            "%d violations; %d aborts of libfcgi" % (
                len(attack.violations), attack.restarts),
            "0 violations", not attack.violations,
            proof.Control("a responder that " + fault, "%d found in %d" % (
                len(control.violations), control.streams),
                bool(control.violations)))


def prove_requests():
    """Each file of the corpus, and what it finds where there is something."""
    with hostile_site.started(hostile_site.Site) as site:
        checks = http_corpus.Checks(site)
        violations = {name: [why for case in http_corpus.read(name)
                             for why in checks.run(case)]
                      for name in http_corpus.files()}
        with hostile_controls.broken(site) as broken:
            found = {name: hostile_controls.found(broken, name)
                     for name in violations}
    for name, wrong in violations.items():
        complain(name, wrong)
        yield proof.Row(
            "requests: " + os.path.splitext(name)[0].replace("-", " "),
            "%d requests" % len(http_corpus.read(name)),
            "%d violations" % len(wrong), "0 violations", not wrong,
            proof.Control(hostile_controls.FOUND[name][1],
                          "found %d times" % found[name], found[name] > 0))


@contextlib.contextmanager
def release_build():
    """Times are those of the normal build."""
    sanitized = programs.BIN
    programs.BIN = os.environ.get("MARQUEE_RELEASE_BIN", sanitized)
    try:
        yield
    finally:
        programs.BIN = sanitized


def best_round(one_round, is_good):
    """All that was wrong, all answers and the slowest of up to ROUNDS rounds,
    and the best of them."""
    rounds = []
    while len(rounds) < ROUNDS and not any(map(is_good, rounds)):
        rounds.append(one_round())
    return ([why for said in rounds for why in said.wrong],
            sum(said.count for said in rounds),
            max(said.slowest_ms for said in rounds),
            min(rounds, key=lambda said: said.p99_ms))


def prove_crowd(site, scenario):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(scenario.full, most - 100)
    with crowd.Crowd(scenario.kind, site.port, wanted,
                     scenario.target) as many:
        wrong, count, slowest_ms, best = best_round(
            lambda: good_client.run(site.port, hostile_crowds.asked(site),
                                    ROUND_S),
            lambda said: said.p99_ms < P99_MS)
    complain(scenario.what, wrong)
    found = hostile_crowds.found_by(site, scenario, scenario.control)
    return proof.Row(
        scenario.what, "%d came, at least %d stayed; %d good requests" % (
            many.came, many.least, count),
        "p99 %.1f ms, slowest of all %.2f s, %d wrong" % (
            best.p99_ms, slowest_ms / 1000, len(wrong)),
        "p99 < %d ms, 0 wrong" % P99_MS,
        many.came == wanted and best.p99_ms < P99_MS and not wrong,
        proof.Control(scenario.fault, found[0] if found else "0 wrong",
                      bool(found)))


def ask_frozen(site, port):
    """What the microcache has, which is asked for before."""
    kept = hostile_crowds.asked(site, hostile_crowds.KEPT)
    good_client.run(port, kept, 0.3)
    with hostile_crowds.Frozen(site):
        return good_client.run(port, kept, ROUND_S)


def prove_frozen_kept(site):
    wrong, count, slowest_ms, best = best_round(
        lambda: ask_frozen(site, site.port),
        lambda said: said.p99_ms < P99_MS)
    complain("frozen", wrong)
    with hostile_site.beside(site, hostile_crowds.NO_MICROCACHE) as broken:
        found = ask_frozen(site, broken.port)
    return proof.Row(
        "movies.fcgi frozen: what nginx has", "%d good requests" % count,
        "p99 %.1f ms, slowest of all %.2f s, %d wrong" % (
            best.p99_ms, slowest_ms / 1000, len(wrong)),
        "p99 < %d ms, 0 wrong" % P99_MS, best.p99_ms < P99_MS and not wrong,
        proof.Control("no microcache", "p99 %.0f ms, %d wrong" % (
            found.p99_ms, len(found.wrong)),
            found.p99_ms >= P99_MS or bool(found.wrong)))


def prove_frozen_lists(site):
    rounds = []
    while len(rounds) < ROUNDS and \
            not any(slowest_s <= FROZEN_S for _, _, slowest_s in rounds):
        with hostile_crowds.Frozen(site):
            rounds.append(hostile_crowds.lists_of(site, site.port))
    wrong = [why for some, _, _ in rounds for why in some]
    slowest_s = min(slowest_s for _, _, slowest_s in rounds)
    complain("frozen", wrong)
    with hostile_site.beside(site, hostile_crowds.NO_FALLBACK) as broken, \
            hostile_crowds.Frozen(site):
        found, _, _ = hostile_crowds.lists_of(site, broken.port)
    return proof.Row(
        "movies.fcgi frozen: lists from the files",
        "%d lists" % sum(count for _, count, _ in rounds),
        "slowest %.2f s, %d wrong" % (slowest_s, len(wrong)),
        "within %d s, 0 wrong" % FROZEN_S,
        slowest_s <= FROZEN_S and not wrong,
        proof.Control("no way to the files", "%d wrong" % len(found),
                      bool(found)))


def prove_crowds():
    with release_build(), hostile_site.started(hostile_crowds.Site) as site:
        for scenario in hostile_crowds.SCENARIOS:
            yield prove_crowd(site, scenario)
        yield prove_frozen_kept(site)
        yield prove_frozen_lists(site)


def complain(what, violations):
    """The table has room for their number only."""
    for violation in violations[:10]:
        print("%s: %s" % (what, violation[:1000]))


def prove():
    yield from prove_records()
    yield from prove_requests()
    yield from prove_crowds()
