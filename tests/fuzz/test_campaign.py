"""Whose turn it is in `make fuzz`."""

import importlib.machinery
import importlib.util
import os
import sys
import unittest

import programs

FUZZ = os.path.dirname(os.path.abspath(__file__))


def load_run():
    """tests/fuzz/run, which has no suffix, as a module."""
    loader = importlib.machinery.SourceFileLoader(
        "fuzz_run", os.path.join(FUZZ, "run"))
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader("fuzz_run", loader))
    sys.modules["fuzz_run"] = module
    loader.exec_module(module)
    return module


def count(**turns):
    """Engine -> (executions, seconds of processor time), as they are kept."""
    return {key: value for engine, (executions, cpu_s) in turns.items()
            for key, value in ((engine, executions),
                               (engine + "_cpu_s", cpu_s))}


class Campaign(programs.TestCase):

    def turns(self, **counts):
        """The names in the order in which they are taken, each once."""
        run = load_run()
        state = run.fuzzing.State(self.path("state"))
        with state.counts() as kept:
            kept.update(counts)
        campaign = run.Campaign(state, sorted(counts))
        campaign.goal = 1000000
        return [campaign.next_target() for _ in range(len(counts) + 1)]

    def test_the_one_that_is_there_soonest_comes_first(self):
        self.assertEqual(self.turns(
            slow=count(libfuzzer=(1000, 100)),
            quick=count(libfuzzer=(1000, 100), quick=(100000, 100)),
            nearly=count(libfuzzer=(999000, 99900))),
            ["nearly", "quick", "slow", None])

    def test_who_has_had_enough_has_no_turn(self):
        self.assertEqual(self.turns(
            enough=count(libfuzzer=(500000, 9), quick=(300000, 9),
                         afl=(200000, 9)),
            less=count(libfuzzer=(999999, 9))), ["less", None, None])

    def test_regress_a_moment_was_taken_for_a_target_s_speed(self):
        self.assertEqual(self.turns(
            slow=count(libfuzzer=(25000, 1)),
            quick=count(libfuzzer=(100000, 1), quick=(1343, 0.1))),
            ["quick", "slow", None])


if __name__ == "__main__":
    unittest.main()
