"""The controls of the memory sweep: tests/support/starved_planted.c, which is
wrong on purpose."""

import programs
import starving
import starving_sweep

WORDS = b"my\nneighbour\ntotoro\n"


class Place(programs.TestCase):
    """A directory for as long as a `with` lasts."""

    def runTest(self):
        pass

    def __enter__(self):
        self.setUp()
        return self

    def __exit__(self, *_):
        self.doCleanups()


class Planted(starving_sweep.Scenario, Place):
    program_name = "starved_planted"

    def open(self):
        self.setUp()
        return starving.Program(
            self.path("."), [programs.helper("starved_planted"), self.name],
            {})

    def fault(self, run):
        if run.status == 0 and run.stdout != WORDS:
            return "printed: %r" % run.stdout
        return None

    def close(self):
        self.doCleanups()


class Unchecked(Planted):
    name = "unchecked"


class Loser(Planted):
    name = "loser"


class Large(Planted):
    name = "large"


ALL = [Unchecked, Loser]
