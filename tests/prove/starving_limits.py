"""Programs whose address space is small for good (RLIMIT_AS): allocations,
mappings and threads all fail from some point on, by size.

    tried, faults, starved = starving_limits.sweep()
"""

import starving_answers
import starving_helpers
import starving_jobs
import starving_planted
import starving_sweep

SCENARIOS = [starving_jobs.ChangedFetch, starving_helpers.KeepFile,
             starving_helpers.Render, starving_answers.PAGES[1],
             starving_answers.FileMiss, starving_answers.EventPost]
PLANTED = [starving_planted.Large]

# Between what a program needs to begin and what it needs to do its work; the
# steps grow, since threads ask for megabytes each.
STEP_BYTES = 256 << 10
STEPS = 48
ENOUGH = 3  # good runs in a row: from there on it has what it needs

# Where the search for a beginning ends.
MOST_BYTES = 256 << 20


def least(program):
    """The smallest limit, in steps, at which main is reached."""
    low, high = 1, MOST_BYTES // STEP_BYTES
    while low < high:
        middle = (low + high) // 2
        if program.run_limited(middle * STEP_BYTES,
                               ["--version"]).status == 0:
            high = middle
        else:
            low = middle + 1
    return low


def sweep_one(scenario, tally):
    """Returns how many runs failed."""
    program = scenario.open()
    starved, good = 0, 0
    try:
        begin = least(program)
        for number in range(STEPS):
            step = begin + number * (number + 1) // 2
            scenario.reset()
            run = program.run_limited(step * STEP_BYTES)
            run.failed = 1
            starving_sweep.judge(scenario, run, tally, "%s, %d kB" % (
                scenario.name, step * STEP_BYTES >> 10))
            is_good = scenario.is_well(run)
            starved += not is_good
            good = good + 1 if is_good else 0
            if good == ENOUGH:
                break
    finally:
        try:
            scenario.close()
        finally:
            program.end()
    return starved


def sweep(scenarios=None):
    """Returns how many runs, what was wrong with them, how many failed. Which
    of many things was short is not always known: any sentence will do."""
    tally, starved = starving_sweep.Tally(), 0
    for scenario in scenarios or SCENARIOS:
        class Limited(scenario):
            def is_told(self, run):
                return bool(run.stderr) or super().is_told(run)
        Limited.__name__ = scenario.__name__
        starved += sweep_one(Limited(), tally)
    return tally.tried, tally.crashes + tally.wrong + tally.mute, starved
