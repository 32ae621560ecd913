"""Where the code tells a tool to be silent, and the reason it gives.

A reason follows on the line of the suppression, or stands in a comment that
ends on the line before it.
"""

import pathlib
import re

import programs

MARK = re.compile(r"NOLINT\w*(?:\([^)]*\))?|cppcheck-suppress \w+|"
                  r"--suppress=[\w:/.]+|no_sanitize\w*|#pragma GCC diagnostic|"
                  r"-Wno-[\w-]+|shellcheck disable=\w+|-clang-analyzer-\S+|"
                  r"^  -(?:bugprone|cert)-\S+")
COMMENT = re.compile(r"^\s*(?:/?\*|#|//)\s*\S+ \S+")


def in_text(name, text):
    """Yields (where, reason or "") for each suppression of a file's text."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        for mark in MARK.finditer(line):
            rest = re.sub(r"\W+", " ", line[mark.end():]).strip()
            yield "%s:%d" % (name, number + 1), \
                rest if " " in rest else comment_above(lines, number)


def comment_above(lines, number):
    """The comment over the block of lines that this one is in, or ""."""
    while number > 0 and lines[number].strip() and \
            not COMMENT.match(lines[number - 1]):
        number -= 1
    return lines[number - 1].strip() if number > 0 and \
        COMMENT.match(lines[number - 1]) else ""


SOURCES = ("Makefile", "*/*/*.mk", ".clang-tidy", ".ci/run", "tools/*",
           "*/*.[ch]", "*/*/*.[ch]")


def in_sources():
    for pattern in SOURCES:
        for path in sorted(pathlib.Path(programs.ROOT).glob(pattern)):
            name = str(path.relative_to(programs.ROOT))
            if name.startswith(("build", "tests/prove/planted")):
                continue
            yield from in_text(name, path.read_text(encoding="utf-8"))
