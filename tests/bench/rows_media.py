"""Media files: found in the list (cold), and kept."""

import http.client
import json
import math
import os
import threading
import time
import urllib.parse

import bed
import load
import nginx_peer
import rows_pages
from figures import Contest, Row, at_least, at_most, no_more_than

URL = "/api/presentation/files/file-"

PAGES = 200
PAGE_SIZE = 5
LATENCY_MS = 20
CONCURRENCY = 16  # the default
OLD = "the old walk, all %d pages" % PAGES

# A file's page, from 1.
COLD_PAGES = (1, 3, 30, 200)
CALLERS = 50
CALLED_PAGE = 100

MANY = 10000
FEW = 10

DESCRIPTORS = ("nginx keeps 2,000 files open, and opens the others for each "
               "answer; a descriptor a file and worker would be 20,000")

OPENING = ("each answer opens the file's directory, its index and its body, and of "
           "ten thousand those are seldom in the processor's caches; nginx's own "
           "files, one opened for each answer, are in the next row")

# "As fast as": what rounds of one and the same differ by.
AS_FAST = 0.97


class MediaSite(rows_pages.Site):
    """A site with files.fcgi and a media API of so many files."""

    files_count = PAGES * PAGE_SIZE
    latency_ms = 0
    segment_bytes = 0
    page_size = 250

    def open(self):
        self.api_port = bed.programs.free_port()
        super().open()

    def start_site(self):
        api = self.start([bed.PYTHON, os.path.join(bed.BENCH, "media_api.py"),
                          str(self.api_port), str(self.files_count),
                          str(self.latency_ms), str(self.segment_bytes)])
        bed.programs.wait_for(lambda: self.listens(api, self.api_port),
                              bed.START_S, "the media API")
        self.start_files()
        super().start_site()

    def settings(self, **more):
        return super().settings(**{
            "MARQUEE_FILES_URL": "http://127.0.0.1:%d" % self.api_port,
            "MARQUEE_PAGE_SIZE": str(self.page_size),
            "MARQUEE_INDEX_TTL_S": "0",
            "MARQUEE_CONCURRENCY": str(CONCURRENCY), **more})

    def counts(self):
        return json.loads(self.ask("http://127.0.0.1:%d/counts"
                                   % self.api_port).body)

    def fetch_file(self, *arguments, **settings):
        done = self.run_program(
            [bed.programs.program("fetch-file"), *arguments],
            env=self.settings(**settings), timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)


class Cold(MediaSite):
    """A file that is not kept: what it asks of the media API."""

    latency_ms = LATENCY_MS
    page_size = PAGE_SIZE

    def contests(self):
        self.turns = 0
        for page in COLD_PAGES:
            name = "cold file on page %d" % page
            rows = [
                Row(name, OLD, "ours", "old", "round trips",
                    no_more_than(math.ceil(page / CONCURRENCY) + 1)),
                Row(name, OLD, "ours", "old", "list requests",
                    no_more_than(page + CONCURRENCY)),
                Row(name, OLD, "ours", "old", "time, ms", None),
            ]
            if page == 3:
                rows.append(Row(name, OLD, "ours", "old", "upstream requests",
                                at_most(0.1)))
            yield Contest({"ours": lambda page=page: self.cold(page),
                           "old": lambda page=page: self.old(page, 1)}, rows)
        name = "%d callers of one cold file" % CALLERS
        yield Contest({"ours": self.crowd,
                       "old": lambda: self.old(CALLED_PAGE, CALLERS)}, [
            Row(name, "the old walk", "ours", "old", figure, no_more_than(1))
            for figure in ("walks", "details requests", "segments requests")
        ] + [Row(name, "the old walk", "ours", "old", "time, ms", None)],
            rounds=3)

    def a_file_of(self, page):
        """The number of another file of that page each time."""
        self.turns += 1
        return (page - 1) * PAGE_SIZE + self.turns % PAGE_SIZE

    def cold(self, page):
        number = self.a_file_of(page)
        self.fetch_file("--forget", "file-%d" % number)
        self.counts()
        milliseconds = self.ask_for(number)
        return dict(self.counts(), **{"time, ms": milliseconds})

    def ask_for(self, number):
        started = time.monotonic()
        answer = self.ask("%s%s%d" % (self.alone, URL, number))
        milliseconds = (time.monotonic() - started) * 1000
        self.assertEqual((answer.status, json.loads(answer.body)["fileId"]),
                         (200, "file-%d" % number))
        return milliseconds

    def crowd(self):
        number = self.a_file_of(CALLED_PAGE)
        self.fetch_file("--forget", "file-%d" % number)
        self.counts()
        took = []
        callers = [threading.Thread(
            target=lambda: took.append(self.ask_for(number)))
            for _ in range(CALLERS)]
        started = time.monotonic()
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        milliseconds = (time.monotonic() - started) * 1000
        self.assertEqual(len(took), CALLERS)
        return dict(self.counts(), **{"time, ms": milliseconds})

    def old(self, page, callers):
        self.counts()
        done = self.run_program(
            [bed.PYTHON, os.path.join(bed.PEERS, "old_walk.py"),
             str(self.api_port), str(PAGES), str(PAGE_SIZE), str(callers),
             "file-%d" % ((page - 1) * PAGE_SIZE)])
        self.assertEqual(done.returncode, 0, done.stderr)
        return dict(self.counts(), **{"time, ms": float(done.stdout)})


