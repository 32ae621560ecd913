"""Runs of the programs that write the file cache, each recorded, and what has to
hold of it in every state that a power cut may leave.

    with power_loss_movies.Movies() as bed:
        for run in bed.runs():
            tally = run.replay()
            tally.states, tally.bad

A run is looked at before the next one begins: the upstream is then still as it
was. tests/prove/disk_states.py says what a state is.
"""

import os
import shutil

import disk_states
import disk_trace
import fetching
import programs

# On the way to a cache that is new, directories are new too.
CACHE = "new/cache"

# Nobody reads it, and the next run removes it.
STAGING = CACHE + "/movies/staging"


class Tally:
    def __init__(self):
        self.states = 0
        self.followed = 0  # read by a responder, and followed by a next run
        self.bad = []


class Run:
    """One recorded run. look(state, has_ended) returns what is wrong, or
    None; follow(directory, state) reads what was written there and runs the
    program again, and returns the same."""

    def __init__(self, what, recording, look, follow, place):
        self.what = what
        self.recording = recording
        self.look, self.follow, self.place = look, follow, place

    def replay(self, every=None, ignored=None):
        """Looks at each state, and follows each every-th of those that are not
        the same but for what is being written beside."""
        tally, seen = Tally(), set()
        for marks, state in disk_states.states(self.recording, ignored):
            tally.states += 1
            why = self.look(state, bool(marks))
            outside = frozenset(part for part in state.key()
                                if not part[0].startswith(STAGING))
            if why is None and outside not in seen:
                if every and len(seen) % every == 0:
                    why = self.write_and_follow(state)
                    tally.followed += 1
                seen.add(outside)
            if why is not None:
                tally.bad.append(why)
        return tally

    def write_and_follow(self, state):
        state.write(self.place)
        try:
            return self.follow(self.place, state)
        finally:
            shutil.rmtree(self.place)

    def weigh_fsyncs(self):
        """What becomes of it without each of its fsyncs."""
        weighed, left = Fsyncs(), set(self.recording.after().tree.values())
        syncs = list(self.recording.syncs())
        for count, (number, sync, has_work) in enumerate(syncs, 1):
            if not has_work:
                kind = weighed.idle
            elif self.is_missed({number}):
                kind = weighed.missed
            elif sync.object not in left:
                kind = weighed.gone
            elif self.is_missed({other for other, same, _ in syncs
                                 if same.object is sync.object}):
                kind = weighed.doubled
            else:
                kind = weighed.unmissed
            kind.append((count, sync.what))
        weighed.count = len(syncs)
        return weighed

    def is_missed(self, numbers):
        """Whether a state is bad without these fsyncs."""
        recording = self.recording.without(numbers)
        return any(self.look(state, bool(marks)) for marks, state in
                   disk_states.states(recording, ignored=STAGING))


class Fsyncs:
    """Each fsync as (which one it is, counted from 1; what it is of).

    missed    without it a state is bad
    doubled   the same, once a later one of the same object is left out too
    idle      there was nothing to do for it: all was on disk
    gone      what it was about is there no more when the run ends
    unmissed  nobody can tell what it is for
    """

    def __init__(self):
        self.missed, self.doubled, self.idle = [], [], []
        self.gone, self.unmissed = [], []
        self.count = 0


class Bed:
    """A disk, which is a directory; the cache is below it. For a TestCase."""

    def __enter__(self):
        self.setUp()
        return self

    def __exit__(self, *_):
        self.doCleanups()

    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        self.cache = os.path.join(self.disk, CACHE)

    def record(self, name, *arguments, inject=(), fresh=None, **settings):
        return disk_trace.record(
            self, [programs.release_program(name), *arguments], self.disk,
            inject=inject, fresh=fresh, env=self.settings(**settings))

    def new_disk(self, name, *directories):
        """From now on another disk, on whose cache are these directories."""
        self.disk = self.path(name)
        self.cache = os.path.join(self.disk, CACHE)
        os.makedirs(os.path.join(self.cache, *directories))

    def again(self, directory, name, *arguments):
        """The program's next run, on a disk that was written there."""
        return fetching.Run(self.run_program(
            [programs.release_program(name), *arguments],
            env=self.settings(MARQUEE_CACHE_DIR=os.path.join(
                directory, CACHE))))

    def run_of(self, what, recording, look, follow):
        if recording.returncode != 0:
            raise AssertionError("%s: %s" % (what, recording.stderr))
        return Run(what, recording, look, follow, self.path("after"))


def tree(inode):
    """A directory as it is for sure."""
    return disk_states.Disk(inode).state(set())
