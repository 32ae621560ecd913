"""A few of the failures of `make prove PROVE=error`, and what it found."""

import unittest

import cache_askers
import cache_disks
import keep_runs
import movies_runs
import programs
import prove_error_sweep


class ErrorSweep(programs.TestCase):
    def test_a_publish_that_fails_somewhere_fails_cleanly(self):
        with movies_runs.FirstPublish() as run:
            run.record()
            items = prove_error_sweep.failures(run.points())[::40]
            sweep = prove_error_sweep.Sweep(run, items)
        self.assertEqual(sweep.bad, [])
        self.assertGreater(sweep.tried, 10)

    def test_a_responder_that_cannot_keep_a_file_answers_right(self):
        with keep_runs.FilesResponder() as run:
            run.record()
            items = prove_error_sweep.failures(run.points())[::20]
            sweep = prove_error_sweep.Sweep(run, items)
        self.assertEqual(sweep.bad, [])
        self.assertGreater(sweep.tried, 5)

    def test_a_publisher_that_looks_at_no_result_is_found(self):
        """Or none of the others could fail."""
        found = prove_error_sweep.control(lambda items: [
            (point, error) for point, error in items
            if (point.call, error) == ("write", "ENOSPC")][::4])
        self.assertTrue(found.is_found, found.figure)


class Disks(programs.TestCase):
    def test_files_that_may_not_grow_are_no_success(self):
        disks = prove_error_sweep.Disks()
        with movies_runs.Movies(["One"], "Two") as run:
            disks.limited(run.record(), 1000)
            disks.look(run, "read-only",
                       cache_disks.in_read_only_directory(run, 0))
            points = list(run.points())
            disks.removed(run, points[::60])
        self.assertEqual(disks.bad, [])
        self.assertGreater(disks.tried, 10)


class Answers(programs.TestCase):
    def test_a_responder_that_cannot_read_answers_right_or_sorry(self):
        title, make, *asked, more = cache_askers.askers()[0]
        with make() as run:
            asker = cache_askers.Asker(run.record(), *asked, **more)
            answers = prove_error_sweep.by_cgi(asker)
            asker.spoil()
            torn = prove_error_sweep.by_cgi(asker)
        self.assertEqual(answers.bad, [], title)
        self.assertGreater(answers.tried, 20)
        self.assertGreater(len(torn.bad), 0, "a spoilt cache is not found")


class Found(programs.TestCase):
    """Each of these was a bad point of the sweep."""

    @classmethod
    def setUpClass(cls):
        cls.rollback = movies_runs.Rollback().record()
        cls.addClassCleanup(cls.rollback.__exit__)
        cls.prune = dict(movies_runs.runs())["prune"]().record()
        cls.addClassCleanup(cls.prune.__exit__)

    def check(self, run, call, error, *words):
        """Each use of the call that has to do with these words."""
        sweep = prove_error_sweep.Sweep(run, [
            (point, error) for point, said in run.points().items()
            if point.call == call and all(word in said for word in words)])
        self.assertEqual(sweep.bad, [])
        self.assertGreater(sweep.tried, 0)

    def test_regress_a_rollback_with_an_unreadable_record_was_undone(self):
        self.check(self.rollback, "openat", "EMFILE", '/movies/upstream"')

    def test_regress_want_of_descriptors_was_taken_for_an_empty_cache(self):
        self.check(self.rollback, "openat", "EMFILE", '"generations/')

    def test_regress_a_failed_listing_was_taken_for_its_end(self):
        self.check(self.rollback, "getdents64", "EIO")

    def test_regress_a_generation_out_of_sight_was_taken_for_withdrawn(self):
        self.check(self.prune, "newfstatat", "EIO", "/generations>", '/pack"')

    def test_regress_what_is_live_was_said_not_to_be_published(self):
        self.check(self.prune, "fsync", "EIO", "/movies>")

    def test_regress_a_note_without_numbers_was_no_failure(self):
        self.check(self.prune, "pread64", "EIO", "/generations/")


if __name__ == "__main__":
    unittest.main()
