"""What gcov counted in our own code: lines and branches, per source file.

    for source in counts.read("build/coverage"):
        print(source.path, source.lines_run, len(source.lines))

A line of code is one that gcc gave instructions; a branch is one way out of a
conditional jump, so `a && b` has four. It counts as taken when any test, of any
program that has the file in it, went that way.
"""

import collections
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# Ours, and of it what is product: not the tests.
PRODUCT = ("lib", "cgi-bin", "cron", "tools")

# Objects told to one gcov.
AT_ONCE = 40


class Line:
    """Of one line: how often it ran, and each of its branches was taken."""

    def __init__(self, number, function, text):
        self.number = number
        self.function = function
        self.text = text
        self.count = 0
        self.branches = []

    def add(self, count, branches):
        self.count += count
        for i, taken in enumerate(branches):
            if i == len(self.branches):
                self.branches.append(0)
            self.branches[i] += taken

    @property
    def untaken(self):
        """Numbers of the branches that nothing took, from 1."""
        return [i for i, taken in enumerate(self.branches, 1) if not taken]


class Source:
    def __init__(self, path):
        self.path = path
        self.by_number = {}
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            self.texts = [" ".join(line.split()) for line in file]

    def line(self, number, function):
        if number not in self.by_number:
            self.by_number[number] = Line(number, function,
                                          self.texts[number - 1])
        return self.by_number[number]

    @property
    def lines(self):
        return [self.by_number[number] for number in sorted(self.by_number)]

    @property
    def lines_run(self):
        return sum(line.count > 0 for line in self.lines)

    @property
    def branches(self):
        return sum(len(line.branches) for line in self.lines)

    @property
    def branches_taken(self):
        return self.branches - sum(len(line.untaken) for line in self.lines)


def objects(directory):
    """The notes that gcc wrote beside the objects of the product; some may be
    of a source that is gone since."""
    for part in PRODUCT:
        for parent, _, names in os.walk(os.path.join(directory, part)):
            for name in sorted(names):
                path = os.path.abspath(os.path.join(parent, name))
                base, kind = os.path.splitext(os.path.relpath(path, directory))
                if kind == ".gcno" and os.path.exists(
                        os.path.join(ROOT, base + ".c")):
                    yield path


def gcov(notes):
    """Yields what gcov says of some objects; one without counts ran never."""
    done = subprocess.run(
        ["gcov", "--branch-probabilities", "--json-format", "--stdout", *notes],
        cwd=ROOT, stdout=subprocess.PIPE, check=True)
    for document in done.stdout.splitlines():
        if document:
            yield from json.loads(document)["files"]


def read(directory):
    """Every source of ours that was compiled into `directory`, by path."""
    sources = {}
    notes = list(objects(directory))
    for start in range(0, len(notes), AT_ONCE):
        for file in gcov(notes[start:start + AT_ONCE]):
            path = os.path.relpath(os.path.join(ROOT, file["file"]), ROOT)
            if path.split(os.sep)[0] not in PRODUCT:
                continue
            source = sources.setdefault(path, Source(path))
            for line in file["lines"]:
                source.line(line["line_number"],
                            line.get("function_name", "")).add(
                    line["count"],
                    [branch["count"] for branch in line["branches"]])
    return [sources[path] for path in sorted(sources)]


Total = collections.namedtuple("Total", "lines run branches taken")


def total(sources):
    return Total(sum(len(source.lines) for source in sources),
                 sum(source.lines_run for source in sources),
                 sum(source.branches for source in sources),
                 sum(source.branches_taken for source in sources))
