"""What is measured, and the table that says it.

A Contest has contestants, which take turns: A B, then B A, then A B and so on,
so that whatever else the machine does meets them alike. Each turn of one gives
figures by name; of a figure, the median of all rounds counts. A Row sets one
contestant's figure beside its peer's and says whether that is enough.

    Contest({"ours": ask_ours, "static": ask_static}, [
        Row("/movies", "nginx", "ours", "static", "requests/s",
            at_least(0.95))])
"""

import statistics
import textwrap


class Bound:
    """What a row is to reach. `of` is "ratio" (ours to the peer's) or "ours"
    (the figure itself)."""

    def __init__(self, sign, limit, of, unit=""):
        self.sign, self.limit, self.of, self.unit = sign, limit, of, unit

    def is_reached(self, ours, ratio):
        value = ratio if self.of == "ratio" else ours
        if value is None:
            return False
        return value >= self.limit if self.sign == "≥" else \
            value <= self.limit

    def __str__(self):
        text = "%s %s" % (self.sign, number(self.limit))
        return text + " ×" if self.of == "ratio" else \
            (text + " " + self.unit).rstrip()


def at_least(limit):
    return Bound("≥", limit, "ratio")


def at_most(limit):
    return Bound("≤", limit, "ratio")


def no_less_than(limit, unit=""):
    return Bound("≥", limit, "ours", unit)


def no_more_than(limit, unit=""):
    return Bound("≤", limit, "ours", unit)


class Row:
    """One line of the table. `bound` is a Bound, several of them, or None for
    a figure that is shown beside others and has nothing to reach. `limit` is a
    contestant that nothing here can be better than: where it misses the bound
    too, the row says so. `why` says what is in the way where the bound is
    missed; `why_ours`, where it is missed and the limit does not. `curve` and
    `at` make the row a point of a plot (see plots.py): the plot's name, and
    where on it the point is. `line` tells the lines of one plot apart. A point
    that has nothing to reach stands in no table."""

    def __init__(self, name, peer_name, ours, peer, figure, bound, limit=None,
                 why=None, why_ours=None, curve=None, at=None, line=""):
        self.name, self.peer_name, self.figure = name, peer_name, figure
        self.ours, self.peer, self.limit = ours, peer, limit
        self.why, self.why_ours = why, why_ours
        self.curve, self.at, self.line = curve, at, line
        self.bounds = [] if bound is None else \
            [bound] if isinstance(bound, Bound) else list(bound)

    def matches(self, words):
        text = ("%s %s %s" % (self.name, self.peer_name, self.figure)).lower()
        return not words or any(word.lower() in text for word in words)


class Contest:
    """`contestants` maps a key to a function that takes its turn and returns
    {figure: value}. `rounds` is how many turns each has where not told."""

    def __init__(self, contestants, rows, rounds=None):
        self.contestants, self.rows = contestants, rows
        self.rounds = rounds

    def chosen(self, words):
        """The same with the rows alone that have one of the words, or
        None."""
        rows = [row for row in self.rows if row.matches(words)]
        keys = {key for row in rows for key in (row.ours, row.peer, row.limit)}
        return Contest({key: turn for key, turn in self.contestants.items()
                        if key in keys}, rows, self.rounds) if rows else None

    def run(self, rounds):
        """Returns the rows' Results. A contestant that cannot take its turn
        has no figures: its rows say why."""
        taken = {key: [] for key in self.contestants}
        whys = {}
        for turn in range(rounds):
            keys = [key for key in self.contestants if key not in whys]
            for key in keys if turn % 2 == 0 else reversed(keys):
                try:
                    taken[key].append(self.contestants[key]())
                except Missing as error:
                    whys[key] = str(error)
        medians = {key: medians_of(turns) for key, turns in taken.items()}
        return [Result(row, medians[row.ours], medians[row.peer],
                       whys.get(row.ours) or whys.get(row.peer),
                       medians.get(row.limit))
                for row in self.rows]


class Missing(Exception):
    """A contestant has no figures: what it needs is not installed, or it took
    too long. The message says which."""


