"""Runs the fuzz targets, by libFuzzer or AFL++, and keeps count.

    state = fuzzing.State("build/fuzzing")
    turn = fuzzing.run_libfuzzer(state, "range", seconds=60)
    turn.executions, turn.findings
    print(fuzzing.table(state, {"range": turn}))

What one run leaves the next goes on with: the inputs that reach new code, and
in counts.json the executions so far. The programs are built by `make
fuzz-targets`; MARQUEE_FUZZ, MARQUEE_QUICK and MARQUEE_AFL say where. The quick
ones are libFuzzer's without ASan and without an eye on what is compared, three
to seven times as many executions a second; what they find to be new code a later
turn runs with ASan.
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import re
import shutil
import subprocess
import time

FUZZ = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FUZZ))
CORPUS = os.path.join(FUZZ, "corpus")

# Whose dictionary a target takes where it has none of its own name.
DICTIONARIES = {"pages": "catalogue"}

# An input that takes longer is a finding.
INPUT_S = 10

# For a program to start, and to end after its time.
SPARE_S = 120

# A small quarantine stays in the processor's caches; whoever uses what was
# freed is found within a few inputs all the same.
ASAN = "quarantine_size_mb=1:malloc_context_size=4:abort_on_error=1"


def programs_at(variable, variant):
    return os.path.abspath(os.environ.get(
        variable, os.path.join(ROOT, "build", variant, "fuzz")))


LIBFUZZER = programs_at("MARQUEE_FUZZ", "fuzz")
QUICK = programs_at("MARQUEE_QUICK", "quick")
AFL = programs_at("MARQUEE_AFL", "afl")


def targets():
    """The names and the longest inputs of all targets, from their sources."""
    numbers, found = {}, {}
    sources = {}
    for name in sorted(os.listdir(FUZZ)):
        if name.endswith((".c", ".h")):
            with open(os.path.join(FUZZ, name), encoding="utf-8") as file:
                sources[name] = file.read()
    for name, text in sources.items():
        for word, number in re.findall(r"^#define (\w+) (\d+)$", text, re.M):
            numbers[name, word] = int(number)
            numbers[None, word] = int(number)
    for name, text in sources.items():
        for target, most in re.findall(r"^FUZZ_TARGET\((\w+), (\w+)\)", text,
                                       re.M):
            found[target] = numbers.get((name, most), numbers[None, most])
    return found


def targets_with(words):
    """All but the planted one, or those whose name has one of the words."""
    return [name for name in targets() if name != "planted" and
            (not words or any(word in name for word in words))]


@dataclasses.dataclass
class Turn:
    """What one run of one target gave."""

    executions: int = 0
    cpu_s: float = 0.0
    edges: int = 0
    features: int = 0
    findings: int = 0
    log: str = ""


class State:
    """A directory that outlives runs: corpus/, findings/, unseen/ (findings
    that did not come again), log/, counts.json."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        os.makedirs(self.directory, exist_ok=True)

    def path(self, *names):
        path = os.path.join(self.directory, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def folder(self, *names):
        path = self.path(*names)
        os.makedirs(path, exist_ok=True)
        return path

    @contextlib.contextmanager
    def counts(self):
        """The counts by target, written back; one process at a time."""
        with open(self.path("lock"), "a", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            counts = self.read()
            yield counts
            new = self.path("counts.json.new")
            with open(new, "w", encoding="ascii") as file:
                json.dump(counts, file, indent=1, sort_keys=True)
            os.rename(new, self.path("counts.json"))

    def read(self):
        try:
            with open(self.path("counts.json"), encoding="ascii") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def add(self, target, engine, turn):
        with self.counts() as counts:
            count = counts.setdefault(target, {})
            for key, more in ((engine, turn.executions),
                              (engine + "_cpu_s", turn.cpu_s)):
                count[key] = round(count.get(key, 0) + more, 1)
            if turn.edges and engine == "libfuzzer":
                count["edges"], count["features"] = turn.edges, turn.features


def run(arguments, env, log, seconds):
    """Runs to the end; returns the status and the processor time it took."""
    with open(log, "wb") as output:
        process = subprocess.Popen(arguments, cwd=ROOT, stdout=output,
                                   stderr=subprocess.STDOUT,
                                   stdin=subprocess.DEVNULL,
                                   env={**os.environ, **env})
        deadline = time.monotonic() + seconds
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid != 0:
                break
            if time.monotonic() > deadline:
                process.kill()
            time.sleep(0.1)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime


def last_number(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def is_seen_again(program, path):
    """A finding that does not come again is one of the machine: a leak check
    that was interrupted, a process that had no turn for seconds."""
    beside = "-artifact_prefix=%s/" % os.path.dirname(path)
    for _ in range(3):
        try:
            done = subprocess.run([program, beside, path], cwd=ROOT,
                                  timeout=SPARE_S,
                                  stdin=subprocess.DEVNULL, check=False,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
            if done.returncode != 0:
                return True
        except subprocess.TimeoutExpired:
            return True
    return False


def run_libfuzzer(state, target, seconds, runs=-1, engine="libfuzzer"):
    """One turn: until the time is over, so many runs are done, or something
    was found. The engine is libfuzzer or quick."""
    program = os.path.join(QUICK if engine == "quick" else LIBFUZZER, target)
    findings = state.folder("findings", target)
    before = set(os.listdir(findings))
    log = state.path("log", target + ".log")
    arguments = [program, "-max_total_time=%d" % seconds, "-runs=%d" % runs,
                 "-max_len=%d" % targets()[target], "-timeout=%d" % INPUT_S,
                 "-rss_limit_mb=1024", "-print_final_stats=1",
                 "-artifact_prefix=%s/" % findings,
                 state.folder("corpus", target)]
    if os.path.isdir(os.path.join(CORPUS, target)):
        arguments.append(os.path.join(CORPUS, target))
    dictionary = os.path.join(FUZZ, "dictionaries", DICTIONARIES.get(
        target, target) + ".dict")
    if os.path.exists(dictionary):
        arguments.append("-dict=" + dictionary)
    status, cpu_s = run(arguments, {"ASAN_OPTIONS": ASAN}, log,
                        seconds + SPARE_S)
    with open(log, encoding="utf-8", errors="replace") as file:
        text = file.read()
    executions = last_number(r"stat::number_of_executed_units: (\d+)", text) \
        or last_number(r"^#(\d+)\s", text)
    new = set(os.listdir(findings)) - before
    found = [name for name in new
             if is_seen_again(program, os.path.join(findings, name))]
    for name in new - set(found):
        os.rename(os.path.join(findings, name),
                  os.path.join(state.folder("unseen", target), name))
    # A program that ends by itself without having said why is a finding, too.
    is_lost = status != 0 and not new
    turn = Turn(executions, cpu_s, last_number(r"cov: (\d+)", text),
                last_number(r"ft: (\d+)", text), len(found) + is_lost, log)
    state.add(target, engine, turn)
    return turn


def run_afl(state, target, seconds):
    """One turn of AFL++, from the corpus in the tree and what libFuzzer has."""
    seeds, out = state.folder("afl", target, "seeds"), \
        state.path("afl", target, "out")
    for folder in (os.path.join(CORPUS, target),
                   state.folder("corpus", target)):
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            shutil.copy(os.path.join(folder, name), os.path.join(seeds, name))
    shutil.rmtree(out, ignore_errors=True)
    log = state.path("log", target + ".afl.log")
    env = {"AFL_NO_UI": "1", "AFL_SKIP_CPUFREQ": "1", "AFL_NO_AFFINITY": "1",
           "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1", "AFL_QUIET": "1",
           "ASAN_OPTIONS": ASAN + ":detect_leaks=0:symbolize=0"}
    status, cpu_s = run(
        ["afl-fuzz", "-i", seeds, "-o", out, "-V", str(seconds), "-m", "none",
         "-t", "%d" % (INPUT_S * 1000), "-g", "1",
         "-G", str(max(2, targets()[target])), "--",
         os.path.join(AFL, target)], env, log, seconds + SPARE_S)
    try:
        with open(os.path.join(out, "default", "fuzzer_stats"),
                  encoding="utf-8") as file:
            stats = dict(re.findall(r"^(\w+)\s+: (.*)$", file.read(), re.M))
    except FileNotFoundError:
        stats = {}
    findings = 0
    for kind in ("crashes", "hangs"):
        folder = os.path.join(out, "default", kind)
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if name.startswith("id"):
                findings += 1
                shutil.copy(os.path.join(folder, name), os.path.join(
                    state.folder("findings", target), "afl-" + name))
    turn = Turn(int(stats.get("execs_done", 0)), cpu_s, 0, 0,
                findings + (status != 0 and not findings), log)
    state.add(target, "afl", turn)
    return turn


HEADS = ("target", "this run", "in all", "with ASan", "AFL++", "CPU hours",
         "per CPU second", "edges", "features", "findings")
ENGINES = ("libfuzzer", "quick", "afl")


def executions_of(count):
    return int(sum(count.get(engine, 0) for engine in ENGINES))


def cpu_s_of(count):
    return sum(count.get(engine + "_cpu_s", 0) for engine in ENGINES)


def table(state, names, executions):
    """Markdown: a line a target, and the sum. `executions` are this run's; the
    findings are the files of findings/, where a mended one is to be removed
    (and put into the corpus)."""
    counts = state.read()
    lines, in_all, findings = [HEADS], 0, 0
    for name in names:
        count = counts.get(name, {})
        here = executions_of(count)
        in_all += here
        cpu_s = cpu_s_of(count)
        found = len(os.listdir(state.folder("findings", name)))
        findings += found
        lines.append((
            name, "{:,}".format(executions.get(name, 0)),
            "{:,}".format(here), "{:,}".format(int(
                count.get("libfuzzer", 0) + count.get("afl", 0))),
            "{:,}".format(int(count.get("afl", 0))),
            "%.2f" % (cpu_s / 3600), "{:,.0f}".format(here / max(0.1, cpu_s)),
            str(count.get("edges", "-")), str(count.get("features", "-")),
            str(found)))
    lines.append(("all", "{:,}".format(sum(executions.values())),
                  "{:,}".format(in_all), "", "", "%.2f" % (sum(
                      cpu_s_of(counts.get(name, {})) for name in names)
                      / 3600), "", "", "", str(findings)))
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    lines.insert(1, tuple("-" * width for width in widths))
    return "\n".join("| %s |" % " | ".join(
        cell.ljust(width) if i == 0 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(line, widths)))
        for line in lines)
