"""A responder under its supervisor, and what hostile peers do to it.

    attack = fcgi_attack.Attack(Movies)
    with attack:
        attack.run(streams=1000, seed=5)
    attack.violations   sentences; what libfcgi's own aborts are is not there
    attack.restarts     how often it aborted, and was started again

Between the hostile streams good requests are asked: each has an answer, at the
latest once the responder runs again, and it is the right one. What comes back
on a hostile stream is an answer of the contract too, or nothing.
"""

import os
import re
import signal
import socket
import struct

import fcgi
import fcgi_mutants
import programs

# Few threads: each that a stream takes for good is missed at once.
THREADS = 8

# After so many streams the good requests are asked.
GOOD_EVERY = 10

# A peer that has said it will send no more must be let go, within this.
HANG_S = 30

# How long a peer that stays silent listens.
SILENT_S = 0.02

STATUSES = {200, 201, 206, 304, 400, 404, 405, 411, 412, 413, 415, 416, 422,
            500, 503}

SECURITY_HEADERS = ("content-security-policy", "x-content-type-options",
                    "referrer-policy")

# FastCGI Specification 1.0, section 8: what a responder may send.
SENT_KINDS = {fcgi.STDOUT, fcgi.STDERR, fcgi.END_REQUEST, 10, 11}

# What the supervisor says of an end: a signal's name, or a status.
ENDED = re.compile(r'msg="it has ended[^"]*" what=\S+ '
                   r'(?:signal|status)=("[^"]*"|\S+)')
ABORTED = "Aborted"
LIBFCGI_ABORT = re.compile(r"fcgiapp\.c:\d+: Malloc: Assertion")

# A report of a sanitizer, up to its end.
REPORT = re.compile(r"(?:ERROR: \w+Sanitizer: |runtime error: ).*?"
                    r"(?:^SUMMARY: [^\n]*|\Z)", re.M | re.S)
LEAK = re.compile(r"leak of \d+ byte.*?\n\n", re.S)


def is_libfcgi_s(report):
    """Whether it tells of nothing but memory that libfcgi has lost: the first
    who asked for it is the library."""
    leaks = LEAK.findall(report)
    return "detected memory leaks" in report and leaks and all(
        re.search(r"#1 [^\n]*/libfcgi\.so", leak) for leak in leaks)


class Answers:
    """The records that came back on one connection."""

    def __init__(self, data):
        self.outputs = []  # whole answers
        self.wrong = None
        at, output = 0, b""
        while len(data) - at >= 8:
            version, kind, _, length, padding = struct.unpack_from(
                ">BBHHBx", data, at)
            if version != 1 or kind not in SENT_KINDS:
                self.wrong = "a record of version %d, type %d" % (version,
                                                                  kind)
                return
            content = data[at + 8:at + 8 + length]
            at += 8 + length + padding
            if kind == fcgi.STDOUT:
                output += content
            elif kind == fcgi.END_REQUEST and at <= len(data):
                self.outputs.append(output)
                output = b""


def wrong_in(output, is_right):
    """What is wrong with a whole answer, or None. An empty one is none: the
    request was refused."""
    if not output:
        return None
    if b"\r\n\r\n" not in output:
        return "an answer without an end of its headers"
    answer = fcgi.Answer(output)
    if answer.status not in STATUSES:
        return "the status %d" % answer.status
    for name in SECURITY_HEADERS:
        if answer.names.count(answer_name(answer, name)) != 1:
            return "%d with no %s, or more than one" % (answer.status, name)
    for line in output.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        if not re.fullmatch(rb"[A-Za-z-]+: [\x20-\x7e]*", line):
            return "the header line %r" % line[:80]
    return is_right(answer)


def answer_name(answer, name):
    """The header's name as it was written; None where there is none."""
    return next((seen for seen in answer.names if seen.lower() == name), None)


