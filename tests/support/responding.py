"""movies.fcgi with a small published cache, asked as CGI or as FastCGI.

    class Pages(responding.TestCase):
        def test_it_answers(self):
            self.publish({"movies.html": b"<p>page"})
            self.assertEqual(self.cgi("/movies").body, b"<p>page")
"""

import os
import shutil
import time

import fcgi
import programs

PAGES = {
    "index.html": b"welcome",
    "movies.html": b"<p>all the films</p>\n" * 40,
    "movies.json": b'{"f1": {"film_title": "One", "persons": []}}\n' * 40,
    "movies-by-year.html": b"<p>all the films by year</p>\n" * 40,
    "movies/page/2.html": b"the second page",
    "movies/f1.html": b"film one",
    "movies/f1.json": b'{"film_title": "One"}',
    "style.css": b"p { color: red }",
    "favicon.svg": b"<svg/>",
    "script.js": b"list.append()",
    "movies.atom": b"<feed/>",
    "error/404.html": b"published page: nothing here",
    "error/405.html": b"published page: only to be read",
}


def params(uri, method="GET", **more):
    """CGI variables; Accept is given as accept="…"."""
    variables = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": uri,
        "QUERY_STRING": uri.partition("?")[2],
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_ID": "r-1",
    }
    variables.update(("HTTP_" + name.upper(), value)
                     for name, value in more.items())
    return variables


class TestCase(programs.TestCase):
    responder = "movies.fcgi"

    def setUp(self):
        super().setUp()
        self.cache = self.path("cache")
        self.socket = self.path("responder.sock")

    def publish(self, pages=None, confirm=True, status="source=upstream\n"):
        """Publishes the pages (None: a note alone); returns the
        generation."""
        source = "-"
        if pages is not None:
            source = self.path("pages")
            shutil.rmtree(source, ignore_errors=True)
            for name, body in pages.items():
                path = os.path.join(source, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as page:
                    page.write(body)
        done = self.run_program(
            [programs.helper("publish")] + ["--confirm"] * confirm +
            ["--status", status, self.cache, "movies", source])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode().strip()

    def confirmed(self, seconds_ago):
        """Makes the upstream's last confirmation that old."""
        when = time.time() - seconds_ago
        os.utime(os.path.join(self.cache, "movies", "checked"), (when, when))

    def settings(self, **more):
        return dict({"MARQUEE_CACHE_DIR": self.cache}, **more)

    def cgi(self, uri, method="GET", env=None, **headers):
        """One request to the program as plain CGI; its standard error is in
        the answer's `errors`."""
        variables = self.settings(**params(uri, method, **headers))
        variables.update(env or {})
        done = self.run_program([programs.program(self.responder)],
                                env=variables)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = fcgi.Answer(done.stdout)
        answer.errors = done.stderr.decode()
        return answer

    def serve(self, *options, is_supervised=False, **more):
        """Starts it as FastCGI on self.socket, by spawn-fcgi; is_supervised:
        and again whenever it ends."""
        supervisor = [programs.program("keep-running")]
        process = self.start(
            ["spawn-fcgi", "-n", "-s", self.socket, "-M", "0660", "--",
             *supervisor * is_supervised,
             programs.program(self.responder), *options],
            env=self.settings(**more.pop("settings", {})), **more)
        programs.wait_for(lambda: self.ask("/ping").status == 200, 20,
                          self.responder + " on its socket")
        return process

    def ask(self, uri, method="GET", **headers):
        """One request over a FastCGI connection of its own."""
        with fcgi.Connection(self.socket) as connection:
            return connection.ask(params(uri, method, **headers))
