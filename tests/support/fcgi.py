"""A FastCGI client (FastCGI Specification 1.0), record by record.

    with fcgi.Connection("/run/x.sock") as connection:
        answer = connection.ask({"REQUEST_METHOD": "GET", …})
        answer.status, answer.headers["etag"], answer.body

An address is the path of a Unix socket, or a pair of host and port.
"""

import socket
import struct

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT, STDERR = \
    range(1, 8)
RESPONDER = 1
KEEP_CONN = 1


def record(kind, content=b"", request_id=1, version=1):
    return struct.pack(">BBHHBx", version, kind, request_id, len(content),
                       0) + content


def length_of(text):
    return (struct.pack(">B", len(text)) if len(text) < 128
            else struct.pack(">I", len(text) | 1 << 31))


def pairs(params):
    encoded = b""
    for name, value in params.items():
        name, value = name.encode(), value.encode("latin-1")
        encoded += length_of(name) + length_of(value) + name + value
    return encoded


def body_records(body):
    parts = (body[at:at + 32768] for at in range(0, len(body), 32768))
    return b"".join(record(STDIN, part) for part in parts) + record(STDIN)


def request(params, keep=False, role=RESPONDER, body=b""):
    """All the records of a request; params say the body's length and type."""
    flags = KEEP_CONN if keep else 0
    return (record(BEGIN_REQUEST, struct.pack(">HB5x", role, flags)) +
            record(PARAMS, pairs(params)) + record(PARAMS) +
            body_records(body))


class Answer:
    """A CGI answer: status, headers by lower-case name, body."""

    def __init__(self, output):
        head, _, self.body = output.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.names = [line.partition(":")[0] for line in lines]
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            self.headers[name.lower()] = value
        self.status = int(self.headers.get("status", "0").split(" ")[0])
        self.length = int(self.headers.get("content-length", "0"))

    def header(self, name):
        return self.headers.get(name.lower())


class Stream:
    """Records that arrive on a socket, of whichever side."""

    def __init__(self, peer):
        self.socket = peer

    def read_exactly(self, count):
        parts = []
        while count > 0:
            part = self.socket.recv(min(count, 65536))
            if not part:
                raise EOFError("the connection ended in the middle")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def read_record(self):
        """Returns (kind, content)."""
        _, kind, _, length, padding = struct.unpack(">BBHHBx",
                                                    self.read_exactly(8))
        return kind, self.read_exactly(length + padding)[:length]


class Connection(Stream):
    def __init__(self, address, timeout=30):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        super().__init__(socket.socket(family, socket.SOCK_STREAM))
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, params, keep=False, body=b""):
        self.socket.sendall(request(params, keep, body=body))

    def receive(self):
        """Reads up to the end of the request; returns its Answer."""
        output = []
        while True:
            kind, content = self.read_record()
            if kind == STDOUT:
                output.append(content)
            elif kind == END_REQUEST:
                return Answer(b"".join(output))

    def ask(self, params, keep=False, body=b""):
        self.send(params, keep, body)
        return self.receive()
