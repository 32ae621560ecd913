"""tests/run itself: what counts as failed."""

import importlib.machinery
import importlib.util
import os
import unittest.mock

import black_box
import programs

TESTS = '''
import os, time, unittest

class Mixed(unittest.TestCase):
    def test_passes(self):
        pass

    def test_fails(self):
        self.assertEqual(1, 2)

    def test_raises(self):
        raise ValueError("so it is")

    def test_fails_in_one_case(self):
        for case in (1, 2):
            with self.subTest(case):
                self.assertEqual(case, 1)

    def test_is_skipped(self):
        self.skipTest("not today")

    @unittest.expectedFailure
    def test_is_expected_to_fail(self):
        self.fail()

    def test_ends_the_process(self):
        os._exit(0)

    def test_hangs(self):
        time.sleep(60)

    def test_z_passes_after_the_others(self):
        pass

class Unprepared(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise ValueError("no class")

    def test_one(self):
        pass

    def test_two(self):
        pass
'''


def runner():
    """tests/run as a module."""
    path = os.path.join(programs.ROOT, "tests", "run")
    loader = importlib.machinery.SourceFileLoader("runner", path)
    spec = importlib.util.spec_from_loader("runner", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class BlackBox(programs.TestCase):

    def results(self, class_name):
        path = self.path("test_samples.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(TESTS)
        tests = dict(black_box.classes(path))[class_name]
        with unittest.mock.patch.dict(os.environ, MARQUEE_TEST_S="1"):
            return dict(black_box.run(path, class_name, tests))

    def test_only_what_passed_counts_as_passed(self):
        results = self.results("Mixed")
        self.assertEqual(len(results), 9)
        self.assertEqual({test for test, why in results.items()
                          if why is None},
                         {"test_passes", "test_z_passes_after_the_others"})
        for test, words in [("test_fails", "1 != 2"),
                            ("test_raises", "so it is"),
                            ("test_fails_in_one_case", "[2]"),
                            ("test_is_skipped", "not today"),
                            ("test_ends_the_process", "without a word"),
                            ("test_hangs", "Timeout")]:
            self.assertIn(words, results[test])

    def test_a_class_that_cannot_be_prepared_fails_all_its_tests(self):
        results = self.results("Unprepared")
        self.assertEqual(set(results), {"test_one", "test_two"})
        for why in results.values():
            self.assertIn("no class", why)

    def test_a_file_that_cannot_be_imported_fails(self):
        path = self.path("test_broken.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write("import nothing_of_this_name\n")
        (class_name, tests), = black_box.classes(path)
        (_, why), = black_box.run(path, class_name, tests)
        self.assertIn("nothing_of_this_name", why)


class Tap(unittest.TestCase):

    # What a unit program printed, its exit status; how many passed, failed.
    CASES = [
        ("1..2\nok 1 - a\nok 2 - b\n", 0, 2, 0),
        ("1..2\nok 1 - a\nnot ok 2 - b\n# why\n", 1, 1, 1),
        ("1..2\nok 1 - a\nnot ok 2 # SKIP b\n", 0, 1, 1),
        ("1..2\nok 1 - a\nok 2 # SKIP b\n", 0, 1, 1),
        ("1..3\nok 1 - a\n==1==ERROR: AddressSanitizer\n", 99, 1, 1),
        ("1..1\nok 1 - a\nLeakSanitizer: detected\n", 99, 1, 1),
        ("1..1\nok 1 - a\n1..2\nok 1 - b\nok 2 - c\n", 0, 3, 0),
        ("1..1\nok 1 - a\n1..2\nok 1 - b\n", 0, 2, 1),
        ("", 0, 0, 1),
        ("cannot open data\n", 1, 0, 1),
    ]

    def test_what_a_program_did_not_say_counts_as_failed(self):
        run = runner()
        for output, status, passed, failed in self.CASES:
            with self.subTest(output):
                outcome = run.Outcome("unit")
                run.read_tap(output, status, outcome)
                self.assertEqual((len(outcome.passed), len(outcome.failed)),
                                 (passed, failed))
