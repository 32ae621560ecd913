"""Scenarios of the memory sweep: the jobs. See starving_sweep.py."""

import hashlib
import json
import os
import shutil

import fetching
import packs
import programs
import starving
import starving_sweep

# The templates are the shipped ones, the document behind the API's page is a
# short one: that of the site would take nine tenths of all allocations.
DOCUMENT = os.path.join(programs.ROOT, "tests", "data", "docs",
                        "no-title.json")


def tree(directory):
    """Digest of all names, links and contents below a directory."""
    digest = hashlib.sha256()
    for parent, folders, names in sorted(os.walk(directory)):
        for name in sorted(folders + names):
            path = os.path.join(parent, name)
            digest.update(os.path.relpath(path, directory).encode() + b"\0")
            if os.path.islink(path):
                digest.update(os.readlink(path).encode())
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    digest.update(file.read())
    return digest.digest()


def replace(directory, source):
    """Makes a directory a copy of another, or nothing of None."""
    shutil.rmtree(directory, ignore_errors=True)
    if source is not None:
        shutil.copytree(source, directory, symlinks=True)


def make_templates(directory):
    """The pages as shipped, with a short document."""
    shutil.copytree(os.path.join(programs.ROOT, "templates"), directory)
    with open(DOCUMENT, encoding="utf-8") as file:
        document = json.load(file)
    document["info"]["title"] = "Things"
    with open(os.path.join(directory, "openapi.json"), "w",
              encoding="utf-8") as file:
        json.dump(document, file)


class Fetch(starving_sweep.Scenario, fetching.TestCase):
    """fetch-movies; `steps` is what happened before."""

    program_name = "fetch-movies"
    films = 3

    def runTest(self):
        pass

    def settings(self, **more):
        return super().settings(MARQUEE_SHARE_DIR=self.path("share"), **more)

    def fetch(self, *arguments, **settings):
        """With all its memory, but no more effort than the sweep's runs: what
        is published is told by its bytes."""
        return fetching.Run(self.run_program(
            [programs.release_program("fetch-movies"), *arguments],
            env=self.settings(
                LD_PRELOAD=programs.helper("failing_malloc.so"), **settings)))

    def published(self):
        """A body of the upstream that there is no memory to keep beside them
        costs the next run a request: who is shown what is as it was."""
        found = super().published()
        found["pack"] = packs.shown(self.site("current", "pack"))
        return found

    def make_share(self):
        """Pages as shipped, two bundled films, a short document."""
        share = self.path("share")
        make_templates(os.path.join(share, "templates"))
        os.mkdir(os.path.join(share, "catalogue"))
        for name, elements in self.all_elements.items():
            with open(os.path.join(share, "catalogue", name + ".json"), "w",
                      encoding="utf-8") as file:
                json.dump(elements[-2:], file)

    def offer(self, first, last):
        """What the upstream has from now on."""
        for name, elements in self.all_elements.items():
            self.upstream.collections[name] = elements[first:last]

    def open(self):
        self.setUp()
        self.all_elements = dict(self.upstream.collections)
        self.make_share()
        self.whole, self.begun = {}, None
        self.recovers = set()
        self.upstream.set_fault("status-503")
        self.learn(65, 69)
        self.upstream.clear_faults()
        shutil.rmtree(self.cache)
        self.prepare()
        if os.path.exists(self.cache):
            self.begun = self.path("begun")
            shutil.copytree(self.cache, self.begun, symlinks=True)
        program = starving.Program(
            self.path("."), [programs.release_program("fetch-movies"),
                             *self.arguments], self.settings())
        self.program = program
        program.run(0)
        self.remember()
        self.wanted = self.generation()
        return program

    def learn(self, *statuses):
        """A run with all its memory, whose result is one of those allowed."""
        run = self.fetch()
        if run.returncode not in (0, *statuses):
            raise AssertionError(run.stderr)
        self.remember()

    def remember(self):
        self.whole[self.generation()] = self.published()

    arguments = ()

    def prepare(self):
        self.offer(0, self.films)

    def reset(self):
        replace(self.cache, self.begun)

    def fault(self, run):
        live = self.generation()
        if live is None and (self.begun or run.status == 0):
            return "nothing is live"
        if live is not None and self.published() != self.whole.get(live):
            return "what is live is not whole: %s" % live
        if run.status == 0 and live != self.wanted:
            return "a run that went well has published another: %s" % live
        return self.next_fault()

    def next_fault(self):
        """The run after it, with memory. States that recover are remembered."""
        state = tree(self.cache)
        if state in self.recovers:
            return None
        after = self.program.run(0)
        if after.status != 0 or self.generation() != self.wanted or \
                self.published() != self.whole[self.wanted]:
            return "the next run: %s" % after
        self.recovers.add(state)
        return None

    def close(self):
        self.doCleanups()


class FirstFetch(Fetch):
    name = "fetch-movies, first publish"


class ChangedFetch(Fetch):
    name = "fetch-movies, changed"

    def prepare(self):
        self.offer(0, self.films - 1)
        self.learn()
        self.offer(0, self.films)


class Rollback(Fetch):
    name = "fetch-movies, rollback"
    arguments = ("--rollback",)

    def prepare(self):
        self.offer(0, self.films - 1)
        self.learn()
        self.offer(0, self.films)
        self.learn()

    def next_fault(self):
        """Another rollback would be one more step back, so the next run is a
        fetch, which publishes nothing that was taken back."""
        state = tree(self.cache)
        if state in self.recovers:
            return None
        after = self.fetch()
        if after.returncode != 0 or self.published() != \
                self.whole.get(self.generation()):
            return "the next run: %s" % after.stderr
        self.recovers.add(state)
        return None
