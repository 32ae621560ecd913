"""named_host.py DIRECTORY: fetch-movies of the normal build, confined, asks a
host by its name over HTTP and HTTPS. In namespaces of its own for mounts and
network, where it may have another resolv.conf and a name server:

    unshare --mount --net python3 named_host.py DIRECTORY

Prints what came of it, a line a try, and which calls the kernel refused.
"""

import fcntl
import http.server
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import confining  # noqa: E402
import programs  # noqa: E402
import upstream  # noqa: E402

NAME = "films.example"

SIOCSIFFLAGS = 0x8914
IFF_UP = 1

TYPE_A, CLASS_IN = 1, 1


def raise_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS,
                    struct.pack("16sH14x", b"lo", IFF_UP))


def mount(source, target):
    subprocess.run(["mount", "--bind", source, target], check=True)


def answer(query):
    """RFC 1035: 127.0.0.1 for whoever asks for an IPv4 address."""
    question = query[12:query.index(b"\0", 12) + 5]
    kind = struct.unpack(">H", question[-4:-2])[0]
    record = b"" if kind != TYPE_A else b"\xc0\x0c" + struct.pack(
        ">HHIH", TYPE_A, CLASS_IN, 5, 4) + socket.inet_aton("127.0.0.1")
    return query[:2] + b"\x81\x80" + struct.pack(
        ">HHHH", 1, 1 if record else 0, 0, 0) + question + record


def serve_names(server):
    while True:
        query, client = server.recvfrom(512)
        server.sendto(answer(query), client)


def start(work, *arguments):
    threading.Thread(target=work, args=arguments, daemon=True).start()


def serve_https(directory):
    key, certificate = (os.path.join(directory, name)
                        for name in ("key.pem", "cert.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
         "2", "-keyout", key, "-out", certificate, "-subj", "/CN=" + NAME,
         "-addext", "subjectAltName=DNS:" + NAME], check=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = http.server.HTTPServer(("127.0.0.1", 0),
                                    http.server.BaseHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    server.RequestHandlerClass.do_GET = lambda handler: handler.send_error(404)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    start(server.serve_forever)
    return server.server_address[1], certificate


def trust(directory, certificate):
    """The system's certificates are this one."""
    certificates = os.path.join(directory, "certs")
    os.mkdir(certificates)
    shutil.copy(certificate, os.path.join(certificates,
                                          "ca-certificates.crt"))
    mount(certificates, "/etc/ssl/certs")


def fetch(directory, url):
    return subprocess.run(
        ["strace", "-D", "-f", "-qq", "-A", "-e", "status=failed", "-o",
         os.path.join(directory, "trace"),
         programs.release_program("fetch-movies")],
        env=programs.environment({
            "MARQUEE_CACHE_DIR": os.path.join(directory, "cache"),
            "MARQUEE_SHARE_DIR": programs.ROOT, "MARQUEE_GHIBLI_URL": url,
            "MARQUEE_RETRIES": "0"}),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False,
        timeout=60)


def said(run, words):
    return "%d %s" % (run.returncode, words if words in run.stderr.decode()
                      else run.stderr.decode())


def main(directory):
    raise_loopback()
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    resolver = os.path.join(directory, "resolv.conf")
    with open(resolver, "w", encoding="ascii") as file:
        file.write("nameserver 127.0.0.1\n")
    mount(resolver, "/etc/resolv.conf")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    start(serve_names, server)
    films = upstream.Upstream().start()
    port, certificate = serve_https(directory)
    by_https = "https://%s:%d" % (NAME, port)
    print("by name: %d" % fetch(
        directory, films.url.replace("127.0.0.1", NAME)).returncode)
    print("unknown certificate: " + said(fetch(directory, by_https),
                                         "certificate problem"))
    trust(directory, certificate)
    print("known certificate: " + said(fetch(directory, by_https),
                                       "answers 404"))
    print("refused: %s" % confining.refusals(os.path.join(directory, "trace")))


if __name__ == "__main__":
    main(sys.argv[1])
