"""Every parser of ours under libFuzzer, with AddressSanitizer and UBSan, for a
short while each; `make fuzz` goes on for hours. Beforehand each target goes
through the corpus in the tree, and what must hold is checked for every input
(tests/fuzz/fuzz_<parser>.c says what)."""

import concurrent.futures
import os
import sys
import tempfile

import proof

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "fuzz"))
import fuzzing  # noqa: E402  pylint: disable=wrong-import-position

TITLE = "fuzzing"

# Of each target; there are as many at once as cores.
SECONDS = 5

# Fewer executions of a target are no try.
LEAST = 200

# For the mistake in the planted parser, which a second is enough for.
PLANTED_SECONDS = 60


def fuzz(state, names):
    with concurrent.futures.ThreadPoolExecutor(
            len(os.sched_getaffinity(0))) as pool:
        turns = pool.map(lambda name: fuzzing.run_libfuzzer(
            state, name, SECONDS), names)
        return dict(zip(names, turns))


def inputs(state, names):
    """Those that were kept because each reaches what the others do not."""
    return sum(len(os.listdir(state.folder("corpus", name)))
               for name in names)


def prove():
    names = fuzzing.targets_with([])
    with tempfile.TemporaryDirectory(prefix="marquee-fuzzing-") as directory:
        state = fuzzing.State(directory)
        planted = fuzzing.run_libfuzzer(state, "planted", PLANTED_SECONDS)
        control = proof.Control(
            "a parser with a planted mistake",
            "%d found, in %d executions" % (planted.findings,
                                            planted.executions),
            planted.findings > 0)
        turns = fuzz(state, names)
        print(fuzzing.table(state, names, {
            name: turn.executions for name, turn in turns.items()}),
            file=sys.stderr)
        executions = sum(turn.executions for turn in turns.values())
        findings = sum(turn.findings for turn in turns.values())
        least = min(turn.executions for turn in turns.values())
        for name, turn in turns.items():
            if turn.findings:
                with open(turn.log, encoding="utf-8", errors="replace") as log:
                    print("%s:\n%s" % (name, log.read()[-4000:]),
                          file=sys.stderr)
        yield proof.Row(
            "%d parsers, anybody's bytes" % len(names),
            "{:,} executions, {:,} at least; {:,} inputs of their own".format(
                executions, least, inputs(state, names)),
            "%d findings" % findings, "0 findings",
            findings == 0 and least >= LEAST, control=control)
