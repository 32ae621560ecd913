"""The arithmetic of make bench, the table that it prints, and its drawings."""

import os
import re
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import programs

sys.path.insert(0, os.path.join(programs.ROOT, "tests", "bench"))
import figures  # noqa: E402  pylint: disable=wrong-import-position
import plots  # noqa: E402  pylint: disable=wrong-import-position
import rows_pages  # noqa: E402  pylint: disable=wrong-import-position


def turns(*values):
    """A contestant that gives these figures, one a turn."""
    left = list(values)
    return lambda: {"requests/s": left.pop(0)}


def contest(ours, peer, bound=None, name="/movies"):
    return figures.Contest(
        {"ours": ours, "peer": peer},
        [figures.Row(name, "nginx", "ours", "peer", "requests/s", bound)])


class Contests(unittest.TestCase):

    def run_one(self, *arguments):
        return contest(*arguments).run(3)[0]

    def test_the_ratio_is_of_the_medians(self):
        result = self.run_one(turns(1, 90, 1000), turns(100, 2, 500))
        self.assertEqual((result.ours, result.peer), (90, 100))
        self.assertAlmostEqual(result.ratio, 0.9)

    def test_contestants_take_turns_and_none_is_always_first(self):
        order = []

        def turn(key):
            order.append(key)
            return {"requests/s": 1}
        contest(lambda: turn("A"), lambda: turn("B")).run(3)
        self.assertEqual("".join(order), "ABBAAB")

    def test_a_figure_that_is_the_bound_is_reached(self):
        for bound, ours, verdict in (
                (figures.at_least(0.95), 95, "yes"),
                (figures.at_least(0.95), 94, "NO"),
                (figures.at_most(1.3), 130, "yes"),
                (figures.at_most(1.3), 131, "NO"),
                (figures.no_more_than(17), 17, "yes"),
                (figures.no_more_than(17), 18, "NO"),
                ([figures.at_most(2), figures.no_more_than(17)], 18, "NO"),
                (None, 1, "")):
            with self.subTest(bound=str(bound), ours=ours):
                result = self.run_one(turns(*[ours] * 3), turns(100, 100, 100),
                                      bound)
                self.assertEqual(result.verdict(), verdict)

    def test_a_row_that_its_limit_misses_too_says_so(self):
        def verdict(ours, limit):
            row = figures.Row("/movies", "Varnish", "ours", "peer",
                              "requests/s", figures.at_least(1.3),
                              limit="static")
            return figures.Contest(
                {"ours": turns(ours), "peer": turns(100),
                 "static": turns(limit)}, [row]).chosen([]).run(1)[0].verdict()
        self.assertEqual(verdict(110, 120), "NO; static itself 1.200 ×")
        self.assertEqual(verdict(110, 130), "NO")
        self.assertEqual(verdict(130, 120), "yes")

    def test_what_is_missed_has_its_cause_and_what_is_reached_none(self):
        def result(name, ours, why=None):
            row = figures.Row(name, "nginx", "ours", "peer", "requests/s",
                              figures.at_least(1), why=why)
            return figures.Contest({"ours": turns(ours), "peer": turns(2)},
                                   [row]).run(1)[0]
        self.assertEqual(figures.reasons([
            result("a", 1, "a slow disk"), result("b", 3, "a slow disk"),
            result("c", 1, "a slow disk"), result("d", 1)]),
            ["- a, c: a slow disk", "- d: " + figures.UNKNOWN])

    def test_what_only_ours_misses_is_not_laid_at_the_limit_s_door(self):
        def cause(limit):
            row = figures.Row("a", "nginx", "ours", "peer", "requests/s",
                              figures.at_least(1), limit="limit",
                              why="the machine", why_ours="ours")
            return figures.Contest({
                "ours": turns(1), "peer": turns(2), "limit": turns(limit)},
                [row]).run(1)[0].cause()
        self.assertEqual(cause(1), "the machine")
        self.assertEqual(cause(2), "ours")

    def test_a_peer_that_is_missing_is_said_to_be(self):
        def missing():
            raise figures.Missing("varnish is not installed")
        result = self.run_one(turns(1, 1, 1), missing, figures.at_least(1))
        self.assertEqual(result.verdict(), "varnish is not installed")
        self.assertIsNone(result.ratio)
        self.assertIn("1 were not measured", figures.summary([result]))

    def test_a_peer_of_zero_gives_no_ratio(self):
        result = self.run_one(turns(1, 1, 1), turns(0, 0, 0),
                              figures.at_most(1))
        self.assertIsNone(result.ratio)
        self.assertEqual(result.verdict(), "NO")

    def test_a_word_chooses_rows_and_who_is_needed_for_them(self):
        both = figures.Contest(
            {key: turns(1) for key in ("ours", "nginx", "varnish")},
            [figures.Row("/movies", peer, "ours", peer, "requests/s", None)
             for peer in ("nginx", "varnish")])
        chosen = both.chosen(["VARN"])
        self.assertEqual(set(chosen.contestants), {"ours", "varnish"})
        self.assertEqual(len(chosen.rows), 1)
        self.assertIsNone(both.chosen(["squid"]))
        self.assertEqual(len(both.chosen([]).rows), 2)


