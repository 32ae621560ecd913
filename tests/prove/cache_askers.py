"""Responders that are asked for what is kept or published, while a system call
of theirs fails: by plain CGI and by FastCGI.

What they may answer then: what is right, whole, or that they cannot just now.
A responder that stays must answer right when it is asked again.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile

import cache_trees
import fcgi
import keep_runs
import movies_runs
import programs
import responding
import strace_points

# What may be answered where the cache cannot be read.
SORRY = (500, 503)

# It says why, and a supervisor starts it again.
COULD_NOT_START = (71, 74, 78)

# Who comes to these has started, and is to go on.
WAITING = ("accept", "poll", "select", "pselect6", "ppoll")

# More than a responder has that was told to have one: its own beside.
THREADS = 6


class Asker:
    """A responder and what it is asked, with a cache made by a Run."""

    def __init__(self, run, program, uri, **more):
        self.run, self.program, self.uri, self.more = run, program, uri, more
        cache_trees.put(run.cache(0), run.end)
        self.right = self.said(fcgi.Answer(self.by_cgi(
            strace_points.run)[0].stdout))

    def said(self, answer):
        return (answer.status, answer.headers.get("etag"),
                answer.headers.get("content-type"), answer.body)

    def environment(self, worker):
        env = self.run.environment(worker)
        env.update(self.more)
        return env

    def command(self):
        return [programs.release_program(self.program)]

    def wrong(self, answer):
        """What is wrong with the answer of one that was struck."""
        if answer.status in SORRY or self.said(answer) == self.right:
            return []
        return ["answered %s %r" % (answer.headers, answer.body)]

    def spoil(self):
        """Changes a byte of what it is to answer, in the cache."""
        body = self.right[3]
        for name, entry in self.run.end.items():
            if entry.kind == "f" and body in entry.content:
                path = os.path.join(self.run.cache(0), name)
                with open(path, "wb") as file:
                    file.write(entry.content.replace(
                        body, body[:-2] + b"!" + body[-1:]))

    # --- Plain CGI ---

    def by_cgi(self, how, *arguments):
        env = self.environment(0)
        env.update(responding.params(self.uri))
        result = how(self.command(), env, *arguments)
        return result if isinstance(result, tuple) else (result, [])

    def cgi_points(self):
        return strace_points.points(self.by_cgi(strace_points.recorded)[1])

    def strike_cgi(self, point, error):
        """Returns what is wrong, or None where the point was not met."""
        done, _ = self.by_cgi(strace_points.struck, point, "error=" + error)
        if not done.said:
            return None
        if done.status < 0 or done.status > 125:
            return ["ended with %d: %s" % (done.status, done.stderr)]
        if done.is_dumb:
            return []
        if done.status != 0:
            return [] if done.stderr and not done.stdout else [
                "ended with %d, and said %r, %r" % (
                    done.status, done.stdout, done.stderr)]
        return self.wrong(fcgi.Answer(done.stdout))

    # --- FastCGI ---

    def serve(self, worker, trace, *options):
        """Starts it under strace with one thread that answers; returns the
        process and the path of its socket."""
        socket = os.path.join(self.run.root, "socket-%d" % worker)
        if os.path.exists(socket):
            os.unlink(socket)
        process = subprocess.Popen(
            ["spawn-fcgi", "-n", "-s", socket, "--",
             shutil.which("strace"),
             *strace_points.strace(trace, *options)[1:], *self.command(),
             "--threads", "1"],
            env=self.environment(0), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        # Bound is not listening yet.
        programs.wait_for(lambda: process.poll() is not None or
                          programs.child(process, self.program), 60,
                          self.program)
        return process, socket

    def ask(self, socket):
        """An answer, or None where the connection came to nothing."""
        try:
            with fcgi.Connection(socket) as connection:
                return connection.ask(responding.params(self.uri))
        except (OSError, EOFError, AssertionError, ValueError):
            return None

    def end(self, process):
        """Ends strace's child, as a supervisor would; returns what is wrong
        with that."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pid = programs.child(process, self.program)
            if pid is not None:
                os.kill(pid, signal.SIGTERM)
        _, errors = process.communicate(timeout=strace_points.RUN_S)
        return [] if process.returncode == 0 else ["ended with %d: %s" % (
            process.returncode, errors.decode("utf-8", "replace"))]

    def fastcgi_points(self):
        with tempfile.NamedTemporaryFile() as trace:
            process, socket = self.serve(0, trace.name)
            answer = self.ask(socket)
            wrong = self.end(process)
            if wrong or answer is None or self.wrong(answer):
                raise AssertionError("%s %s" % (wrong, answer))
            return strace_points.points(strace_points.read(trace.name))

    def strike_fastcgi(self, worker, point, error):
        with tempfile.NamedTemporaryFile() as trace:
            process, socket = self.serve(
                worker, trace.name, "--seccomp-bpf", "-e",
                "trace=" + point.call, "-e", "inject=%s:error=%s:when=%d" % (
                    point.call, error, point.use),
                *(["-P", point.path] if point.path else []))
            first, again = self.ask(socket), self.asked_again(socket)
            ended = self.end(process)
            with open(trace.name, encoding="utf-8", errors="replace") as said:
                if "(INJECTED)" not in said.read():
                    return None
        if first is None and point.call not in WAITING and \
                process.returncode in COULD_NOT_START:
            return []
        return ended + (self.wrong(first) if first else []) + (
            [] if again else ["it does not get well again"])

    def asked_again(self, socket):
        """Whether it answers right, and goes on to: each of its threads may
        have been struck."""
        return any(answer is not None and self.said(answer) == self.right
                   for answer in (self.ask(socket) for _ in range(THREADS)))


def askers():
    """(title, makes the Run, program, what it is asked, settings)."""
    film = "/movies/%s" % movies_runs.small_catalogue("")["films"][0]["id"]
    return [
        ("movies.fcgi", movies_runs.FirstPublish, "movies.fcgi", film, {}),
        ("files.fcgi", keep_runs.FetchFile, "files.fcgi",
         keep_runs.KEPT_URI, {"MARQUEE_FILES_URL": ""}),
    ]
