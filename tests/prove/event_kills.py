"""events.fcgi killed and cut off in earnest, while clients post.

    with event_kills.Crowd() as crowd:
        tally = crowd.kill_often(1000)
    with event_kills.Image() as image:
        tally = image.cut_often(20)
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import threading

import event_power
import programs

CLIENTS = 4
THREADS = 16

# Events accepted between two kills or cuts, at most.
BETWEEN = 12

# Every so-many-th time somebody else than the program looks into the database.
LOOK_EVERY = 20

IMAGE_BYTES = 64 << 20

# A disk that says yes and keeps nothing: each thread's writes from this one on.
# The program has then begun, and has accepted a few events.
LIES = "pwrite64:retval=4096:when=60+"


class CannotMount(Exception):
    """No image can be mounted here."""


class Crowd(event_power.Log):
    """Clients who post all the time. The socket is ours, so that who comes
    while nobody answers waits for the next process."""

    def setUp(self):
        super().setUp()
        self.accepted = set()
        self.troubles = []
        self.is_over = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(self.socket)
        self.listener.listen(128)

    def run_events(self, program=None):
        return self.start([program or programs.release_program("events.fcgi"),
                           "--threads", str(THREADS)],
                          env=self.settings(), stdin=self.listener)

    def client(self, number):
        try:
            sent = 0
            while not self.is_over.is_set():
                sent += 1
                # An answer that does not come says nothing.
                with contextlib.suppress(OSError, EOFError):
                    answer = self.post("u-%d" % number, "d-%d" % sent)
                    if answer.status == 201:
                        self.accepted.add(json.loads(answer.body)["event_id"])
                    elif answer.status != 0:
                        raise AssertionError(answer.body)
        except BaseException as error:  # pylint: disable=broad-except
            self.troubles.append(error)

    @contextlib.contextmanager
    def crowd(self):
        clients = [threading.Thread(target=self.client, args=(number,))
                   for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            self.is_over.set()
            # Nobody waits for a process that does not come.
            self.listener.shutdown(socket.SHUT_RDWR)
            for client in clients:
                client.join()
        if self.troubles:
            raise self.troubles[0]

    def wait_for_more(self, process):
        wanted = len(self.accepted) + random.randint(1, BETWEEN)
        programs.wait_for(
            lambda: self.troubles or process.poll() is not None or
            len(self.accepted) >= wanted, event_power.PATIENCE_S,
            "more events")
        if process.poll() is not None:
            raise AssertionError("events.fcgi has ended: %s"
                                 % self.errors(process))

    def kill_often(self, kills, look_every=LOOK_EVERY):
        """The program looks into its database each time it begins, and ends
        where that is damaged."""
        tally = event_power.Tally()
        process = self.run_events()
        with self.crowd():
            for number in range(1, kills + 1):
                self.wait_for_more(process)
                accepted = set(self.accepted)
                self.kill(process)
                if number % look_every == 0 or number == kills:
                    tally.add(accepted, *self.look())
                process = self.run_events()
            self.wait_for_more(process)
        self.kill(process)
        tally.add(set(self.accepted), *self.look())
        return tally

    def kill(self, process):
        super().kill(process)
        os.unlink(process.error_file)

    def look(self):
        """Into a copy: who opens a database changes it."""
        copy = self.path("copy")
        shutil.copytree(self.state, copy)
        try:
            return event_power.look_into(os.path.join(copy, "events.db"))
        finally:
            shutil.rmtree(copy)


class Image(Crowd):
    """The log lies on an ext4 of its own, in a file. What of it is not fsynced
    is in memory only, not in that file: a copy of it is the disk after a power
    cut. The program stands still while it is copied, or the copy would be of
    many moments."""

    def setUp(self):
        super().setUp()
        self.image = self.path("image")
        with open(self.image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        # -E: all is written now, not later by the kernel.
        run("mkfs.ext4", "-q", "-F", "-E",
            "lazy_itable_init=0,lazy_journal_init=0", self.image)
        # The kernel writes by itself every so many seconds; not in this test.
        try:
            self.mount(self.image, self.disk, "loop,commit=300")
        except OSError as error:
            self.doCleanups()
            raise CannotMount(error) from error
        self.addCleanup(run, "umount", self.disk)

    @staticmethod
    def mount(image, directory, options):
        run("mount", "-t", "ext4", "-o", options, image, directory)

    def cut_often(self, cuts, program=None):
        tally = event_power.Tally()
        process = self.run_events(program)
        try:
            with self.crowd():
                for _ in range(cuts):
                    self.wait_for_more(process)
                    process.send_signal(signal.SIGSTOP)
                    accepted = set(self.accepted)
                    shutil.copyfile(self.image, self.path("copy"))
                    process.send_signal(signal.SIGCONT)
                    tally.add(accepted, *self.look())
        finally:
            self.end(process)
        return tally

    def look(self):
        """As after a boot: the file system repairs itself when mounted."""
        place = self.path("after")
        os.mkdir(place)
        self.mount(self.path("copy"), place, "loop")
        try:
            return event_power.look_into(os.path.join(place, "state",
                                                      "events.db"))
        finally:
            run("umount", place)
            os.rmdir(place)
            os.unlink(self.path("copy"))


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=programs.environment(), check=False)
    if done.returncode != 0:
        raise OSError("%s: %s" % (" ".join(command),
                                  done.stdout.decode().strip()))


class LyingDisk(event_power.Log):
    """The same questions to events.fcgi on a disk that keeps nothing: whoever
    asks them must find a loss."""

    def lose(self, posts):
        strace = [shutil.which("strace"), "-D", "-f", "--seccomp-bpf", "-o",
                  "/dev/null", "-e", "trace=pwrite64", "-e",
                  "inject=" + LIES]
        process = self.start_events(wrapper=strace, threads=1)
        accepted = set()
        for number in range(posts):
            answer = self.post("u", "event %d" % number)
            if answer.status == 201:
                accepted.add(json.loads(answer.body)["event_id"])
        self.kill(process)
        tally = event_power.Tally()
        tally.add(accepted, *event_power.look_into(self.database))
        return tally
