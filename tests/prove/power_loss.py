"""Runs of the programs that write the file cache, each recorded, and what has to
hold of it in every state that a power cut may leave.

    with power_loss.Movies() as bed:
        for run in bed.runs():
            tally = run.replay()
            tally.states, tally.bad

A run is looked at before the next one begins: the upstream is then still as it
was. tests/prove/disk_states.py says what a state is.
"""

import hashlib
import os
import shutil

import disk_states
import disk_trace
import fcgi
import fetching
import programs
import responding
import serving_files

# So that a publication takes little time: what is in it makes no difference.
FILMS, PEOPLE = 3, 9

NOTES = ("upstream", "status")


# On the way to a cache that is new, directories are new too.
CACHE = "new/cache"
SITE = CACHE + "/movies/"

# Nobody reads it, and the next run removes it.
STAGING = SITE + "staging"


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


# --- fetch-movies -----------------------------------------------------------------

def content(state, directory):
    return {name: state.digest_at(directory + name)
            for name in state.names(directory.rstrip("/"))}


def tree(inode):
    """A directory as it is for sure."""
    return disk_states.Disk(inode).state(set())


class MoviesLook:
    """What holds of fetch-movies' part of the disk between two states of it,
    before a run and after it."""

    def __init__(self, before, after, withdraws):
        self.ends = before, after
        self.withdraws = withdraws
        self.live = [end.target(SITE + "current") for end in self.ends]
        self.whole = {}
        for end in self.ends:
            for name in end.names(SITE + "generations"):
                self.whole[name] = self.generation(end, name)

    @staticmethod
    def generation(state, name):
        return content(state, SITE + "generations/%s/" % name)

    def __call__(self, state, has_ended):
        return (self.look_at_generations(state) or
                self.look_at_current(state, has_ended) or
                self.look_at_notes(state, has_ended) or
                (self.look_at_order(state) if has_ended else None))

    def look_at_generations(self, state):
        """Each is whole: it is taken as it is when its content comes again."""
        for name in state.names(SITE + "generations"):
            seen, whole = self.generation(state, name), self.whole.get(name)
            if seen != whole:
                return "%.8s is not whole: %s" % (name, sorted(
                    file for file in whole or seen
                    if seen.get(file) != (whole or {}).get(file)))
        return None

    def look_at_current(self, state, has_ended):
        live = state.target(SITE + "current")
        if live not in (self.live[1:] if has_ended else self.live):
            return "current leads to %s%s" % (
                live, ", and the run has ended" if has_ended else "")
        if live is None:
            return None
        if not self.generation(state, os.path.basename(live)):
            return "current leads nowhere"
        if state.mtime_ns(SITE + live + "/pack") == 0:
            return "what is live is marked as withdrawn"
        if live != self.live[1]:
            return None
        if state.mtime_ns(SITE + live) != self.ends[1].mtime_ns(SITE + live):
            return "what is live has not the time it was made live"
        if self.withdraws and state.read(SITE + "upstream") != self.marked():
            return "what was taken back is not known to be withdrawn"
        return None

    def look_at_notes(self, state, has_ended):
        """Whole, old or new; those of the run's end where it has ended."""
        for note in NOTES:
            allowed = [end.read(SITE + note) for end in
                       (self.ends[1:] if has_ended else self.ends)]
            if state.read(SITE + note) not in allowed:
                return "the note %s is %r" % (note, state.read(SITE + note))
        return None

    def marked(self):
        """The record of before, as a rollback marks it."""
        return self.ends[0].read(SITE + "upstream").replace(
            b"withdrawn=no", b"withdrawn=yes")

    def look_at_order(self, state):
        """What a later rollback goes by: the order of publication."""
        for name in self.whole:
            pack = SITE + "generations/%s/pack" % name
            if state.mtime_ns(pack) != self.ends[1].mtime_ns(pack):
                return "%.8s has not the time it was published" % name
        return None


