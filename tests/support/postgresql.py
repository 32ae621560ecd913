"""A PostgreSQL of Debian's package as a process of a test.

    class Notifying(postgresql.WithLog, notifying.TestCase):
        def test_…(self):
            self.serve(MARQUEE_EVENTS_URL=self.log.url)
            self.log.ask("SELECT count(*) FROM marquee.event")
            self.server.kill(); self.server.start()

It has its own directory, port and socket and is ended by its pid. Its disk is
not waited for (fsync off) unless it is told to. It does not run as root.
"""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

import programs

# A release of Debian has one version: 12 has 15. Of several the newest is taken.
PROGRAMS = max(glob.glob("/usr/lib/postgresql/[0-9]*/bin"),
               key=lambda path: int(path.split("/")[4]),
               default="/usr/lib/postgresql")

# To start, or to end, on a machine that does much else.
START_S = 110

# Of one question.
ASK_S = 110

# What a server started by a test runs as where the test is root's.
UNPRIVILEGED = "postgres"

USER = "marquee"


class Server:
    """A server; `owner` is the test class that ends it."""

    def __init__(self, owner, **settings):
        self.directory = tempfile.mkdtemp(prefix="marquee-postgresql-")
        owner.addClassCleanup(shutil.rmtree, self.directory,
                              ignore_errors=True)
        self.account = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(UNPRIVILEGED)
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
            self.account = {"user": entry.pw_uid, "group": entry.pw_gid,
                            "extra_groups": []}
        os.chmod(self.directory, 0o755)
        self.port = programs.free_port()
        self.settings = dict({
            "listen_addresses": "127.0.0.1", "port": self.port,
            "unix_socket_directories": self.directory, "fsync": "off",
            "shared_buffers": "16MB", "max_connections": "60",
            "log_min_messages": "warning", "autovacuum": "off",
        }, **settings)
        self.databases = 0
        self.process = None
        owner.addClassCleanup(self.end)
        self.run("initdb", "-D", self.path("data"), "-N", "-A", "trust", "-U",
                 USER, "--locale=C", "-E", "UTF8", "--no-instructions")
        self.start()

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def run(self, name, *arguments):
        """Runs one of the package's programs; returns what it prints."""
        done = subprocess.run(
            [os.path.join(PROGRAMS, name), *arguments], cwd=self.directory,
            env=programs.environment({"HOME": self.directory}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=ASK_S, check=False,
            **self.account)
        if done.returncode != 0:
            raise OSError("%s: %s%s" % (name, done.stdout.decode(
                errors="replace"), self.words()))
        return done.stdout.decode()

    def words(self):
        """The end of the server's log."""
        if not os.path.exists(self.path("log")):
            return ""
        with open(self.path("log"), encoding="utf-8",
                  errors="replace") as log:
            return log.read()[-2000:]

    def start(self, waits=True, **more):
        arguments = [argument
                     for name, value in dict(self.settings, **more).items()
                     for argument in ("-c", "%s=%s" % (name, value))]
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(PROGRAMS, "postgres"), "-D", self.path("data"),
                 *arguments], cwd=self.directory,
                env=programs.environment({"HOME": self.directory}),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **self.account)
        if waits:
            programs.wait_for(lambda: self.ask("SELECT 1"), START_S,
                              "the PostgreSQL server")

    def ask(self, sql, database="postgres"):
        """What psql prints, columns by "|"."""
        return self.run("psql", "-X", "-At", "-q", "-v", "ON_ERROR_STOP=1",
                        "-h", self.directory, "-p", str(self.port), "-U",
                        USER, "-d", database, "-c", sql).strip()

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self):
        """As a power cut: the postmaster and all its children. Those that the
        test did not start end by themselves once their parent is gone."""
        children = self.children()
        self.signal(signal.SIGKILL)
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        programs.wait_for(lambda: not any(map(is_running, children)), START_S,
                          "the end of the server's processes")

    def children(self):
        with open("/proc/%d/task/%d/children" % (
                self.process.pid, self.process.pid),
                encoding="ascii") as children:
            return [int(pid) for pid in children.read().split()]

    def stop(self):
        """A fast shutdown: sessions are ended."""
        self.signal(signal.SIGINT)
        self.process.wait(START_S)

    def end(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGQUIT)
            try:
                self.process.wait(START_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def database(self, options=""):
        self.databases += 1
        name = "test%d" % self.databases
        self.ask("CREATE DATABASE %s %s" % (name, options))
        return Database(self, name)


def is_running(pid):
    """Whether there is such a process, and no mere memory of one."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Database:
    """A database for one test."""

    def __init__(self, server, name):
        self.server = server
        self.name = name

    @property
    def url(self):
        return self.url_at(self.server.port)

    def url_at(self, port):
        """Through a port of this host, in the clear."""
        return "postgresql://%s@127.0.0.1:%d/%s?sslmode=disable" % (
            USER, port, self.name)

    @property
    def socket_url(self):
        """Through the server's Unix socket."""
        return "postgresql://%s@/%s?host=%s&port=%d" % (
            USER, self.name, self.server.directory, self.server.port)

    def ask(self, sql):
        return self.server.ask(sql, self.name)


class WithLog:
    """For a TestCase, before it among the bases: a server for the class, which
    takes about 2 s, and an empty event log of each test's own, self.log."""

    server_settings = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = Server(cls, **cls.server_settings)

    def setUp(self):
        self.log = self.server.database()
        super().setUp()
