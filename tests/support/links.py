"""Relative links of Markdown files, and where they lead.

    links.broken("/usr/share/doc/marquee") -> ["README.md: docs/x.jpg"], or []
"""

import os
import re

# [text](target) and ![text](target), without a heading of the target.
LINK = re.compile(r"\]\(([^)#\s]+)[^)\s]*\)")


def of(path):
    """The targets of a file's links to other files."""
    with open(path, encoding="utf-8") as file:
        return [target for target in LINK.findall(file.read())
                if "://" not in target]


def broken(directory):
    """Every link below the directory that leads to no file there."""
    found = []
    for parent, _, names in os.walk(directory):
        for name in sorted(names):
            path = os.path.join(parent, name)
            found += ["%s: %s" % (os.path.relpath(path, directory), target)
                      for target in (of(path) if name.endswith(".md") else [])
                      if not os.path.isfile(os.path.join(parent, target))]
    return found
