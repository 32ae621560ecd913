"""Drawings of what was measured, as SVG that is read on light and dark pages.

    plots.draw(results, "build/bench")

writes requests.svg and p99.svg, of the pages and who else serves them, and a
curve-<name>.svg for each `curve` that rows name (see figures.Row): its points
are `ours` of those rows, at `at`, on as many lines as they name. What a run has
measured too little of is not drawn.
"""

import math
import os
import re
from xml.sax.saxutils import escape

import figures
import rows_pages

WIDTH = 720
LABEL, BAR, GAP, HEAD = 130, 15, 12, 40
NAME = 90    # beside a bar: whose it is
VALUE = 70   # and behind it: how long it is
PLOT = 240   # of a curve, how high

STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.quiet { fill: #57606a }
.ours { fill: #0969da }
.peer { fill: #afb8c1 }
.line { fill: none; stroke: #0969da; stroke-width: 2 }
.axis { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.quiet { fill: #8d96a0 }
.ours { fill: #58a6ff }
.peer { fill: #484f58 }
.line { stroke: #58a6ff }
.axis { stroke: #30363d }
}
</style>"""

# file, title, figure
BARS = [("requests.svg", "Requests a second", "requests/s"),
        ("p99.svg", "99 of 100 requests are answered within, ms", "p99, ms")]

OURS = "Marquee"


def draw(results, directory):
    """Returns the names of the files that were written."""
    drawn = {}
    for name, title, figure in BARS:
        groups = bar_groups(results, figure)
        if groups:
            drawn[name] = bars(title, groups)
    for curve, lines in curves(results).items():
        drawn["curve-%s.svg" % slug(curve)] = plot(curve, lines)
    os.makedirs(directory, exist_ok=True)
    for name, svg in drawn.items():
        with open(os.path.join(directory, name), "w",
                  encoding="utf-8") as file:
            file.write(svg)
    return sorted(drawn)


def slug(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def short(peer_name):
    """ "nginx static" of "nginx 1.22.1 static, open_file_cache" """
    return re.sub(r" [\d.]+", "", peer_name.partition(",")[0])


def bar_groups(results, figure):
    """[(row, [(who, value)])] of the pages, ours first; [] where one of them
    was not measured."""
    groups = []
    for row in (variant[0] for variant in rows_pages.VARIANTS):
        found = [result for result in results
                 if (result.row.name, result.row.figure) == (row, figure)
                 and result.ours is not None]
        if not found:
            return []
        groups.append((row, [(OURS, found[0].ours)] + [
            (short(result.row.peer_name), result.peer) for result in found
            if result.peer is not None]))
    return groups


def curves(results):
    """{curve: {line: [(at, value)]}} of the rows that are points, each from
    left to right; without lines of one point."""
    found = {}
    for result in results:
        row = result.row
        if row.curve and result.ours is not None:
            found.setdefault(row.curve, {}).setdefault(row.line, {})[row.at] \
                = result.ours
    found = {curve: {name: sorted(points.items())
                     for name, points in lines.items() if len(points) > 1}
             for curve, lines in found.items()}
    return {curve: lines for curve, lines in found.items() if lines}


def svg(height, title, parts):
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
            'viewBox="0 0 %d %d" role="img">\n<title>%s</title>\n%s\n%s\n'
            '</svg>\n' % (WIDTH, height, WIDTH, height, escape(title), STYLE,
                          "\n".join([text(0, 18, title, "title")] + parts)))


def text(x, y, words, kind="", anchor="start"):
    return '<text x="%.1f" y="%.1f"%s text-anchor="%s">%s</text>' % (
        x, y, ' class="%s"' % kind if kind else "", anchor, escape(words))


def bars(title, groups):
    most = max(value for _, values in groups for _, value in values)
    room = WIDTH - LABEL - NAME - VALUE
    y, parts = HEAD, []
    for row, values in groups:
        parts.append(text(0, y + BAR - 4, row))
        for who, value in values:
            long = room * value / most
            parts.append(text(LABEL + NAME - 6, y + BAR - 4, who, "quiet",
                              "end"))
            parts.append('<rect x="%d" y="%d" width="%.1f" height="%d" '
                         'class="%s"/>' % (
                             LABEL + NAME, y, long, BAR - 3,
                             "ours" if who == OURS else "peer"))
            parts.append(text(LABEL + NAME + long + 5, y + BAR - 4,
                              figures.number(value), "quiet"))
            y += BAR
        y += GAP
    return svg(y, title, parts)


class Scale:
    """Where a value stands between two places of the picture. By its power of
    ten where `is_log`."""

    def __init__(self, values, is_log, start, end):
        self.is_log, self.start, self.end = is_log, start, end
        self.low = self.measure(min(values))
        self.high = self.measure(max(values))

    def measure(self, value):
        return math.log10(value) if self.is_log else value

    def __call__(self, value):
        share = (self.measure(value) - self.low) / \
            ((self.high - self.low) or 1)
        return self.start + (self.end - self.start) * share


def plot(title, lines):
    """Powers of ten are equally far apart from left to right; upwards too,
    where the values differ by more than that."""
    places = sorted({at for points in lines.values() for at, _ in points})
    values = [value for points in lines.values() for _, value in points]
    is_log = min(values) > 0 and max(values) > 10 * min(values)
    left, right, bottom = 40, WIDTH - VALUE - LABEL, HEAD + PLOT
    x = Scale(places, True, left, right)
    y = Scale(values if is_log else values + [0], is_log, bottom,
              bottom - PLOT + BAR)
    parts = ['<line x1="%d" y1="%d" x2="%d" y2="%d" class="axis"/>'
             % (left, bottom, right, bottom)]
    parts += [text(x(at), bottom + 16, "{:,}".format(at), "quiet", "middle")
              for at in places]
    for name, points in lines.items():
        parts += line(name, [(x(at), y(value), value)
                             for at, value in points])
    return svg(bottom + 28, title, parts)


def line(name, dots):
    """Through points that know their place; its name stands at its end."""
    parts = ['<polyline points="%s" class="line"/>'
             % " ".join("%.1f,%.1f" % dot[:2] for dot in dots)]
    for across, up, value in dots:
        parts.append('<circle cx="%.1f" cy="%.1f" r="3.5" class="ours"/>'
                     % (across, up))
        parts.append(text(across, up - 8, figures.number(value),
                          anchor="middle"))
    if name:
        parts.append(text(dots[-1][0] + 10, dots[-1][1] + 4, name, "quiet"))
    return parts
