"""The coverage run's list of what is not run: what it tells and what not."""

import collections
import os
import sys
import unittest

import programs

sys.path.insert(0, os.path.join(programs.ROOT, "tests", "coverage"))
import uncovered  # noqa: E402

LIST = """\
# A comment.

lib/a.c f: it cannot be
\treturn  -1;
\treturn -1;
lib/b.c g: neither can this
\tbreak;
lib/b.c h: sometimes two meet
\tgoto again;
"""

RETURN = uncovered.Place("lib/a.c", "f", "return -1;")
BREAK = uncovered.Place("lib/b.c", "g", "break;")


def differences(counted):
    return list(uncovered.compare(*uncovered.parse(LIST),
                                  collections.Counter(counted)))


class Listed(unittest.TestCase):

    def test_a_line_that_is_there_twice_is_listed_twice(self):
        self.assertEqual(uncovered.parse(LIST)[0], {RETURN: 2, BREAK: 1})

    def test_what_is_as_listed_is_no_difference(self):
        self.assertEqual(differences({RETURN: 2, BREAK: 1}), [])

    def test_what_only_a_race_comes_to_may_run_or_not(self):
        again = uncovered.Place("lib/b.c", "h", "goto again;")
        self.assertEqual(differences({RETURN: 2, BREAK: 1, again: 1}), [])
        self.assertEqual(len(differences({RETURN: 2, BREAK: 1, again: 2})), 1)

    def test_a_line_that_is_not_listed_is_told(self):
        found = differences({RETURN: 3, BREAK: 1})
        self.assertEqual(len(found), 1)
        self.assertIn("not listed: lib/a.c f: return -1;", found[0])

    def test_a_listed_line_that_runs_is_told(self):
        found = differences({RETURN: 2})
        self.assertEqual(len(found), 1)
        self.assertIn("runs or is gone: lib/b.c g: break;", found[0])

    def test_an_entry_without_a_reason_is_refused(self):
        for text in ("lib/a.c f:\n\tx;\n", "lib/a.c f\n", "\tx;\n"):
            with self.subTest(text), self.assertRaises(ValueError):
                uncovered.parse(text)

    def test_what_is_listed_of_this_tree_is_in_it(self):
        with open(os.path.join(programs.ROOT, "tests", "coverage",
                               "uncovered.txt"), encoding="utf-8") as file:
            listed, sometimes = uncovered.parse(file.read())
        self.assertTrue(listed)
        self.assertEqual(list(uncovered.gone(listed + sometimes,
                                             programs.ROOT)), [])

    def test_what_is_listed_and_gone_is_told(self):
        path = "tests/coverage/at_begin.c"
        for function, text in (("coverage_begin", "{"), ("coverage", "{"),
                               ("coverage_begin", "gone();")):
            place = uncovered.Place(path, function, text)
            with self.subTest(place):
                told = list(uncovered.gone(collections.Counter([place]),
                                           programs.ROOT))
                self.assertEqual(len(told),
                                 function == "coverage" or text != "{", told)
        gone = uncovered.Place("lib/no/such.c", "f", "return;")
        self.assertEqual(len(list(uncovered.gone(
            collections.Counter([gone]), programs.ROOT))), 2)
