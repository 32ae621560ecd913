"""Confinement, in short: what somebody who is in a program can do, that no
program does without saying so, and what the units take away."""

import os
import shutil
import socket
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import confining  # noqa: E402
import exposure  # noqa: E402
import programs  # noqa: E402
import responding  # noqa: E402
import serving_events  # noqa: E402
import serving_files  # noqa: E402
from responding import PAGES, params  # noqa: E402

HAS_LANDLOCK = confining.landlock_abi() >= confining.LEAST_ABI

# strace stands in for a kernel that has no Landlock, or is out of memory.
NO_LANDLOCK = ("strace", "-D", "-f", "-qq", "-o", "trace", "-e",
               "trace=landlock_create_ruleset", "-e",
               "inject=landlock_create_ruleset:error=EOPNOTSUPP")
NO_LIST = ("strace", "-D", "-f", "-qq", "-o", "trace", "-e",
           "trace=seccomp,prctl", "-e", "inject=seccomp:error=ENOSYS", "-e",
           "inject=prctl:error=EINVAL:when=2+")
NO_MEMORY = ("strace", "-f", "-qq", "-o", "trace", "-e",
             "trace=landlock_restrict_self", "-e",
             "inject=landlock_restrict_self:error=ENOMEM")


class Intruder(unittest.TestCase):
    """Where the kernel has no Landlock, nothing holds him back from files: then
    the programs say so, and that is all that these tests can ask."""

    @classmethod
    def setUpClass(cls):
        cls.bed = confining.Bed().__enter__()
        cls.addClassCleanup(cls.bed.__exit__)

    def check(self, name):
        acts = self.bed.intrude(name)
        beyond = confining.got(acts, name)
        if not HAS_LANDLOCK:
            self.assertIn("missing=landlock", self.bed.errors)
            beyond -= confining.FILES
        self.assertEqual(beyond, set())
        self.assertTrue(confining.SURE <= set(acts), acts)
        self.assertTrue(confining.ALLOWED[name] <= confining.done(acts), acts)

    def test_who_is_in_movies_fcgi_reads_the_cache_and_no_more(self):
        self.check("movies.fcgi")

    def test_who_is_in_files_fcgi_has_the_cache_and_the_upstream_only(self):
        self.check("files.fcgi")

    def test_files_fcgi_without_an_upstream_has_no_network(self):
        acts = self.bed.intrude("files.fcgi", MARQUEE_FILES_URL="")
        self.assertEqual(confining.done(acts) - (
            set() if HAS_LANDLOCK else confining.FILES), confining.WRITES)

    def test_who_is_in_events_fcgi_has_its_directories_only(self):
        self.check("events.fcgi")

    def test_who_is_in_a_job_has_its_directories_and_its_upstream_only(self):
        for name in confining.JOBS:
            with self.subTest(name):
                self.check(name)

    def test_the_same_intruder_has_everything_where_nothing_is_given_up(self):
        """Or the tests above would say nothing."""
        acts = self.bed.intrude("movies.fcgi", MARQUEE_CONFINE="off")
        self.assertEqual(confining.SURE - confining.done(acts), set())
        self.assertIn("MARQUEE_CONFINE is off", self.bed.errors)

    def test_a_trace_shows_what_is_refused(self):
        """Or the traces of ordinary work below would say nothing."""
        self.bed.intrude("movies.fcgi", (
            "strace", "-D", "-f", "-qq", "-e", "status=failed", "-o", "trace"))
        refused = confining.refusals(self.bed.path("trace"))
        self.assertGreaterEqual(len(refused), 15, refused)

    def test_a_kernel_without_landlock_is_done_without_and_said_once(self):
        acts = self.bed.intrude("movies.fcgi", NO_LANDLOCK)
        self.assertEqual(self.bed.errors.count("missing=landlock"), 1)
        self.assertIn("level=info", self.bed.errors)
        # The list of calls holds all the same.
        self.assertEqual(
            confining.done(acts) - confining.FILES - confining.READS, set())
        self.assertIn("read a file outside", confining.done(acts))

    def test_a_kernel_without_seccomp_is_done_without_and_said_once(self):
        acts = self.bed.intrude("movies.fcgi", NO_LIST)
        self.assertEqual(self.bed.errors.count("missing=seccomp"), 1)
        self.assertIn("fork", confining.done(acts))
        if HAS_LANDLOCK:
            self.assertEqual(confining.done(acts) & confining.FILES, set())


class Traced:
    """For a responder's TestCase: it works under strace, and no call of its
    ordinary work is refused."""

    def serve_traced(self):
        self.trace = self.path("trace")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.socket)
        listener.listen(64)
        self.process = self.start(
            ["strace", "-D", "-f", "-qq", "-e", "status=failed", "-o",
             self.trace, programs.release_program(self.responder)],
            env=self.settings(), stdin=listener)

    def check_nothing_was_refused(self):
        self.assertEqual(self.end(self.process), 0)
        self.assertEqual(confining.refusals(self.trace), [])


