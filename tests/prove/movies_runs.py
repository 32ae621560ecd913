"""The runs of fetch-movies that the sweeps strike at, and of a publisher that is
wrong on purpose."""

import copy
import json
import os
import shutil
import time

import cache_trees
import programs
import strace_points
import upstream
from cache_runs import TIMEOUT_MS, Run, ended_well

OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "{{version}}", "summary": "s",
             "description": "d"},
    "tags": [{"name": "t", "description": "d"}],
    "paths": {"/ping": {"get": {
        "operationId": "ping", "tags": ["t"], "summary": "s", "x-curl": "c",
        "description": "d", "responses": {"200": {"description": "d"}}}}},
    "components": {},
}

TEMPLATES = {
    "movies.mustache": "{{#films}}<li>{{title}}\n{{/films}}",
    "film.mustache": "<h1>{{film.title}}</h1>\n",
    "style.css.mustache": "p { color: red }\n",
    "favicon.svg": "<svg/>\n",
    "openapi.json": json.dumps(OPENAPI),
}


def make_share(directory):
    """Templates as small as they may be, and a bundled catalogue of one
    film: a run of the real program with few calls and little to compress."""
    templates = os.path.join(directory, "templates")
    shutil.copytree(os.path.join(programs.ROOT, "templates"), templates,
                    ignore=shutil.ignore_patterns("README.md"))
    for name in os.listdir(templates):
        with open(os.path.join(templates, name), "w",
                  encoding="utf-8") as file:
            file.write(TEMPLATES.get(name, "<p>{{title}}\n"))
    os.mkdir(os.path.join(directory, "catalogue"))
    for name, elements in small_catalogue("Bundled").items():
        with open(os.path.join(directory, "catalogue", name + ".json"), "w",
                  encoding="utf-8") as file:
            json.dump(elements, file)


def small_catalogue(title):
    """Two films, four people: the first film has that title."""
    counts = {"films": 2, "people": 4, "species": 2}
    small = {name: copy.deepcopy(elements[:counts[name]]) for name, elements
             in upstream.load_collections(upstream.CATALOGUE).items()}
    small["films"][0]["title"] = title
    return small


class Movies(Run):
    """fetch-movies: a history of titles that was published, and the title
    that the upstream has now (None: it is away)."""

    site = "movies"

    def __init__(self, history, title, *options):
        super().__init__()
        self.options = options
        self.share = os.path.join(self.root, "share")
        make_share(self.share)
        self.upstream = upstream.Upstream(data=None).start()
        self.clean_up.callback(self.upstream.stop)
        for earlier in history:
            self.upstream.collections = small_catalogue(earlier)
            done = strace_points.run(
                [programs.release_program("fetch-movies")],
                self.environment(0))
            if done.returncode != 0:
                raise AssertionError(done.stderr.decode())
        self.start = cache_trees.take(self.cache(0))
        self.upstream.collections = small_catalogue(title)
        # The clock of files may be a little behind.
        self.started_ns = time.time_ns() - 10**8
        self.pages = ["/movies.json", "/movies/%s" %
                      self.upstream.collections["films"][0]["id"]]
        self.generations, self.answers = {}, {}

    def settings(self, cache):
        return {
            "MARQUEE_CACHE_DIR": cache,
            "MARQUEE_STATE_DIR": os.path.join(self.root, "state"),
            "MARQUEE_SHARE_DIR": self.share,
            "MARQUEE_GHIBLI_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(TIMEOUT_MS),
            "MARQUEE_RETRIES": "0",
            # Leaks cannot be looked for under strace.
            "ASAN_OPTIONS": "detect_leaks=0",
        }

    def command(self, worker):
        return [programs.release_program("fetch-movies"), *self.options]

    def after_next(self, worker):
        return ended_well(strace_points.run(
            [programs.release_program("fetch-movies")],
            self.environment(worker)))

    def record(self):
        super().record()
        for tree in (self.start, self.end):
            self.learn(tree)
        return self

    def learn(self, tree):
        """A good cache: its generations, and what is answered from it."""
        for name in tree:
            parts = name.split("/")
            if len(parts) == 3 and parts[1] == "generations":
                self.generations[parts[2]] = cache_trees.below(tree, name)
        cache_trees.put(self.cache(0), tree)
        self.answers[live(tree)] = self.asked(0)

    def asked(self, worker):
        answers = []
        for uri in self.pages:
            answer, _ = self.ask(worker, "movies.fcgi", uri)
            answers.append((answer.status, answer.headers.get("etag"),
                            answer.body if answer.status == 200 else b""))
        return answers

    def torn(self, tree):
        """What is not whole, or should not be there at all."""
        found = []
        if live(tree) not in self.answers:
            found.append("%s is live" % live(tree))
        for name, entry in tree.items():
            if name.startswith("movies/generations/") and name.count("/") == 2:
                if (cache_trees.below(tree, name) !=
                        self.generations.get(name.split("/")[2])):
                    found.append(name + " is not whole")
            elif name in ("movies/status", "movies/upstream"):
                if not is_whole_note(entry.content):
                    found.append("%s is torn: %r" % (name, entry.content))
            elif name in cache_trees.COUNTS:
                if not entry.content.endswith(b"\n"):
                    found.append("%s is torn: %r" % (name, entry.content))
            elif not is_expected(name):
                found.append("nobody knows " + name)
        if live(tree) and "movies/generations/" + live(tree) not in tree:
            found.append("current leads nowhere")
        return found

    def unfinished(self, tree):
        found = super().unfinished(tree)
        checked = tree.get("movies/checked")
        if "--rollback" not in self.options and not (
                checked and checked.mtime_ns >= self.started_ns):
            found.append("it did not touch checked")
        return found

    def contradicted(self, said, tree):
        if live(tree) is None and live(self.start) is not None:
            return []  # it was removed
        if "nothing published" in said and live(tree) != live(self.start):
            return ["it says %r, and %s is live" % (said, live(tree))]
        if "cannot roll back" in said and live(tree) != live(self.start):
            return ["it says %r, and %s is live" % (said, live(tree))]
        if " but could not" in said and live(tree) != live(self.end):
            return ["it says %r, and %s is live" % (said, live(tree))]
        return []

    def answered(self, worker, tree):
        """What the responder makes of it."""
        wanted, got = self.answers.get(live(tree)), self.asked(worker)
        return [] if got == wanted else ["answered %r, not %r" % (got, wanted)]


