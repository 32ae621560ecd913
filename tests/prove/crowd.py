#!/usr/bin/env python3
"""crowd.py KIND PORT COUNT TARGET PATIENCE_S: clients of 127.0.0.1 that hold on
to their connections, in a process of their own. Prints a line of JSON once
COUNT of them are there, or as many as come within PATIENCE_S, and another at
the end, when its standard input does: how many there were at least since then,
and how often one that had to go was replaced.

    with crowd.Crowd("half-open", port, 10000) as many:
        …                     meanwhile
    many.came, many.least     how many came; after the block, the least

KIND: half-open     half a request's head, or none of it, and nothing more
      slow-readers  TARGET is asked for; its body is read a few bytes a second
      slow-writers  a body is posted to TARGET, a byte every half second
"""

import json
import resource
import selectors
import socket
import subprocess
import sys
import time

# A listen queue must not overflow: that is another attack.
AT_ONCE = 100
PAUSE_S = 0.01

READ_BYTES = 64
WRITE_EVERY_S = 0.5
READ_EVERY_S = 1
LOOK_EVERY_S = 0.05

# So little fits into the window of one who does not read.
WINDOW_BYTES = 4096

HEADS = {
    "half-open": b"GET /movies HTTP/1.1\r\nHost: h\r\nX-Half: ",
    "slow-readers": b"GET %s HTTP/1.1\r\nHost: h\r\n"
                    # No microcache answers a range for the responder.
                    b"Range: bytes=0-\r\n\r\n",
    "slow-writers": b"POST %s HTTP/1.1\r\nHost: h\r\n"
                    b"Content-Type: application/json\r\n"
                    b"Content-Length: 60000\r\n\r\n{",
}


class Crowd:
    """The process, and what it has said."""

    def __init__(self, kind, port, count, target="/movies", patience_s=60):
        self.arguments = [sys.executable, __file__, kind, str(port),
                          str(count), target, str(patience_s)]

    def __enter__(self):
        self.process = subprocess.Popen(
            self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.read()
        self.came = self.least
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.read()
        self.process.stdout.close()
        self.process.wait()

    def read(self):
        said = json.loads(self.process.stdout.readline() or "{}")
        self.least = said.get("least", 0)
        self.replaced = said.get("replaced", 0)


class Member:
    """One connection."""

    def __init__(self, kind, port, target, is_silent):
        self.kind = kind
        self.socket = socket.socket()
        if kind == "slow-readers":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF,
                                   WINDOW_BYTES)
        self.socket.connect(("127.0.0.1", port))
        head = HEADS[kind]
        if not is_silent:
            self.socket.sendall(head % target if b"%" in head else head)
        self.socket.setblocking(False)


    def act(self):
        """What it does from time to time; returns whether it is over."""
        try:
            if self.kind == "slow-readers":
                return not self.socket.recv(READ_BYTES)
            if self.kind == "slow-writers":
                self.socket.send(b" ")
        except BlockingIOError:
            pass
        except OSError:
            return True
        return False


class Members:
    """All of them, and a selector that tells who has ended."""

    def __init__(self, kind, port, count, target):
        self.make = lambda number: Member(
            kind, port, target, kind == "half-open" and number % 2)
        self.kind = kind
        self.count = count
        self.members = set()
        self.selector = selectors.DefaultSelector()
        self.selector.register(sys.stdin, selectors.EVENT_READ)
        self.replaced = 0
        self.is_full = False
        self.least = 0
        self.acted = time.monotonic()

    def fill(self):
        for _ in range(min(AT_ONCE, self.count - len(self.members))):
            try:
                member = self.make(len(self.members))
            except OSError:
                return
            self.members.add(member)
            if self.kind != "slow-readers":
                self.selector.register(member.socket, selectors.EVENT_READ,
                                       member)
            self.replaced += self.is_full

    def drop(self, member):
        self.members.discard(member)
        if self.kind != "slow-readers":
            self.selector.unregister(member.socket)
        member.socket.close()

    def act(self):
        every = READ_EVERY_S if self.kind == "slow-readers" else WRITE_EVERY_S
        if self.kind == "half-open" or \
                time.monotonic() - self.acted < every:
            return
        self.acted = time.monotonic()
        for member in [one for one in self.members if one.act()]:
            self.drop(member)

    def turn(self):
        """Returns False when it is to end."""
        missing = len(self.members) < self.count
        for key, _ in self.selector.select(0 if missing else LOOK_EVERY_S):
            if key.data is None:
                return False
            # The end, or an answer to what was not asked to its end.
            self.drop(key.data)
        self.act()
        if self.is_full:
            self.least = min(self.least, len(self.members))
        if missing:
            self.fill()
            time.sleep(PAUSE_S)
        return True

    def say(self):
        print(json.dumps({"least": self.least, "replaced": self.replaced}),
              flush=True)

    def run(self, patience_s):
        """Says that it is there when it is, or as far as it got."""
        started, is_said = time.monotonic(), False
        while self.turn():
            self.is_full = self.is_full or len(self.members) == self.count
            if not is_said and (self.is_full or
                                time.monotonic() - started > patience_s):
                self.is_full = is_said = True
                self.least = len(self.members)
                self.say()
        self.say()


def main():
    kind, port, count, target, patience_s = sys.argv[1:]
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Members(kind, int(port), int(count), target.encode()).run(float(patience_s))


if __name__ == "__main__":
    main()