class Pages(programs.TestCase):

    def put(self, text, target="bench"):
        for name, content in (("table.md", "| new |\n"), ("page.md", text)):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(content)
        done = self.run_program([
            sys.executable,
            os.path.join(programs.ROOT, "tests", "support", "put-table"),
            target, self.path("table.md"), self.path("page.md")])
        with open(self.path("page.md"), encoding="utf-8") as file:
            return done.returncode, file.read()

    def test_a_new_table_takes_the_place_of_the_old_one(self):
        place = "a\n<!-- make bench -->\n%s<!-- /make bench -->\nb\n"
        for old in ("", "\n| old |\n\n"):
            self.assertEqual(self.put(place % old),
                             (0, place % "\n| new |\n\n"))

    def test_a_text_without_a_place_stays_as_it_is(self):
        self.assertEqual(self.put("nothing\n"), (1, "nothing\n"))

    def test_a_text_with_another_target_s_place_stays_as_it_is(self):
        text = "<!-- make prove -->\n<!-- /make prove -->\n"
        self.assertEqual(self.put(text), (1, text))

    def test_each_page_has_one_place(self):
        for page, target in (("README.md", "bench"), ("SECURITY.md", "prove")):
            with self.subTest(page):
                with open(os.path.join(programs.ROOT, page),
                          encoding="utf-8") as file:
                    self.assertEqual(self.put(file.read(), target)[0], 0)


class Tables(unittest.TestCase):

    def results(self):
        return [contest(turns(40000), turns(41237), figures.at_least(0.95),
                        name).run(1)[0] for name in ("/movies", "a|b")]

    def test_numbers_have_three_digits(self):
        for value, text in ((41237.4, "41237"), (99.96, "100"), (12.34, "12.3"),
                            (1, "1"), (0.949, "0.95"), (0.0312, "0.031"),
                            (10, "10"), (0, "0"), (None, "–")):
            with self.subTest(value=value):
                self.assertEqual(figures.number(value), text)

    def test_a_bound_that_is_just_missed_shows_it(self):
        result = contest(turns(949), turns(1000),
                         figures.at_least(0.95)).run(1)[0]
        self.assertEqual(result.cells()[5:], ["0.949 ×", "≥ 0.95 ×", "NO"])

    def test_plain_columns_stand_below_each_other(self):
        lines = figures.plain(self.results()).splitlines()
        self.assertEqual(len(lines), 3)
        self.assertEqual(len({line.index(mark) for line, mark in zip(
            lines, ("to reach", "≥ 0.95 ×", "≥ 0.95 ×"))}), 1)
        self.assertIn("0.970 ×", lines[1])

    def test_markdown_has_a_cell_a_column(self):
        lines = figures.markdown(self.results()).splitlines()
        self.assertEqual(len(lines), 4)
        self.assertIn("a\\|b", lines[3])
        self.assertEqual({line.replace("\\|", "").count("|")
                          for line in lines}, {len(figures.HEADS) + 1})


