"""What the benches stand on: a site of its own, and peers beside it.

    class Pages(bed.Bed):
        def open(self):
            super().open()
            self.start_site()

        def contests(self):
            yield figures.Contest(…)

A group of rows is a Bed with contests(), which starts nothing: what a contest
needs is there once open() was called, and is gone after close(). The bench of
a group is in a file rows_<what>.py, whose GROUPS lists its Beds.
"""

import os
import re
import shutil
import socket
import subprocess
import sys

import figures

BENCH = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(BENCH), "support"))
import programs  # noqa: E402
import whole_site  # noqa: E402

PEERS = os.path.join(BENCH, "peers")

# The one that Debian's packages are for.
PYTHON = "/usr/bin/python3"

CORES = len(os.sched_getaffinity(0))

START_S = 30


class Bed(whole_site.TestCase):
    """A directory, processes that end with it, a site, peers."""

    is_as_documented = False  # its peers answer, too

    def open(self):
        self.setUp()
        self.peers = {}

    def close(self):
        self.doCleanups()

    def contests(self):
        """Yields the group's Contests."""
        raise NotImplementedError

    def ask(self, url, headers=None, method="GET", body=None):
        """One request of a server of this machine; returns its Answer."""
        port, _, path = url.partition("127.0.0.1:")[2].partition("/")
        self.port, kept = int(port), getattr(self, "port", None)
        try:
            return self.request(method, "/" + path, headers, body)
        finally:
            self.port = kept

    def peer(self, name, start):
        """The base URL of a peer, which start(port) starts when it is first
        asked for. Raises figures.Missing again and again."""
        if name not in self.peers:
            try:
                port = programs.free_port()
                process = start(port)
                programs.wait_for(lambda: self.listens(process, port), START_S,
                                  name)
                self.peers[name] = "http://127.0.0.1:%d" % port
            except figures.Missing as error:
                self.peers[name] = error
        if isinstance(self.peers[name], Exception):
            raise self.peers[name]
        return self.peers[name]

    def listens(self, process, port):
        if process.poll() is not None:
            raise AssertionError("it ended: " + self.errors(process))
        socket.create_connection(("127.0.0.1", port), 5).close()
        return True

    def start_varnish(self, backend, port):
        """Varnish as Debian has it, in front of `backend` (a port). It keeps
        each coding that it gets, brotli too."""
        need("varnishd", "varnish")
        with open(self.path("bench.vcl"), "w", encoding="ascii") as vcl:
            vcl.write('vcl 4.1;\nbackend default {\n\t.host = "127.0.0.1";\n'
                      '\t.port = "%d";\n}\n' % backend)
        os.chmod(self.directory, 0o755)
        return self.start(
            ["varnishd", "-F", "-a", "127.0.0.1:%d" % port, "-f",
             self.path("bench.vcl"), "-n", self.path("varnish"), "-s",
             "malloc,64m", "-p", "http_gzip_support=off"])

    def python_peer(self, arguments, **env):
        return self.start([PYTHON, *arguments],
                          env=dict(env, PYTHONPATH=PEERS,
                                   PYTHONDONTWRITEBYTECODE="1"), cwd=PEERS)

    def start_fastapi(self, app, port, workers=CORES, logs=False, **env):
        """An app of peers/ under uvicorn, a worker a core. Its access log,
        which it has unless told otherwise, goes nowhere if there is one."""
        need_python("fastapi", "uvicorn", "uvloop", "httptools", "jinja2")
        return self.python_peer(
            ["-m", "uvicorn", app, "--port", str(port), "--workers",
             str(workers), *([] if logs else ["--no-access-log"]),
             "--log-level", "info" if logs else "warning"],
            **env)

    def start_flask(self, app, port, **env):
        need_python("flask", "gunicorn", "jinja2")
        return self.python_peer(
            ["-m", "gunicorn", "-b", "127.0.0.1:%d" % port, "-w", str(CORES),
             "--threads", "16", "--log-level", "warning", app], **env)


def need(program, package):
    if not shutil.which(program, path=programs.environment()["PATH"]):
        raise figures.Missing(package + " is not installed")


def need_python(*modules):
    for module in modules:
        if subprocess.run([PYTHON, "-c", "import " + module],
                          stderr=subprocess.DEVNULL, check=False).returncode:
            raise figures.Missing("python3-%s is not installed" % module)


def version(package):
    """Of a Debian package, as its authors count: "7.1.1", or ""."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          check=False)
    found = re.match(r"(?:\d+:)?([\d.]+\d)", done.stdout.decode())
    return found.group(1) if found else ""


def named(name, package):
    """ "Varnish 7.1.1" """
    return ("%s %s" % (name, version(package))).rstrip()