class Movies(Bed, fetching.TestCase):
    """fetch-movies against an upstream that changes."""

    def setUp(self):
        super().setUp()
        del self.upstream.collections["films"][FILMS:]
        del self.upstream.collections["people"][PEOPLE:]

    def title(self, title):
        self.upstream.collections["films"][0]["title"] = title

    def movies(self, what, *arguments, **options):
        recording = self.record("fetch-movies", *arguments, **options)
        look = MoviesLook(tree(recording.before), recording.after(),
                          withdraws="--rollback" in arguments)
        return self.run_of("fetch-movies, " + what, recording, look,
                           lambda *at: self.follow(
                               look, look.live if arguments else look.live[1:],
                               *at))

    def runs(self):
        """One after the other, on one cache."""
        yield self.movies("first publish")
        yield self.movies("unchanged")
        self.title("A second title")
        yield self.movies("changed catalogue")
        yield self.movies("rollback", "--rollback")
        self.title("A third title")
        self.publish_quietly()
        self.title("A fourth title")
        run = self.movies("prune")
        if not any("to staging" in event.what for event in
                   run.recording.events):
            raise AssertionError("nothing was pruned")
        yield run
        self.title("A third title")
        yield self.movies("an earlier catalogue again")

    def after_a_kill(self):
        """Its directories were made by one that was killed before it came to
        fsync them."""
        self.new_disk("another", "movies")
        return self.movies("first publish after a kill", fresh=CACHE)

    def first_publish_without(self, number):
        """By a program whose fsync of this number, from 1, does nothing."""
        here, cache = self.disk, self.cache
        self.disk = self.path("without-%d" % number)
        self.cache = os.path.join(self.disk, CACHE)
        os.mkdir(self.disk)
        try:
            return self.movies(
                "first publish without its fsync %d" % number,
                inject=["fsync:retval=0:when=%d" % number])
        finally:
            self.disk, self.cache = here, cache

    def in_place(self, run):
        """The same by one that writes into what is live: the very bytes."""
        live = os.path.join(self.cache, "movies", "current", "movies.json")
        shutil.copy(live, self.path("page"))
        with open(self.path("page"), "rb") as page:
            return Run(run.what, disk_trace.record(
                self, ["tee", live], self.disk, stdin=page), run.look, None,
                None)

    def publish_quietly(self):
        done = fetching.Run(self.run_program(
            [programs.release_program("fetch-movies")], env=self.settings()))
        if done.returncode != 0:
            raise AssertionError(done.stderr)

    def follow(self, look, allowed, directory, state):
        """What the responder answers; then the next run."""
        why = self.read(look, directory, state)
        if why is not None:
            return why
        done = self.again(directory, "fetch-movies")
        if done.returncode != 0:
            return "the next run ends with %d: %s" % (done.returncode,
                                                      done.stderr)
        after = tree(disk_states.scan(directory))
        if after.target(SITE + "current") not in allowed:
            return "after the next run current leads to %s" % after.target(
                SITE + "current")
        if "staging" in after.names(SITE[:-1]):
            return "the next run leaves staging"
        return look.look_at_generations(after) or \
            self.read(look, directory, after)

    def read(self, look, directory, state):
        """What movies.fcgi makes of it."""
        done = self.run_program(
            [programs.release_program("movies.fcgi")],
            env=self.settings(MARQUEE_CACHE_DIR=os.path.join(
                directory, CACHE), **responding.params(
                    "/movies", accept="application/json")))
        answer = fcgi.Answer(done.stdout)
        live = state.target(SITE + "current")
        if live is None:
            return None if answer.status == 503 else \
                "an empty cache is answered with %d" % answer.status
        end = look.ends[look.live.index(live)]
        if answer.status != 200 or answer.body != end.read(
                SITE + live + "/movies.json"):
            return "/movies is %d, %r" % (answer.status, answer.body[:80])
        return None


# --- Kept files -------------------------------------------------------------------

class FilesLook:
    """Kept files are whole or not there; what has ended is as it was when the
    run did."""

    def __init__(self, before, after):
        self.ends = [self.kept(end) for end in (before, after)]
        self.notes = [end.read(CACHE + "/files/status")
                      for end in (before, after)]

    @staticmethod
    def kept(state):
        site = CACHE + "/files"
        return {name + file: state.digest_at("%s/%s/%s" % (site, name, file))
                for name in state.names(site) if len(name) == 2
                for file in state.names("%s/%s" % (site, name))}

    def __call__(self, state, has_ended):
        kept = self.kept(state)
        note = state.read(CACHE + "/files/status")
        if note not in (self.notes[1:] if has_ended else self.notes):
            return "the note status is %r" % note
        if has_ended:
            return None if kept == self.ends[1] else \
                "the run has ended, and kept are %s" % sorted(kept)
        for name, digest in kept.items():
            if digest not in [end.get(name) for end in self.ends]:
                return "%.8s is not whole" % name
        for name in self.ends[0].keys() & self.ends[1].keys():
            if name not in kept:
                return "%.8s is gone" % name
        return None


class Files(Bed, serving_files.TestCase):
    """fetch-file and files.fcgi, which keep files."""

    def files(self, what, name, *arguments, ids=(), **settings):
        recording = self.record(name, *arguments, **settings)
        look = FilesLook(tree(recording.before), recording.after())
        return self.run_of(what, recording, look,
                           lambda *at: self.follow(ids, *at))

    def runs(self):
        yield self.files("fetch-file, a first file", "fetch-file", "file-7",
                         ids=["file-7"])
        yield self.files("fetch-file, three more", "fetch-file", "file-1",
                         "file-2", "file-3", ids=["file-1", "file-3"])
        yield self.asked("file-4")
        yield self.files("fetch-file, forget", "fetch-file", "--forget",
                         "file-7", ids=["file-7"])
        yield self.beside_another("file-5")

    def asked(self, file_id):
        return self.files("files.fcgi keeps a file", "files.fcgi",
                          ids=[file_id],
                          **responding.params(serving_files.URL + file_id))

    def beside_another(self, file_id):
        """Its directories were made by one who has not come to fsync them."""
        digest = hashlib.sha256(file_id.encode()).hexdigest()
        self.new_disk("another", "files", digest[:2])
        return self.files("fetch-file beside another", "fetch-file", file_id,
                          ids=[file_id], fresh=CACHE)

    def follow(self, ids, directory, state):
        cache = os.path.join(directory, CACHE)
        for file_id in ids:
            answer = self.cgi(serving_files.URL + file_id, env={
                "MARQUEE_CACHE_DIR": cache, "MARQUEE_FILES_URL": ""})
            if answer.status not in (200, 503):
                return "%s is answered with %d" % (file_id, answer.status)
            if answer.status == 200:
                self.assert_right(answer, file_id)
        done = self.again(directory, "fetch-file", *ids)
        if done.returncode != 0:
            return "the next run ends with %d: %s" % (done.returncode,
                                                      done.stderr)
        for file_id in ids:
            self.assert_right(self.cgi(serving_files.URL + file_id, env={
                "MARQUEE_CACHE_DIR": cache, "MARQUEE_FILES_URL": ""}), file_id)
        return None
