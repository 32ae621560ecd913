"""Many films: publishing them, and serving them. FILMS says how many (1000):

    make bench BENCH=films FILMS=100000
"""

import json
import os
import re
import shutil

import bed
import jobs
import load
import nginx_peer
import rows_pages
from figures import Contest, Row, at_least, at_most, no_less_than, \
    no_more_than

# Two full list pages, and what they are set beside.
TINY, SMALL = 40, 400
LARGE = max(SMALL + 1, int(os.environ.get("FILMS") or 1000))
BETWEEN = [films for films in (1000, 10000, 100000) if films < LARGE]
PEOPLE_A_FILM = 2.5

# A publication may take so long, and so much longer a film.
PUBLISH_S, PUBLISH_FILM_S = 120, 0.02

# What the upstream gives at most.
PAGE = 250

# 64 MB, and 100 bytes a person for the join's index.
MEMORY_MB = 64 + LARGE * PEOPLE_A_FILM * 100 / 1e6

PAGES = ("each MB of the upstream becomes seven of pages, which are rendered, "
         "hashed twice and written; hashing and writing alone would keep one "
         "processor at 41 MB/s")

# "Within 1.2 ×".
WITHIN = 1 / 1.2


class Upstream:
    """A films API of so many films: pages as files, in `directory`."""

    def __init__(self, directory, films):
        self.directory, self.bytes = directory, 0
        people = int(films * PEOPLE_A_FILM)
        casts = {}
        for number in range(people):
            casts.setdefault(number * 7919 % films, []).append(number)
        self.collection("films", (film(number, casts.get(number, []))
                                  for number in range(films)))
        self.collection("people", (person(number, number * 7919 % films)
                                   for number in range(people)))
        self.collection("species", iter(
            [{"id": "human", "name": "Human", "people": []}]))

    def collection(self, name, elements):
        os.makedirs(os.path.join(self.directory, name))
        page, start = [], 0
        for element in elements:
            page.append(element)
            if len(page) == PAGE:
                self.put(name, start, page)
                page, start = [], start + PAGE
        self.put(name, start, page)

    def put(self, name, start, page):
        body = json.dumps(page, indent=1).encode()
        self.bytes += len(body)
        with open(os.path.join(self.directory, name, "%d.json" % start),
                  "wb") as file:
            file.write(body)

    def server(self, port):
        return """map $arg__start $bench_start { default $arg__start; "" 0; }
server {
	listen 127.0.0.1:%d;
	access_log off;
	root %s;
	open_file_cache off;
	default_type application/json;
	types { }
	location / { try_files $uri/$bench_start.json =404; }
}""" % (port, self.directory)


def film(number, cast):
    return {"id": "film-%d" % number, "title": "Film number %d" % number,
            "original_title": "映画 %d" % number,
            "original_title_romanised": "Eiga %d" % number,
            "image": "https://image.tmdb.org/t/p/w600/%d.jpg" % number,
            "description": "What happens in film number %d. " % number * 8,
            "director": "Director %d" % (number % 997),
            "producer": "Producer %d" % (number % 991),
            "release_date": str(1900 + number % 120),
            "running_time": str(60 + number % 100),
            "rt_score": str(number % 101),
            "people": ["https://x.org/people/person-%d" % n for n in cast]}


def person(number, film_number):
    return {"id": "person-%d" % number, "name": "Person number %d" % number,
            "gender": "Female", "age": str(number % 90),
            "eye_color": "Brown", "hair_color": "Black",
            "films": ["https://x.org/films/film-%d" % film_number],
            "species": "https://x.org/species/human"}


