"""fetch-movies against every fault of the stand-in upstream: the right exit
status, one clear line, within the deadline, in bounded memory, and what is
published stays byte for byte, or becomes what was asked for."""

import os
import resource
import shutil
import tempfile
import unittest

import fetching
import programs
import upstream_faults

# What a run may take at most, AddressSanitizer's own needs included (its
# quarantine of freed memory is kept small here).
MEMORY_MAX_KB = 128 * 1024

# A run that takes this much longer than its deadline is killed, and the test
# fails.
GRACE_S = 10

# What is not lost ends by what it is: a busy machine may take its time for a
# million elements.
PATIENT_MS = 20000


class Faults(fetching.TestCase):
    timeout_ms = 1500
    good = None  # a cache with the good catalogue in it; published once

    def publish(self):
        if self.good is None:
            super().publish()
            type(self).good = tempfile.mkdtemp(prefix="marquee-test-")
            self.addClassCleanup(shutil.rmtree, self.good, ignore_errors=True)
            shutil.copytree(self.cache, self.good, symlinks=True,
                            dirs_exist_ok=True)
        else:
            shutil.copytree(self.good, self.cache, symlinks=True)

    def settings(self, **more):
        return super().settings(
            ASAN_OPTIONS=programs.environment()["ASAN_OPTIONS"]
            + ":quarantine_size_mb=1", **more)

    def check(self, name, path):
        kind = upstream_faults.FAULTS[name].kind
        self.publish()
        before = self.published()
        # The next run asks without validators: 304 is a fault then.
        os.unlink(self.site("upstream"))
        self.upstream.set_fault(name, path=path)
        timeout_ms = self.timeout_ms if kind == "lost" else PATIENT_MS
        run = self.fetch(MARQUEE_RETRIES="0", MARQUEE_MAX_BYTES="4194304",
                         MARQUEE_TIMEOUT_MS=str(timeout_ms),
                         timeout=timeout_ms / 1000 + GRACE_S)
        self.assertIn(run.returncode, upstream_faults.EXITS_OF_FILMS[kind],
                      run.stderr)
        if run.returncode != 0:
            self.assertEqual(self.published(), before)
            self.assertEqual(run.field("level"), "error")
            self.assertIn("error=", run.lines[-1])
            self.assertEqual(self.note()["result"], "failed")
        else:
            self.assertGreaterEqual(len(self.movies()), 1)
        self.assertLess(len(run.lines), 20, run.stderr)

    def test_memory_stays_bounded_whatever_came(self):
        """After all runs of this process: the largest of its children."""
        for name in ("gzip-bomb", "endless-body", "endless-element"):
            self.upstream.set_fault(name, path="/films")
            self.fetch(MARQUEE_RETRIES="0")
            self.upstream.clear_faults()
        peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(peak_kb, MEMORY_MAX_KB)

    def test_the_error_says_what_the_upstream_sent_instead(self):
        for name, words in (("html", "array"), ("object", "object"),
                            ("status-500", "500"), ("nested", "brackets"),
                            ("redirect-file", "protocol")):
            with self.subTest(name):
                self.upstream.set_fault(name, path="/people")
                run = self.fetch(MARQUEE_RETRIES="0")
                self.assertIn("/people", run.lines[-1])
                self.assertIn(words, run.lines[-1].lower())
                self.upstream.clear_faults()


def add_test(name, path):
    def test(self):
        self.check(name, path)
    test.__name__ = "test_%s_at_%s_leaves_a_whole_catalogue" % (
        name.replace("-", "_"), path.strip("/"))
    test.__doc__ = upstream_faults.FAULTS[name].meaning
    setattr(Faults, test.__name__, test)


PATHS = ("/films", "/people", "/species")
for number, fault_name in enumerate(sorted(upstream_faults.FAULTS)):
    add_test(fault_name, PATHS[number % 3])


if __name__ == "__main__":
    unittest.main()
