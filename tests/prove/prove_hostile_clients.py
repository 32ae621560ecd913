"""Clients that mean harm: records and requests that nobody sends by mistake,
and crowds that hold on to what they have got."""

import concurrent.futures
import os

import fcgi_attack
import fcgi_targets
import hostile_controls
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


def complain(what, violations):
    """The table has room for their number only."""
    for violation in violations[:10]:
        print("%s: %s" % (what, violation[:1000]))


def prove():
    yield from prove_records()
    yield from prove_requests()
