"""make install and what it installs: cron, systemd, nginx, the programs."""

import os
import re
import shutil
import subprocess
import unittest

import fetching
import links
import programs

# What an installed system has, below DESTDIR, with the default PREFIX.
INSTALLED = """
etc/cron.d/marquee
etc/nginx/conf.d/marquee.conf
etc/nginx/sites-available/marquee
etc/nginx/snippets/marquee-errors.conf
etc/nginx/snippets/marquee-events.conf
etc/nginx/snippets/marquee-fastcgi.conf
etc/nginx/snippets/marquee-files.conf
etc/nginx/snippets/marquee-headers.conf
etc/nginx/snippets/marquee-locations.conf
etc/nginx/snippets/marquee-microcache.conf
etc/logrotate.d/marquee
usr/bin/fetch-file
usr/bin/fetch-movies
usr/bin/notify
usr/bin/relay-events
usr/bin/render-template
usr/lib/marquee/events.fcgi
usr/lib/marquee/files.fcgi
usr/lib/marquee/keep-running
usr/lib/marquee/movies.fcgi
usr/lib/systemd/system/marquee-fetch.service
usr/lib/systemd/system/marquee-fetch.timer
usr/lib/systemd/system/marquee-events.service
usr/lib/systemd/system/marquee-events.socket
usr/lib/systemd/system/marquee-files.service
usr/lib/systemd/system/marquee-files.socket
usr/lib/systemd/system/marquee-movies.service
usr/lib/systemd/system/marquee-movies.socket
usr/lib/systemd/system/marquee-notify.service
usr/lib/systemd/system/marquee-relay.service
usr/lib/sysusers.d/marquee.conf
usr/lib/tmpfiles.d/marquee.conf
usr/share/bash-completion/completions/events.fcgi
usr/share/bash-completion/completions/fetch-movies
usr/share/bash-completion/completions/marquee
usr/share/bash-completion/completions/notify
usr/share/doc/marquee/LICENSE
usr/share/doc/marquee/docs/http.md
usr/share/doc/marquee/marquee.env.example
usr/share/man/man5/marquee.env.5
usr/share/man/man7/marquee.7
usr/share/man/man8/events.fcgi.8
usr/share/man/man8/fetch-movies.8
usr/share/man/man8/keep-running.8
usr/share/man/man8/notify.8
usr/share/marquee/catalogue/films.json
usr/share/marquee/catalogue/people.json
usr/share/marquee/catalogue/species.json
usr/share/marquee/prometheus/marquee.rules.yml
usr/share/marquee/templates/favicon.svg
usr/share/marquee/templates/feed.mustache
usr/share/marquee/templates/film.mustache
usr/share/marquee/templates/index.mustache
usr/share/marquee/templates/movies.mustache
usr/share/marquee/templates/script.js
usr/share/marquee/templates/style.css.mustache
""".split()


def tree(directory):
    """Paths of all files below the directory."""
    return sorted(
        os.path.relpath(os.path.join(parent, name), directory)
        for parent, _, names in os.walk(directory) for name in names)


def release(name):
    """A program of the normal build."""
    directory = os.environ.get(
        "MARQUEE_RELEASE_BIN", os.path.join(programs.ROOT, "build", "release",
                                            "bin"))
    return os.path.join(os.path.abspath(directory), name)


def make(target, destination, **variables):
    """Runs make on the build that is there; nothing is compiled."""
    build = os.path.dirname(os.path.dirname(os.path.dirname(release("x"))))
    command = ["make", "-C", programs.ROOT, target, "-o", "all",
               "BUILD=" + build, "DESTDIR=" + destination]
    command += ["%s=%s" % pair for pair in variables.items()]
    return subprocess.run(command, env=programs.environment(), check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=100)


