"""FastCGI record streams that no web server would send.

    for mutant in fcgi_mutants.streams(requests, 1000, seed):
        mutant.what     "a length that says too much, an abort"
        mutant.data     the bytes
        mutant.ending   how its peer leaves: ENDINGS
        mutant.requests how many answers may come, or None

A stream starts as the records of one or two good requests (pairs of CGI
variables and a body) and is then changed by one to three of the mutations of
fcgi_mutations.py. The same seed gives the same streams.
"""

import dataclasses
import random

import fcgi
from fcgi_mutations import MUTATIONS, Stream

# No more to say; gone without reading; silent, as if thinking, and then gone.
ENDINGS = ("shut", "closed", "silent")

# One stream in so many may make libfcgi abort: each costs a restart, and with
# it a second.
ABORTING_IN = 60

ABORTING = ("a name of 2 GiB",)

# After any other, a peer has not kept to its part, and what was a body may be a
# record.
FRAMED = {"a wrong CONTENT_LENGTH", "more of a body than was said",
          "a body of records", "long values", "odd names", "a thousand names",
          "padding", "another request behind"}


@dataclasses.dataclass
class Mutant:
    what: str
    data: bytes
    ending: str
    requests: int  # None: its records are no longer what they say


def choose(chance, number):
    """What is done to the stream of that number: every mutation comes first."""
    harmless = [name for name in MUTATIONS if name not in ABORTING]
    if number % ABORTING_IN == ABORTING_IN - 1:
        return [chance.choice(ABORTING)]
    first = harmless[number % len(harmless)]
    more = chance.choice((0, 0, 0, 1, 2))
    names = {first, *chance.sample(harmless, more)}
    return [name for name in MUTATIONS if name in names]


def streams(requests, count, seed):
    """`requests` are pairs of CGI variables and a body."""
    chance = random.Random(seed)
    for number in range(count):
        stream = Stream(chance, requests)
        names = choose(chance, number)
        for name in names:
            MUTATIONS[name](stream)
        begun = sum(record.kind == fcgi.BEGIN_REQUEST
                    for record in stream.records)
        yield Mutant(", ".join(names), stream.encode(),
                     chance.choice(ENDINGS),
                     begun if FRAMED >= set(names) else None)
