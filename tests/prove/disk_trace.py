"""Records what a program does to a directory, with strace.

    recording = disk_trace.record(case, [programs.program("fetch-movies")],
                                  case.path("cache"), env=case.settings())
    recording.returncode, recording.stderr

What it does elsewhere is not recorded. The program may have threads; it may not
start others.
"""

import os
import re

import disk_states
import disk_tree

CALLS = ("open openat creat close write pwrite64 ftruncate fsync fdatasync "
         "rename renameat renameat2 link linkat symlink symlinkat unlink "
         "unlinkat rmdir mkdir mkdirat utimensat lseek dup dup2 dup3 "
         "chdir fchdir truncate writev pwritev pwritev2 sync syncfs "
         "sync_file_range fallocate copy_file_range sendfile clone3 "
         "exit_group fchmod")

# Whoever uses one of these on a recorded file must be taught here what it does.
UNKNOWN = {"creat", "open", "rename", "link", "symlink", "rmdir",
           "mkdir", "chdir", "fchdir", "truncate", "pwritev",
           "pwritev2", "sync", "syncfs", "sync_file_range", "fallocate",
           "copy_file_range", "sendfile", "dup", "dup2", "dup3"}

PAGE_BYTES = 4096

# A file that is written in more pieces between two fsyncs is taken to be
# written in so many: which of them is missing makes no difference to a reader.
PIECES = 6

LINE = re.compile(r"^(\d+) +(\d+\.\d+) (\w+)\((.*)\) += (-?\d+|\?)(.*)$")
CUT = re.compile(r"^(\d+) +(\d+\.\d+) (\w+)\((.*) <unfinished \.\.\.>$")
REST = re.compile(r"^(\d+) +(\d+\.\d+) <\.\.\. (\w+) resumed>(.*)$")
ARGUMENT = re.compile(r'"(?:\\x[0-9a-f]{2})*"|\[.*?\]|[^,\s][^,]*')
TIME = re.compile(r"\{tv_sec=(-?\d+), tv_nsec=(\d+)\}|(UTIME_\w+)")


class Line:
    """One system call that is over."""

    def __init__(self, when, call, arguments, result, remark):
        self.when_ns = int(float(when) * 1e6) * 1000
        self.call = call
        self.arguments = ARGUMENT.findall(arguments)
        self.result = int(result) if result != "?" else -1
        self.was_injected = "INJECTED" in remark

    def text(self, at):
        """An argument that is a string."""
        return bytes.fromhex(
            self.arguments[at].strip('"').replace("\\x", ""))

    def texts(self, at):
        """An argument that is an array of strings, joined."""
        return b"".join(bytes.fromhex(text.replace("\\x", "")) for text in
                        re.findall(r'"((?:\\x[0-9a-f]{2})*)"',
                                   self.arguments[at]))

    def name(self, at):
        return os.fsdecode(self.text(at))

    def number(self, at):
        return int(self.arguments[at], 0)

    def has(self, at, flag):
        return len(self.arguments) > at and \
            flag in self.arguments[at].split("|")


def read_lines(path):
    """Calls in the order of their ends; but a close frees its descriptor as
    soon as it begins."""
    begun = {}
    with open(path, encoding="ascii") as file:
        for text in file:
            whole, cut, rest = (pattern.match(text.rstrip("\n"))
                                for pattern in (LINE, CUT, REST))
            if cut and cut.group(3) == "close":
                yield Line(cut.group(2), "close", cut.group(4).rstrip(")"),
                           "0", "")
            elif cut:
                begun[cut.group(1)] = cut
            elif rest and rest.group(3) != "close":
                start = begun.pop(rest.group(1))
                whole = LINE.match("%s %s %s(%s%s" % (
                    rest.group(1), rest.group(2), rest.group(3),
                    start.group(4), rest.group(4)))
            if whole:
                yield Line(*whole.groups()[1:])


