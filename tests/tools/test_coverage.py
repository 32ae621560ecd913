"""The coverage run's list of what is not run: what it tells and what not."""

import collections
import os
import sys
import unittest

import programs

sys.path.insert(0, os.path.join(programs.ROOT, "tests", "coverage"))
import counts  # noqa: E402
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
        # Several ways out of a line are one line.
        for name, lines in (("uncovered.txt", collections.Counter),
                            ("untaken.txt", set)):
            with self.subTest(name):
                listed, sometimes = uncovered.read(name)
                self.assertTrue(listed)
                places = collections.Counter(lines(listed + sometimes))
                self.assertEqual(list(uncovered.gone(places, programs.ROOT)),
                                 [])

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


BRANCHES = """\
reason: the caller looks first
lib/a.c f
\tif (a == NULL ||
lib/b.c g
\t2 ways: if (b)
lib/c.c h: it is so
\tif (c)
"""

A = uncovered.Place("lib/a.c", "f", "if (a == NULL ||")
B = uncovered.Place("lib/b.c", "g", "if (b)")
C = uncovered.Place("lib/c.c", "h", "if (c)")

Source = collections.namedtuple("Source", "path lines")


def source(*lines):
    """A source of (function, text, times run, times each branch is taken)."""
    made = []
    for number, (function, text, count, branches) in enumerate(lines):
        made.append(counts.Line(number, function, text))
        made[-1].add(count, branches)
    return Source("lib/a.c", made)


def ways(*lines):
    return {place.text: count for place, count in
            uncovered.untaken([source(*lines)]).items()}


class Branches(unittest.TestCase):

    def test_entries_share_a_reason_and_lines_say_how_many_ways(self):
        self.assertEqual(uncovered.parse(BRANCHES)[0], {A: 1, B: 2, C: 1})

    def test_a_shared_reason_is_for_what_follows_it(self):
        for text in ("lib/a.c f\n\tx;\nreason: too late\n",
                     "reason: nothing is named\n\tx;\n",
                     "lib/a.c f: r\n\tx;\nreason: r\n\ty;\n"):
            with self.subTest(text), self.assertRaises(ValueError):
                uncovered.parse(text)

    def test_ways_not_taken_are_counted_of_lines_that_are_run(self):
        self.assertEqual(ways(("f", "if (a)", 3, [3, 0]),
                              ("f", "if (b)", 3, [1, 2]),
                              ("f", "b();", 3, []),
                              ("f", "if (c && d)", 3, [0, 3, 0, 0]),
                              ("f", "c();", 3, []),
                              ("g", "if (e)", 0, [0, 0])),
                         {"if (a)": 1, "if (c && d)": 3})

    def test_lines_of_the_same_text_are_counted_together(self):
        self.assertEqual(ways(("f", "if (a)", 1, [1, 0]), ("f", "b();", 1, []),
                              ("f", "if (a)", 1, [0, 1])), {"if (a)": 2})

    def test_the_way_to_a_line_that_is_not_run_needs_no_entry(self):
        self.assertEqual(ways(("f", "if (a)", 1, [1, 0]),
                              ("f", "return;", 0, [])), {})
        self.assertEqual(ways(("f", "if (a || b)", 1, [1, 0, 1, 0]),
                              ("f", "return;", 0, [])), {"if (a || b)": 1})
        self.assertEqual(ways(("f", "if (a)", 1, [1, 0]),
                              ("g", "return;", 0, [])), {"if (a)": 1})

    def test_a_way_that_is_not_listed_is_told_and_named(self):
        listed, sometimes = uncovered.parse(BRANCHES)
        self.assertEqual(list(uncovered.compare_ways(
            listed, sometimes, listed)), [])
        told = list(uncovered.compare_ways(
            listed, sometimes, listed + collections.Counter({B: 1})))
        self.assertEqual(told, ["1 not taken, and not listed: "
                                "lib/b.c g: if (b)"])

    def test_a_line_that_runs_sometimes_needs_no_entry(self):
        self.assertEqual(list(uncovered.compare_ways(
            collections.Counter(), collections.Counter([C]),
            collections.Counter({C: 2}))), [])

    def test_a_listed_way_that_is_taken_is_a_remark(self):
        listed = uncovered.parse(BRANCHES)[0]
        self.assertEqual(list(uncovered.remarks(listed, listed)), [])
        told = list(uncovered.remarks(listed, collections.Counter([A, B, C])))
        self.assertEqual(len(told), 1)
        self.assertIn("1 listed, but taken this time: lib/b.c g", told[0])