def measured(name, peer, figure, ours, peers, **more):
    row = figures.Row(name, peer, "ours", "peer", figure, None, **more)
    return figures.Result(row, {figure: ours}, {figure: peers})


class Drawings(unittest.TestCase):

    def draw(self, results):
        """{file: its elements by tag}"""
        with tempfile.TemporaryDirectory() as directory:
            return {name: self.elements(os.path.join(directory, name))
                    for name in plots.draw(results, directory)}

    def elements(self, path):
        found = {}
        for element in xml.etree.ElementTree.parse(path).iter():
            found.setdefault(re.sub("{.*}", "", element.tag), []).append(
                element)
        return found

    def pages(self):
        return [measured(variant[0], peer, "requests/s", ours, of_peer)
                for variant in rows_pages.VARIANTS
                for peer, ours, of_peer in (
                    ("nginx 1.22.1 static, open_file_cache", 300, 400),
                    ("Varnish 7.1.1", 301, 100))]

    def test_a_bar_is_as_long_as_its_figure(self):
        drawn = self.draw(self.pages())
        self.assertEqual(list(drawn), ["requests.svg"])
        bars = [float(bar.get("width"))
                for bar in drawn["requests.svg"]["rect"][:3]]
        self.assertAlmostEqual(bars[0] / bars[1], 3 / 4, 2)
        self.assertAlmostEqual(bars[2] / bars[1], 1 / 4, 2)
        texts = [text.text for text in drawn["requests.svg"]["text"]]
        for word in ("Marquee", "nginx static", "Varnish", "300", "one film"):
            self.assertIn(word, texts)

    def test_a_run_of_some_rows_draws_no_picture_of_all(self):
        self.assertEqual(self.draw(self.pages()[2:]), {})

    def test_a_curve_goes_through_its_points_from_left_to_right(self):
        drawn = self.draw([
            measured("publish %d" % at, "<&>", "CPU", value, 1,
                     curve="Publish: CPU, s <&>", at=at)
            for at, value in ((100000, 90), (1000, 1), (10000, 9))])
        dots = [(float(dot.get("cx")), float(dot.get("cy")))
                for dot in drawn["curve-publish-cpu-s.svg"]["circle"]]
        self.assertEqual(dots, sorted(dots))
        self.assertEqual([up for _, up in dots],
                         sorted((up for _, up in dots), reverse=True))
        self.assertAlmostEqual(dots[1][0] - dots[0][0],
                               dots[2][0] - dots[1][0], 0)

    def test_lines_of_one_plot_share_its_scales_and_have_names(self):
        points = [measured("serve", "", "requests/s", value, 1,
                           curve="Served", at=at, line=line)
                  for line, value, at in (
                      ("a list", 10, 100), ("a film", 5, 100),
                      ("a list", 10, 1000), ("a film", 10, 1000),
                      ("alone", 7, 100))]
        drawn = self.draw(points)["curve-served.svg"]
        self.assertEqual(len(drawn["polyline"]), 2)
        dots = [(dot.get("cx"), float(dot.get("cy")))
                for dot in drawn["circle"]]
        self.assertEqual(dots[1], dots[3])
        self.assertEqual(dots[0][0], dots[2][0])
        axis = float(drawn["line"][0].get("y1"))
        self.assertAlmostEqual((axis - dots[2][1]) * 2, axis - dots[0][1], 0)
        texts = [text.text for text in drawn["text"]]
        self.assertIn("a list", texts)
        self.assertNotIn("alone", texts)

    def test_a_point_with_nothing_to_reach_is_in_no_table(self):
        point = measured("serve", "", "requests/s", 1, 1, curve="S", at=1)
        bound = measured("publish", "", "requests/s", 1, 1)
        for form in (figures.plain, figures.markdown):
            text = form([point, bound])
            self.assertIn("publish", text)
            self.assertNotIn("serve", text)