class Tracer:
    """Follows the calls: which descriptor is what, and what is changed."""

    def __init__(self, before, root, cwd):
        self.root_path, self.cwd = root, cwd
        self.root = before
        self.entries = {}  # as they are now
        self.sizes = {}
        self.open = {}     # descriptor -> (Inode, is to append)
        self.offsets = {}
        self.events = []

    # --- Where things are ---

    def entries_of(self, directory):
        if directory not in self.entries:
            self.entries[directory] = dict(directory.entries)
        return self.entries[directory]

    def place(self, line, at):
        """(directory, name) that the arguments at and at + 1 lead to, or None
        where that is not recorded."""
        return self.place_of(line.name(at + 1), line.arguments[at])

    def place_of(self, name, descriptor="AT_FDCWD"):
        start = self.root
        if name.startswith("/") or descriptor == "AT_FDCWD":
            name = os.path.normpath(os.path.join(self.cwd, name))
            if name == self.root_path:
                return None, ""
            if not name.startswith(self.root_path + "/"):
                return None
            name = name[len(self.root_path) + 1:]
        else:
            start = self.open.get(int(descriptor))
            if start is None:
                return None
            name = os.path.normpath(name)
            if name.startswith(".."):
                name = os.path.normpath(os.path.join(self.path_of(start),
                                                     name))
                start = self.root
        return self.follow(start, name)

    def follow(self, start, name):
        """Through symbolic links on the way, which are all relative."""
        parts = name.split("/")
        if parts == ["."]:
            return start, "."
        for number, part in enumerate(parts[:-1]):
            here, start = start, self.entries_of(start).get(part)
            if start is None:
                return None
            if start.kind == "link":
                return self.follow(here, "/".join(
                    [start.target] + parts[number + 1:]))
        return start, parts[-1]

    def find(self, place):
        """The Inode at a place, or None."""
        if place is None:
            return None
        directory, name = place
        if name in ("", "."):
            return directory or self.root
        return self.entries_of(directory).get(name)

    # --- What is done ---

    def add(self, what, **parts):
        change = disk_tree.Change(what, **{
            kind: tuple(part) for kind, part in parts.items()})
        for directory, name, inode in change.entries:
            disk_tree.put_entry(self.entries_of(directory), name, inode)
        self.events.append(change)

    def follow_call(self, line):
        if line.call in ("fsync", "fdatasync"):
            return self.sync(line)
        if line.result < 0:
            return None
        if line.call in UNKNOWN:
            return self.refuse(line)
        handler = getattr(self, "do_" + line.call, None)
        return handler(line) if handler else None

    def refuse(self, line):
        """Unless it is about something else."""
        at = [self.open.get(int(argument)) for argument in line.arguments
              if argument.isdigit() and line.call not in (
                  "open", "rename", "symlink", "link", "mkdir", "rmdir",
                  "creat", "truncate", "chdir")]
        texts = [line.name(number) for number, argument in
                 enumerate(line.arguments) if argument.startswith('"\\x')]
        if line.call in ("sync", "syncfs") or any(at[:2]) or any(
                text.startswith(self.root_path) for text in texts):
            raise NotImplementedError("%s(%s)" % (line.call, line.arguments))

    def sync(self, line):
        inode = self.open.get(line.number(0))
        if inode is None or (line.was_injected and line.result == 0):
            return  # one that was left out does nothing
        self.events.append(disk_tree.Sync(
            "%s of %s" % (line.call, self.path_of(inode)), inode,
            has_failed=line.result != 0))

    def path_of(self, inode):
        def search(directory, path):
            for name, entry in self.entries_of(directory).items():
                below = path + name
                if entry is inode:
                    return below
                found = entry.kind == "dir" and search(entry, below + "/")
                if found:
                    return found
            return None
        return "." if inode is self.root else \
            search(self.root, "") or "a file without a name"

    def do_openat(self, line):
        place = self.place(line, 0)
        inode = self.find(place)
        if line.has(2, "O_TMPFILE") and inode is not None:
            inode = disk_tree.Inode("file", mtime_ns=line.when_ns)
        elif inode is None and line.has(2, "O_CREAT") and place is not None:
            inode = disk_tree.Inode("file", mtime_ns=line.when_ns,
                                    mode=int(line.arguments[3], 8))
            self.add("create %s" % place[1], entries=[(*place, inode)])
        elif inode is not None and inode.kind == "link":
            inode = self.find(self.follow(place[0], inode.target))
        elif inode is not None and line.has(2, "O_TRUNC"):
            self.truncate(inode, 0)
        self.open[line.result] = inode
        self.offsets[line.result] = self.size(inode) \
            if inode is not None and line.has(2, "O_APPEND") else 0

    def do_close(self, line):
        self.open.pop(line.number(0), None)

    def size(self, inode):
        return self.sizes.get(inode, len(inode.content))

    def do_lseek(self, line):
        self.offsets[line.number(0)] = line.result

    def do_write(self, line):
        fd = line.number(0)
        inode = self.open.get(fd)
        written = line.text(1)[:line.result]
        if inode is None:
            self.say(line, written)
            return
        self.put(inode, self.offsets[fd], written)
        self.offsets[fd] += len(written)

    def do_writev(self, line):
        if self.open.get(line.number(0)) is not None:
            raise NotImplementedError("writev to a file")
        self.say(line, line.texts(1)[:line.result])

    def say(self, line, written):
        """What is written elsewhere: to a client, perhaps."""

    def do_pwrite64(self, line):
        inode = self.open.get(line.number(0))
        if inode is not None:
            self.put(inode, line.number(3), line.text(1)[:line.result])

    def put(self, inode, offset, written, unit=PAGE_BYTES):
        """What is longer than the unit that a disk writes may be written in
        part."""
        half = len(written) // 2 // unit * unit
        for at, part in ((0, written[:half]), (half, written[half:])):
            if part:
                self.add("write", data=[(inode, offset + at, part)])
        self.sizes[inode] = max(self.size(inode), offset + len(written))

    def truncate(self, inode, size):
        self.add("truncate", data=[(inode, size, None)])
        self.sizes[inode] = size

    def do_ftruncate(self, line):
        inode = self.open.get(line.number(0))
        if inode is not None:
            self.truncate(inode, line.number(1))

    def do_fchmod(self, line):
        """Rights are none of this."""

    def do_mkdirat(self, line):
        place = self.place(line, 0)
        if place is not None:
            self.add("mkdir %s" % place[1], entries=[
                (*place, disk_tree.Inode("dir", mtime_ns=line.when_ns))])

    def do_symlinkat(self, line):
        place = self.place(line, 1)
        if place is not None:
            self.add("symlink %s" % place[1], entries=[
                (*place, disk_tree.Inode("link", target=line.name(0),
                                         mtime_ns=line.when_ns))])

    def do_linkat(self, line):
        source = re.fullmatch(r"/proc/self/fd/(\d+)", line.name(1))
        inode = self.open.get(int(source.group(1))) if source else \
            self.find(self.place(line, 0))
        place = self.place(line, 2)
        if place is not None:
            self.add("link %s" % place[1], entries=[(*place, inode)])

    def do_unlinkat(self, line):
        self.unlink(self.place(line, 0))

    def do_unlink(self, line):
        self.unlink(self.place_of(line.name(0)))

    def unlink(self, place):
        if place is not None:
            self.add("unlink %s" % place[1], entries=[(*place, None)])

    def do_renameat(self, line):
        source, target = self.place(line, 0), self.place(line, 2)
        if source is not None:
            self.add("rename %s to %s" % (source[1], target[1]), entries=[
                (*source, None), (*target, self.find(source))])

    do_renameat2 = do_renameat

    def do_utimensat(self, line):
        if line.arguments[1] == "NULL":
            inode = self.open.get(line.number(0))
        else:
            inode = self.find(self.place(line, 0))
        if inode is None:
            return
        times = TIME.findall(line.arguments[2])
        sec, nsec, word = times[1] if times else ("", "", "UTIME_NOW")
        if word != "UTIME_OMIT":
            when_ns = line.when_ns if word else \
                int(sec) * 10 ** 9 + int(nsec)
            self.add("utimens", times=[(inode, when_ns)])


