"""The same against the media-file API: what fetch-file keeps of a file whose
list, details or segments are not what they should be."""

import json
import os
import random
import re
import shutil
import tempfile

import media_upstream
import programs
import upstream
import upstream_faults
from hostile_upstream import (DEADLINE_MS, MEMORY_MAX_KB, Trial, measured,
                              mutate)

FILE = "file-3"
PLACES = ("list", "details", "segments")
PATHS = {"list": media_upstream.LIST,
         "details": "%s/%s" % (media_upstream.DETAILS, FILE),
         "segments": "%s/%s" % (media_upstream.SEGMENTS, FILE)}


class Place:
    """A cache that keeps nothing yet, and a media API with eight files."""

    def __init__(self, job=None):
        self.directory = tempfile.mkdtemp(prefix="marquee-test-")
        self.job = job or [programs.release_program("fetch-file"), FILE]
        self.upstream = media_upstream.MediaUpstream(
            made=media_upstream.files(8)).start()
        self.routes = dict(self.upstream.routes)
        self.good = {
            "list": media_upstream.encode(self.upstream.files[:5]),
            "details": media_upstream.encode(self.upstream.details_of(FILE)),
            "segments": media_upstream.encode(self.upstream.segments_of(FILE))}

    def close(self):
        self.upstream.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def kept(self):
        """The kept file's body, or None."""
        for parent, _, names in os.walk(os.path.join(self.directory, "cache",
                                                     "files")):
            for name in names:
                with open(os.path.join(parent, name), "rb") as pack:
                    text = pack.read()[16:].decode("utf-8", "replace")
                _, end = json.JSONDecoder().raw_decode(text)
                return text[:end]
        return None

    def attempt(self, name, prepare, judge, deadline_ms=60000):
        """One trial; `judge(kept, status)` yields what may not be."""
        shutil.rmtree(os.path.join(self.directory, "cache"),
                      ignore_errors=True)
        self.upstream.clear_faults()
        self.upstream.routes = dict(self.routes)
        prepare(self.upstream)
        status, errors, peak_kb, seconds = measured(self.job, {
            "MARQUEE_CACHE_DIR": os.path.join(self.directory, "cache"),
            "MARQUEE_FILES_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(deadline_ms),
            "MARQUEE_RETRIES": "0"}, deadline_ms)
        kept = self.kept()
        wrong = list(judge(kept, status))
        if (status == 0) != (kept is not None):
            wrong.append("exit %d, and %skept"
                         % (status, "" if kept else "not "))
        if status != 0 and not re.search(r'reason="[^"]', errors):
            wrong.append("no word about it")
        if peak_kb >= MEMORY_MAX_KB:
            wrong.append("%d kB" % peak_kb)
        return Trial(name, status, peak_kb, seconds, wrong)


def faults():
    return [(name, place) for name in sorted(upstream_faults.FAULTS)
            if name not in upstream_faults.ONLY_OF_FILMS for place in PLACES]


def try_fault(place, what):
    name, where = what
    kind = upstream_faults.FAULTS[name].kind
    wanted = upstream_faults.EXITS_OF_FILES[kind] | (
        {0} if (name, where) == ("object", "details") else set())

    def judge(kept, status):
        if status not in wanted:
            yield "exit %d" % status
        if kept is not None and json.loads(kept)["fileId"] != FILE:
            yield "another file"

    return place.attempt("%s at %s" % what,
                         lambda peer: peer.fail(name, where), judge,
                         DEADLINE_MS if kind == "lost" else 60000)


def try_mutant(place, seed):
    chance = random.Random(seed)
    where = chance.choice(PLACES)
    sent = dict(place.good)
    sent[where] = mutate(sent[where], chance)

    def prepare(peer):
        peer.add_route(PATHS[where],
                       lambda entry: upstream.Response(sent[where]))

    def judge(kept, status):
        if status not in (0, 65, 69):
            yield "exit %d" % status
        if kept is None:
            return
        expected = merged(sent)
        if expected is None:
            yield "kept what is no JSON"
        elif media_upstream.exact(kept) != expected:
            yield "kept something else"

    return place.attempt("mutant %d at %s" % (seed, where), prepare, judge)


def merged(sent):
    """What Python makes of the three, or None where one is no JSON or does not
    have the file."""
    try:
        files, details, segments = (
            media_upstream.exact(sent[place].decode("utf-8"))
            for place in PLACES)
        entry = next(file for file in files if file.get("fileId") == FILE)
        return {**entry, **details, "segments": segments}
    except (ValueError, RecursionError, StopIteration, AttributeError,
            TypeError):
        return None
