"""tools/run-site, which is what make run runs, started by a test.

    class Running(run_site.TestCase):
        def test_it_serves(self):
            self.line(self.run_site())
            …                   http://127.0.0.1:self.port
"""

import contextlib
import os
import subprocess

import fetching
import programs

RUN_SITE = os.path.join(programs.ROOT, "tools", "run-site")


def processes_of(directory):
    """Pids whose command line, RUNDIR or working directory is in
    `directory`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            with open("/proc/%s/cmdline" % entry, "rb") as file:
                words = file.read()
            with open("/proc/%s/environ" % entry, "rb") as file:
                words += file.read()
            where = os.readlink("/proc/%s/cwd" % entry)
            if directory.encode() in words or where.startswith(directory):
                found.append(int(entry))
    return found


class TestCase(fetching.TestCase):

    def setUp(self):
        super().setUp()
        self.port = programs.free_port()
        self.rundir = self.path("run")

    def run_site(self, **more):
        env = {"PORT": str(self.port), "RUNDIR": self.rundir,
               "MARQUEE_BIN": os.path.dirname(
                   programs.release_program("movies.fcgi")),
               "MARQUEE_GHIBLI_URL": self.upstream.url}
        env.update(more)
        # Many programs at once, and often: those of the release build.
        # Whoever runs tests in the background has them ignore INT.
        return self.start(
            ["env", "--default-signal=INT", RUN_SITE],
            env={k: v for k, v in env.items() if v is not None},
            stdout=subprocess.PIPE, start_new_session=True)

    def line(self, process):
        """The line that it prints once it serves."""
        line = process.stdout.readline().decode()
        self.assertEqual(
            line, "marquee: serving http://127.0.0.1:%d\n" % self.port,
            self.errors(process))
