"""The films' pages: through nginx, by the responder alone, while generations
change, and what memory that takes."""

import os
import threading
import time

import bed
import load
import nginx_peer
from figures import (Contest, Row, at_least, at_most, no_more_than)

FILM = "/movies/2baf70d1-42bb-4437-b551-e5fed5a87abe"

HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
BROTLI = {"Accept": "text/html", "Accept-Encoding": "br"}

# name of the row, of the file, path, headers, method
VARIANTS = [
    ("/movies HTML", "html", "/movies", HTML, "GET"),
    ("/movies JSON", "json", "/movies", JSON, "GET"),
    ("/movies brotli", "br", "/movies", BROTLI, "GET"),
    ("/movies 304", "304", "/movies", HTML, "GET"),
    ("/movies HEAD", "head", "/movies", HTML, "HEAD"),
    ("one film", "film", FILM, HTML, "GET"),
]

# What a Python service answers too.
PLAIN = ("html", "json", "film")

MANY_CLIENTS = 1000

CONFIRM_S = 10

# What each of them rests between two requests: about 5,000 requests a second.
REST_MS = 200


class Site(bed.Bed):
    """The site with its films, the responders alone, and nginx's files."""

    def open(self):
        super().open()
        self.alone_port = bed.programs.free_port()
        self.extra_servers = nginx_peer.DEBIAN + \
            nginx_peer.responders_alone(self.alone_port)
        self.start_site()
        self.confirm()

    def confirm(self):
        """From now on the upstream confirms the data every few seconds, as
        cron's fetch-movies would have it: pages whose Age is above their
        max-age are kept by no cache."""
        done = threading.Event()

        def touch():
            while not done.wait(CONFIRM_S):
                os.utime(self.site("checked"))
        confirmer = threading.Thread(target=touch)
        confirmer.start()
        self.addCleanup(confirmer.join)
        self.addCleanup(done.set)

    @property
    def front(self):
        return "http://127.0.0.1:%d" % self.port

    @property
    def alone(self):
        return "http://127.0.0.1:%d" % self.alone_port

    def static(self):
        return self.peer("nginx static", self.start_static)

    def start_static(self, port):
        return nginx_peer.static(self, {
            name: self.get(path, headers)
            for _, name, path, headers, _ in VARIANTS}, port)

    def varnish(self):
        return self.peer("Varnish", lambda port: self.start_varnish(
            self.port, port))

    def fastapi(self):
        return self.peer("FastAPI", lambda port: self.start_fastapi(
            "fastapi_films:app", port, BENCH_CATALOGUE=self.catalogue()))

    def flask(self):
        return self.peer("Flask", lambda port: self.start_flask(
            "flask_films:app", port, BENCH_CATALOGUE=self.catalogue()))

    def catalogue(self):
        return os.path.join(bed.programs.ROOT, "catalogue")

    def load(self, base, path, headers=None, method="GET", is_304=False,
             **more):
        """Load on base + path, once it is seen to answer as it should."""
        headers = dict(headers or {})
        answer = self.ask(base + path, headers)
        self.assertEqual(answer.status, 200, base + path)
        if is_304:
            headers["If-None-Match"] = answer["ETag"]
            self.assertEqual(self.ask(base + path, headers).status, 304)
        return load.run(base + path, headers, method, **more)


# What is in the way where a figure is missed; docs/performance.md has more.
MICROCACHE = (
    "of a kept page nginx reads the headers back, takes them apart, and makes "
    "and looks up a key, which a static file does not need; the smaller the "
    "page, the more of the whole that is")
TAIL = ("the slowest hundredth waits for the load generator, which shares the "
        "two cores")
LOOPBACK = ("load generator and loopback are most of what is measured: nginx's "
            "static file is not so far ahead either")


class Pages(Site):
    """/movies as people get it, beside what else could serve it."""

    def contests(self):
        nginx = bed.named("nginx", "nginx") + " static, open_file_cache"
        varnish = bed.named("Varnish", "varnish")
        for row, name, path, headers, method in VARIANTS:
            yield Contest({
                "site": self.turn(lambda: self.front, path, headers, method,
                                  name),
                "static": self.turn(self.static, "/" + name, headers, method,
                                    name),
                "varnish": self.turn(self.varnish, path, headers, method,
                                     name),
            }, [
                Row(row, nginx, "site", "static", "requests/s",
                    at_least(0.95), why=MICROCACHE),
                Row(row, nginx, "site", "static", "p99, ms", at_most(1.3),
                    why=TAIL),
                Row(row, varnish, "site", "varnish", "requests/s",
                    at_least(1.3), limit="static", why=LOOPBACK,
                    why_ours=MICROCACHE),
            ])
        for row, name, path, headers, method in VARIANTS:
            if name in PLAIN:
                yield self.python_contest(row, name, path, headers, method)

    def turn(self, base, path, headers, method, name):
        return lambda: self.load(base(), path, headers, method, name == "304")

    def python_contest(self, row, name, path, headers, method):
        fastapi = "%s, %s" % (bed.named("FastAPI", "python3-fastapi"),
                              bed.named("Jinja", "python3-jinja2"))
        flask = "%s, %s" % (bed.named("Flask", "python3-flask"),
                            bed.named("gunicorn", "gunicorn"))
        return Contest({
            "site": self.turn(lambda: self.front, path, headers, method, name),
            "fastapi": self.turn(self.fastapi, path, headers, method, name),
            "flask": self.turn(self.flask, path, headers, method, name),
            "static": self.turn(self.static, "/" + name, headers, method,
                                name),
        }, [
            Row(row, fastapi, "site", "fastapi", "requests/s", at_least(20),
                limit="static", why=LOOPBACK, why_ours=MICROCACHE),
            Row(row, flask, "site", "flask", "requests/s", at_least(20),
                limit="static", why=LOOPBACK, why_ours=MICROCACHE),
        ], rounds=3)


