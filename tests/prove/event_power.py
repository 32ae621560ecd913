"""What an event log says after a power cut, shown by a recording of all that
events.fcgi does to its disk: every event answered with 201 before the cut is
there, and SQLite finds nothing wrong.

    with event_power.Log() as log:
        recording = log.record(posts=6)
        tally = log.replay(recording)
        tally.states, tally.lost, tally.damaged
"""

import os
import re
import shutil
import sqlite3

import disk_states
import disk_trace
import disk_tree
import programs
import serving_events

# Less than a page of what is written may come to a disk.
SECTOR_BYTES = 512

ACCEPTED = re.compile(rb'Status: 201 .*"event_id": *"([^"]+)"', re.S)

# How SQLite is told to wait for the disk; and a word of the same length for not
# to at each commit, NORMAL.
FULL, NORMAL = b"synchronous = FULL;", b"synchronous = 1   ;"

PATIENCE_S = 60


def normal_program(case):
    """events.fcgi with synchronous=NORMAL: what must lose events."""
    with open(programs.release_program("events.fcgi"), "rb") as file:
        program = file.read()
    if program.count(FULL) != 1:
        raise AssertionError("the program does not say %r once" % FULL)
    path = case.path("normal", "events.fcgi")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(program.replace(FULL, NORMAL))
    os.chmod(path, 0o755)
    return path


class Tracer(disk_trace.Tracer):
    """Sees what clients are told, too. An fsync that does nothing and says that
    all is well is, where believes_lies, one that has failed before and was
    tried again."""

    believes_lies = False

    def put(self, inode, offset, written, unit=SECTOR_BYTES):
        super().put(inode, offset, written, unit)

    def sync(self, line):
        super().sync(line)
        inode = self.open.get(line.number(0))
        if self.believes_lies and line.was_injected and inode is not None:
            self.events.append(disk_tree.Sync("retried", inode,
                                              has_failed=True))

    def say(self, line, written):
        for event_id in ACCEPTED.findall(written):
            self.events.append(disk_tree.Mark("201", event_id.decode()))


class Tally:
    """Of how many states, or cuts; the most that was accepted before one; what
    was lost in each of which something was; what was damaged."""

    def __init__(self):
        self.states = 0
        self.accepted = 0
        self.lost = []
        self.damaged = []

    def add(self, accepted, wrong, found):
        self.states += 1
        self.accepted = max(self.accepted, len(accepted))
        if wrong:
            self.damaged.append(wrong)
        elif accepted - found:
            self.lost.append(accepted - found)

    def join(self, other):
        self.states += other.states
        self.accepted += other.accepted
        self.lost += other.lost
        self.damaged += other.damaged

    def figure(self):
        lost = max(map(len, self.lost), default=0)
        return "%d lost, %d damaged" % (lost, len(self.damaged)) + "".join(
            ": " + why for why in self.damaged[:1])

    @property
    def is_good(self):
        return self.accepted > 0 and not self.lost and not self.damaged


def look_into(path):
    """(what is wrong with a database or None, ids of its events)."""
    try:
        database = sqlite3.connect(path)
        try:
            database.execute("PRAGMA synchronous = OFF")  # a copy, soon gone
            said = database.execute("PRAGMA integrity_check").fetchone()[0]
            if said != "ok":
                return said, set()
            if not database.execute("SELECT 1 FROM sqlite_schema"
                                    " WHERE name = 'event'").fetchone():
                return None, set()
            return None, {row[0] for row in database.execute(
                "SELECT id FROM event")}
        finally:
            database.close()
    except sqlite3.DatabaseError as error:
        return str(error), set()


