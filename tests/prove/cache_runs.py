"""The runs that the sweeps strike at: what each starts from, what may be there
after it was struck, and what must be there after the next run.

    with cache_runs.changed_catalogue() as run:
        cache_trees.put(run.cache(0), run.start)
        …strike…
        complaints = run.torn(0) + run.next_run(0)

A Run has a cache for each worker, so that workers do not meet.
"""

import contextlib
import copy
import json
import os
import re
import shutil
import tempfile
import threading
import time

import cache_trees
import fcgi
import media_upstream
import programs
import responding
import strace_points
import upstream

# Far beyond what a run takes, so that a busy machine makes no difference.
TIMEOUT_MS = 20000

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


class Run:
    """start     the cache before it
    end       the cache after a run that nobody disturbed
    uses      the system calls of that
    """

    def __init__(self):
        self.clean_up = contextlib.ExitStack()
        self.root = tempfile.mkdtemp(prefix="marquee-sweep-",
                                     dir=strace_points.scratch())
        self.clean_up.callback(shutil.rmtree, self.root, ignore_errors=True)
        self.start, self.end, self.uses, self.settled = {}, {}, [], []
        self.known, self.lock = {}, threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clean_up.close()

    def cache(self, worker):
        return os.path.join(self.root, "disk-%d" % worker, "cache")

    def environment(self, worker):
        return programs.environment(self.settings(self.cache(worker)))

    def command(self, worker):
        raise NotImplementedError

    def settings(self, cache):
        raise NotImplementedError

    # --- Before ---

    def record(self):
        """The undisturbed run, and what the next run makes of its two ends."""
        cache_trees.put(self.cache(0), self.start)
        done, self.uses = strace_points.recorded(
            self.command(0), self.environment(0))
        self.end = cache_trees.take(self.cache(0))
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        self.settled = []
        for tree in self.outcomes():
            cache_trees.put(self.cache(0), tree)
            why = self.after_next(0)
            if why:
                raise AssertionError(why)
            self.settled.append(cache_trees.timeless(
                cache_trees.take(self.cache(0))))
        return self

    def outcomes(self):
        """What a struck run may come to: all of it, or nothing."""
        return [self.end, self.start]

    def points(self):
        return strace_points.points(self.uses)

    def after_next(self, worker):
        """Runs it again, undisturbed; returns what is wrong with that."""
        return ended_well(strace_points.run(self.command(worker),
                                            self.environment(worker)))

    # --- After ---

    def strike(self, worker, point, how):
        """Runs it from its start and strikes; returns (Done, tree)."""
        cache_trees.put(self.cache(worker), self.start)
        point = point._replace(path=point.path.replace(
            self.cache(0), self.cache(worker)))
        done = strace_points.struck(self.command(worker),
                                    self.environment(worker), point, how)
        return done, cache_trees.take(self.cache(worker))

    def complaints(self, worker, tree):
        """What is wrong with a cache that was left so, and with what the
        responder and the next run make of it. Many points leave the same:
        those are asked once."""
        state = repr(cache_trees.timeless(tree))
        with self.lock:
            if state in self.known:
                return self.known[state]
        found = self.torn(tree)
        found += self.answered(worker, tree)
        found += self.after_next(worker)
        tree = cache_trees.take(self.cache(worker))
        found += ["after the next run: " + why for why in self.torn(tree)]
        if cache_trees.timeless(tree) not in self.settled:
            found.append("the next run leaves " + self.difference(tree))
        with self.lock:
            self.known[state] = found
        return found

    def difference(self, tree, settled=None):
        """From what was wanted, or the first of that, for a message."""
        said, packs = cache_trees.timeless(tree)
        wanted, wanted_packs = settled or max(
            self.settled, key=lambda one: len(
                set(one[0].items()) & set(said.items())))
        return "more %s, not %s, other %s%s" % (
            sorted(set(said) - set(wanted)), sorted(set(wanted) - set(said)),
            sorted(name for name in set(said) & set(wanted)
                   if said[name] != wanted[name]),
            "" if packs == wanted_packs else ", packs %s" % packs)

    def success(self, done, tree, is_warned):
        """What is wrong with a run that was struck and ended with 0: it must
        have done all of its work, or have said what is left."""
        return [] if is_warned else [
            "silent success: " + why for why in self.unfinished(tree)]

    def unfinished(self, tree):
        """What is not done of all its work."""
        return [] if cache_trees.timeless(tree) == cache_trees.timeless(
            self.end) else ["it leaves " + self.difference(
                tree, cache_trees.timeless(self.end))]

    def contradicted(self, said, tree):
        """What a run that failed said, and what it left says otherwise."""
        return []

    def torn(self, tree):
        raise NotImplementedError

    def answered(self, worker, tree):
        raise NotImplementedError

    def ask(self, worker, program, uri, **more):
        """One request to a responder as plain CGI."""
        env = self.environment(worker)
        env.update(responding.params(uri), **more)
        done = strace_points.run([programs.release_program(program)], env)
        return fcgi.Answer(done.stdout), done


