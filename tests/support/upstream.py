#!/usr/bin/env python3
"""The stand-in upstream: a server on 127.0.0.1 that can misbehave.

    with Upstream() as upstream:
        upstream.set_fault("status-503", path="/films", times=1)
        run_the_program(upstream.url)
        assert [entry.status for entry in upstream.log] == [503, 200, 200, 200]

It serves collections the way json-server does (`/films?limit=250&_start=250`,
entity tags, 304, gzip where it is accepted) and whatever `add_route` adds.
Faults are the table FAULTS of upstream_faults.py; one is set for a path or for
all, for ever or for the first few requests. Standard library only.

From the command line: upstream.py --port 8081 --fault drip; --help says more.
"""
import argparse
import contextlib
import gzip
import hashlib
import http.server
import json
import pathlib
import select
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from upstream_faults import FAULTS  # noqa: E402

CATALOGUE = pathlib.Path(__file__).resolve().parents[2] / "catalogue"
DEFAULT_LIMIT = 50
GREATEST_LIMIT = 250


class Gone(Exception):
    """The connection is of no more use: closed by a fault or by the peer."""


class Entry:
    """A request as the log keeps it. It is there as soon as the request line
    and headers were read; status and body_bytes are set before they are sent,
    so a client that has its answer finds them right."""

    def __init__(self, method, target, headers):
        url = urllib.parse.urlsplit(target)
        self.method = method
        self.target = target
        self.path = url.path
        self.query = dict(urllib.parse.parse_qsl(url.query))
        self.headers = headers  # of http.client: names in any case
        self.body = b""
        self.fault = None
        self.status = None
        self.body_bytes = 0
        self.is_active = False

    def __repr__(self):
        return (f"<{self.method} {self.target} {self.status} "
                f"{self.body_bytes} bytes, fault {self.fault}>")


class Response:
    """What a route answers: `body` is bytes, or anything else to be written
    as JSON. Validators and gzip are added when it is sent."""

    def __init__(self, body, status=200, headers=None):
        self.body = body if isinstance(body, bytes) else encode(body)
        self.status = status
        self.headers = dict(headers or {})
        self.headers.setdefault("Content-Type",
                                "application/json; charset=utf-8")