def medians_of(turns):
    """{figure: median} of several {figure: value}."""
    return {figure: statistics.median(turn[figure] for turn in turns)
            for figure in (turns[0] if turns else ())}


class Result:
    """A row that was measured: `ours`, `peer` and `ratio`, each None where
    there is none; `why` where nothing was measured."""

    def __init__(self, row, ours, peer, why=None, limit=None):
        self.row, self.why = row, why
        self.ours, self.peer = ours.get(row.figure), peer.get(row.figure)
        self.limit = (limit or {}).get(row.figure)
        self.ratio = self.beside_peer(self.ours)

    def beside_peer(self, value):
        return value / self.peer if not self.why and self.peer and \
            value is not None else None

    def reaches(self, value):
        return all(bound.is_reached(value, self.beside_peer(value))
                   for bound in self.row.bounds)

    def cause(self):
        """What is in the way where the figure is missed."""
        row = self.row
        if row.why_ours and self.limit is not None and \
                self.reaches(self.limit):
            return row.why_ours
        return row.why or UNKNOWN

    def is_missed(self):
        return not self.why and not self.reaches(self.ours)

    def verdict(self):
        if self.why or not self.row.bounds:
            return self.why or ""
        if not self.is_missed():
            return "yes"
        if self.limit is not None and not self.reaches(self.limit):
            return "NO; %s itself %s" % (self.row.limit,
                                         times(self.beside_peer(self.limit)))
        return "NO"

    def cells(self):
        row = self.row
        if self.why:
            numbers = ["–"] * 3
        else:
            numbers = [number(self.ours), number(self.peer),
                       times(self.ratio)]
        return [row.name, row.peer_name, row.figure, *numbers,
                ", ".join(map(str, row.bounds)) or "–", self.verdict()]


# The cause of a missed figure whose row names none.
UNKNOWN = "no cause is known; was the machine busy?"

HEADS = ["row", "peer", "figure", "ours", "peer's", "ratio", "to reach",
         "reached"]
RIGHT = {3, 4, 5}


def number(value):
    """Three digits that mean something, and no exponent."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return "%d" % round(value)
    digits = 2 if abs(value) < 0.1 else 1
    text = "%.*f" % (3 if digits == 2 else 2 if abs(value) < 10 else 1, value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def times(ratio):
    """A ratio, so exact that it shows why a bound was just missed."""
    if ratio is None:
        return "–"
    return ("%.3f ×" % ratio) if ratio < 10 else number(ratio) + " ×"


def table(results):
    """The lines of both tables."""
    return [HEADS] + [result.cells() for result in results
                      if result.row.bounds or not result.row.curve]


def plain(results):
    """The table for a terminal."""
    lines = table(results)
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    return "\n".join("  ".join(
        cell.rjust(widths[i]) if i in RIGHT else cell.ljust(widths[i])
        for i, cell in enumerate(line)).rstrip() for line in lines)


def markdown(results):
    """The same for README.md."""
    heads, *lines = table(results)
    lines = [heads, ["--:" if i in RIGHT else "---"
                     for i in range(len(HEADS))], *lines]
    return "\n".join("| %s |" % " | ".join(
        cell.replace("|", "\\|") for cell in line) for line in lines)


def reasons(results):
    """A line for each cause of a missed figure, and the rows it is of."""
    missed = {}
    for result in results:
        if result.is_missed():
            rows = missed.setdefault(result.cause(), [])
            if result.row.name not in rows:
                rows.append(result.row.name)
    return ["- %s: %s" % (", ".join(rows), why)
            for why, rows in missed.items()]


def summary(results):
    """One line: how many rows reached what they were to reach."""
    bound = [result for result in results if result.row.bounds]
    missed = [result for result in bound if result.is_missed()]
    unmeasured = [result for result in bound if result.why]
    text = "%d of %d rows reach their figure" % (
        len(bound) - len(missed) - len(unmeasured), len(bound))
    if unmeasured:
        text += "; %d were not measured" % len(unmeasured)
    return textwrap.fill(text, 100)
