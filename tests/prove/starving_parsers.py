"""The parsers of the memory sweep: tests/support/starved_parsers.c, which says
what its words mean.

    found = starving_parsers.starve(directory, ["query"])
    found["query"]["wrong"]
"""

import re

import programs
import starving
import starving_jobs

LINE = re.compile(r"(.+?) (tried=.*)")

# Its own doing; the rest is a library's.
OURS = ("crashed", "wrong", "mute", "leaked")

PLANTED = ["planted unchecked", "planted loser"]


def starve(test, names=()):
    """name -> word -> count; `test` is a programs.TestCase."""
    starving_jobs.make_templates(test.path("templates"))
    with open(test.path("starved.env"), "w", encoding="utf-8") as settings:
        settings.write("MARQUEE_SPECIES=\"Human, Cat\"\n")
    control = starving.Control(test.path("control"))
    env = control.environment({})
    control.close()
    done = test.run_program([programs.helper("starved_parsers"),
                             test.path("templates"), *names], env=env,
                            timeout=600)
    test.assertEqual(done.returncode, 0, done.stderr)
    found = {}
    for line in done.stdout.decode().splitlines():
        name, counts = LINE.fullmatch(line).groups()
        found[name] = {word: int(count) for word, count in (
            pair.split("=") for pair in counts.split())}
        found[name]["said"] = done.stderr.decode(errors="replace")
    return found


def total(found, word):
    return sum(counts[word] for counts in found.values())


def ours(found):
    return sum(total(found, word) for word in OURS)
