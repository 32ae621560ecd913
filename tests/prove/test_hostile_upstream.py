"""The short form: some bodies with something done to them. Every fault has its
own tests (cron/test_fetch_movies_faults.py and others)."""

import os
import sys
import unittest

import hostile_media
import hostile_upstream
import prove_hostile_upstream

MUTANTS = range(1000, 1010)


class Mutants(unittest.TestCase):

    def trials(self, hostile, careless=None):
        job = careless and [sys.executable, os.path.join(
            prove_hostile_upstream.PLANTED, careless)]
        return hostile_upstream.trials(hostile.try_mutant, MUTANTS, job,
                                       hostile.Place)

    def test_films_that_are_published_are_those_that_were_sent(self):
        trials = self.trials(hostile_upstream)
        self.assertEqual(prove_hostile_upstream.wrong(trials), [])
        self.assertTrue(any(trial.status for trial in trials))

    def test_a_media_file_that_is_kept_is_the_one_that_was_sent(self):
        trials = self.trials(hostile_media)
        self.assertEqual(prove_hostile_upstream.wrong(trials), [])
        self.assertTrue(any(trial.status for trial in trials))

    def test_a_job_that_publishes_anything_is_found(self):
        self.assertNotEqual(prove_hostile_upstream.wrong(
            self.trials(hostile_upstream, "careless_fetch.py")), [])

    def test_a_job_that_keeps_anything_is_found(self):
        self.assertNotEqual(prove_hostile_upstream.wrong(
            self.trials(hostile_media, "careless_keep.py")), [])
