"""Every tool that looks at the code, or watches it run, finds nothing; and finds
what is planted for it."""

import os
import pathlib
import re
import subprocess
import sys

import programs
import proof
import suppressions

TITLE = "static"

BUILD = os.path.dirname(os.path.dirname(os.path.abspath(
    os.environ.get("MARQUEE_RELEASE_BIN", programs.BIN))))
PLANTED = "tests/prove/planted/"

# A linter's words for a finding.
FINDING = re.compile(r"^\S+:\d+:(?:\d+:)? (?:warning|error|style|performance|"
                     r"portability):|\[-W[\w-]+\]$|==\d+== +[A-Z]", re.M)
LAST_LINE = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
FAILED = re.compile(r"^ +FAILED  .*(?:\n {13}.*)*", re.M)
HARDENED = re.compile(r"^ .*: no\b.*$", re.M)


def make(*arguments):
    """Runs make; returns its status and all that it said."""
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=programs.ROOT,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def findings(status, text):
    """How many; one that only the status tells of counts as well."""
    return len(FINDING.findall(text)) or (1 if status else 0)


def sources():
    """How many files of ours the linters read."""
    return sum(1 for room in ("lib/*", "cgi-bin", "cron", "tools")
               for _ in pathlib.Path(programs.ROOT).glob(room + "/*.c"))


def lint(what, target, *control):
    """A linter of the Makefile, and the same on what is planted for it."""
    found = findings(*make(target, "BUILD=" + BUILD))
    planted = findings(*make(*control))
    return proof.Row(what, "%d files" % sources(), "%d findings" % found,
                     "0", found == 0,
                     proof.Control("a planted defect", "%d found" % planted,
                                   planted > 0))


def compile_planted(compiler, flags, name):
    out = "%s/planted-%s" % (BUILD, compiler)
    return ("CC=" + compiler, "CFLAGS=" + flags, "BUILD=" + out, "SANITIZE=",
            "DEVELOPER=1", "-B", "%s/release/%s%s.o" % (out, PLANTED, name))


def lint_planted(target, name):
    return (target, "LIB_SOURCES=%s%s.c" % (PLANTED, name), "MAIN_SOURCES=")


def linters():
    yield lint("gcc -fanalyzer", "lint-analyzer",
               *compile_planted("gcc", "-fanalyzer", "analyzer"))
    yield lint("clang, all warnings", "lint-clang",
               *compile_planted("clang", "", "warning"))
    yield lint("clang-tidy", "lint-tidy", *lint_planted("lint-tidy", "tidy"))
    yield lint("cppcheck", "lint-cppcheck",
               *lint_planted("lint-cppcheck", "analyzer"))


def hardening_faults(path):
    """What hardening-check misses in one program. Debian 12's C runtime itself
    is built without control flow protection, so no program has the mark."""
    done = subprocess.run(["hardening-check", "--nocfprotection", path],
                          stdout=subprocess.PIPE, check=False)
    return [line for line in HARDENED.findall(done.stdout.decode())
            if "Control flow" not in line]


def hardening():
    names = sorted(os.listdir(os.path.join(BUILD, "release", "bin")))
    faults = sum((hardening_faults(programs.release_program(name))
                  for name in names), [])
    bare = os.path.join(BUILD, "unhardened")
    subprocess.run(["gcc", "-O0", "-w", "-no-pie", "-fno-stack-protector",
                    "-Wl,-z,norelro", "-U_FORTIFY_SOURCE", "-o", bare,
                    PLANTED + "unhardened.c"], cwd=programs.ROOT, check=True)
    found = len(hardening_faults(bare))
    yield proof.Row("hardening-check", "%d programs" % len(names),
                    "%d faults" % len(faults), "0", not faults,
                    proof.Control("built with nothing on", "%d faults" % found,
                                  found >= 4))


def reports(command, defect):
    """Whether the tool that watches said so when this one was committed."""
    return subprocess.run(
        [*command, defect], env=programs.environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode == programs.SANITIZER_STATUS


def watched(what, arguments, planted, defects):
    """The tests under a tool that watches, and what is planted under it."""
    status, text = make(*arguments)
    counts = LAST_LINE.findall(text)
    passed, failed = map(int, counts[-1]) if counts else (0, 1)
    if status:
        print("\n".join(FAILED.findall(text)) or text[-4000:], file=sys.stderr)
    found = sum(reports(planted, defect) for defect in defects)
    return proof.Row(what, "%d tests" % (passed + failed),
                     "%d findings" % failed, "0", not failed and not status,
                     proof.Control("%d planted defects" % len(defects),
                                   "%d found" % found, found == len(defects)))


def watchers():
    out = "BUILD=" + BUILD
    yield watched("ASan and UBSan", ("test", out, "TESTS=unit"),
                  [os.path.join(BUILD, "sanitize", "tests", "planted")],
                  ("heap-overflow", "use-after-free", "leak",
                   "signed-overflow"))
    yield watched("TSan", ("tsan", out),
                  [os.path.join(BUILD, "thread", "tests", "planted")],
                  ("race",))
    yield watched("valgrind", ("valgrind", out, "TESTS=unit"),
                  ["valgrind", "-q", "--leak-check=full", "--error-exitcode=99",
                   os.path.join(BUILD, "release", "tests", "planted")],
                  ("heap-overflow", "use-after-free", "leak", "uninitialised"))


def reasons():
    found = list(suppressions.in_sources())
    bare = [where for where, reason in found if not reason]
    control = list(suppressions.in_text("planted", "x(); /* NOLINT */\n"))
    yield proof.Row("suppressions", "%d" % len(found),
                    "%d without a reason" % len(bare), "0", not bare,
                    proof.Control("one without", "%d found" % len(control),
                                  [r for _, r in control] == [""]))


def prove():
    yield from linters()
    yield from hardening()
    yield from watchers()
    yield from reasons()
