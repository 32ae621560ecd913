"""What no test runs, and why: the lists uncovered.txt (lines) and untaken.txt
(branches of lines that are run), and whether they are right.

Both list lines by file, function and text, not by number, so that they hold
while code around them changes; each entry says its reason:

    lib/base/files.c files_create: close() fails before nothing was written
    	status = error_set(err, EX_IOERR, "cannot close %s: %s", name,
    	strerror(errno));

Text is compared without its indentation; a line that is there twice is listed
twice. `#` begins a comment. A reason that begins with "sometimes" is for what
only a race comes to: those lines may run or not.

What has the same reason may share it; and a line of which more than one way is
not taken says how many:

    reason: the caller looks first
    lib/base/text.c text_cut
    	2 ways: if (text == NULL || length == 0)
    lib/base/text.c text_join
    	if (count != 0)
"""

import collections
import os
import re

HEAD = re.compile(r"(\S+\.[ch]) (\w+)(?:: (\S.*))?")
REASON = re.compile(r"reason: (\S.*)")
WAYS = re.compile(r"(?:(\d+) ways: )?(.*)")

Place = collections.namedtuple("Place", "path function text")


def parse(text):
    """Returns Counters of the places listed, and of those that run sometimes.
    ValueError says what is no entry."""
    listed, sometimes = collections.Counter(), collections.Counter()
    head = reason = shared = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == "\t":
            if head is None:
                raise ValueError("line %d: a text without an entry" % number)
            counter = sometimes if reason.startswith("sometimes") else listed
            ways, code = WAYS.fullmatch(" ".join(line.split())).groups()
            counter[Place(head[1], head[2], code)] += int(ways or 1)
        elif REASON.fullmatch(line):
            head, shared = None, REASON.fullmatch(line)[1]
        else:
            head = HEAD.fullmatch(line)
            reason = head and (head[3] or shared)
            if reason is None:
                raise ValueError("line %d: not \"file function: reason\""
                                 % number)
    return listed, sometimes


def read(name):
    """The same of a list beside this file."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, encoding="utf-8") as file:
        return parse(file.read())


def gone(places, root):
    """Yields a sentence for each that is not in the tree (any more)."""
    for path in sorted({place.path for place in places}):
        texts = collections.Counter()
        if os.path.exists(os.path.join(root, path)):
            with open(os.path.join(root, path), encoding="utf-8") as file:
                texts.update(" ".join(line.split()) for line in file)
        wanted = collections.Counter()
        for place, count in places.items():
            if place.path == path:
                wanted[place.text] += count
                if not any(re.search(r"\b%s\(" % place.function, text)
                           for text in texts):
                    yield "listed, but there is no %s in %s" % (
                        place.function, path)
        for text in sorted(wanted - texts):
            yield "listed, but it is gone: %s: %s" % (path, text)


def found(sources):
    """The same of what was counted."""
    return collections.Counter(
        Place(source.path, line.function, line.text)
        for source in sources for line in source.lines if line.count == 0)


def compare(listed, sometimes, counted):
    """Yields a sentence for each difference."""
    for place, count in sorted((counted - listed - sometimes).items()):
        yield "not run, and not listed: %s %s: %s%s" % (
            *place, " (%d times)" % count if count > 1 else "")
    for place in sorted(listed - counted):
        yield "listed, but it runs or is gone: %s %s: %s" % place


def untaken(sources):
    """What was counted of branches: how many ways out of each line that is run
    were not taken. The way from one line to the next that is not run is not
    among them: that line says why, or is wrong itself."""
    counted = collections.Counter()
    for source in sources:
        lines = source.lines
        for line, following in zip(lines, [*lines[1:], None]):
            ways = len(line.untaken) if line.count else 0
            if ways and following is not None and following.count == 0 and (
                    following.function == line.function):
                ways -= 1
            counted[Place(source.path, line.function, line.text)] += ways
    return +counted


def without_reason(listed, sometimes, counted):
    """Of the ways counted those that nothing explains: they are not listed, nor
    of a line that runs sometimes, of which no run needs to see all."""
    return collections.Counter({
        place: count for place, count in (counted - listed).items()
        if place not in sometimes})


def compare_ways(listed, sometimes, counted):
    """Yields a sentence for each that has no reason."""
    for place, count in sorted(
            without_reason(listed, sometimes, counted).items()):
        yield "%d not taken, and not listed: %s %s: %s" % (count, *place)


def remarks(listed, counted):
    """Yields a sentence for each that was taken though it is listed: another
    run may not come to it."""
    for place, count in sorted((listed - counted).items()):
        yield "remark: %d listed, but taken this time: %s %s: %s" % (
            count, *place)