class Responder(Site):
    """movies.fcgi without the microcache."""

    def contests(self):
        nginx = bed.named("nginx", "nginx") + " static, open_file_cache"
        yield Contest({
            "alone": lambda: self.load(self.alone, "/movies", HTML),
            "static": lambda: self.load(self.static(), "/html", HTML),
        }, [Row("responder alone, /movies", nginx, "alone", "static",
                "requests/s", at_least(0.35))])
        yield Contest({
            "alone": lambda: self.crowd(self.alone, "/movies"),
            "static": lambda: self.crowd(self.static(), "/html"),
        }, [
            Row("responder alone, 1,000 clients that rest", nginx, "alone",
                "static", "slowest, ms", no_more_than(50, "ms")),
            Row("responder alone, 1,000 clients that rest", nginx, "alone",
                "static", "requests/s", None),
        ], rounds=3)
        yield Contest({
            "alone": lambda: self.crowd(self.alone, "/movies", 0),
            "static": lambda: self.crowd(self.static(), "/html", 0),
        }, [Row("responder alone, 1,000 clients without rest", nginx, "alone",
                "static", "slowest, ms", None)], rounds=3)

    def crowd(self, base, path, rest_ms=REST_MS):
        return self.load(base, path, HTML, clients=MANY_CLIENTS, seconds=2,
                         pause_ms=rest_ms)


class Swaps(Site):
    """A new generation each second, under load."""

    SECONDS = 2

    def open(self):
        super().open()
        self.upstream.collections["films"][0]["title"] = "Changed"
        self.publish()
        self.names = os.listdir(self.site("generations"))
        self.assertEqual(len(self.names), 2)

    def contests(self):
        for name, base in (("site", lambda: self.front),
                           ("responder alone", lambda: self.alone)):
            yield Contest({
                "swaps": lambda base=base: self.under_swaps(base()),
                "still": lambda base=base: self.load(
                    base(), "/movies", HTML, seconds=self.SECONDS),
            }, [
                Row("a swap each second, " + name, "the same without",
                    "swaps", "still", "requests/s", at_least(0.97)),
                Row("a swap each second, " + name, "the same without",
                    "swaps", "still", "p99, ms", at_most(1.5)),
                Row("a swap each second, " + name, "the same without",
                    "swaps", "still", "errors", no_more_than(0)),
            ], rounds=3)

    def under_swaps(self, base):
        done = threading.Event()
        swapper = threading.Thread(target=self.swap, args=(done,))
        swapper.start()
        try:
            return load.measure(base + "/movies", HTML, seconds=self.SECONDS)
        finally:
            done.set()
            swapper.join()

    def swap(self, done):
        """What the publisher does at its end. The generations were made
        before, so that the swap alone is measured."""
        turn = 0
        while not done.wait(1 if turn else 0.5):
            name = self.names[turn % 2]
            when = int(time.time())
            os.utime(self.site("generations", name), (when, when))
            os.symlink("generations/" + name, self.site("next"))
            os.rename(self.site("next"), self.site("current"))
            os.utime(self.site("checked"))
            turn += 1


class Memory(Site):
    """What the processes that make the answers hold, under load."""

    def contests(self):
        name = "memory of movies.fcgi under load, 64 threads"
        peer = "%s, one worker" % bed.named("FastAPI", "python3-fastapi")
        yield Contest({
            "ours": lambda: self.memory(self.alone, self.responder_pid()),
            "fastapi": lambda: self.memory(self.one_fastapi(),
                                           self.fastapi_pid),
        }, [Row(name, peer, "ours", "fastapi", "private, MB",
                [at_most(0.1), no_more_than(4, "MB")])], rounds=1)

    def one_fastapi(self):
        return self.peer("FastAPI", self.start_one)

    def start_one(self, port):
        process = self.start_fastapi("fastapi_films:app", port, workers=1,
                                     BENCH_CATALOGUE=self.catalogue())
        self.fastapi_pid = process.pid
        return process

    def memory(self, base, pid):
        """The most of some looks while 64 clients ask."""
        most, done = [0], threading.Event()

        def look():
            while not done.wait(0.1):
                most[0] = max(most[0], private_mb(pid))
        looker = threading.Thread(target=look)
        looker.start()
        try:
            self.load(base, "/movies", HTML, clients=64, seconds=2)
        finally:
            done.set()
            looker.join()
        return {"private, MB": most[0]}


def private_mb(pid):
    total = 0
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as rollup:
        for line in rollup:
            if line.startswith("Private_"):
                total += int(line.split()[1])
    return total / 1024


GROUPS = [Pages, Responder, Swaps, Memory]