def in_pieces(events, pieces):
    """The same with at most so many writes of a file between two fsyncs of
    it; those that go together come when the last of them comes."""
    runs, found = {}, []
    for event in events:
        if isinstance(event, disk_tree.Sync):
            runs.pop(event.object, None)
        elif isinstance(event, disk_tree.Change) and event.data:
            run = runs.setdefault(event.data[0][0], [])
            if not run:
                found.append(run)
            run.append(event)
    merged = {}
    for run in found:
        each = -(-len(run) // pieces)
        for at in range(0, len(run), each):
            group = run[at:at + each]
            merged.update((event, None) for event in group[:-1])
            merged[group[-1]] = disk_tree.Change(
                "writes", data=tuple(event.data[0] for event in group))
    events = [merged.get(event, event) for event in events]
    return [event for event in events if event is not None]


def command(trace, arguments, inject=()):
    """The command line that records a command."""
    return ["strace", "-f", "--seccomp-bpf", "-ttt", "-xx", "-s", "16777216",
            "-o", trace, "-e", "trace=" + ",".join(CALLS.split()),
            *("--inject=" + expression for expression in inject), *arguments]


def follow(tracer, trace):
    """Feeds a trace to a tracer."""
    for line in read_lines(trace):
        tracer.follow_call(line)


def make_before(tracer, inode):
    """What is there was made by somebody who has not fsynced it."""
    entries, inode.entries = inode.entries, {}
    for name, entry in entries.items():
        tracer.add("make %s" % name, entries=[(inode, name, entry)])
        make_before(tracer, entry)


def record(case, arguments, root, inject=(), pieces=PIECES, fresh=None,
           **options):
    """Runs a command to its end, in the way of case.run_program. What is in
    the directory `root` is recorded; `root` is there already. What is below it
    is on disk; what is below `fresh`, by its path, may be."""
    root = os.path.realpath(root)
    trace = case.path("trace")
    tracer = Tracer(disk_tree.scan(root), root,
                    options.get("cwd", case.directory))
    if fresh is not None:
        make_before(tracer, tracer.find(tracer.follow(tracer.root, fresh)))
    done = case.run_program(command(trace, arguments, inject), **options)
    follow(tracer, trace)
    recording = disk_states.Recording(tracer.root,
                                      in_pieces(tracer.events, pieces))
    recording.events.append(disk_tree.Mark("exit", done.returncode))
    recording.check(root)
    recording.returncode = done.returncode
    recording.stdout = done.stdout
    recording.stderr = done.stderr.decode("utf-8", "replace")
    os.unlink(trace)
    return recording
