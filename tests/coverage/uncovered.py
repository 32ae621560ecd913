"""What no test runs, and why: the list uncovered.txt and whether it is right.

Lines are listed by file, function and text, not by number, so that the list
holds while code around them changes; each entry says its reason:

    lib/base/files.c files_create: close() fails before nothing was written
    	status = error_set(err, EX_IOERR, "cannot close %s: %s", name,
    	strerror(errno));

Text is compared without its indentation; a line that is there twice is listed
twice. `#` begins a comment. A reason that begins with "sometimes" is for what
only a race comes to: those lines may run or not.
"""

import collections
import os
import re

HEAD = re.compile(r"(\S+\.[ch]) (\w+): (\S.*)")

Place = collections.namedtuple("Place", "path function text")


def parse(text):
    """Returns Counters of the places listed, and of those that run sometimes.
    ValueError says what is no entry."""
    listed, sometimes = collections.Counter(), collections.Counter()
    head = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] == "\t":
            if head is None:
                raise ValueError("line %d: a text without an entry" % number)
            counter = sometimes if head[3].startswith("sometimes") else listed
            counter[Place(head[1], head[2], " ".join(line.split()))] += 1
        else:
            head = HEAD.fullmatch(line)
            if head is None:
                raise ValueError("line %d: not \"file function: reason\""
                                 % number)
    return listed, sometimes


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
