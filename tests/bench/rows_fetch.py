"""fetch-movies: what a run costs, and what it asks of the upstream."""

import json
import os

import bed
import jobs
import nginx_peer
from figures import Contest, Row, at_most, no_more_than


# What is in the way; docs/performance/publishing.md has the figures.
LOADING = ("loading libcurl and its 33 libraries alone takes 0.045 of the "
           "Python job, which is nine tenths of what is allowed")
DURABLE = ("a quarter is loading libcurl, a fifth the peer's own levels of "
           "compression, a fifth the fsyncs that the peer does without")


class Runs(bed.Bed):
    """A films API of files, which costs next to nothing."""

    def open(self):
        super().open()
        self.turns = 0
        os.makedirs(self.path("api", "people"))
        os.makedirs(self.path("job"))
        for name in ("films", "people", "species"):
            self.put(name, self.upstream.collections[name])
        for person in self.upstream.collections["people"]:
            self.put("people/" + person["id"], person)
        self.log = self.path("api.log")
        self.api = self.peer("films API", lambda port: nginx_peer.start(
            self, "nginx-api", nginx_peer.files(self.path("api"), self.log,
                                                port)))
        self.ours()
        self.job()

    def settings(self, **more):
        return super().settings(MARQUEE_GHIBLI_URL=self.api, **more)

    def put(self, name, value):
        path = self.path("api", name + ".json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False)
        os.rename(path + ".new", path)

    def change(self):
        """One film gets another title. nginx's entity tag is a time and a
        size: the size changes each time."""
        self.turns += 1
        films = [dict(film) for film in self.upstream.collections["films"]]
        films[0]["title"] = "Title " + "x" * (1 + self.turns % 60)
        self.put("films", films)

    def contests(self):
        python = "Python job: requests %s, %s, brotli" % (
            bed.version("python3-requests"),
            bed.named("Jinja", "python3-jinja2"))
        yield Contest({"ours": self.unchanged, "job": self.job}, [
            Row("fetch-movies, nothing changed", python, "ours", "job",
                "CPU, ms", at_most(1 / 20), why=LOADING)])
        yield Contest({"ours": lambda: self.changed(self.ours),
                       "job": lambda: self.changed(self.job)}, [
            Row("fetch-movies, one film changed", python, "ours", "job",
                "CPU, ms", at_most(1 / 10), why=DURABLE)])
        old = "the old job, a request a person"
        yield Contest({"ours": self.first, "old": self.old}, [
            Row("a first run", old, "ours", "old", "upstream requests",
                no_more_than(3))], rounds=1)
        yield Contest({"ours": lambda: self.changed(self.ours),
                       "old": self.old}, [
            Row("a run, one film changed", old, "ours", "old",
                "upstream requests", no_more_than(3))], rounds=1)
        yield Contest({"ours": self.unchanged, "old": self.old}, [
            Row("a run, nothing changed", old, "ours", "old",
                "upstream requests", no_more_than(3)),
            Row("a run, nothing changed", old, "ours", "old",
                "answers with a body", no_more_than(0))], rounds=1)

    def changed(self, job):
        self.change()
        return job()

    def unchanged(self):
        """Nothing has changed since a run that is not measured."""
        self.ours()
        return self.ours()

    def first(self):
        return self.ours(MARQUEE_CACHE_DIR=self.path("another-cache"))

    def ours(self, **settings):
        return self.cost([bed.programs.program("fetch-movies")],
                         self.settings(**settings))

    def job(self):
        bed.need_python("requests", "jinja2", "brotli")
        return self.cost([bed.PYTHON, os.path.join(bed.PEERS, "fetch_job.py"),
                          self.api, self.path("job")], {})

    def old(self):
        bed.need_python("requests")
        people = [person["id"]
                  for person in self.upstream.collections["people"]]
        return self.cost([bed.PYTHON, os.path.join(
            bed.PEERS, "old_fetch_job.py"), self.api, *people], {})

    def cost(self, command, env):
        with open(self.log, "w", encoding="ascii"):
            pass
        cost = jobs.cost(self, command, env)
        with open(self.log, encoding="ascii") as log:
            asked = [line.split() for line in log]
        return dict(cost, **{
            "upstream requests": len(asked),
            "answers with a body": sum(int(size) > 0
                                       for _, _, size, _ in asked)})


GROUPS = [Runs]
