"""A real redis-server as a process of a test, and a way to talk to it.

    class Hosts(redis_server.TestCase):
        def test_it(self):
            self.redis.call("SET", "key", "value")
            self.redis.kill()
            self.redis.start()
"""

import contextlib
import signal
import socket
import subprocess

import programs


class Refused(Exception):
    """An error that Redis answered."""


class Redis:
    """One server: `port`, `url`; it keeps nothing on disk."""

    def __init__(self, directory, *options):
        self.directory = directory
        self.options = options
        self.port = programs.free_port()
        self.url = "redis://127.0.0.1:%d" % self.port
        self.process = None

    def start(self, *options):
        with open(self.directory + "/redis.log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind",
                 "127.0.0.1", "--dir", self.directory, "--save", "",
                 "--appendonly", "no", *self.options, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=programs.environment())
        programs.wait_for(self.answers, 30, "redis-server")
        return self

    def answers(self):
        """Also one that wants a password, or refuses for another reason."""
        with contextlib.suppress(Refused):
            self.call("PING")
        return True

    def call(self, *words):
        """One command, on a connection of its own; returns what it answers:
        bytes, a number, None or a list of these."""
        with socket.create_connection(("127.0.0.1", self.port), 30) as peer:
            peer.sendall(encode(words))
            with peer.makefile("rb") as stream:
                return read(stream)

    def keys(self, pattern="*"):
        return sorted(key.decode() for key in self.call("KEYS", pattern))

    def freeze(self):
        """It accepts connections and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def encode(words):
    out = b"*%d\r\n" % len(words)
    for word in words:
        if not isinstance(word, bytes):
            word = str(word).encode()
        out += b"$%d\r\n%s\r\n" % (len(word), word)
    return out


def read(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the server closed")
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        raise Refused(rest.decode())
    if kind == b"+":
        return rest
    if kind == b":":
        return int(rest)
    if kind == b"$":
        return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2]
    return None if rest == b"-1" else [read(stream) for _ in range(int(rest))]
