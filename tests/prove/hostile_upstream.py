"""An upstream that means harm: every fault of the stand-in at every path, and
bodies that were right once and had something done to them.

A trial is one run of a job against one of them. What it left is judged by what
was there before and by Python's own reading of what the upstream sent.
"""

import concurrent.futures
import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time

import peak_memory
import programs
import upstream
import upstream_faults

DEADLINE_MS = 1500
MEMORY_MAX_KB = 64 * 1024
WORKERS = 4
PATHS = ("films", "people", "species")

# One that takes this much longer than its deadline is killed.
GRACE_S = 30


class Trial:
    """What became of one: `name`, `status`, `peak_kb`, `seconds` past its
    deadline, and `wrong`, a list of what may not be."""

    def __init__(self, name, status, peak_kb, seconds, wrong):
        self.name, self.status = name, status
        self.peak_kb, self.seconds = peak_kb, seconds
        self.wrong = wrong

    def __repr__(self):
        return "%s: exit %d, %s" % (self.name, self.status, self.wrong)


def measured(arguments, env, deadline_ms):
    """Runs it; returns status, stderr, peak memory in kB, and how many seconds
    past its deadline it ended (below 0: before)."""
    with tempfile.TemporaryFile() as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            arguments, env=programs.environment(env), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=errors)
        status, peak_kb, _ = peak_memory.wait(process,
                                              deadline_ms / 1000 + GRACE_S)
        seconds = time.monotonic() - started - deadline_ms / 1000
        errors.seek(0)
        return status, errors.read().decode(errors="replace"), peak_kb, seconds


class Place:
    """A cache with the good catalogue in it, and an upstream of its own. `job`
    is the command that fetches; another than ours is a control."""

    def __init__(self, job=None):
        self.directory = tempfile.mkdtemp(prefix="marquee-test-")
        self.job = job or [programs.release_program("fetch-movies")]
        self.upstream = upstream.Upstream().start()
        self.good = {path: upstream.encode(self.upstream.collections[path])
                     for path in PATHS}

    def close(self):
        self.upstream.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def settings(self, deadline_ms):
        return {"MARQUEE_CACHE_DIR": self.path("cache"),
                "MARQUEE_STATE_DIR": self.path("state"),
                "MARQUEE_SHARE_DIR": programs.ROOT,
                "MARQUEE_GHIBLI_URL": self.upstream.url,
                "MARQUEE_TIMEOUT_MS": str(deadline_ms),
                "MARQUEE_RETRIES": "0"}

    def run(self, deadline_ms=60000):
        return measured(self.job, self.settings(deadline_ms), deadline_ms)

    def start_again(self):
        """The good catalogue is published, and nothing else is known: the next
        run asks without validators, as 304 is a fault then."""
        self.upstream.clear_faults()
        self.upstream.routes.clear()
        if not os.path.isdir(self.path("good")):
            self.publish_good()
        shutil.rmtree(self.path("cache"), ignore_errors=True)
        shutil.copytree(self.path("good"), self.path("cache"), symlinks=True)

    def publish_good(self):
        status, errors, _, _ = self.run()
        if status != 0:
            raise AssertionError("a good upstream: exit %d: %s"
                                 % (status, errors))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path("cache", "movies", "upstream"))
        shutil.copytree(self.path("cache"), self.path("good"), symlinks=True)

    def published(self):
        """name -> bytes of the live generation."""
        found = {}
        current = self.path("cache", "movies", "current")
        for name in sorted(os.listdir(current)):
            with open(os.path.join(current, name), "rb") as file:
                found[name] = file.read()
        return found

    def attempt(self, name, prepare, judge, deadline_ms=60000):
        """One trial: `prepare(upstream)`, a run, `judge(before, after, status)`
        yields what may not be."""
        self.start_again()
        before = self.published()
        prepare(self.upstream)
        status, errors, peak_kb, seconds = self.run(deadline_ms)
        wrong = list(judge(before, self.published(), status))
        if status != 0 and not re.search(r'error="[^"]', errors):
            wrong.append("no word about it")
        if peak_kb >= MEMORY_MAX_KB:
            wrong.append("%d kB" % peak_kb)
        return Trial(name, status, peak_kb, seconds, wrong)


# --- Every fault at every path ---------------------------------------------------

def faults():
    """(fault, path) of all."""
    return [(name, path) for name in sorted(upstream_faults.FAULTS)
            for path in PATHS]


def try_fault(place, what):
    name, path = what
    kind = upstream_faults.FAULTS[name].kind

    def judge(before, after, status):
        if status not in upstream_faults.EXITS_OF_FILMS[kind]:
            yield "exit %d" % status
        if kind != "content" and after != before:
            yield "another catalogue"
        if kind == "content":
            yield from judge_content(before, after, status)

    return place.attempt(
        "%s at %s" % what, lambda peer: peer.set_fault(name, "/" + path),
        judge, DEADLINE_MS if kind == "lost" else 60000)


