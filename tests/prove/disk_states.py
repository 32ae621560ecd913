"""What a disk may hold after the power was cut, rebuilt from a recording.

    for marks, state in disk_states.states(recording):
        if state.read("current/page") not in (old, new):
            …

A recording (disk_trace.py) is a tree as it was, and what was then done to it:
Changes and Syncs in their order, with Marks of whoever recorded it between
them. A change is on disk when its object was fsynced after it: data and times
with their file, an entry with its directory. Until then it may be there or not,
whatever became of the others: data is one thing, the entry that leads to it
another.

A rename is one change, as all journalling file systems make it. An fsync of the
directory it leads to puts it on disk; one of the directory it leads out of only
the end of the old name.

After an fsync of a file that failed, the kernel takes the pages for written: what
it should have written may be on disk or not, for good, whatever is fsynced later.
Entries are the journal's: where that cannot be written, no later fsync succeeds.
"""

import hashlib
import os

from disk_tree import (Change, Inode, Sync, differences, put_data, put_entry,
                       scan)


class Recording:
    def __init__(self, before, events):
        self.before = before
        self.events = events

    def syncs(self):
        """Yields (number among the events, Sync, whether there was anything
        for it to do)."""
        disk = Disk(self.before)
        for number, event in enumerate(self.events):
            if isinstance(event, Sync):
                yield number, event, any(event.object in change.objects
                                         for change in disk.pending())
                disk.sync(event.object, event.has_failed)
            elif isinstance(event, Change):
                disk.add(event.again())

    def without(self, numbers):
        """The recording of a program that lacks these fsyncs, and does not know
        it: nothing of what it does depends on what an fsync did."""
        return Recording(self.before, [
            event for number, event in enumerate(self.events)
            if number not in numbers])

    def after(self):
        """The disk with all that was done to it."""
        disk = Disk(self.before)
        disk.open = [event for event in self.events
                     if isinstance(event, Change)]
        return disk.state(set(disk.open))

    def check(self, root, but=()):
        """Whether that is what is there, but for some paths."""
        wrong = set(differences(self.after().inode(), scan(root))) - set(but)
        if wrong:
            raise AssertionError("not recorded as it is: %s" % sorted(wrong))


# --- What is on disk, and what may be --------------------------------------------

class Disk:
    """What is on disk for sure, and the changes that may be."""

    def __init__(self, before):
        self.root = before
        self.entries = {}   # directory -> its entries, where they changed
        self.content = {}   # file -> (bytes, version), where it changed
        self.times = {}
        self.open = []      # changes, in their order
        self.cache = {}

    def add(self, change):
        self.open.append(change)

    def sync(self, synced, has_failed):
        late = []
        for change in self.open:
            if synced not in change.objects or change.is_doomed:
                continue
            if has_failed:
                change.is_doomed = synced.kind == "file"
            elif change.entries and change.entries[-1][0] is not synced:
                late.append(change)
            else:
                change.is_durable = True
        for change in late:
            self.split(change, synced)
        self.settle()

    def split(self, change, synced):
        """The old name of a rename has ended; the new one is to come."""
        ended = Change(change.what, entries=tuple(
            entry for entry in change.entries if entry[0] is synced))
        ended.is_durable = True
        begun = Change(change.what, entries=tuple(
            entry for entry in change.entries if entry[0] is not synced))
        at = self.open.index(change)
        self.open[at:at + 1] = [ended, begun]

    def settle(self):
        """Moves into the tree what is on disk, unless something before it,
        about the same object, may still come or not."""
        blocked, left, touched = set(), [], set()
        for change in self.open:
            if not change.is_durable or change.objects & blocked:
                blocked |= change.objects
                left.append(change)
                continue
            for directory, name, inode in change.entries:
                put_entry(self.own_entries(directory), name, inode)
            for file, mtime_ns in change.times:
                self.times[file] = mtime_ns
            for part in change.data:
                content, version = self.content.get(part[0],
                                                    (part[0].content, 0))
                self.content[part[0]] = (put_data(content, [part]),
                                         version + 1)
                touched.add(part[0])
        self.open = left
        if touched:
            self.cache = {key: value for key, value in self.cache.items()
                          if key[0] not in touched}

    def own_entries(self, directory):
        if directory not in self.entries:
            self.entries[directory] = dict(directory.entries)
        return self.entries[directory]

    def pending(self):
        return [change for change in self.open if not change.is_durable]

    def state(self, chosen, ignored=None):
        """The state in which these of the pending changes are on disk."""
        return State(self, [change for change in self.open
                            if change.is_durable or change in chosen], ignored)

    def choices(self, is_fresh):
        """Sets of pending changes that may have come: none, all, each one
        alone, all but one, all up to one. Where the last change is all that is
        new since the states of before, those with it in them."""
        pending = self.pending()
        everything = set(pending)
        yield everything
        for change in pending:
            yield everything - {change}
        if not is_fresh:
            if pending:
                yield {pending[-1]}
            return
        yield set()
        for number, change in enumerate(pending):
            yield {change}
            yield set(pending[:number])


