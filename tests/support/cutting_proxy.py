"""A TCP proxy that cuts a connection at a chosen moment.

    proxy = cutting_proxy.Proxy(server.port).start()
    self.addCleanup(proxy.stop)
    proxy.on(b"COMMIT", cutting_proxy.CUT)       # it does not get there
    proxy.on(b"COMMIT", cutting_proxy.DEAFEN)    # it does, the answer does not
    proxy.on(b"COMMIT", cutting_proxy.HOLD)      # until proxy.release()
    proxy.on(b"COMMIT", cutting_proxy.SILENCE)   # nothing passes any more
    proxy.refuse(True)                           # nobody is connected any more

A rule is for the next time that a client sends those bytes, and no more.
"""

import select
import socket
import threading

CUT, DEAFEN, HOLD, SILENCE = "cut", "deafen", "hold", "silence"

# How long anything is waited for before it is looked whether all is to end.
STEP_S = 0.2


class Proxy:
    """Between clients and a port of this host."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.rules = []
        self.fired = []
        self.refuses = self.is_ending = False
        self.released = threading.Event()
        self.pairs = []
        self.threads = []

    def start(self):
        self.run(self.accept)
        return self

    def run(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments)
        self.threads.append(thread)
        thread.start()

    def stop(self):
        self.is_ending = True
        self.released.set()
        self.cut_all()
        for thread in list(self.threads):
            thread.join()
        self.listener.close()

    def on(self, words, action, then_refuses=False):
        with self.lock:
            self.released.clear()
            self.rules.append((words, action, then_refuses))

    def release(self):
        self.released.set()

    def refuse(self, refuses):
        self.refuses = refuses
        if refuses:
            self.cut_all()

    def cut_all(self):
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            self.cut(*pair)

    @staticmethod
    def cut(*peers):
        for peer in peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self):
        while not self.is_ending:
            if not select.select([self.listener], [], [], STEP_S)[0]:
                continue
            client, _ = self.listener.accept()
            if self.refuses:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            with self.lock:
                # Who was let in while the rest was cut off is not let in.
                is_late = self.refuses or self.is_ending
                if not is_late:
                    self.pairs.append((client, server))
            if is_late:
                client.close()
                server.close()
            else:
                self.run(self.pass_on, client, server)

    def find_rule(self, words):
        with self.lock:
            for rule in self.rules:
                if rule[0] in words:
                    self.rules.remove(rule)
                    self.fired.append(rule[:2])
                    return rule
        return None

    def pass_on(self, client, server):
        try:
            self.exchange(client, server)
        except OSError:
            pass
        self.cut(client, server)
        client.close()
        server.close()

    def exchange(self, client, server):
        while not self.is_ending:
            ready = select.select([client, server], [], [], STEP_S)[0]
            if server in ready:
                words = server.recv(65536)
                if not words:
                    return
                client.sendall(words)
            if client in ready:
                words = client.recv(65536)
                if not words:
                    return
                rule = self.find_rule(words)
                if rule is None:
                    server.sendall(words)
                elif not self.apply(rule, words, client, server):
                    return

    def apply(self, rule, words, client, server):
        """Whether the connection goes on."""
        _, action, then_refuses = rule
        if then_refuses:
            self.refuses = True
        if action == HOLD:
            self.released.wait()
            server.sendall(words)
            return True
        if action == DEAFEN:
            server.sendall(words)
            server.recv(65536)
        if action == SILENCE:
            while not self.is_ending and not self.released.wait(STEP_S):
                pass
        return False
