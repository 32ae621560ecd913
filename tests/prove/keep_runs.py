"""The runs that keep a media file, for the sweeps to strike at: of fetch-file and
of files.fcgi."""

import re

import fcgi
import media_upstream
import programs
import responding
import strace_points
from cache_runs import TIMEOUT_MS, Run, ended_well

KEPT = "file-2"
KEPT_URI = "/api/presentation/files/" + KEPT
OTHER_URI = "/api/presentation/files/file-1"


class Keep(Run):
    """A media file that is kept, by fetch-file or by whoever asks
    files.fcgi."""

    site = "files"

    def __init__(self):
        super().__init__()
        self.upstream = media_upstream.MediaUpstream(
            made=media_upstream.files(3)).start()
        self.right = []
        self.clean_up.callback(self.upstream.stop)

    def settings(self, cache):
        return {
            "MARQUEE_CACHE_DIR": cache,
            "MARQUEE_FILES_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(TIMEOUT_MS),
            "MARQUEE_RETRIES": "0",
            # What threads do is then the same in each run.
            "MARQUEE_CONCURRENCY": "1",
            "MARQUEE_MAX_PAGES": "1",
        }

    def record(self):
        super().record()
        self.right = [entry[1] for said, _ in self.settled
                      for name, entry in said.items()
                      if KEPT_NAME.fullmatch(name)]
        return self

    def kept(self, tree):
        return {name: entry.content for name, entry in tree.items()
                if KEPT_NAME.fullmatch(name)}

    def torn(self, tree):
        found = ["%s is not whole" % name
                 for name, content in self.kept(tree).items()
                 if content not in self.right]
        found += ["nobody knows " + name for name in tree
                  if not KEPT_NAME.fullmatch(name) and not AROUND.fullmatch(
                      name)]
        note = tree.get("files/status")
        if note and not (note.content.startswith(b"upstream=") and
                         note.content.endswith(b"\n")):
            found.append("the note is torn: %r" % note.content)
        return found

    def answered(self, worker, tree):
        """Without an upstream: what is kept, or 503."""
        answer, done = self.ask(worker, "files.fcgi", KEPT_URI,
                                MARQUEE_FILES_URL="")
        if answer.status == 503 and not self.kept(tree):
            return []
        return self.wrong(answer, done)

    def wrong(self, answer, done):
        """What is not as it should be in the answer that has the file."""
        if answer.status == 200 and media_upstream.exact(
                answer.body) == self.upstream.expected(KEPT):
            return []
        return ["answered %r %s" % (done.stdout, done.stderr)]


KEPT_NAME = re.compile("files/[0-9a-f]{2}/[0-9a-f]{62}")
AROUND = re.compile("|files(/status|/lock|/staging|/status.new|/[0-9a-f]{2})?")


class FetchFile(Keep):
    def command(self, worker):
        return [programs.release_program("fetch-file"), KEPT]

    def after_next(self, worker):
        done = strace_points.run(self.command(worker),
                                 self.environment(worker))
        return ended_well(done) + ([] if done.stdout.decode() in (
            "kept %s\n" % KEPT, "already kept %s\n" % KEPT) else [
                "the next run said %r" % done.stdout])


class FilesResponder(Keep):
    """files.fcgi as plain CGI. Its status tells nothing; its answer does."""

    def success(self, done, tree, is_warned):
        """What is wrong with the answer of a run that was struck."""
        answer = fcgi.Answer(done.stdout)
        if done.is_dumb:
            return []
        if answer.status == 200:
            is_stored = "stored" in answer.headers.get("cache-status", "")
            if is_stored and not self.kept(tree):
                return ["stored, it says, and nothing is kept"]
            return self.wrong(answer, done)
        if answer.status in (502, 503, 504) and is_warned:
            return []
        return ["answered %r %s" % (done.stdout, done.stderr)]

    def environment(self, worker):
        env = super().environment(worker)
        env.update(responding.params(KEPT_URI))
        return env

    def command(self, worker):
        return [programs.release_program("files.fcgi")]

    def after_next(self, worker):
        """Another file is asked for as well: one that is kept leads to nothing
        being written."""
        found = self.wrong(*self.ask(worker, "files.fcgi", KEPT_URI))
        answer, done = self.ask(worker, "files.fcgi", OTHER_URI)
        return found if answer.status == 200 else found + [
            "another file: %s" % done.stderr.decode()]


def runs():
    return [
        ("fetch-file", FetchFile),
        ("files.fcgi keeps a file", FilesResponder),
    ]