class State:
    """A disk after the power is back: files by their path below the root."""

    def __init__(self, disk, changes, ignored=None):
        self.disk = disk
        self.ignored = ignored
        self.data, self.times, self.entries = {}, {}, {}
        for change in changes:
            for directory, name, inode in change.entries:
                if directory not in self.entries:
                    self.entries[directory] = dict(
                        disk.entries.get(directory, directory.entries))
                put_entry(self.entries[directory], name, inode)
            for part in change.data:
                self.data.setdefault(part[0], []).append(part)
            for file, mtime_ns in change.times:
                self.times[file] = mtime_ns
        self.tree = {}
        self.walk("", disk.root)

    def walk(self, path, inode):
        self.tree[path] = inode
        if inode.kind != "dir" or path == self.ignored:
            return
        entries = self.entries.get(inode)
        if entries is None:
            entries = self.disk.entries.get(inode, inode.entries)
        for name, entry in entries.items():
            self.walk(path + "/" + name if path else name, entry)

    def key(self):
        """Two states of the same key are the same."""
        return frozenset((path, self.digest(inode), self.mtime_of(inode))
                         for path, inode in self.tree.items())

    def digest(self, inode):
        if inode.kind != "file":
            return inode.target or ""
        parts = self.data.get(inode, ())
        version = self.disk.content.get(inode, (b"", 0))[1]
        key = (inode, version, tuple(map(id, parts)))
        if key not in self.disk.cache:
            self.disk.cache[key] = hashlib.sha256(
                self.content_of(inode)).hexdigest()
        return self.disk.cache[key]

    def content_of(self, inode):
        content = self.disk.content.get(inode, (inode.content, 0))[0]
        return put_data(content, self.data.get(inode, ()))

    def mtime_of(self, inode):
        return self.times.get(inode, self.disk.times.get(inode,
                                                         inode.mtime_ns))

    # --- As a reader sees it ---

    def names(self, path):
        """Names in a directory; none where there is none."""
        inode = self.tree.get(path)
        if inode is None or inode.kind != "dir":
            return []
        entries = self.entries.get(inode)
        if entries is None:
            entries = self.disk.entries.get(inode, inode.entries)
        return sorted(entries)

    def read(self, path):
        """A file's bytes, or None."""
        inode = self.tree.get(path)
        if inode is None or inode.kind != "file":
            return None
        return self.content_of(inode)

    def digest_at(self, path):
        inode = self.tree.get(path)
        if inode is None or inode.kind != "file":
            return None
        return self.digest(inode)

    def target(self, path):
        inode = self.tree.get(path)
        return inode.target if inode is not None else None

    def mtime_ns(self, path):
        inode = self.tree.get(path)
        return self.mtime_of(inode) if inode is not None else None

    def inode(self):
        """As scan() would find it."""
        made = {}
        for path, inode in self.tree.items():
            made[path] = Inode(inode.kind, target=inode.target,
                               mtime_ns=self.mtime_of(inode), mode=inode.mode)
            if inode.kind == "file":
                made[path].content = self.content_of(inode)
            if path:
                directory, _, name = path.rpartition("/")
                made[directory].entries[name] = made[path]
        return made[""]

    def write(self, directory):
        """Puts it into a directory, which is made."""
        os.mkdir(directory)
        late = []
        for path, inode in self.tree.items():
            place = os.path.join(directory, path) if path else directory
            if inode.kind == "dir":
                if path:
                    os.mkdir(place)
                late.append((place, inode))
            elif inode.kind == "link":
                os.symlink(inode.target, place)
            else:
                with open(place, "wb") as file:
                    file.write(self.content_of(inode))
                late.append((place, inode))
        for place, inode in reversed(late):
            os.chmod(place, inode.mode)
            os.utime(place, ns=(self.mtime_of(inode),) * 2)


def states(recording, ignored=None):
    """Yields (marks, state) for each state that the disk may be in when the
    power goes at any point, each once between two marks: marks are those said
    by then. What is in the directory `ignored` is taken to make no
    difference."""
    disk = Disk(recording.before)
    marks, seen = [], set()

    def new_ones(is_fresh):
        for chosen in disk.choices(is_fresh):
            state = disk.state(chosen, ignored)
            key = state.key()
            if key not in seen:
                seen.add(key)
                yield list(marks), state

    yield from new_ones(True)
    for event in recording.events:
        if isinstance(event, Change):
            disk.add(event.again())
        elif isinstance(event, Sync):
            disk.sync(event.object, event.has_failed)
        else:
            marks.append(event)
            seen = set()
        yield from new_ones(not isinstance(event, Change))
