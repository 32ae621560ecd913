"""A cache as a value: everything below a directory, to be put there again and
to be compared.

    before = cache_trees.take(cache)
    cache_trees.put(cache, before)
    assert cache_trees.take(cache) == before
"""

import collections
import os
import re
import shutil

# kind is "d", "f" or "l"; content the bytes, or the link's target.
Entry = collections.namedtuple("Entry", "kind content mtime_ns")

# What a note says of the clock and of other runs.
TIMES = re.compile(rb"^(last_run|started|ended|failed_ms)=.*$", re.M)

# What only counts: it may miss a run, and has to be whole.
COUNTS = {"movies/fetch-movies.prom", "movies/day"}


def take(root):
    """path below root -> Entry; empty where there is no such directory."""
    tree = {}
    if os.path.isdir(root):
        tree[""] = Entry("d", b"", os.stat(root).st_mtime_ns)
        take_below(root, "", tree)
    return tree


def take_below(directory, prefix, tree):
    with os.scandir(directory) as entries:
        for entry in entries:
            name, status = prefix + entry.name, entry.stat(
                follow_symlinks=False)
            if entry.is_symlink():
                tree[name] = Entry("l", os.readlink(entry.path), 0)
            elif entry.is_dir():
                tree[name] = Entry("d", b"", status.st_mtime_ns)
                take_below(entry.path, name + "/", tree)
            else:
                with open(entry.path, "rb") as file:
                    tree[name] = Entry("f", file.read(), status.st_mtime_ns)


def put(root, tree):
    """Makes the directory hold this tree and nothing else."""
    shutil.rmtree(root, ignore_errors=True)
    for name in sorted(tree):
        path, entry = os.path.join(root, name), tree[name]
        if entry.kind == "d":
            os.makedirs(path)
        elif entry.kind == "l":
            os.symlink(entry.content, path)
        else:
            with open(path, "wb") as file:
                file.write(entry.content)
            os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
    for name in sorted(tree, reverse=True):
        if tree[name].kind == "d":
            when = tree[name].mtime_ns
            os.utime(os.path.join(root, name), ns=(when, when))


def below(tree, directory):
    """The part of a tree that lies in a directory, without times."""
    prefix = directory + "/"
    return {name[len(prefix):]: entry[:2] for name, entry in tree.items()
            if name.startswith(prefix)}


def timeless(tree):
    """The same for two trees that differ by when they were made, and what they
    count, alone. What
    times say beside that stays: the order in which packs were published, and
    which of them are withdrawn (their time is 0)."""
    packs = sorted(
        (entry.mtime_ns // 10**9 and entry.mtime_ns, name)
        for name, entry in tree.items() if name.endswith("/pack"))
    said = {name: (entry.kind, TIMES.sub(rb"\1", entry.content)
                   if entry.kind == "f" else entry.content)
            for name, entry in tree.items() if name not in COUNTS}
    return said, [(when == 0, name) for when, name in packs]
