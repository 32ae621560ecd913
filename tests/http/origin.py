"""A responder without a mind of its own: what nginx asks it, it asks an HTTP
server, whose answer it hands on as it is.

    with origin.Origin("/run/movies.sock", 20202):
        …

The server sees what a responder sees of a request: the headers that nginx hands
on, no others.
"""

import contextlib
import os
import socket
import socketserver
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "support"))
import fcgi  # noqa: E402

# Longer than the slowest answer of the suite.
PATIENCE_S = 30


def params_of(content):
    """Name and value, of the content of all PARAMS records."""
    found, at = {}, 0

    def length():
        nonlocal at
        if content[at] < 128:
            at += 1
            return content[at - 1]
        at += 4
        return struct.unpack(">I", content[at - 4:at])[0] & 0x7fffffff

    while at < len(content):
        name_length, value_length = length(), length()
        name = content[at:at + name_length].decode("latin-1")
        at += name_length + value_length
        found[name] = content[at - value_length:at].decode("latin-1")
    return found


def http_request(params):
    """The request as HTTP/1.0, which is answered up to the end of the
    connection."""
    lines = ["%s %s HTTP/1.0" % (params["REQUEST_METHOD"],
                                 params["REQUEST_URI"])]
    lines += ["%s: %s" % (name[len("HTTP_"):].replace("_", "-"), value)
              for name, value in params.items() if name.startswith("HTTP_")]
    return "\r\n".join(lines + ["", ""]).encode("latin-1")


def cgi_answer(answer):
    """What the server answered, as CGI has it: the status is a header, and there
    is one answer, the last."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 1"):
        return cgi_answer(rest)
    status_line, _, headers = head.partition(b"\r\n")
    if not status_line:
        return b""
    return b"Status: " + status_line.partition(b" ")[2] + b"\r\n" + \
        headers + b"\r\n\r\n" + rest


def ask(port, request):
    """All that the server sends back. Nothing, where it hangs up."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as peer:
        peer.sendall(request)
        parts = []
        with contextlib.suppress(ConnectionResetError):
            while part := peer.recv(65536):
                parts.append(part)
        return b"".join(parts)


class Responder(socketserver.BaseRequestHandler):
    """One connection, which nginx keeps for the next request."""

    def handle(self):
        stream = fcgi.Stream(self.request)
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                self.answer(stream)

    def answer(self, stream):
        params, kind, content = b"", fcgi.BEGIN_REQUEST, b""
        while kind != fcgi.STDIN or content:
            kind, content = stream.read_record()
            if kind == fcgi.PARAMS:
                params += content
        output = cgi_answer(ask(self.server.http_port,
                                http_request(params_of(params))))
        for at in range(0, len(output), 32768):
            self.request.sendall(fcgi.record(fcgi.STDOUT,
                                             output[at:at + 32768]))
        self.request.sendall(fcgi.record(fcgi.STDOUT) + fcgi.record(
            fcgi.END_REQUEST, bytes(8)))


class Origin(socketserver.ThreadingUnixStreamServer):
    """Listens on a Unix socket while it is entered, for what listens on a port
    of 127.0.0.1."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path, http_port):
        super().__init__(path, Responder)
        self.http_port = http_port

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