def live(tree):
    """The name of the live generation, or None."""
    current = tree.get("movies/current")
    return os.path.basename(current.content) if current else None


def is_whole_note(note):
    return note.endswith(b"\n") and all(
        b"=" in line for line in note.splitlines()) and (
            b"generation=" in note)


def is_expected(name):
    """Beside generations and notes: what a run may leave for the next one,
    and what stays."""
    parts = name.split("/")
    return (name in ("", "movies", "movies/generations", "movies/lock",
                     "movies/checked", "movies/current") or
            parts[:2] == ["movies", "staging"] or
            parts[:2] == ["movies", "generations"] and len(parts) > 3 or
            name in ("movies/current.new", "movies/status.new",
                     "movies/upstream.new", "movies/day.new",
                     "movies/fetch-movies.prom.new"))


class FirstPublish(Movies):
    """Into an empty cache; without its upstream the bundled catalogue."""

    def __init__(self):
        super().__init__([], "One")
        self.bundled = {}

    def record(self):
        env = self.environment(0)
        env["MARQUEE_GHIBLI_URL"] = "http://127.0.0.1:%d" % (
            programs.free_port())
        strace_points.run(self.command(0), env)
        self.bundled = cache_trees.take(self.cache(0))
        self.learn(self.bundled)
        return super().record()

    def outcomes(self):
        return super().outcomes() + [self.bundled]


class Rollback(Movies):
    def __init__(self):
        super().__init__(["One", "Two"], "Two", "--rollback")

    def outcomes(self):
        """Or the intention alone was noted, which is nothing as long as what
        was to be withdrawn is live."""
        return super().outcomes() + [{**self.start, "movies/upstream":
                                      self.end["movies/upstream"]}]


class Wrong(Movies):
    """A changed catalogue, published by a program that does it wrong."""

    def __init__(self, how):
        super().__init__(["One"], "Two")
        self.how = how
        self.finished = os.path.join(self.root, "finished")
        cache_trees.put(self.finished, self.start)
        env = self.environment(0)
        env["MARQUEE_CACHE_DIR"] = self.finished
        done = strace_points.run(super().command(0), env)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        self.finished = os.path.realpath(os.path.join(
            self.finished, "movies", "current"))

    def command(self, worker):
        return [programs.release_helper("wrong_publisher"), self.how, self.finished,
                os.path.join(self.cache(worker), "movies")]

    def unfinished(self, tree):
        """It has nothing confirmed, and that is not what is to be found."""
        return Run.unfinished(self, tree)

    def after_next(self, worker):
        return ended_well(strace_points.run(self.command(worker),
                                            self.environment(worker)))


def runs():
    """(title, makes the Run) of everything that fetch-movies does."""
    return [
        ("first publish", FirstPublish),
        ("changed catalogue", lambda: Movies(["One"], "Two")),
        ("unchanged catalogue", lambda: Movies(["One"], "One")),
        ("rollback", Rollback),
        ("prune", lambda: Movies(["One", "Two", "Three"], "Four")),
    ]