def ended_well(done):
    return [] if done.returncode == 0 else [
        "the next run ended with %d: %s" % (done.returncode,
                                            done.stderr.decode())]


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
                     "movies/upstream.new"))


KEPT = "file-2"
KEPT_URI = "/api/presentation/files/" + KEPT
OTHER_URI = "/api/presentation/files/file-1"


class Keep(Run):
    """A media file that is kept, by fetch-file or by whoever asks
    files.fcgi."""

    site = "files"

    def __init__(self):
        super().__init__()
        self.upstream = media_upstream.MediaUpstream(
            made=media_upstream.files(3)).start()
        self.right = []
        self.clean_up.callback(self.upstream.stop)

    def settings(self, cache):
        return {
            "MARQUEE_CACHE_DIR": cache,
            "MARQUEE_FILES_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(TIMEOUT_MS),
            "MARQUEE_RETRIES": "0",
            # What threads do is then the same in each run.
            "MARQUEE_CONCURRENCY": "1",
            "MARQUEE_MAX_PAGES": "1",
        }

    def record(self):
        super().record()
        self.right = [entry[1] for said, _ in self.settled
                      for name, entry in said.items()
                      if KEPT_NAME.fullmatch(name)]
        return self

    def kept(self, tree):
        return {name: entry.content for name, entry in tree.items()
                if KEPT_NAME.fullmatch(name)}

    def torn(self, tree):
        found = ["%s is not whole" % name
                 for name, content in self.kept(tree).items()
                 if content not in self.right]
        found += ["nobody knows " + name for name in tree
                  if not KEPT_NAME.fullmatch(name) and not AROUND.fullmatch(
                      name)]
        note = tree.get("files/status")
        if note and not (note.content.startswith(b"upstream=") and
                         note.content.endswith(b"\n")):
            found.append("the note is torn: %r" % note.content)
        return found

    def answered(self, worker, tree):
        """Without an upstream: what is kept, or 503."""
        answer, done = self.ask(worker, "files.fcgi", KEPT_URI,
                                MARQUEE_FILES_URL="")
        if answer.status == 503 and not self.kept(tree):
            return []
        return self.wrong(answer, done)

    def wrong(self, answer, done):
        """What is not as it should be in the answer that has the file."""
        if answer.status == 200 and media_upstream.exact(
                answer.body) == self.upstream.expected(KEPT):
            return []
        return ["answered %r %s" % (done.stdout, done.stderr)]


KEPT_NAME = re.compile("files/[0-9a-f]{2}/[0-9a-f]{62}")
AROUND = re.compile("|files(/status|/lock|/staging|/status.new|/[0-9a-f]{2})?")


class FetchFile(Keep):
    def command(self, worker):
        return [programs.release_program("fetch-file"), KEPT]

    def after_next(self, worker):
        done = strace_points.run(self.command(worker),
                                 self.environment(worker))
        return ended_well(done) + ([] if done.stdout.decode() in (
            "kept %s\n" % KEPT, "already kept %s\n" % KEPT) else [
                "the next run said %r" % done.stdout])


class FilesResponder(Keep):
    """files.fcgi as plain CGI. Its status tells nothing; its answer does."""

    def success(self, done, tree, is_warned):
        """What is wrong with the answer of a run that was struck."""
        answer = fcgi.Answer(done.stdout)
        if done.is_dumb:
            return []
        if answer.status == 200:
            is_stored = "stored" in answer.headers.get("cache-status", "")
            if is_stored and not self.kept(tree):
                return ["stored, it says, and nothing is kept"]
            return self.wrong(answer, done)
        if answer.status in (502, 503, 504) and is_warned:
            return []
        return ["answered %r %s" % (done.stdout, done.stderr)]

    def environment(self, worker):
        env = super().environment(worker)
        env.update(responding.params(KEPT_URI))
        return env

    def command(self, worker):
        return [programs.release_program("files.fcgi")]

    def after_next(self, worker):
        """Another file is asked for as well: one that is kept leads to nothing
        being written."""
        found = self.wrong(*self.ask(worker, "files.fcgi", KEPT_URI))
        answer, done = self.ask(worker, "files.fcgi", OTHER_URI)
        return found if answer.status == 200 else found + [
            "another file: %s" % done.stderr.decode()]


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


def movies_runs():
    """(title, makes the Run) of everything that fetch-movies does."""
    return [
        ("first publish", FirstPublish),
        ("changed catalogue", lambda: Movies(["One"], "Two")),
        ("unchanged catalogue", lambda: Movies(["One"], "One")),
        ("rollback", Rollback),
        ("prune", lambda: Movies(["One", "Two", "Three"], "Four")),
    ]


def keep_runs():
    return [
        ("fetch-file", FetchFile),
        ("files.fcgi keeps a file", FilesResponder),
    ]
