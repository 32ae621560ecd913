"""Half an hour of a site's life, told in a minute or two: every simulated minute
three runs of fetch-movies, a catalogue that changes, an upstream that comes and
goes, readers of everything, events, and something that is killed.

    with soak.life(minutes=30) as site:
        site.live()
    site.problems      what no reader may ever see
    site.samples       one dict a minute: memory, descriptors, disk

The number that draws is SEED; a failure names it.
"""

import concurrent.futures
import contextlib
import json
import os
import random
import signal
import statistics
import threading

import media_upstream
import programs
import supervising
import whole_site

SEED = int(os.environ.get("MARQUEE_SOAK_SEED", random.randrange(2 ** 32)))

READERS = 3
REQUESTS_A_MINUTE = 60  # of each reader
EVENTS_A_MINUTE = 10
RUNS_A_MINUTE = 3

FAULTS = ("status-503", "reset", "short-body", "garbage", "refuse",
          "empty-body", "cut-chunks", "status-500")

RESPONDERS = ("movies", "files", "events")

# Where a reader may see what: the statuses of an answer that is no problem.
TARGETS = (
    ("/movies", {200}), ("/movies.json", {200}), ("/movies.html", {200}),
    ("/", {200}), ("/docs", {200}), ("/health", {200}), ("/metrics", {200}),
    ("/movies/nothing-of-that-name", {404}),
    ("/api/presentation/files/file-%d", {200, 502, 503, 504}),
    ("/events?limit=20", {200, 502, 503}),
)


class Life(supervising.Victim, whole_site.TestCase):
    """Not a test: `with soak.life() as site: …`. The programs of the normal
    build: a sanitizer's own memory is never level."""

    name = "movies.fcgi"  # who leaks, where one does
    leaks = False

    minutes = 30

    # Kills of responders end here, so that there is something to be level.
    calm_after = 0.33

    def runTest(self):
        """unittest wants a name."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.media = media_upstream.MediaUpstream(
            made=media_upstream.files(40)).start()
        self.addCleanup(self.media.stop)
        self.problems, self.samples = [], []
        self.accepted, self.requests, self.kills, self.runs = 0, 0, 0, 0
        self.supervisors = {}
        self.lock = threading.Lock()

    def settings(self, **more):
        return super().settings(MARQUEE_FILES_URL=self.media.url,
                                MARQUEE_TIMEOUT_MS="2000",
                                MARQUEE_RETRIES="0", **more)

    def responder_program(self, name):
        return programs.release_program(name)

    @property
    def launch(self):
        return self.launch_words() if self.leaks else ()

    def start_all(self):
        self.start_site()
        self.supervisors["movies"] = self.supervisor = self.responder
        for name in ("files", "events"):
            self.supervisors[name] = self.start_fcgi(name)
        self.notifier = self.start_notifier()
        if self.leaks:
            self.make_trouble("leak")

    def start_notifier(self):
        return self.start([programs.release_program("notify")], env=self.settings(
            MARQUEE_API_URL="http://127.0.0.1:%d" % self.port))

    def live(self):
        self.start_all()
        with concurrent.futures.ThreadPoolExecutor(READERS + 2) as pool:
            for minute in range(self.minutes):
                self.turn_upstream(minute)
                draws = [self.random.getrandbits(32)
                         for _ in range(READERS + 1)]
                work = [pool.submit(self.read, draw) for draw in draws[1:]]
                work.append(pool.submit(self.post, draws[0]))
                self.fetch_thrice(minute)
                self.kill_something(minute)
                for each in work:
                    each.result()
                self.samples.append(self.sample())

    # --- What happens in a minute ---

    def turn_upstream(self, minute):
        """It changes in every other minute, and is ill in every third."""
        self.is_ill = minute % 3 == 2
        for upstream in (self.upstream, self.media):
            upstream.clear_faults()
            upstream.accept_connections()
            if self.is_ill:
                upstream.set_fault(self.random.choice(FAULTS))
        if minute % 2:
            films = self.upstream.collections["films"]
            self.random.choice(films)["title"] = "Minute %d" % minute

    def fetch_thrice(self, minute):
        """The second run of every fourth minute does not come to its end."""
        for turn in range(RUNS_A_MINUTE):
            self.runs += 1
            if minute % 4 == 3 and turn == 1:
                self.kill_a_run()
                continue
            done = self.run_program([programs.release_program("fetch-movies")],
                                    env=self.settings())
            wanted = (0, 65, 69) if self.is_ill else (0,)
            if done.returncode not in wanted:
                self.problem("fetch-movies", done.returncode,
                             done.stderr.decode(errors="replace"))

    def kill_a_run(self):
        """Wherever it is when the upstream has seen its first request."""
        before = len(self.upstream.log)
        run = self.start([programs.release_program("fetch-movies")],
                         env=self.settings())
        with contextlib.suppress(AssertionError):
            programs.wait_for(lambda: run.poll() is not None or
                              len(self.upstream.log) > before, 5, "a request")
        run.kill()
        run.wait()
        self.kills += 1

    def kill_something(self, minute):
        if minute % 2 == 0:
            return
        if minute < self.calm_after * self.minutes:
            name = RESPONDERS[minute // 2 % len(RESPONDERS)]
            pid = self.pid_of(name)
            os.kill(pid, signal.SIGKILL)
            programs.wait_for(lambda: self.find_responder(name) not in (None, pid), 30,
                              "another " + name)
        else:
            self.notifier.kill()
            self.notifier.wait()
            self.notifier = self.start_notifier()
        self.kills += 1

    def read(self, draw):
        chance = random.Random(draw)
        for _ in range(REQUESTS_A_MINUTE):
            target, wanted = chance.choice(TARGETS)
            if "%d" in target:
                target %= chance.randrange(40)
            answer = self.get(target, {"Accept-Encoding": chance.choice(
                ("br", "gzip", "identity"))})
            with self.lock:
                self.requests += 1
            if answer.status not in wanted:
                self.problem(target, answer.status, answer.body[:200])

    def post(self, draw):
        for number in range(EVENTS_A_MINUTE):
            body = json.dumps({"user_id": "u-%d" % draw,
                               "description": "event %d" % number}).encode()
            answer = self.request("POST", "/events", {
                "Content-Type": "application/json"}, body)
            with self.lock:
                self.requests += 1
                self.accepted += answer.status == 201
            if answer.status not in (201, 502, 503):
                self.problem("POST", answer.status, answer.body[:200])

    def problem(self, *what):
        with self.lock:
            self.problems.append(what)

    # --- What is looked at when it is over ---

    def find_responder(self, name):
        return programs.child(self.supervisors[name], name + ".fcgi")

    def pid_of(self, name):
        return programs.wait_for(lambda: self.find_responder(name), 30, name)

    def sample(self):
        found = {}
        for name in RESPONDERS:
            pid = self.pid_of(name)
            found[name + " kB"] = private_kb(pid)
            found[name + " descriptors"] = descriptors(pid)
        workers = children(self.nginx.pid)
        found["nginx kB"] = sum(map(private_kb, workers))
        # Files of its microcache stay open for as long as it remembers them,
        # up to open_file_cache's number.
        found["nginx descriptors"] = sum(
            descriptors(pid, self.path("nginx", "microcache")) for pid in workers)
        found["generations"] = len(os.listdir(self.site("generations")))
        found["cache files"], found["cache kB"] = tree(self.cache)
        found["events' log kB"] = size_kb(
            self.path("state", "events.db-wal"))
        return found

    def all_events(self):
        """How many the log has."""
        count, target = 0, "/events?limit=1000"
        while target:
            answer = self.get(target)
            self.assertEqual(answer.status, 200)
            count += len(json.loads(answer.body))
            link = answer["Link"]
            target = link and link.partition(">")[0].lstrip("<")
        return count


@contextlib.contextmanager
def life(**attributes):
    """A site of its own; `attributes` in the place of Life's."""
    site = type("Site", (Life,), attributes)()
    site.setUp()
    try:
        yield site
    finally:
        site.doCleanups()