class OrdinaryMovies(Traced, responding.TestCase):

    def test_serving_films_needs_nothing_that_was_given_up(self):
        self.publish(PAGES)
        self.serve_traced()
        for uri in ("/movies", "/movies.json", "/health", "/metrics", "/no"):
            self.ask(uri)
        self.check_nothing_was_refused()


class OrdinaryFiles(Traced, serving_files.TestCase):

    def test_keeping_files_needs_nothing_that_was_given_up(self):
        self.serve_traced()
        for file_id in ("file-1", "file-1", "file-7", "nobody"):
            self.ask(serving_files.URL + file_id)
        self.assertTrue(self.is_kept("file-1"))
        self.check_nothing_was_refused()


class OrdinaryEvents(Traced, serving_events.TestCase):

    def test_the_event_log_needs_nothing_that_was_given_up(self):
        self.serve_traced()
        event = self.posted()
        self.put(event["event_id"], {"status": "Processed"})
        self.assertEqual(len(self.events()), 1)
        programs.wait_for(lambda: self.health()["status"] == "ok", 30,
                          "its note")
        self.check_nothing_was_refused()


class PlainCgi(responding.TestCase):

    def test_who_is_in_a_plain_cgi_program_reads_the_cache_and_no_more(self):
        with confining.Bed() as bed:
            bed.lay_out()
            self.cache = bed.path("cache")
            self.publish(PAGES)
            done = self.run_program(
                [programs.release_program(self.responder)],
                env=self.settings(**params("/movies.json"),
                                  **bed.intruder("pread", "cache")))
            self.assertIn(PAGES["movies.json"], done.stdout)
            beyond = confining.got(bed.read_report(), self.responder)
        if not HAS_LANDLOCK:
            beyond -= confining.FILES
        self.assertEqual(beyond, set())


class Confined(responding.TestCase):

    def test_one_that_cannot_give_up_anything_does_not_start(self):
        done = self.run_program(
            [*NO_MEMORY, programs.release_program("movies.fcgi")],
            env=self.settings(**params("/ping")))
        if HAS_LANDLOCK:
            self.assertEqual(done.returncode, 71, done.stderr)
            self.assertIn(b"cannot give up what is not needed", done.stderr)
            self.assertEqual(done.stdout, b"")

    def test_a_cache_that_was_replaced_is_served_by_the_next_process(self):
        """Landlock knows the directory, not its name."""
        self.publish(PAGES)
        process = self.serve(is_supervised=True)
        os.rename(self.cache, self.cache + "-old")
        self.publish({"movies.html": b"in another directory"})
        programs.wait_for(
            lambda: self.ask("/movies").body == b"in another directory", 30,
            "the films of the other directory")
        self.assertEqual(self.end(process), 0, self.errors(process))
        if HAS_LANDLOCK:
            self.assertIn("something else stands where", self.errors(process))

    def test_a_cache_that_is_made_later_is_served(self):
        process = self.serve(is_supervised=True)
        self.publish(PAGES)
        programs.wait_for(
            lambda: self.ask("/movies").body == PAGES["movies.html"], 30,
            "the films of a cache that was not there")
        self.assertEqual(self.end(process), 0, self.errors(process))


def can_mount():
    """Only root can, and not in a chroot, where no mount is this process's own
    to keep from others."""
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        return os.getuid() == 0 and any(
            line.split()[4] == "/" for line in mounts)


class Names(programs.TestCase):
    """With resolv.conf and the certificates of a machine of its own, where one
    can be had."""

    if can_mount():

        def test_a_host_is_found_by_its_name_and_trusted_by_its_certificate(
                self):
            done = self.run_program(
                ["unshare", "--mount", "--net", sys.executable,
                 os.path.join(os.path.dirname(os.path.abspath(__file__)),
                              "named_host.py"), self.directory],
                # It runs in another directory.
                env={name: os.path.abspath(os.environ[name]) for name in
                     ("MARQUEE_BIN", "MARQUEE_RELEASE_BIN")
                     if name in os.environ})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(
                done.stdout.decode().splitlines(),
                ["by name: 0", "unknown certificate: 69 certificate problem",
                 "known certificate: 69 answers 404", "refused: []"])


class Units(unittest.TestCase):

    def test_units_let_their_programs_give_up_more(self):
        """systemd's @system-service has none of these calls: without a word of
        them the kernel would seem not to offer them."""
        self.assertEqual(len(exposure.units()), 6)
        for unit in exposure.units():
            self.assertTrue(exposure.lets_confine(unit), unit)

    if shutil.which("systemd-analyze"):

        def test_units_expose_little(self):
            for unit in exposure.units():
                self.assertLessEqual(exposure.of(unit), exposure.MOST, unit)

        def test_a_plain_unit_exposes_more(self):
            self.assertGreater(exposure.of_plain_unit(), exposure.MOST)


if __name__ == "__main__":
    unittest.main()
