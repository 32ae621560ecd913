"""A Redis of the test's own, for answers that a real one does not give.

    with FakeRedis(b"$99999999999\\r\\n") as fake:
        run(MARQUEE_REDIS_URL=fake.url)
        self.assertGreater(fake.connections, 0)

It reads what it is sent and answers the first bytes of each connection with the
given ones; then it is silent, or closes where it is told to.
"""

import contextlib
import socket
import threading


class FakeRedis:

    def __init__(self, answer, closes=False, repeats=False):
        self.answer, self.closes, self.repeats = answer, closes, repeats
        self.connections = 0
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "redis://127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *arguments):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for peer in list(self.open):
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        self.thread.join()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.open.append(peer)
            threading.Thread(target=self.serve, args=(peer,),
                             daemon=True).start()

    def serve(self, peer):
        with peer, contextlib.suppress(OSError):
            if not peer.recv(65536):
                return
            peer.sendall(self.answer)
            while self.repeats:
                peer.sendall(self.answer)
            if self.closes:
                return
            while peer.recv(65536):
                pass