def leaking_life(minutes):
    """One whose movies.fcgi leaves descriptors open, and that nobody replaces."""
    return life(minutes=minutes, leaks=True, watch=(), calm_after=0)


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid),
              encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def private_kb(pid):
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as file:
        return sum(int(line.split()[1]) for line in file
                   if line.startswith("Private_"))


def descriptors(pid, but_below=None):
    """How many are open; files below that directory do not count."""
    folder, count = "/proc/%d/fd" % pid, 0
    for name in os.listdir(folder):
        try:
            target = os.readlink(os.path.join(folder, name))
        except FileNotFoundError:
            continue
        count += but_below is None or not target.startswith(but_below + "/")
    return count


def size_kb(path):
    try:
        return os.stat(path).st_size // 1024
    except FileNotFoundError:
        return 0


def tree(path):
    """How many files are below it, and their size in kB."""
    count = size = 0
    for parent, _, names in os.walk(path):
        for name in names:
            count += 1
            size += os.lstat(os.path.join(parent, name)).st_size
    return count, size // 1024


# --- Is it level? -----------------------------------------------------------------

# What may come on top without meaning anything, beside a tenth.
SLACK = {"kB": 512, "descriptors": 8, "generations": 0, "files": 12}


def rise(values):
    """The highest of the last third over that of the middle one. The first is
    for what fills once."""
    third = len(values) // 3
    return max(values[-third:]), max(values[third:-third])


def is_level(name, values):
    last, middle = rise(values)
    slack = SLACK[name.split()[-1]]
    return last <= middle * 1.1 + slack and not (
        name.endswith("descriptors") and is_sawtooth(values, slack))


def is_sawtooth(values, slack):
    """Whether it grows, and each kill hides that."""
    later = values[len(values) // 3:]
    return max(later) > 1.5 * statistics.median(later) + slack


def series(samples):
    """name -> its values, minute by minute."""
    return {name: [sample[name] for sample in samples] for name in samples[0]}