class Attack:
    """`make` is a responding.TestCase class with requests() (pairs of CGI
    variables and body), good(), which asks some and returns what is wrong, and
    wrong(answer), the same for an answer to a hostile stream (fcgi_targets.py).
    `command` takes the place of the program."""

    def __init__(self, make, command=None, hang_s=HANG_S):
        self.case = make()
        self.command = command
        self.hang_s = hang_s
        self.violations = []
        self.streams = self.good = self.restarts = 0

    def __enter__(self):
        self.case.setUp()
        try:
            self.case.prepare()
            self.start()
        except BaseException:
            self.case.doCleanups()
            raise
        return self

    def __exit__(self, *_):
        self.case.doCleanups()

    def start(self):
        case = self.case
        options = programs.environment()["ASAN_OPTIONS"]
        command = self.command or [programs.program(case.responder),
                                   "--threads", str(THREADS)]
        self.process = case.start(
            ["spawn-fcgi", "-n", "-s", case.socket, "-M", "0660", "--",
             programs.program("keep-running"), *command],
            # The sanitizer's malloc then fails as the library's own does, and
            # before a machine's memory does.
            env=case.settings(ASAN_OPTIONS=options + (
                ":allocator_may_return_null=1:max_allocation_size_mb=512")))
        programs.wait_for(lambda: case.good() is None, 20, case.responder)

    def violate(self, what, why):
        if len(self.violations) < 100:
            self.violations.append("%s: %s" % (what, why))

    def run(self, streams, seed, until_found=False):
        """All of it, up to the orderly end; or until something is wrong."""
        requests = self.case.requests()
        for mutant in fcgi_mutants.streams(requests, streams, seed):
            if until_found and self.violations:
                self.kill()
                return
            self.send(mutant)
            self.streams += 1
            if self.streams % GOOD_EVERY == 0:
                self.ask_good(mutant.what)
        self.ask_good("the last stream")
        self.ask_all_threads()
        wrong = self.case.wrong_in_the_end()
        if wrong:
            self.violate("in the end", wrong)
        self.stop()

    def send(self, mutant):
        try:
            data, is_hung = self.exchange(mutant)
        except OSError:  # it has closed, or is between two runs
            return
        if is_hung:
            self.violate(mutant.what, "not let go after %g s" % self.hang_s)
        answers = Answers(data)
        if answers.wrong:
            self.violate(mutant.what, answers.wrong)
        if mutant.requests is not None and \
                len(answers.outputs) > mutant.requests:
            self.violate(mutant.what, "%d answers to %d requests" % (
                len(answers.outputs), mutant.requests))
        for output in answers.outputs:
            wrong = wrong_in(output, self.case.wrong)
            if wrong:
                self.violate(mutant.what, wrong)

    def exchange(self, mutant):
        """Returns what came, and whether the end did not."""
        with fcgi.Connection(self.case.socket, self.hang_s) as connection:
            peer = connection.socket
            peer.sendall(mutant.data)
            if mutant.ending == "closed":
                return b"", False
            if mutant.ending == "shut":
                peer.shutdown(socket.SHUT_WR)
            else:
                peer.settimeout(SILENT_S)
            data, has_ended = read_all(peer)
            return data, mutant.ending == "shut" and not has_ended

    def ask_good(self, after):
        """Until they are answered; a wrong answer is one at once."""
        def ask():
            try:
                return (self.case.good(),)
            except EOFError as error:
                raise ConnectionError(str(error)) from error
        self.good += 1
        try:
            wrong, = programs.wait_for(ask, self.hang_s, "a good answer")
        except AssertionError as error:
            wrong = str(error)
        if wrong:
            self.violate("a good request after " + after, wrong)

    def ask_all_threads(self):
        """As many connections as there are threads, kept and answered."""
        connections = []
        try:
            for number in range(THREADS):
                connection = fcgi.Connection(self.case.socket, self.hang_s)
                connections.append(connection)
                status = connection.ask(self.case.ping(), keep=True).status
                if status != 200:
                    self.violate("thread %d" % number, "status %d" % status)
        except (OSError, EOFError) as error:
            self.violate("after all", "%d of %d threads answer: %s" % (
                len(connections) - 1, THREADS, error))
        finally:
            for connection in connections:
                connection.socket.close()

    def kill(self):
        """The end of one that may hang."""
        pid = programs.child(self.process, self.case.responder)
        self.process.kill()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def stop(self):
        status = self.case.end(self.process)
        said = self.case.errors(self.process)
        if status != 0 or "msg=stopped unfinished=0" not in said:
            self.violate("the end", "status %d: %s" % (status, said[-300:]))
        self.read_ends(said)

    def read_ends(self, said):
        ends = [end.strip('"') for end in ENDED.findall(said)]
        self.restarts = ends.count(ABORTED)
        if set(ends) - {ABORTED}:
            self.violate("an end", "status %s: %s" % (
                sorted(set(ends) - {ABORTED}), said[-2000:]))
        if len(LIBFCGI_ABORT.findall(said)) != self.restarts:
            self.violate("an abort", "of our own: " + said[-2000:])
        for report in REPORT.findall(said):
            if not is_libfcgi_s(report):
                self.violate("a sanitizer", report[:2000])


def read_all(peer):
    """What comes, and whether it came to its end."""
    data = b""
    while True:
        try:
            part = peer.recv(65536)
        except TimeoutError:
            return data, False
        except ConnectionError:
            part = b""
        if not part:
            return data, True
        data += part
