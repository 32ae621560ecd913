"""The whole site, all three responders, and what is known of its answers.

    class Site(hostile_site.Site):
        nginx_edits = [("snippets/marquee-headers.conf", "nosniff", "sniff")]

    with hostile_site.started(Site) as site:
        site.port, site.right("/movies", {"accept": "text/html"})
"""

import contextlib
import os

import fcgi
import media_upstream
import responding
import whole_site

DECOY = "this file is nobody's business"

CODINGS = (None, "gzip", "br")

FILE = "/api/presentation/files/file-1"


class Site(whole_site.TestCase):
    """A whole_site.TestCase that is no test."""

    def prepare(self):
        self.media = media_upstream.MediaUpstream().start()
        self.addCleanup(self.media.stop)
        self.publish()
        self.put_decoys()
        self.start_all()
        self.known = {}
        self.start_nginx()

    def start_all(self):
        self.responder = self.start_fcgi("movies")
        self.start_files(MARQUEE_FILES_URL=self.media.url)
        self.events_responder = self.start_fcgi("events")

    def put_decoys(self):
        """Beside everything that is served, and above it."""
        os.makedirs(self.path("state"), exist_ok=True)
        for place in ("", "nginx", "state", "cache", "cache/movies",
                      "cache/movies/generations"):
            os.makedirs(self.path(place), exist_ok=True)
            with open(self.path(place, "secret.txt"), "w",
                      encoding="ascii") as file:
                file.write(DECOY)

    def direct(self, uri, method="GET", **headers):
        """What movies.fcgi or files.fcgi says, without nginx."""
        name = "files" if uri.startswith("/api/") else "movies"
        with fcgi.Connection(self.path("nginx", name + ".sock")) as peer:
            return peer.ask(responding.params(uri, method, **headers))

    def films(self):
        return list(self.movies())

    def targets(self):
        """All that is served and always the same."""
        yield from ("/", "/movies", "/movies/", "/movies.html", "/movies.json",
                    "/movies?order=year", "/movies.atom", "/style.css",
                    "/script.js", "/favicon.svg",
                    "/docs", "/docs/", "/openapi.json", FILE)
        for film in self.films():
            for end in ("", ".html", ".json"):
                yield "/movies/" + film + end

    def right_bodies(self):
        """target -> all bodies that may come with a 200."""
        if not self.known:
            for target in self.targets():
                self.known[target] = {
                    self.direct(target, accept=accept,
                                accept_encoding=coding or "identity").body
                    for accept in ("text/html", "application/json")
                    for coding in CODINGS}
        return self.known

    def error_pages(self):
        """Those that movies.fcgi answers with."""
        return {self.direct("/nothing", accept="text/html").body,
                self.direct("/movies", "POST", accept="text/html").body}


class PatientSite(Site):
    """For tests beside many others: that a machine is busy is no fault."""

    nginx_edits = (("snippets/marquee-locations.conf",
                    "fastcgi_read_timeout 1800ms;",
                    "fastcgi_read_timeout 30s;"),)


@contextlib.contextmanager
def started(make):
    """The site of a class, until the block ends."""
    site = make()
    site.setUp()
    try:
        site.prepare()
        yield site
    finally:
        site.doCleanups()


@contextlib.contextmanager
def beside(site, edits):
    """Another nginx before the same responders, with changes."""
    other = Site()
    other.setUp()
    try:
        other.nginx_edits = edits
        other.cache, other.upstream = site.cache, site.upstream
        other.known = site.known
        os.makedirs(other.path("nginx"))
        for name in ("movies", "files", "events"):
            os.symlink(site.path("nginx", name + ".sock"),
                       other.path("nginx", name + ".sock"))
        other.start_nginx()
        yield other
    finally:
        other.doCleanups()