def judge_content(before, after, status):
    if status != 0:
        if after != before:
            yield "refused, and yet another catalogue"
        return
    films = json.loads(after["movies.json"])
    if 2 * len(films) < len(json.loads(before["movies.json"])):
        yield "%d films" % len(films)


# --- Bodies with something done to them ---------------------------------------------

TOKENS = (b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"\\u0000", b"null",
          b"true", b"1e999", b"-", b"\0", b"\xff", b"\xed\xa0\x80", b"/*",
          b"<script>", b"{{", b"\r\n", b"\x1b[2J", b'"id":', b"NaN")


def mutate(body, chance):
    """The body with one to four things done to it."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body) + 1)
        upto = min(len(body), at + chance.choice((1, 1, 2, 8, 100, 2000)))
        what = chance.randrange(6)
        if what == 0:
            body = body[:at] + body[upto:]
        elif what == 1:
            body = body[:at] + chance.choice(TOKENS) + body[at:]
        elif what == 2:
            body = body[:at] + bytes([chance.randrange(256)]) + body[at + 1:]
        elif what == 3:
            body = body[:upto] + body[at:upto] + body[upto:]
        elif what == 4:
            body = body[:at] + body[at:upto][::-1] + body[upto:]
        else:
            body = body[:at] + chance.choice(TOKENS) * 300 + body[at:]
    return body


def strictly(body):
    """What Python reads in it, or None where it is no JSON."""
    def refuse(constant):
        raise ValueError(constant)
    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError):
        return None


def try_mutant(place, seed):
    chance = random.Random(seed)
    path = chance.choice(PATHS)
    sent = dict(place.good)
    sent[path] = mutate(sent[path], chance)

    def prepare(peer):
        peer.add_route("/" + path,
                       lambda entry: upstream.Response(sent[path]))

    def judge(before, after, status):
        if status not in (0, 65, 69):
            yield "exit %d" % status
        elif status != 0 and after != before:
            yield "refused, and yet another catalogue"
        elif status == 0:
            yield from judge_catalogue(sent, after)

    return place.attempt("mutant %d at %s" % (seed, path), prepare, judge)


def judge_catalogue(sent, after):
    """Whether what is published is in what was sent: every film and person is
    one of theirs, by id, under its own name."""
    collections = {path: strictly(body) for path, body in sent.items()}
    if not all(isinstance(value, list) for value in collections.values()):
        yield "published what is no JSON"
        return
    titles, names = by_id(collections["films"], "title"), \
        by_id(collections["people"], "name")
    films = json.loads(after["movies.json"])
    if 2 * len(films) < len(titles):
        yield "%d films of %d" % (len(films), len(titles))
    for film_id, film in films.items():
        if film["film_title"] not in titles.get(film_id, ()):
            yield "a film that nobody sent: %r" % film
        for person in film["persons"]:
            if person["person_name"] not in names.get(person["person_id"], ()):
                yield "a person whom nobody sent: %r" % person


# --- A good one that is large --------------------------------------------------------

LARGE_BYTES = 60_000_000
LARGE_DEADLINE_MS = 300_000
DESCRIPTION_BYTES = 10_000


def try_large(place, size_bytes):
    """A catalogue of so many bytes, in one answer, with nothing wrong in it."""
    film = dict(place.upstream.collections["films"][0], people=[],
                description="What happens. " * (DESCRIPTION_BYTES // 14))
    count = size_bytes // len(json.dumps(film))
    films = upstream.encode([dict(film, id="film-%d" % number)
                             for number in range(count)])

    def judge(_, after, status):
        if status != 0:
            yield "exit %d" % status
        elif len(json.loads(after["movies.json"])) != count:
            yield "not the films that were sent"

    return place.attempt(
        "%d films in %d bytes" % (count, len(films)),
        lambda peer: peer.add_route("/films",
                                    lambda entry: upstream.Response(films)),
        judge, LARGE_DEADLINE_MS)


def by_id(elements, field):
    """id -> the values of a field that stand beside it, as text."""
    found = {}
    for element in elements:
        if isinstance(element, dict):
            value = element.get(field)
            found.setdefault(str(element.get("id")), set()).add(
                value if isinstance(value, str) else json.dumps(value))
    return found


def trials(function, cases, job=None, kind=Place):
    """All of them, several at once; each worker has a place of its own."""
    local, places = threading.local(), []

    def run(case):
        if not hasattr(local, "place"):
            local.place = kind(job)
            places.append(local.place)
        return function(local.place, case)

    try:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(run, cases))
    finally:
        for place in places:
            place.close()
