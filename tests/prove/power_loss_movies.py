"""fetch-movies, for power_loss.py: its runs, and what has to hold of what it
publishes."""

import os
import shutil

import disk_trace
import disk_tree
import fcgi
import fetching
import programs
import responding
from power_loss import CACHE, Bed, Run, tree

# So that a publication takes little time: what is in it makes no difference.
FILMS, PEOPLE = 3, 9

NOTES = ("upstream", "status", "fetch-movies.prom", "day")

SITE = CACHE + "/movies/"


def content(state, directory):
    return {name: state.digest_at(directory + name)
            for name in state.names(directory.rstrip("/"))}


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
        after = tree(disk_tree.scan(directory))
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
