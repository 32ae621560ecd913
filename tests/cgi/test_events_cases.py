"""The cases of tests/data/events, straight to events.fcgi."""

import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import serving_events


class Cases(serving_events.ServedCases, serving_events.TestCase):
    """One test a file of cases."""

    def forget(self):
        shutil.rmtree(self.state)

    def test_no_file_of_cases_is_left_out(self):
        with open(serving_events.__file__, encoding="utf-8") as source:
            text = source.read()
        for name in serving_events.files():
            self.assertIn('run_cases("%s")' % name, text)


class Runner(unittest.TestCase):
    """The runner of cases is itself checked."""

    GOOD = ("/x", 200, {"a": "é", "b": [1, None]}, {"ETag": '"1"'})
    BAD = [
        {"status": 201},
        {"has": {"ETag": '"2"'}},
        {"has": {"ETag": None}},
        {"has": {"Link": "~.*"}},
        {"empty": True},
        {"answer": {"a": "é"}},
        {"answer": {"a": "e", "b": [1, None]}},
        {"answer": {"a": "~é.", "b": [1, None]}},
        {"answer": {"a": "é", "b": [1, None], "c": None}},
        {"answer": {"…": True, "c": 1}},
        {"answer": {"…": True, "b": [1]}},
        {"answer": []},
    ]

    def stand_in(self, security=True):
        headers = {"etag": '"1"'}
        if security:
            headers.update(dict.fromkeys(serving_events.SECURITY_HEADERS, "x"))
        return lambda *_: (200, headers.get,
                           serving_events.encode(self.GOOD[2]))

    def run_step(self, send, **more):
        step = {"method": "GET", "path": "/x", "status": 200}
        step.update(more)
        serving_events.Case(self, send).run([step])

    def test_it_accepts_what_fits(self):
        for more in ({}, {"has": {"ETag": '"1"', "Link": None}},
                     {"has": {"ETag": "{etag}"}}, {"status": "~2.."},
                     {"answer": {"a": "<é*1>", "b": [1, None]}},
                     {"answer": {"…": True, "a": "~.+"}}):
            with self.subTest(more):
                self.run_step(self.stand_in(), **more)

    def test_it_refuses_what_does_not_fit(self):
        for more in self.BAD:
            with self.subTest(more), self.assertRaises(AssertionError):
                self.run_step(self.stand_in(), **more)
        with self.assertRaises(AssertionError):
            self.run_step(self.stand_in(security=False))


if __name__ == "__main__":
    unittest.main()
