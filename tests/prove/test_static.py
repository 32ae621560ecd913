"""What can be seen without a linter: that the sanitizers of this build see what
is planted for them, and that whoever silences a tool says why."""

import unittest

import programs
import prove_static
import suppressions


class Sanitizers(unittest.TestCase):
    """They watch every test of this run."""

    def test_each_planted_defect_is_reported(self):
        for defect in ("heap-overflow", "use-after-free", "leak",
                       "signed-overflow"):
            with self.subTest(defect):
                self.assertTrue(prove_static.reports(
                    [programs.helper("planted")], defect))

    def test_a_program_without_a_defect_is_not(self):
        self.assertFalse(prove_static.reports(
            [programs.helper("planted")], "none of them"))


class Suppressions(unittest.TestCase):

    def test_each_has_its_reason(self):
        found = list(suppressions.in_sources())
        self.assertGreater(len(found), 5)
        self.assertEqual([where for where, reason in found if not reason], [])

    def test_one_without_is_found(self):
        for text in ("x(); /* NOLINT */", "\n\nx(); // NOLINT(bugprone-x)",
                     "/* cppcheck-suppress leak */\nx();",
                     "CFLAGS += -Wno-all"):
            with self.subTest(text):
                self.assertEqual([reason for _, reason in
                                  suppressions.in_text("t", text)], [""])
