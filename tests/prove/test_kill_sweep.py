"""A few of the points of `make prove PROVE=kill`."""

import unittest

import keep_runs
import movies_runs
import programs
import prove_kill_sweep
import strace_points


class KillSweep(programs.TestCase):
    def sweep(self, make, step):
        with make() as run:
            sweep = prove_kill_sweep.Sweep(
                run, strace_points.some(run.record().points(), step))
        self.assertGreater(sweep.tried, 5)
        return sweep

    def check(self, title, step):
        runs = dict(movies_runs.runs() + keep_runs.runs())
        self.assertEqual(self.sweep(runs[title], step).bad, [])

    def test_a_killed_publish_leaves_one_whole_generation(self):
        self.check("prune", 20)

    def test_a_killed_rollback_leaves_one_whole_generation(self):
        self.check("rollback", 30)

    def test_a_killed_responder_keeps_a_file_whole_or_not_at_all(self):
        self.check("files.fcgi keeps a file", 20)

    def test_what_publishes_before_it_writes_is_found_torn(self):
        """Or none of the others could fail."""
        sweep = self.sweep(lambda: movies_runs.Wrong("in-place"), 20)
        self.assertIn("is not whole", sweep.first)


if __name__ == "__main__":
    unittest.main()