class Kept(MediaSite):
    """A kept file of the size of /movies."""

    files_count = 5
    segment_bytes = 290

    def contests(self):
        # Alone, it opens a file for each answer; /movies is one for all.
        for name, base, bound in (
                ("kept file", lambda: self.front, at_least(AS_FAST)),
                ("kept file, responder alone", lambda: self.alone, None)):
            yield Contest({
                "kept": lambda base=base: self.load(base(), URL + "3"),
                "movies": lambda base=base: self.load(
                    base(), "/movies", rows_pages.HTML),
            }, [Row(name, "/movies, as large, the same way", "kept", "movies",
                    "requests/s", bound)])

    def open(self):
        super().open()
        sizes = [len(self.ask(self.front + path).body)
                 for path in (URL + "3", "/movies")]
        self.assertAlmostEqual(sizes[0] / sizes[1], 1, 1, sizes)


class ManyKept(MediaSite):
    """Ten thousand kept files, and beside them a site with ten."""

    files_count = MANY

    def open(self):
        super().open()
        self.fetch_file("--all", MARQUEE_TIMEOUT_MS="100000")
        self.few = FewKept()
        self.few.open()
        self.warm_up()
        self.few.warm_up()

    def close(self):
        if hasattr(self, "few"):
            self.few.close()
        super().close()

    def contests(self):
        peer = "%d kept" % FEW
        yield Contest({
            "many": lambda: self.one_of(self.alone, MANY),
            "few": lambda: self.one_of(self.few.alone, FEW),
        }, [Row("one of %d kept, responder alone" % MANY, peer, "many", "few",
                "requests/s", at_least(AS_FAST), why=OPENING)])
        yield Contest({
            "many": lambda: load.run(self.plain() + URL, paths=MANY),
            "few": lambda: load.run(self.plain() + URL, paths=FEW),
        }, [Row("one of %d files of nginx's, none held open" % MANY,
                "%d of them" % FEW, "many", "few", "requests/s", None)])
        yield Contest({
            "many": lambda: self.one_of(self.front, FEW),
            "few": lambda: self.one_of(self.few.front, FEW),
        }, [Row("one of %d of %d kept" % (FEW, MANY), peer, "many", "few",
                "requests/s", at_least(AS_FAST))])
        yield Contest({
            "many": lambda: self.one_of(self.front, MANY),
            "few": lambda: self.one_of(self.few.front, FEW),
        }, [Row("one of %d kept" % MANY, peer, "many", "few", "requests/s",
                at_least(AS_FAST), why=DESCRIPTORS)])

    def plain(self):
        return self.peer("nginx's files", self.start_plain)

    def start_plain(self, port):
        """The same bodies as plain files."""
        body = self.ask(self.alone + URL + "0").body
        place = self.path("plain") + os.path.dirname(URL)
        os.makedirs(place)
        for number in range(MANY):
            with open(os.path.join(place, "file-%d.json" % number),
                      "wb") as file:
                file.write(body)
        return nginx_peer.start(self, "nginx-files", nginx_peer.files(
            self.path("plain"), "access.log", port))

    def warm_up(self):
        """nginx has seen each file, as after the first minutes of a day."""
        connection = http.client.HTTPConnection(
            urllib.parse.urlsplit(self.front).netloc)
        for number in range(self.files_count):
            connection.request("GET", URL + str(number))
            connection.getresponse().read()
        connection.close()

    def one_of(self, base, count):
        answer = self.ask("%s%s%d" % (base, URL, count - 1))
        self.assertEqual(answer["Cache-Status"], "marquee; hit")
        return load.run(base + URL, paths=count)


class FewKept(ManyKept):
    files_count = FEW

    def open(self):
        MediaSite.open(self)
        self.fetch_file("--all")


GROUPS = [Cold, Kept, ManyKept]