class Exchange:
    """One request and the means to answer it, well or badly. This is what a
    fault gets."""

    def __init__(self, upstream, handler, entry, parameters):
        self.upstream = upstream
        self.handler = handler
        self.entry = entry
        self.parameters = parameters  # of set_fault
        self.stopping = upstream.stopping

    def response(self):
        """What would be answered without a fault."""
        route = self.upstream.route_of(self.entry.path)
        if route is None:
            return Response({}, 404)
        return route(self.entry)

    def value(self):
        """The JSON value of that."""
        return json.loads(self.response().body)

    def send_json(self, value):
        """A good answer that says something else."""
        self.send(Response(value))

    def send_body(self, body, content_type="application/json"):
        self.send(Response(body, headers={"Content-Type": content_type}))

    def send(self, response, validators=True):
        """Sends it the proper way: validators, 304, gzip, Content-Length."""
        headers, body = dict(response.headers), response.body
        status = response.status
        if validators and status == 200:
            status = self.validate(headers, body)
        if status == 304:
            body = b""
        elif self.upstream.gzip and self.accepts_gzip() and body:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        if status not in (204, 304):
            headers["Content-Length"] = str(len(body))
        self.head(status, headers)
        self.body(body)

    def validate(self, headers, body):
        tag = 'W/"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        asked = self.entry.headers.get("If-None-Match")
        since = self.entry.headers.get("If-Modified-Since")
        if self.upstream.entity_tags:
            headers["ETag"] = tag
        if self.upstream.last_modified:
            headers["Last-Modified"] = self.upstream.last_modified
        if asked is not None:
            is_same = self.upstream.entity_tags and tag in asked
        else:
            is_same = since and since == self.upstream.last_modified
        return 304 if is_same else 200

    def accepts_gzip(self):
        return "gzip" in self.entry.headers.get("Accept-Encoding", "")

    def head(self, status, headers):
        """The status line and headers as they are told, right or wrong."""
        reason = http.server.BaseHTTPRequestHandler.responses
        phrase = reason[status][0] if status in reason else "Unknown"
        lines = [f"HTTP/1.1 {status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.entry.status = status
        self.upstream.leave(self.entry)
        self.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def body(self, data):
        self.entry.body_bytes += len(data)
        self.raw(data)

    def chunk(self, data):
        """A part of a body after Transfer-Encoding: chunked."""
        self.entry.body_bytes += len(data)
        self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    def raw(self, data):
        try:
            self.handler.connection.sendall(data)
        except OSError as error:
            raise Gone from error

    def close(self):
        """Ends the connection after what was sent."""
        raise Gone

    def reset(self):
        """Ends it with a TCP reset."""
        with contextlib.suppress(OSError):
            self.handler.connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def wait(self, seconds=None):
        """Waits, for ever without `seconds`; ends when the client leaves or
        the server stops."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self.stopping.is_set() and not self.client_has_left():
            left = 1 if end is None else end - time.monotonic()
            if left <= 0:
                return
            self.stopping.wait(min(left, 0.05))
        raise Gone

    def client_has_left(self):
        connection = self.handler.connection
        poll = select.poll()
        try:
            poll.register(connection, select.POLLIN)
            return bool(poll.poll(0)) and connection.recv(
                1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        upstream = self.server.upstream
        entry = Entry(self.command, self.path, self.headers)
        length = self.headers.get("Content-Length")
        if length is not None:
            entry.body = self.rfile.read(int(length))
        try:
            upstream.answer(self, entry)
        except Gone:
            self.close_connection = True

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def finish(self):
        with contextlib.suppress(OSError):
            super().finish()


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True
    block_on_close = False

    def __init__(self, address, upstream):
        self.upstream = upstream
        super().__init__(address, Handler)

    def process_request(self, request, client_address):
        with self.upstream.lock:
            self.upstream.connection_count += 1
            self.upstream.open_connections.add(request)
        super().process_request(request, client_address)

    # Without socketserver's shutdown(), which would turn a reset into a
    # polite end.
    def shutdown_request(self, request):
        with self.upstream.lock:
            self.upstream.open_connections.discard(request)
        request.close()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Fault:
    """A fault that was set: for a path (None: all), for so many requests more
    (None: for ever)."""

    def __init__(self, name, path, times, parameters):
        self.name = name
        self.path = path
        self.times = times
        self.parameters = parameters


class Upstream:
    """start() and stop(), or `with`. Everything may be changed while it runs.

    url                http://127.0.0.1:PORT, without a slash at its end
    log                list of Entry, in the order of arrival
    collections        name -> list of elements, served at "/name"
    entity_tags, gzip  what the server can do (True)
    last_modified      an HTTP date to be sent with every answer (None)
    latency_s          wait before each answer (0)
    connection_count   connections accepted so far
    most_active        requests that waited for an answer at the same time
    """

    def __init__(self, port=0, data=CATALOGUE):
        self.port = port
        self.collections = load_collections(data) if data else {}
        self.routes = {}
        self.entity_tags = True
        self.gzip = True
        self.last_modified = None
        self.latency_s = 0
        self.log = []
        self.faults = []
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.open_connections = set()
        self.connection_count = 0
        self.active = 0
        self.most_active = 0
        self.server = None
        self.thread = None
        self.placeholder = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        self.stopping = threading.Event()
        self.listen()
        return self

    def stop(self):
        self.unlisten()
        if self.placeholder is not None:
            self.placeholder.close()
            self.placeholder = None

    __enter__ = start

    def __exit__(self, *arguments):
        self.stop()

    def listen(self):
        self.server = Server(("127.0.0.1", self.port), self)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def unlisten(self):
        self.stopping.set()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.thread.join()
            self.server = None
        with self.lock:
            connections = list(self.open_connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def refuse_connections(self):
        """From now on connecting fails; the port stays ours."""
        if self.placeholder is not None:
            return
        self.unlisten()
        self.placeholder = socket.socket()
        self.placeholder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.placeholder.bind(("127.0.0.1", self.port))

    def accept_connections(self):
        if self.placeholder is None:
            return
        self.placeholder.close()
        self.placeholder = None
        self.start()

    def add_route(self, prefix, route):
        """`route(entry)` returns the Response of every path that is `prefix`
        or begins with it and a slash; the longest prefix wins."""
        self.routes[prefix.rstrip("/")] = route

    def route_of(self, path):
        path = path.rstrip("/")
        found = [prefix for prefix in self.routes
                 if path == prefix or path.startswith(prefix + "/")]
        if found:
            return self.routes[max(found, key=len)]
        if path.lstrip("/") in self.collections:
            return self.collection_page
        return None

    def collection_page(self, entry):
        elements = self.collections[entry.path.strip("/")]
        limit = min(number(entry.query, "limit", DEFAULT_LIMIT),
                    GREATEST_LIMIT)
        start = number(entry.query, "_start", 0)
        return Response(elements[start:start + limit])

    def set_fault(self, name, path=None, times=None, **parameters):
        """From now on (`times` requests long) every request, or those whose
        path is `path`, or whose path and query are, or whose method is ("PUT"),
        fails like this. A fault set later goes first. "refuse" for everything
        closes the listener."""
        if name not in FAULTS:
            raise KeyError(f"no fault {name!r}; there are: "
                           + ", ".join(sorted(FAULTS)))
        if name == "refuse" and path is None and times is None:
            self.refuse_connections()
            return
        with self.lock:
            self.faults.insert(0, Fault(name, path, times, parameters))

    def clear_faults(self):
        with self.lock:
            self.faults.clear()
        self.accept_connections()

    def places(self, entry):
        """What a fault's path may be to concern this request."""
        return [None, entry.path, entry.target, entry.method]

    def take_fault(self, entry):
        with self.lock:
            for fault in self.faults:
                if fault.path not in self.places(entry):
                    continue
                if fault.times is not None:
                    if fault.times == 0:
                        continue
                    fault.times -= 1
                return fault
        return None

    def answer(self, handler, entry):
        fault = self.take_fault(entry)
        with self.lock:
            self.log.append(entry)
            self.active += 1
            self.most_active = max(self.most_active, self.active)
            entry.is_active = True
        try:
            exchange = Exchange(self, handler, entry,
                                fault.parameters if fault else {})
            if self.latency_s:
                exchange.wait(self.latency_s)
            if fault is None:
                exchange.send(exchange.response())
            else:
                entry.fault = fault.name
                FAULTS[fault.name].run(exchange)
        finally:
            self.leave(entry)

    def leave(self, entry):
        """The answer begins, so the client may send its next request."""
        with self.lock:
            self.active -= entry.is_active
            entry.is_active = False


def encode(value):
    """JSON as the upstream writes it: lone surrogates as escapes."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def number(query, name, default):
    try:
        return max(0, int(query.get(name, default)))
    except ValueError:
        return default


def load_collections(directory):
    """Every NAME.json below `directory` that holds an array."""
    collections = {}
    for path in sorted(pathlib.Path(directory).glob("*.json")):
        value = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(value, list):
            collections[path.stem] = value
    return collections


def main():
    parser = argparse.ArgumentParser(
        description="Serve collections on 127.0.0.1, well or badly.")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--data", default=CATALOGUE, metavar="DIR",
                        help="where NAME.json for /NAME are")
    parser.add_argument("--fault", choices=sorted(FAULTS), metavar="NAME")
    parser.add_argument("--path", help="only this path has the fault")
    parser.add_argument("--times", type=int, help="only so many requests")
    parser.add_argument("--list-faults", action="store_true")
    arguments = parser.parse_args()
    if arguments.list_faults:
        for name, fault in FAULTS.items():
            print(f"{name:24} {fault.kind:12} {fault.meaning}")
        return
    upstream = Upstream(arguments.port, arguments.data).start()
    if arguments.fault:
        upstream.set_fault(arguments.fault, arguments.path, arguments.times)
    print(f"upstream: {upstream.url}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        while True:
            signal.pause()
    upstream.stop()


if __name__ == "__main__":
    main()