class Log(serving_events.TestCase):
    """events.fcgi on a disk of its own."""

    def __enter__(self):
        self.setUp()
        return self

    def __exit__(self, *_):
        self.doCleanups()

    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        self.set_state(os.path.join(self.disk, "state"))

    def set_state(self, directory):
        self.state = directory
        self.database = os.path.join(directory, "events.db")

    def start_events(self, program=None, wrapper=(), threads=8):
        """Starts it in the normal build, or a program that is given, and waits
        until it answers or has ended."""
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        process = self.start(
            ["spawn-fcgi", "-n", "-s", self.socket, "-M", "0660", "--",
             *wrapper, program or programs.release_program("events.fcgi"),
             "--threads", str(threads)], env=self.settings())
        programs.wait_for(
            lambda: process.poll() is not None or
            self.ask("/ping").status == 200, PATIENCE_S, "events.fcgi")
        return process

    # --- Recordings ---

    def record(self, posts, program=None, inject=(), pieces=6, earlier=0,
               later=0, believes_lies=False):
        """Posts one event after the other, with one thread, so that the n-th
        fsync is always the same; returns the Recording, with `answers`: the
        status of each. So many `earlier` ones are on disk by then; for so many
        `later` ones the process is killed and a new one begun, which finds no
        fault."""
        shutil.rmtree(self.disk)
        os.mkdir(self.disk)
        known = self.post_earlier(earlier)
        tracer = Tracer(disk_tree.scan(self.disk), self.disk, self.directory)
        tracer.believes_lies = believes_lies
        answers = self.follow_posts(tracer, posts, program, inject,
                                    self.kill if later else self.end)
        if later:
            answers += self.follow_posts(tracer, later, program, (), self.end)
        recording = disk_states.Recording(
            tracer.root, disk_trace.in_pieces(tracer.events, pieces))
        recording.answers = answers
        recording.events[:0] = [disk_tree.Mark("201", event_id)
                                for event_id in known]
        recording.check(self.disk, but=["state/events.db-shm"])
        return recording

    def follow_posts(self, tracer, posts, program, inject, end):
        """One process's part of a recording. Returns the answers."""
        trace = self.path("trace")
        # By its path, for spawn-fcgi; the process is events.fcgi itself.
        strace = disk_trace.command(trace, [], inject)
        strace[:1] = [shutil.which("strace"), "-D"]
        process = self.start_events(program, strace, threads=1)
        answers = []
        for number in range(posts):
            if process.poll() is None:
                answers.append(self.post("u", "event %d" % number).status)
        if process.poll() is None:
            # The one thread answers once what it told before is recorded.
            self.ask("/ping")
        end(process)
        programs.wait_for(lambda: is_over(trace), PATIENCE_S,
                          "the end of the recording")
        tracer.open.clear()
        disk_trace.follow(tracer, trace)
        os.unlink(trace)
        return answers

    def post_earlier(self, posts):
        if posts == 0:
            return []
        process = self.start_events()
        known = [self.posted("u", "earlier")["event_id"]
                 for _ in range(posts)]
        self.end(process)
        return known

    def record_failing(self, number, **options):
        """The same where each thread's fsync of that number, from 1, fails;
        None where there are not so many."""
        believes_lies = options.pop("believes_lies", False)
        fault = "retval=0" if believes_lies else "error=EIO"
        recording = self.record(
            inject=["fdatasync:%s:when=%d" % (fault, number)],
            believes_lies=believes_lies, **options)
        if any(isinstance(event, disk_tree.Sync) and event.has_failed
               for event in recording.events):
            return recording
        return None

    def replay(self, recording, stops_early=False):
        """Looks into the database of each state; where it stops early, until
        something is lost."""
        tally, place = Tally(), self.path("after")
        for marks, state in disk_states.states(recording):
            accepted = {mark.value for mark in marks}
            wrong, found = None, set()
            if state.read("state/events.db") is not None:
                state.write(place)
                wrong, found = look_into(os.path.join(place, "state",
                                                      "events.db"))
                shutil.rmtree(place)
            tally.add(accepted, wrong, found)
            if stops_early and tally.lost:
                break
        return tally


def is_over(trace):
    with open(trace, "rb") as file:
        file.seek(max(0, os.path.getsize(trace) - 4096))
        last = file.read().rstrip().rpartition(b"\n")[2]
    return b"+++ exited with" in last or b"+++ killed by" in last
