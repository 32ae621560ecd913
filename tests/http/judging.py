"""What the suite's results say, beside what is expected of them."""

import json


class Expected:
    """`required` has groups of tests that are not passed, with the reason of
    each group; `optimal` is a list."""

    def __init__(self, document):
        self.groups = document["required"]
        self.required = [test for group in self.groups
                         for test in group["tests"]]
        self.optimal = document["optimal"]


def read_expected(path):
    with open(path, encoding="utf-8") as file:
        return Expected(json.load(file))


def differences(kind, failed, expected):
    """Sentences about them. Whatever is not passed counts, whether its own claim
    was wrong or what it needs first."""
    failed, expected = set(failed), set(expected)
    return ["%s %s: %s" % (kind, test, what)
            for tests, what in ((failed - expected, "not passed, which is new"),
                                (expected - failed, "passed, or gone"))
            for test in sorted(tests)]


def judge(results, kinds, expected):
    """The report's lines, and whether all is as expected. `results` has True
    for what is passed, and the reason for all else."""
    failed = {kind: [test for test, result in results.items()
                     if kinds[test] == kind and result is not True]
              for kind in ("required", "optimal", "check")}
    lines = ["%-8s %3d of %3d" % (
        kind, sum(kinds[test] == kind for test in results) - len(tests),
        sum(kinds[test] == kind for test in results))
             for kind, tests in failed.items()]
    lines += ["  %3d  %s: %s" % (len(group["tests"]), group["group"],
                                 group["why"]) for group in expected.groups]
    wrong = differences("required", failed["required"], expected.required) + \
        differences("optimal", failed["optimal"], expected.optimal)
    lines += ["%s (%s)" % (line, results.get(line.split(" ")[1].rstrip(":")))
              for line in wrong]
    return lines + ["%d as nobody expects" % len(wrong)], not wrong
