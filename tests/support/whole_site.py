"""The whole site, as it is shipped: nginx with its snippets, movies.fcgi,
fetch-movies, and a stand-in for the films API.

    class Pages(whole_site.TestCase):
        def test_a_page(self):
            self.start_site()
            answer = self.get("/movies", {"Accept": "text/html"})
            self.assertEqual(answer.status, 200)
"""

import gzip
import http.client
import os
import shutil
import signal
import socket

import brotli_text
import fetching
import media_upstream
import openapi
import programs

# What an answer lacks that nginx gives of the files, a responder being dead.
AWAY = frozenset(("ETag", "Age", "Last-Modified", "Content-Location"))

NGINX = os.path.join(programs.ROOT, "nginx")


class Answer:
    """A response: `status`, `headers` (names in any case), `body`."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def __getitem__(self, name):
        """A header's value, or None. Twice the same header is an error."""
        values = self.headers.get_all(name, [])
        if len(values) > 1:
            raise AssertionError("%s came %d times: %s"
                                 % (name, len(values), values))
        return values[0] if values else None

    def header(self, name):
        return self[name]

    def text(self):
        """The body without its content coding, as text."""
        coding = self["Content-Encoding"]
        if coding == "br":
            return brotli_text.decompress(self.body).decode()
        if coding == "gzip":
            return gzip.decompress(self.body).decode()
        if coding is not None:
            raise AssertionError("unknown coding " + coding)
        return self.body.decode()


class Plain:
    """An answer as its schema sees it."""

    def __init__(self, answer):
        self.status, self.header = answer.status, answer.header
        self.text = answer.text

    @property
    def body(self):
        return self.text()


def get(host, port, target):
    """One GET of any server."""
    connection = http.client.HTTPConnection(host, port, timeout=30)
    try:
        connection.putrequest("GET", target, skip_accept_encoding=True)
        connection.endheaders()
        return Answer(connection.getresponse())
    finally:
        connection.close()


def accepts(path):
    """Whether somebody listens there: a socket has its name before that."""
    with socket.socket(socket.AF_UNIX) as peer:
        # A name of any length.
        place = os.open(os.path.dirname(path), os.O_PATH)
        try:
            peer.connect("/proc/self/fd/%d/%s" % (place,
                                                  os.path.basename(path)))
        finally:
            os.close(place)
    return True


