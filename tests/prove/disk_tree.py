"""What a recording of a disk is made of: the tree as it was, and what was done to
it."""

import os


class Inode:
    """A file (content), a directory (entries: name -> Inode) or a symbolic
    link (target), as it was when the recording began or when it was made."""

    __slots__ = ("kind", "content", "entries", "target", "mtime_ns", "mode")

    def __init__(self, kind, content=b"", target=None, mtime_ns=0, mode=None):
        self.kind = kind
        self.content = content
        self.entries = {}
        self.target = target
        self.mtime_ns = mtime_ns
        self.mode = mode if mode is not None else \
            {"file": 0o644, "dir": 0o755, "link": 0o777}[kind]


def scan(path):
    """The Inode of what is at a path, with all below it. What is neither file,
    directory nor link (a socket) is left out."""
    status = os.lstat(path)
    common = {"mtime_ns": status.st_mtime_ns, "mode": status.st_mode & 0o7777}
    if os.path.islink(path):
        return Inode("link", target=os.readlink(path), **common)
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return Inode("file", file.read(), **common)
    if not os.path.isdir(path):
        return None
    inode = Inode("dir", **common)
    for name in sorted(os.listdir(path)):
        entry = scan(os.path.join(path, name))
        if entry is not None:
            inode.entries[name] = entry
    return inode


def differences(here, there, path=""):
    """Paths that are not the same in two trees, but for times."""
    names = set(here.entries) | set(there.entries)
    for name in sorted(names):
        one, two = here.entries.get(name), there.entries.get(name)
        if one is None or two is None or (
                one.kind, one.content, one.target) != (
                    two.kind, two.content, two.target):
            yield path + name
        elif one.kind == "dir":
            yield from differences(one, two, path + name + "/")


class Change:
    """entries: (directory, name, Inode or None for none) in their order; or
    data: (file, offset, bytes), (file, size, None) for a truncation; or times:
    (object, mtime_ns)."""

    __slots__ = ("what", "entries", "data", "times", "objects", "is_durable",
                 "is_doomed")

    def __init__(self, what, entries=(), data=(), times=()):
        self.what = what
        self.entries, self.data, self.times = entries, data, times
        self.objects = {part[0] for part in (*entries, *data, *times)}
        self.is_durable = self.is_doomed = False

    def again(self):
        """The same, of which nothing is known yet."""
        return Change(self.what, self.entries, self.data, self.times)


class Sync:
    __slots__ = ("what", "object", "has_failed")

    def __init__(self, what, synced, has_failed=False):
        self.what = what
        self.object = synced
        self.has_failed = has_failed


class Mark:
    """Something was said that has to hold from here on."""

    __slots__ = ("what", "value")

    def __init__(self, what, value=None):
        self.what = what
        self.value = value


def put_data(content, data):
    """Bytes after the writes and truncations of a change."""
    for _, at, written in data:
        if written is None:
            content = content[:at].ljust(at, b"\0")
        else:
            content = content[:at].ljust(at, b"\0") + written + \
                content[at + len(written):]
    return content


def put_entry(entries, name, inode):
    if inode is None:
        entries.pop(name, None)
    else:
        entries[name] = inode
