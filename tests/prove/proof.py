"""What a part of `make prove` reports: rows of one table.

A part is a file prove_<name>.py in this folder with

    TITLE = "kill sweep"

    def prove():
        torn, points = sweep(...)
        found, _ = sweep(a publisher that is wrong on purpose)
        yield proof.Row("fetch-movies, first publish", "%d points" % points,
                        "%d torn" % torn, "0 torn", torn == 0,
                        control=proof.Control("writer in place",
                                              "%d torn" % found, found > 0))

and a short form of the same, test_<name>.py, which `make test` runs.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Control:
    """The same method against something known to be broken: it must find it,
    or the row says nothing."""

    what: str
    figure: str
    is_found: bool


@dataclasses.dataclass(frozen=True)
class Row:
    what: str
    tried: str        # how much: "212 points", "500 bodies"
    figure: str       # what came out
    wanted: str       # what was to come out
    is_reached: bool
    control: Control

    @property
    def holds(self):
        return self.is_reached and self.control.is_found


HEADS = ("part", "what", "tried", "figure", "to reach", "control", "")


def cells(title, row):
    return (title, row.what, row.tried, row.figure, row.wanted,
            "%s: %s%s" % (row.control.what, row.control.figure,
                          "" if row.control.is_found else " NOT FOUND"),
            "yes" if row.holds else "NO")


def table(results):
    """Markdown that also reads well in a terminal, of (title, Row) pairs."""
    lines = [HEADS] + [cells(title, row) for title, row in results]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| %s |" % " | ".join(
        cell.ljust(width) for cell, width in zip(line, widths))
        for line in lines)
