"""The runs that the sweeps strike at: what each starts from, what may be there
after it was struck, and what must be there after the next run.

    with movies_runs.Movies(["One"], "Two") as run:
        for point in run.record().points():
            done, tree = run.strike(0, point, "signal=KILL")
            complaints = run.complaints(0, tree)

A Run has a cache for each worker, so that workers do not meet. Those of
fetch-movies are in movies_runs.py, those that keep a file in keep_runs.py.
"""

import contextlib
import os
import shutil
import tempfile
import threading

import cache_trees
import fcgi
import programs
import responding
import strace_points

# Far beyond what a run takes, so that a busy machine makes no difference.
TIMEOUT_MS = 20000


class Run:
    """start     the cache before it
    end       the cache after a run that nobody disturbed
    uses      the system calls of that
    """

    def __init__(self):
        self.clean_up = contextlib.ExitStack()
        self.root = tempfile.mkdtemp(prefix="marquee-sweep-",
                                     dir=strace_points.scratch())
        self.clean_up.callback(shutil.rmtree, self.root, ignore_errors=True)
        self.start, self.end, self.uses, self.settled = {}, {}, [], []
        self.known, self.lock = {}, threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.clean_up.close()

    def cache(self, worker):
        return os.path.join(self.root, "disk-%d" % worker, "cache")

    def environment(self, worker):
        return programs.environment(self.settings(self.cache(worker)))

    def command(self, worker):
        raise NotImplementedError

    def settings(self, cache):
        raise NotImplementedError

    # --- Before ---

    def record(self):
        """The undisturbed run, and what the next run makes of its two ends."""
        cache_trees.put(self.cache(0), self.start)
        done, self.uses = strace_points.recorded(
            self.command(0), self.environment(0))
        self.end = cache_trees.take(self.cache(0))
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        self.settled = []
        for tree in self.outcomes():
            cache_trees.put(self.cache(0), tree)
            why = self.after_next(0)
            if why:
                raise AssertionError(why)
            self.settled.append(cache_trees.timeless(
                cache_trees.take(self.cache(0))))
        return self

    def outcomes(self):
        """What a struck run may come to: all of it, or nothing."""
        return [self.end, self.start]

    def points(self):
        return strace_points.points(self.uses)

    def after_next(self, worker):
        """Runs it again, undisturbed; returns what is wrong with that."""
        return ended_well(strace_points.run(self.command(worker),
                                            self.environment(worker)))

    # --- After ---

    def strike(self, worker, point, how):
        """Runs it from its start and strikes; returns (Done, tree)."""
        cache_trees.put(self.cache(worker), self.start)
        point = point._replace(path=point.path.replace(
            self.cache(0), self.cache(worker)))
        done = strace_points.struck(self.command(worker),
                                    self.environment(worker), point, how)
        return done, cache_trees.take(self.cache(worker))

    def complaints(self, worker, tree):
        """What is wrong with a cache that was left so, and with what the
        responder and the next run make of it. Many points leave the same:
        those are asked once."""
        state = repr(cache_trees.timeless(tree))
        with self.lock:
            if state in self.known:
                return self.known[state]
        found = self.torn(tree)
        found += self.answered(worker, tree)
        found += self.after_next(worker)
        tree = cache_trees.take(self.cache(worker))
        found += ["after the next run: " + why for why in self.torn(tree)]
        if cache_trees.timeless(tree) not in self.settled:
            found.append("the next run leaves " + self.difference(tree))
        with self.lock:
            self.known[state] = found
        return found

    def difference(self, tree, settled=None):
        """From what was wanted, or the first of that, for a message."""
        said, packs = cache_trees.timeless(tree)
        wanted, wanted_packs = settled or max(
            self.settled, key=lambda one: len(
                set(one[0].items()) & set(said.items())))
        return "more %s, not %s, other %s%s" % (
            sorted(set(said) - set(wanted)), sorted(set(wanted) - set(said)),
            sorted(name for name in set(said) & set(wanted)
                   if said[name] != wanted[name]),
            "" if packs == wanted_packs else ", packs %s" % packs)

    def success(self, done, tree, is_warned):
        """What is wrong with a run that was struck and ended with 0: it must
        have done all of its work, or have said what is left."""
        return [] if is_warned else [
            "silent success: " + why for why in self.unfinished(tree)]

    def unfinished(self, tree):
        """What is not done of all its work."""
        return [] if cache_trees.timeless(tree) == cache_trees.timeless(
            self.end) else ["it leaves " + self.difference(
                tree, cache_trees.timeless(self.end))]

    def contradicted(self, said, tree):
        """What a run that failed said, and what it left says otherwise."""
        return []

    def torn(self, tree):
        raise NotImplementedError

    def answered(self, worker, tree):
        raise NotImplementedError

    def ask(self, worker, program, uri, **more):
        """One request to a responder as plain CGI."""
        env = self.environment(worker)
        env.update(responding.params(uri), **more)
        done = strace_points.run([programs.release_program(program)], env)
        return fcgi.Answer(done.stdout), done


def ended_well(done):
    return [] if done.returncode == 0 else [
        "the next run ended with %d: %s" % (done.returncode,
                                            done.stderr.decode())]