class Install(fetching.TestCase):

    def setUp(self):
        super().setUp()
        self.root = self.path("root")
        make("install", self.root)

    def file(self, *names):
        with open(os.path.join(self.root, *names), encoding="utf-8") as file:
            return file.read()

    def test_everything_is_where_debian_expects_it(self):
        self.assertEqual([name for name in INSTALLED
                          if name not in tree(self.root)], [])

    def test_every_link_of_a_document_leads_to_an_installed_file(self):
        documents = os.path.join(self.root, "usr/share/doc/marquee")
        self.assertGreater(
            len(links.of(os.path.join(documents, "README.md"))), 5)
        self.assertEqual(links.broken(documents), [])

    def test_programs_can_be_run_and_other_files_only_read(self):
        for name in tree(self.root):
            mode = os.stat(os.path.join(self.root, name)).st_mode & 0o777
            is_program = "/bin/" in name or "/lib/marquee/" in name
            self.assertEqual(oct(mode), oct(0o755 if is_program else 0o644),
                             name)

    def test_settings_of_the_operator_are_never_written_over(self):
        settings = os.path.join(self.root, "etc", "marquee", "marquee.env")
        self.assertFalse(os.path.exists(settings))
        with open(settings, "w", encoding="utf-8") as file:
            file.write("MARQUEE_SPECIES=Human\n")
        make("install", self.root)
        make("uninstall", self.root)
        self.assertEqual(self.file("etc/marquee/marquee.env"),
                         "MARQUEE_SPECIES=Human\n")

    def test_uninstall_leaves_no_file(self):
        make("uninstall", self.root)
        self.assertEqual(tree(self.root), [])

    def test_another_prefix_is_named_in_crontab_and_units(self):
        """The texts, that is: the programs are compiled for one PREFIX."""
        root = self.path("other")
        make("install", root, PREFIX="/opt/m")
        texts = [name for name in tree(root)
                 if "systemd" in name or "cron.d" in name]
        self.assertEqual(len(texts), 11)
        for name in texts:
            with open(os.path.join(root, name), encoding="utf-8") as file:
                for word in re.findall(
                        r"\S*/(?:\w+\.fcgi|fetch-movies)", file.read()):
                    self.assertTrue(
                        os.access(root + word.split("=")[-1], os.X_OK), word)

    def test_the_installed_fetch_movies_publishes(self):
        run = self.run_program(
            [os.path.join(self.root, "usr/bin/fetch-movies")],
            env=self.settings(MARQUEE_SHARE_DIR=os.path.join(
                self.root, "usr/share/marquee")))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(self.movies()), 22)

    def test_the_bundled_catalogue_is_found_without_a_setting(self):
        """SHARE_DIR is compiled in: PREFIX/share/marquee."""
        run = self.run_program([os.path.join(self.root, "usr/bin/fetch-movies"),
                                "--check-config"])
        line = next(line for line in run.stdout.decode().splitlines()
                    if line.startswith("MARQUEE_SHARE_DIR"))
        self.assertIn("/usr/share/marquee", line)

    def test_nginx_takes_the_installed_site(self):
        """With Debian's own nginx.conf around it."""
        base = self.path("etc-nginx")
        shutil.copytree(os.path.join(self.root, "etc/nginx"), base)
        for name in ("nginx.conf", "mime.types"):
            shutil.copy(os.path.join("/etc/nginx", name), base)
        os.makedirs(os.path.join(base, "sites-enabled"))
        os.symlink("../sites-available/marquee",
                   os.path.join(base, "sites-enabled", "marquee"))
        for name in ("nginx.conf", "sites-available/marquee"):
            path = os.path.join(base, name)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for old, new in [("/etc/nginx/", base + "/"),
                             ("/var/lib/nginx/", base + "/"),
                             ("/var/log/nginx/", base + "/"),
                             ("/run/nginx.pid", base + "/nginx.pid"),
                             ("listen 80;", "listen 127.0.0.1:%d;"
                              % programs.free_port()),
                             ("listen [::]:80;", "")]:
                text = text.replace(old, new)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        done = self.run_program(["nginx", "-t", "-e", base + "/error.log",
                                 "-c", base + "/nginx.conf",
                                 "-g", "daemon off;"])
        self.assertEqual(done.returncode, 0, done.stderr.decode())