class TestCase(fetching.TestCase):
    """A test with a site of its own. Nothing runs before it is started."""

    # Each answer has to be what templates/openapi.json says, but for these
    # headers: while a responder is dead, say. Not where others answer, too.
    is_as_documented = True
    without_headers = frozenset()

    extra_servers = ""  # more of nginx's http block
    fcgi_options = ()   # of each responder
    log_format = "logfmt"  # of nginx

    # (file, old, new) in nginx's configuration; @CACHE@ is the cache's path.
    nginx_edits = ()

    # What the responders' supervisors are told: as run-site does.
    watch = ("--watch-ms", "5000")

    # Words before a responder's: `env` and variables of its own, say.
    launch = ()

    def start_site(self):
        """Publishes once, starts the responder and nginx."""
        self.publish()
        self.start_responder()
        self.start_nginx()

    def start_with_media(self, **settings):
        """The same with a stand-in for the media API, self.media."""
        self.media = media_upstream.MediaUpstream().start()
        self.addCleanup(self.media.stop)
        self.publish()
        self.start_responder()
        self.start_files(**{"MARQUEE_FILES_URL": self.media.url,
                            "MARQUEE_TIMEOUT_MS": "8000",
                            "MARQUEE_RETRIES": "0", **settings})
        self.start_nginx()

    def start_responder(self):
        self.responder = self.start_fcgi("movies")

    def start_files(self, **settings):
        """Starts files.fcgi too; it needs MARQUEE_FILES_URL."""
        self.files = self.start_fcgi("files", **settings)

    def start_fcgi(self, name, **settings):
        """Starts the responder of that name, under its supervisor."""
        os.makedirs(self.path("nginx"), exist_ok=True)
        socket_path = self.path("nginx", name + ".sock")
        if os.path.exists(socket_path):
            os.unlink(socket_path)
        process = self.start(
            ["spawn-fcgi", "-n", "-s", name + ".sock", "-M", "0660",
             "-d", self.directory, "--",
             programs.program("keep-running"), *self.watch, *self.launch,
             self.responder_program(name + ".fcgi"), *self.fcgi_options],
            env=self.settings(**settings), cwd=self.path("nginx"))
        programs.wait_for(lambda: accepts(socket_path), 10,
                          "the socket of " + name)
        return process

    def responder_program(self, name):
        return programs.program(name)

    def responder_pid(self):
        """The pid of movies.fcgi itself, below its supervisor; None while it
        is between two runs."""
        return programs.child(self.responder, "movies.fcgi")

    def stop_responder(self):
        """The responder is dead and stays so. (nginx answers before it runs:
        its supervisor is not to be asked before it can be.)"""
        programs.wait_for(self.responder_pid, 10, "the responder")
        status = self.end(self.responder)
        self.assertEqual(status, 0, self.errors(self.responder))

    def freeze_responder(self):
        """The responder accepts connections and answers none."""
        pid = programs.wait_for(self.responder_pid, 10, "the responder")
        os.kill(pid, signal.SIGSTOP)

    def start_nginx(self):
        """Starts nginx with what is in nginx/, as tools/run-site does."""
        self.port = programs.free_port()
        base = self.path("nginx")
        os.makedirs(os.path.join(base, "temp"), exist_ok=True)
        os.makedirs(self.path("logs"), exist_ok=True)
        shutil.copytree(os.path.join(NGINX, "snippets"),
                        os.path.join(base, "snippets"))
        shutil.copy(os.path.join(NGINX, "marquee-http.conf"), base)
        os.symlink(self.cache, os.path.join(base, "cache"))
        with open(os.path.join(NGINX, "run.conf.in"),
                  encoding="utf-8") as source:
            text = source.read()
        for name, value in {
                "PORT": str(self.port), "LOG_FORMAT": self.log_format,
                "EXAMPLE": self.extra_servers,
                "USER": "user root;" if os.getuid() == 0 else ""}.items():
            text = text.replace("@%s@" % name, value)
        with open(os.path.join(base, "nginx.conf"), "w",
                  encoding="utf-8") as target:
            target.write(text)
        self.edit_nginx(base)
        self.nginx = self.start(
            ["nginx", "-e", "../logs/nginx-error.log", "-p", base + "/",
             "-c", "nginx.conf"], cwd=base)
        programs.wait_for(self.nginx_listens, 20, "nginx")

    def edit_nginx(self, base):
        """What is shipped may have changed since an edit was written."""
        for name, old, new in self.nginx_edits:
            path = os.path.join(base, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            if old not in text:
                raise AssertionError("%s has no %r" % (name, old))
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(old, new.replace(
                    "@CACHE@", self.cache)))

    def nginx_listens(self):
        if self.nginx.poll() is not None:
            raise AssertionError("nginx ended: " + self.errors(self.nginx))
        socket.create_connection(("127.0.0.1", self.port), 5).close()
        return True

    def request(self, method, target, headers=None, body=None):
        """One request; `headers` is a dict or a list of pairs. No header is
        added but Host and, with a body, Content-Length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            pairs = headers.items() if isinstance(headers, dict) \
                else headers or []
            for name, value in pairs:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if self.is_as_documented:
            self.assertEqual(openapi.read().wrong_with(
                method, target, Plain(answer), self.without_headers), [])
        return answer

    def get(self, target, headers=None):
        return self.request("GET", target, headers)

    def raw(self, data):
        """Sends bytes and reads to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as peer:
            peer.sendall(data)
            answer = b""
            while True:
                part = peer.recv(65536)
                if not part:
                    return answer
                answer += part

    def access_log(self):
        with open(self.path("logs", "nginx-access.log"),
                  encoding="utf-8") as log:
            return log.read().splitlines()