class Large(rows_pages.Site):
    """A site of so many films."""

    films = LARGE

    def open(self):
        bed.Bed.open(self)
        self.alone_port = bed.programs.free_port()
        self.extra_servers = nginx_peer.DEBIAN + \
            nginx_peer.responders_alone(self.alone_port)
        self.made = Upstream(self.path("api"), self.films)
        self.api = self.peer("films API", lambda port: nginx_peer.start(
            self, "nginx-api", self.made.server(port)))

    def settings(self, **more):
        return super().settings(**{
            "MARQUEE_GHIBLI_URL": self.api, "MARQUEE_TIMEOUT_MS": "600000",
            "MARQUEE_MAX_BYTES": str(1 << 30), **more})

    def measure(self, wrapper=()):
        """Publishes into an empty cache, each time anew."""
        shutil.rmtree(self.cache, ignore_errors=True)
        cost = jobs.cost(self, [*wrapper, bed.programs.program("fetch-movies")],
                         self.settings(),
                         PUBLISH_S + PUBLISH_FILM_S * self.films)
        seconds = cost["time, ms"] / 1000
        current = os.path.join(self.cache, "movies", "current")
        return {"CPU, s": cost["CPU, ms"] / 1000,
                "CPU, ms a 1,000 films": cost["CPU, ms"] / self.films * 1000,
                "memory, MB": cost["memory, MB"],
                "upstream MB/s": self.made.bytes / 1e6 / seconds,
                "files": len(os.listdir(current))}

    def fsyncs(self):
        log = self.path("strace")
        self.measure(["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync",
                      "-o", log])
        with open(log, encoding="ascii") as lines:
            return {"fsyncs": len(re.findall(r"sync\(", lines.read()))}


class Small(Large):
    films = SMALL


class Tiny(Large):
    films = TINY


# The sizes between, which are measured for the plots.
MIDDLE = {films: type("Large%d" % films, (Large,), {"films": films})
          for films in BETWEEN}
KINDS = {SMALL: Small, **MIDDLE, LARGE: Large}

SERVED = [("/movies of %d films", "/movies", False, "/movies"),
          ("a list page of %d films", "/movies/page/2", False, "a list page"),
          ("any of %d films, responder alone", "/movies/film-", True,
           "any film, responder alone")]


class Scale(bed.Bed):
    """The sites of several sizes, each made when it is first needed."""

    def open(self):
        super().open()
        self.sites, self.are_serving = {}, set()

    def close(self):
        for site in self.sites.values():
            site.close()
        super().close()

    def site(self, kind):
        if kind not in self.sites:
            self.sites[kind] = kind()
            self.sites[kind].open()
        return self.sites[kind]

    def serving(self, kind):
        site = self.site(kind)
        if kind not in self.are_serving:
            if site.generation() is None:
                site.measure()
            site.start_site()
            site.confirm()
            self.are_serving.add(kind)
        return site

    def contests(self):
        small = "%d films" % SMALL
        rows = []
        for films, kind in KINDS.items():
            rows += self.publish_rows(films, kind, small)
        yield Contest({kind: lambda kind=kind: self.site(kind).measure()
                       for kind in KINDS.values()}, rows, rounds=1)
        yield Contest({kind: lambda kind=kind: self.site(kind).fsyncs()
                       for kind in (Small, Tiny)}, [
            Row("publish " + small, "%d films" % TINY, Small, Tiny, "fsyncs",
                at_most(1))], rounds=1)
        for name, path, paths, line in SERVED:
            yield Contest({kind: self.turn(kind, path, paths)
                           for kind in KINDS.values()}, [
                Row(name % films, small, kind, Small, "requests/s",
                    at_least(WITHIN) if kind is Large else None,
                    curve="Serving so many films: requests a second", at=films, line=line)
                for films, kind in KINDS.items()], rounds=3)

    def publish_rows(self, films, kind, small):
        """The time of one row and the memory of another are points; what is to
        be reached is for the largest."""
        name = "publish %d films" % films

        def row(figure, bound, **point):
            return Row(name, small, kind, Small, figure,
                       bound if kind is Large else None, **point)
        rows = [row("CPU, s", None, at=films,
                    curve="Publishing so many films: CPU, s"),
                row("memory, MB", no_more_than(MEMORY_MB, "MB"), at=films,
                    curve="Publishing so many films: most memory, MB")]
        if kind is Large:
            rows += [row("CPU, ms a 1,000 films", at_most(1.2)),
                     row("upstream MB/s", no_less_than(40, "MB/s"), why=PAGES),
                     row("files", at_most(1))]
        return rows

    def turn(self, kind, path, paths):
        def take():
            site = self.serving(kind)
            base = site.alone if paths else site.front
            one = path + "0" if paths else path
            self.assertEqual(self.ask(base + one).status, 200)
            return load.run(base + path, {"Accept": "text/html"},
                            paths=kind.films if paths else 0)
        return take


GROUPS = [Scale]
