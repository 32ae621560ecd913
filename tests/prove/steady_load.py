"""So many requests a second, whatever becomes of them, and what became of them.

    with steady_load.Load(site.port, 1000, "/movies") as load:
        …                               things happen to the site
    load.sent, load.failures, load.slowest_s

Each client has a connection that it keeps, and times of its own at which it
asks; one that was held up asks the sooner. A failure is anything but a whole
answer of status 200 that is byte for byte what an earlier one was, in each of
the forms that the clients ask for. Nothing is asked twice.
"""

import collections
import itertools
import select
import socket
import threading
import time

CLIENTS = 20

# What a client waits for an answer before it gives up.
PATIENCE_S = 30

# They take turns.
FORMS = ("text/html", "application/json")


class Failure(Exception):
    """An answer that a reader could not use."""


class Client:
    """One kept connection."""

    def __init__(self, port):
        self.port = port
        self.peer = None

    def close(self):
        if self.peer is not None:
            self.peer.close()
            self.file.close()
            self.peer = None

    def connect(self):
        self.peer = socket.create_connection(("127.0.0.1", self.port),
                                             PATIENCE_S)
        self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.peer.makefile("rb")

    def has_been_closed(self):
        """A server may close a kept connection between two requests (RFC 9112
        section 9.3): then nothing was asked yet."""
        return bool(select.select([self.peer], [], [], 0)[0])

    def ask(self, request):
        """Returns the body; Failure or OSError where there is none."""
        if self.peer is not None and self.has_been_closed():
            self.close()
        if self.peer is None:
            self.connect()
        self.peer.sendall(request)
        status = self.file.readline()
        if not status:
            raise Failure("the connection was closed without an answer")
        headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            if not line:
                raise Failure("an answer that ends in its headers")
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        body = self.file.read(int(headers.get(b"content-length", 0)))
        if len(body) < int(headers.get(b"content-length", 0)):
            raise Failure("an answer that ends in its body")
        if headers.get(b"connection") == b"close":
            self.close()
        if status.split(b" ")[1] != b"200":
            raise Failure(status.decode().strip())
        return body


class Load:
    def __init__(self, port, rate, target, is_distinct=False):
        """`is_distinct`: no two requests are the same to the microcache."""
        self.port, self.rate, self.target = port, rate, target
        self.is_distinct = is_distinct
        self.numbers = itertools.count()
        self.lock = threading.Lock()
        self.sent, self.slowest_s, self.elapsed_s = 0, 0, 0
        self.failures = collections.Counter()
        self.bodies = {}  # of each form
        self.ends = threading.Event()

    def __enter__(self):
        self.started = time.monotonic()
        self.threads = [threading.Thread(target=self.run, args=(number,))
                        for number in range(CLIENTS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join()
        self.elapsed_s = time.monotonic() - self.started

    @property
    def failed(self):
        return sum(self.failures.values())

    @property
    def per_s(self):
        return self.sent / self.elapsed_s

    def run(self, number):
        client = Client(self.port)
        when = self.started + number / self.rate
        while not self.ends.wait(max(0, when - time.monotonic())):
            self.ask(client, FORMS[number % len(FORMS)])
            when += CLIENTS / self.rate
        client.close()

    def request(self, form):
        lines = ["GET %s HTTP/1.1" % self.target, "Host: site",
                 "Accept: " + form]
        if self.is_distinct:
            lines.append('If-None-Match: "%d"' % next(self.numbers))
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def ask(self, client, form):
        began, why = time.monotonic(), None
        try:
            body = client.ask(self.request(form))
            if self.bodies.setdefault(form, body) != body:
                why = "another body"
        except (OSError, ValueError, Failure) as error:
            why = str(error) or repr(error)
            client.close()
        with self.lock:
            self.sent += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            if why is not None:
                self.failures[why] += 1
