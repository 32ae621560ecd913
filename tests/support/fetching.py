"""Runs fetch-movies against a stand-in upstream and looks at the cache.

    class Fetch(fetching.TestCase):
        def test_it_publishes(self):
            self.assertEqual(self.fetch().returncode, 0)
            self.assertEqual(len(self.movies()), 22)
"""

import hashlib
import json
import os

import programs
import upstream


class Run:
    """What one run of fetch-movies came to."""

    def __init__(self, completed):
        self.returncode = completed.returncode
        self.stdout = completed.stdout.decode()
        self.stderr = completed.stderr.decode("utf-8", "replace")
        self.lines = self.stderr.splitlines()

    def field(self, key):
        """A value of the run's own line, the last one."""
        for word in self.lines[-1].split(" "):
            if word.startswith(key + "="):
                return word[len(key) + 1:]
        return None


class TestCase(programs.TestCase):
    """A test with an upstream and an empty cache."""

    timeout_ms = 8000

    def setUp(self):
        super().setUp()
        self.upstream = upstream.Upstream().start()
        self.addCleanup(self.upstream.stop)
        self.cache = self.path("cache")

    def settings(self, **more):
        env = {
            "MARQUEE_CACHE_DIR": self.cache,
            "MARQUEE_STATE_DIR": self.path("state"),
            "MARQUEE_SHARE_DIR": programs.ROOT,
            "MARQUEE_GHIBLI_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(self.timeout_ms),
            "MARQUEE_RETRIES": "1",
        }
        env.update(more)
        return env

    def fetch(self, *arguments, timeout=60, **settings):
        """Runs fetch-movies to its end; settings by name."""
        return Run(self.run_program(
            [programs.program("fetch-movies"), *arguments],
            env=self.settings(**settings), timeout=timeout))

    def publish(self):
        """A first good run."""
        run = self.fetch()
        self.assertEqual(run.returncode, 0, run.stderr)
        return run

    def site(self, *names):
        return os.path.join(self.cache, "movies", *names)

    def generation(self):
        """The live generation's name, or None."""
        try:
            return os.path.basename(os.readlink(self.site("current")))
        except FileNotFoundError:
            return None

    def movies(self):
        """The published JSON."""
        with open(self.site("current", "movies.json"), "rb") as file:
            return json.load(file)

    def published(self):
        """Name and digest of every file of the live generation."""
        found = {"": self.generation()}
        directory = self.site("current")
        for name in sorted(os.listdir(directory)):
            with open(os.path.join(directory, name), "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def note(self, name="status"):
        """A note of the cache as a dictionary."""
        with open(self.site(name), encoding="utf-8") as file:
            return dict(line.rstrip("\n").split("=", 1) for line in file)
