"""HTTP/1.1 as bytes: what was sent is not made tidy, and what comes back is
read strictly.

    exchange = http_wire.talk(port, b"GET / HTTP/1.1\r\n…", ["GET"])
    exchange.responses   in their order
    exchange.wrong       what is no HTTP among what came, or None
"""

import re
import socket

# How long an answer may take. The responders' own deadlines are below.
WAIT_S = 30

# nginx has no reason for a 431.
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Za-z -]*")
HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+): ([\x20-\x7e]*)")


class NotHttp(Exception):
    """What came cannot be read as answers."""


class Response:
    """`headers` are pairs, as they came."""

    def __init__(self, status, headers):
        self.status = status
        self.headers = headers
        self.body = b""

    def all(self, name):
        return [value for seen, value in self.headers
                if seen.lower() == name.lower()]

    def __getitem__(self, name):
        """A header's value, or None."""
        values = self.all(name)
        return values[0] if values else None


class Exchange:
    def __init__(self, data, methods, wrong=None):
        self.responses = []
        self.wrong = wrong
        try:
            while data:
                method = methods[len(self.responses)] \
                    if len(self.responses) < len(methods) else "GET"
                response, data = read_response(data, method)
                if response.status >= 200:
                    self.responses.append(response)
        except NotHttp as error:
            self.wrong = "%s: %r" % (error, data[:100])


def read_response(data, method):
    """The first answer of `data`, and what follows it."""
    head, end, rest = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    found = STATUS_LINE.fullmatch(lines[0])
    if not end or not found:
        raise NotHttp("no head of an answer")
    headers = []
    for line in lines[1:]:
        pair = HEADER_LINE.fullmatch(line)
        if not pair:
            raise NotHttp("the header line %r" % line)
        headers.append((pair[1].decode(), pair[2].decode()))
    response = Response(int(found[1]), headers)
    if method == "HEAD" or response.status in (204, 304) or \
            response.status < 200:
        return response, rest
    if response["Transfer-Encoding"] == "chunked":
        response.body, rest = read_chunks(rest)
    elif (response["Content-Length"] or "").isdigit():
        length = int(response["Content-Length"])
        if len(rest) < length:
            raise NotHttp("a body of %d bytes instead of %d" % (len(rest),
                                                                length))
        response.body, rest = rest[:length], rest[length:]
    else:
        raise NotHttp("a body of no known length")
    return response, rest


def read_chunks(data):
    body = b""
    while True:
        found = re.match(rb"([0-9a-f]+)\r\n", data)
        if not found:
            raise NotHttp("a chunk")
        size, data = int(found[1], 16), data[found.end():]
        if data[size:size + 2] != b"\r\n":
            raise NotHttp("the end of a chunk")
        body, data = body + data[:size], data[size + 2:]
        if size == 0:
            return body, data


def talk(port, data, methods=(), is_last=False):
    """Sends it and reads to the end of the connection. With `is_last`, no more
    comes from this side, and it says so."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as peer:
        try:
            peer.sendall(data)
            if is_last:
                peer.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # it was refused in the middle; the answer is there
        while True:
            try:
                part = peer.recv(65536)
            except ConnectionError:
                break
            except TimeoutError:
                return Exchange(received, methods, "no end of it")
            if not part:
                break
            received += part
    return Exchange(received, methods)