class Crontab(unittest.TestCase):

    def setUp(self):
        with open(os.path.join(programs.ROOT, "cron", "marquee.cron"),
                  encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.entries = [line for line in lines if re.match(r"[*\d]", line)]

    def test_it_fetches_at_0_20_and_40_seconds_of_every_minute(self):
        self.assertEqual(len(self.entries), 3)
        delays = []
        for entry in self.entries:
            fields = entry.split(None, 6)
            self.assertEqual(fields[:6], ["*"] * 5 + ["marquee"])
            delay = re.search(r"sleep (\d+)", fields[6])
            delays.append(int(delay.group(1)) if delay else 0)
            self.assertIn("/usr/bin/fetch-movies --syslog", fields[6])
        self.assertEqual(delays, [0, 20, 40])

    def test_where_systemd_runs_the_entries_do_nothing(self):
        for entry in self.entries:
            command = entry.split(None, 6)[6]
            self.assertTrue(
                command.startswith("test -e /run/systemd/system || "))
            ran = self.run_with(command, is_systemd=True)
            self.assertEqual(ran, "")

    def test_elsewhere_they_run_the_job(self):
        for entry in self.entries:
            self.assertEqual(
                self.run_with(entry.split(None, 6)[6], is_systemd=False),
                "--syslog\n")

    def test_regress_the_crontab_of_a_removed_package_mailed_every_minute(self):
        """It is a setting, and stays until a purge."""
        for entry in self.entries:
            self.assertEqual(
                self.run_with(entry.split(None, 6)[6], is_systemd=False,
                              is_installed=False), "")

    def run_with(self, command, is_systemd, is_installed=True):
        """Runs an entry's command with stand-ins; returns what was run, or
        complained about."""
        command = command.replace("/run/systemd/system",
                                  "/" if is_systemd else "/nowhere")
        command = command.replace(
            "/usr/bin/fetch-movies", "/bin/echo" if is_installed else
            "/nowhere/echo")
        command = re.sub(r"sleep \d+", "sleep 0", command)
        return subprocess.run(
            ["/bin/sh", "-c", command], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=20,
            check=False).stdout.decode()


class Units(unittest.TestCase):
    """Settings that the design depends on; `make lint` has systemd itself
    look at the units where it is there."""

    def unit(self, name):
        path = os.path.join(programs.ROOT, "cron", "systemd", name)
        with open(path, encoding="utf-8") as file:
            return [line for line in file.read().splitlines()
                    if "=" in line and not line.startswith("#")]

    def test_the_timer_fires_every_20_seconds_and_not_a_minute_late(self):
        unit = self.unit("marquee-fetch.timer")
        self.assertIn("OnCalendar=*:*:00/20", unit)
        self.assertIn("AccuracySec=1s", unit)

    def test_only_nginx_may_connect_to_the_socket(self):
        for name in ("movies", "files", "events"):
            unit = self.unit("marquee-%s.socket" % name)
            for line in ("ListenStream=/run/marquee/%s.sock" % name,
                         "SocketMode=0660", "SocketGroup=www-data"):
                self.assertIn(line, unit)

    def test_the_responders_get_the_socket_and_are_always_restarted(self):
        for name in ("movies", "files", "events"):
            unit = self.unit("marquee-%s.service" % name)
            for line in ("ExecStart=/usr/lib/marquee/%s.fcgi" % name,
                         "StandardInput=socket", "Restart=always",
                         "StartLimitIntervalSec=0", "User=marquee"):
                self.assertIn(line, unit)

    def test_the_responders_are_replaced_when_they_give_no_sign_of_life(self):
        for name in ("movies", "files", "events"):
            unit = self.unit("marquee-%s.service" % name)
            for line in ("Type=notify", "NotifyAccess=main", "WatchdogSec=5s",
                         "WatchdogSignal=SIGKILL"):
                self.assertIn(line, unit)

    def test_the_services_are_confined(self):
        for name in ("marquee-movies.service", "marquee-fetch.service",
                     "marquee-files.service", "marquee-events.service",
                     "marquee-notify.service", "marquee-relay.service"):
            for line in ("NoNewPrivileges=yes", "ProtectSystem=strict",
                         "CapabilityBoundingSet=", "PrivateTmp=yes",
                         "MemoryDenyWriteExecute=yes"):
                self.assertIn(line, self.unit(name), name)
        for name in ("marquee-movies.service", "marquee-events.service"):
            self.assertIn("PrivateNetwork=yes", self.unit(name), name)

    def test_the_relay_is_not_started_again_where_a_person_is_needed(self):
        unit = self.unit("marquee-relay.service")
        for line in ("ExecStart=/usr/bin/relay-events", "Restart=always",
                     "RestartPreventExitStatus=78", "User=marquee"):
            self.assertIn(line, unit)

    def test_the_notifier_is_asked_alone_and_may_finish_what_it_has(self):
        """A command's own 30 s, and 10 s for the report."""
        unit = self.unit("marquee-notify.service")
        for line in ("ExecStart=/usr/bin/notify", "KillMode=mixed",
                     "Restart=always", "User=marquee",
                     "RestartPreventExitStatus=64 78"):
            self.assertIn(line, unit)
        self.assertGreater(self.number(r"TimeoutStopSec=(\d+)s", "cron",
                                       "systemd", "marquee-notify.service"),
                           30 + 10)

    def test_nginx_and_the_socket_units_agree(self):
        with open(os.path.join(programs.ROOT, "nginx", "marquee.conf"),
                  encoding="utf-8") as file:
            text = file.read()
        for name in ("movies", "files", "events"):
            self.assertIn("server unix:/run/marquee/%s.sock;" % name, text)

    def test_nginx_waits_longer_than_the_default_timeout_for_a_file(self):
        path = os.path.join(programs.ROOT, "nginx", "snippets",
                            "marquee-locations.conf")
        with open(path, encoding="utf-8") as file:
            location = file.read().partition("/api/presentation/files/")[2]
        waits_s = int(re.search(r"fastcgi_read_timeout (\d+)s;",
                                location).group(1))
        shown = self.settings_of(programs.program("files.fcgi"))
        self.assertGreater(waits_s * 1000, int(shown["MARQUEE_TIMEOUT_MS"]))

    def test_nginx_waits_longer_for_an_event_than_the_log_for_its_lock(self):
        waits_s = self.number(r"fastcgi_read_timeout (\d+)s;", "nginx",
                              "snippets", "marquee-events.conf")
        self.assertGreater(waits_s * 1000, self.number(
            r"EVENT_STORE_BUSY_MS (\d+)", "lib", "events", "event_store.h"))

    def test_nginx_takes_the_largest_event_and_no_larger_one(self):
        most_kib = self.number(r"client_max_body_size (\d+)k;", "nginx",
                               "snippets", "marquee-events.conf")
        self.assertEqual(most_kib, self.number(
            r"EVENT_INPUT_MAX_BYTES \(\(size_t\)(\d+) << 10\)", "lib",
            "events", "event_input.h"))

    def number(self, pattern, *names):
        """The number that the pattern finds in a file of the project."""
        with open(os.path.join(programs.ROOT, *names),
                  encoding="utf-8") as file:
            return int(re.search(pattern, file.read()).group(1))

    def settings_of(self, program):
        """--check-config, as a dictionary."""
        done = subprocess.run([program, "--check-config"], check=True,
                              env=programs.environment(), timeout=20,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE)
        return dict(line.partition("\t")[0].split("=", 1)
                    for line in done.stdout.decode().splitlines())


class Binaries(unittest.TestCase):
    """The normal build, by what readelf sees."""

    PROGRAMS = ("movies.fcgi", "files.fcgi", "events.fcgi", "fetch-movies",
                "fetch-file", "notify", "relay-events", "render-template",
                "keep-running")

    def readelf(self, option, name):
        return subprocess.run(
            ["readelf", "-W", option, release(name)], check=True, timeout=20,
            stdout=subprocess.PIPE).stdout.decode()

    def libraries(self, name):
        return set(re.findall(r"NEEDED.*\[(\w[\w-]*)", self.readelf("-d",
                                                                     name)))

    def test_the_films_responder_links_no_client_parser_or_database(self):
        libraries = self.libraries("movies.fcgi")
        self.assertIn("libfcgi", libraries)
        for name in ("libcurl", "libjson-c", "libsqlite3", "librabbitmq",
                     "libhiredis"):
            self.assertNotIn(name, libraries)

    def test_the_media_files_responder_links_no_database(self):
        libraries = self.libraries("files.fcgi")
        for name in ("libfcgi", "libcurl"):
            self.assertIn(name, libraries)
        for name in ("libsqlite3", "librabbitmq"):
            self.assertNotIn(name, libraries)

    def test_the_event_responder_links_no_client_parser_or_broker(self):
        libraries = self.libraries("events.fcgi")
        for name in ("libfcgi", "libsqlite3"):
            self.assertIn(name, libraries)
        for name in ("libcurl", "libjson-c", "librabbitmq", "libhiredis"):
            self.assertNotIn(name, libraries)

    def test_the_jobs_link_no_fastcgi(self):
        for job in ("fetch-movies", "fetch-file", "notify"):
            libraries = self.libraries(job)
            self.assertIn("libcurl", libraries)
            self.assertNotIn("libfcgi", libraries)

    def test_the_relay_links_no_server_and_no_http_client(self):
        libraries = self.libraries("relay-events")
        for name in ("libsqlite3", "librabbitmq"):
            self.assertIn(name, libraries)
        for name in ("libfcgi", "libcurl", "libjson-c"):
            self.assertNotIn(name, libraries)

    def test_programs_are_position_independent(self):
        for name in self.PROGRAMS:
            self.assertRegex(self.readelf("-h", name), r"Type:\s+DYN", name)

    def test_relocations_are_read_only_before_main(self):
        for name in self.PROGRAMS:
            self.assertIn("GNU_RELRO", self.readelf("-l", name), name)
            self.assertIn("BIND_NOW", self.readelf("-d", name), name)

    def test_the_stack_is_guarded_and_not_executable(self):
        for name in self.PROGRAMS:
            self.assertIn("__stack_chk_fail", self.readelf("-s", name), name)
            self.assertRegex(self.readelf("-l", name),
                             r"GNU_STACK\s.*\sRW\s", name)

    def test_libc_calls_are_fortified(self):
        for name in self.PROGRAMS:
            self.assertRegex(self.readelf("-s", name), r"__\w+_chk@", name)


class Packages(fetching.TestCase):
    """tools/install-packages, with stand-ins for what it runs."""

    INSTALLER = os.path.join(programs.ROOT, "tools", "install-packages")

    def install(self, *groups, installed="", is_root=True, says=None):
        """Runs it where only the packages of `installed` are there; returns
        the CompletedProcess and the lines of what would have been done, or
        was, where apt-get does not fail and `says` why."""
        directory = self.path("bin-%d" % len(os.listdir(self.directory)))
        log = directory + ".log"
        os.mkdir(directory)
        stand_ins = {
            "dpkg-query": 'shift 3; for name; do case " $INSTALLED " in '
                          '*" $name "*) echo "ii :$name" ;; esac; done',
            "apt-cache": 'echo "  Candidate: 1"',
            "apt-get": 'echo "apt-get $*" >>"$LOG"' if says is None
                       else "echo \"%s\"; exit 100" % says,
            "sudo": "exit 1",
            "id": "echo 0" if is_root else "echo 1000",
        }
        for name, text in stand_ins.items():
            path = os.path.join(directory, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n%s\n" % text)
            os.chmod(path, 0o755)
        for name in ("sh", "mktemp", "grep", "rm", "tail", "env", "cat",
                     "chmod", "printf", "sed", "tr", "wc", "sort"):
            os.symlink(shutil.which(name), os.path.join(directory, name))
        done = self.run_program(
            ["/bin/sh", self.INSTALLER, *groups],
            env={"PATH": directory, "INSTALLED": installed, "LOG": log})
        lines = []
        if os.path.exists(log):
            with open(log, encoding="utf-8") as file:
                lines = file.read().splitlines()
        return done, lines

    ALL_OF_RUN = "nginx spawn-fcgi curl ca-certificates"

    def test_with_nothing_missing_nothing_is_done(self):
        done, lines = self.install("run", installed=self.ALL_OF_RUN)
        self.assertEqual((done.returncode, done.stderr, lines), (0, b"", []))

    def test_only_what_is_missing_is_installed(self):
        done, lines = self.install("run",
                                   installed="ca-certificates spawn-fcgi")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(lines), 1)
        words = lines[0].split()
        self.assertIn("curl", words)
        self.assertNotIn("spawn-fcgi", words)
        self.assertIn("APT::Install-Recommends=false", words)
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_regress_one_package_was_called_packages(self):
        done, _ = self.install("run", installed="nginx spawn-fcgi curl")
        self.assertEqual(done.stderr,
                         b"marquee: installing 1 package: ca-certificates\n")

    def test_without_root_and_sudo_it_says_what_is_missing(self):
        done, lines = self.install("run", installed="nginx curl",
                                   is_root=False)
        self.assertEqual((done.returncode, lines), (77, []))
        self.assertIn(b"spawn-fcgi", done.stderr)
        self.assertIn(b"root", done.stderr)

    def test_what_cannot_be_installed_is_named(self):
        done, _ = self.install("run", says="a new complaint")
        self.assertEqual(done.returncode, 69)
        self.assertIn(b"a new complaint", done.stderr)
        self.assertIn(b"cannot install", done.stderr)

    # What apt-get says, and what helps.
    REASONS = [
        ("E: dpkg was interrupted, you must manually run 'dpkg --configure "
         "-a' to correct the problem.", "'sudo dpkg --configure -a'"),
        ("E: Unmet dependencies. Try 'apt --fix-broken install' with no "
         "packages", "'sudo apt-get --fix-broken install'"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.",
         "the disk is full"),
        ("dpkg: cannot copy extracted data: No space left on device",
         "the disk is full"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend.",
         "try again when it is done"),
        ("E: Failed to fetch http://x/y.deb  Could not resolve 'x'\n"
         "E: Unable to fetch some archives, maybe run apt-get update or try "
         "with --fix-missing?", "the Debian mirror cannot be reached"),
        ("E: Unable to locate package spawn-fcgi", "spawn-fcgi"),
        ("E: Package 'spawn-fcgi' has no installation candidate",
         "spawn-fcgi"),
    ]

    def test_what_is_in_the_way_is_one_sentence_that_says_what_helps(self):
        for says, helps in self.REASONS:
            with self.subTest(says):
                done, _ = self.install("run", says=says)
                self.assertEqual(done.returncode, 69)
                lines = done.stderr.decode().splitlines()
                self.assertEqual(len(lines), 2, lines)
                self.assertIn("marquee: installing ", lines[0])
                self.assertIn(helps, lines[1])

    def test_an_unknown_group_is_refused(self):
        done, lines = self.install("everything")
        self.assertEqual((done.returncode, lines), (64, []))
        self.assertIn(b"build, run, test, browser, http, prove, fuzz, deb, "
                      b"lint and bench", done.stderr)
