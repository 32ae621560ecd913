"""fetch-file and files.fcgi, for power_loss.py: their runs, and what has to hold
of the files that they keep."""

import hashlib
import os

import responding
import serving_files
from power_loss import CACHE, Bed, tree


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
