"""A front server with a fault of its own, for tests of what is to find it: of
two lengths of a body it believes Content-Length, and what follows is the next
request (CL.TE request smuggling).

    front = careless_front.Front(port_behind).start()
    front.port
    front.stop()
"""

import re
import socket
import socketserver
import threading

PATIENCE_S = 0.5

LENGTH = re.compile(rb"\r\ncontent-length *:[ \t]*(\d+)[ \t]*\r\n", re.I)
REQUEST_LINE = re.compile(rb"([A-Z]+) (/\S*) HTTP/1\.[01]")


class Handler(socketserver.BaseRequestHandler):

    def handle(self):
        """Until no more comes for a moment, which ends what makes no sense."""
        self.request.settimeout(PATIENCE_S)
        self.data = b""
        try:
            while True:
                self.read_until(lambda: b"\r\n\r\n" in self.data)
                head, _, self.data = self.data.partition(b"\r\n\r\n")
                found = LENGTH.search(head + b"\r\n")
                length = int(found[1]) if found else 0
                self.read_until(lambda: len(self.data) >= length)
                self.data = self.data[length:]
                self.pass_on(head)
        except (OSError, EOFError):
            return

    def read_until(self, is_enough):
        while not is_enough():
            part = self.request.recv(65536)
            if not part:
                raise EOFError
            self.data += part

    def pass_on(self, head):
        """Without headers and body, which matter to nobody here."""
        line = REQUEST_LINE.search(head)
        if not line:
            return
        with socket.create_connection(
                ("127.0.0.1", self.server.port_behind), 30) as behind:
            behind.sendall(b"%s %s HTTP/1.1\r\nHost: h\r\n"
                           b"Connection: close\r\n\r\n" % line.groups())
            while True:
                part = behind.recv(65536)
                if not part:
                    break
                self.request.sendall(part)
        if b"after" in head:  # the last one of http_corpus
            self.request.shutdown(socket.SHUT_RDWR)


class Front(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port_behind):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port_behind = port_behind
        self.port = self.server_address[1]

    def handle_error(self, request, client_address):
        """A client that has left is no news."""

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.shutdown()
        self.server_close()
