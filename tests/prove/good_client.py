"""A client that means well: a few kept connections, a modest rate, and every
answer compared.

    said = good_client.run(port, [("/movies", body), ("/ping", None)], 3)
    said.wrong      sentences
    said.p99_ms, said.slowest_ms, said.count
"""

import heapq
import math
import selectors
import socket
import time

CLIENTS = 4

# Of one connection, between an answer and its next request.
PAUSE_S = 0.01

# What the microcache keeps an answer for; all ask the same way.
HEADERS = b"Host: h\r\nAccept: text/html\r\nAccept-Encoding: identity\r\n\r\n"


class Said:
    def __init__(self):
        self.latencies_ms = []
        self.wrong = []

    @property
    def count(self):
        return len(self.latencies_ms)

    @property
    def p99_ms(self):
        """Of 100 answers, the slowest but one."""
        return sorted(self.latencies_ms)[
            max(0, math.ceil(self.count * 0.99) - 1)] \
            if self.count else math.inf

    @property
    def slowest_ms(self):
        return max(self.latencies_ms, default=math.inf)


class Connection:
    """Asks for each target in turn."""

    def __init__(self, port, asked, first):
        self.port = port
        self.asked = asked
        self.number = first
        self.socket = None

    def open(self):
        self.close()
        self.socket = socket.create_connection(("127.0.0.1", self.port), 60)

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None

    def ask(self):
        if self.socket is None:
            self.open()
        self.target, self.right = self.asked[self.number % len(self.asked)]
        self.number += 1
        self.data = b""
        self.started = time.monotonic()
        self.socket.sendall(b"GET %s HTTP/1.1\r\n" % self.target.encode() +
                            HEADERS)

    def read(self):
        """Returns whether the answer is whole; what is wrong with it is
        raised as a ValueError."""
        part = self.socket.recv(1 << 20)
        if not part:
            self.close()
            raise ValueError("%s: %d bytes and the end" % (self.target,
                                                           len(self.data)))
        self.data += part
        head, end, body = self.data.partition(b"\r\n\r\n")
        if not end:
            return False
        lines = head.lower().split(b"\r\n")
        length = [int(line[15:]) for line in lines
                  if line.startswith(b"content-length:")]
        if not length or len(body) < length[0]:
            return False
        if b"connection: close" in lines:
            self.close()
        if not head.startswith(b"HTTP/1.1 200 ") or \
                self.right not in (None, body):
            raise ValueError("%s: %.40r with %.60r" % (self.target, head,
                                                       body))
        return True


def run(port, asked, seconds, clients=CLIENTS):
    """`asked` are pairs of a target and its body, or None where that is another
    one each time."""
    said = Said()
    connections = [Connection(port, asked, number)
                   for number in range(clients)]
    now = time.monotonic()
    end = now + seconds
    resting = [(now + PAUSE_S * number / clients, number)
               for number in range(clients)]
    with selectors.DefaultSelector() as selector:
        while True:
            ask_those_rested(connections, resting, selector, end, said)
            if not resting and not selector.get_map():
                break
            wait_s = max(0, resting[0][0] - time.monotonic()) \
                if resting else 60
            for key, _ in selector.select(wait_s):
                receive(connections, key, resting, selector, said)
    for connection in connections:
        connection.close()
    return said


def ask_those_rested(connections, resting, selector, end, said):
    """Past the end, they ask no more."""
    while resting and resting[0][0] <= time.monotonic():
        when, number = heapq.heappop(resting)
        connection = connections[number]
        if when > end:
            continue
        try:
            connection.ask()
            selector.register(connection.socket, selectors.EVENT_READ, number)
        except OSError as error:
            said.wrong.append("%s: %s" % (connection.target, error))
            connection.close()
            heapq.heappush(resting, (time.monotonic() + PAUSE_S, number))


def receive(connections, key, resting, selector, said):
    connection = connections[key.data]
    try:
        if not connection.read():
            return
        said.latencies_ms.append(
            (time.monotonic() - connection.started) * 1000)
    except (OSError, ValueError) as error:
        said.wrong.append(str(error))
        connection.close()
    selector.unregister(key.fileobj)
    heapq.heappush(resting, (time.monotonic() + PAUSE_S, key.data))
