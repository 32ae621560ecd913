"""The manual against the programs: every option, exit status and setting stands
in its page and in README.md as the program itself has it."""

import glob
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import programs

PROGRAMS = ("fetch-movies", "fetch-file", "notify", "relay-events",
            "movies.fcgi", "files.fcgi", "events.fcgi", "keep-running",
            "render-template")

# mdoc's macros that leave their arguments in the text.
IN_TEXT = re.compile(r"^\.(?:Ar|Ev|Fl|Li|Pa|Ql|Sq|Va|Dq) ")


def read(*names):
    with open(os.path.join(programs.ROOT, *names), encoding="utf-8") as file:
        return file.read()


def section(page, name):
    """The lines of a page between this heading and the next."""
    return page.partition(".Sh %s\n" % name)[2].partition("\n.Sh ")[0]


def items(text, macro):
    """What stands behind each `.It <macro>`, and the text below it as one line
    without markup."""
    found = {}
    for part in re.split(r"^\.It ", text, flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        body = body.partition("\n.El")[0]
        if head.startswith(macro):
            found[head[len(macro):].strip()] = " ".join(
                IN_TEXT.sub("", line) for line in body.splitlines())
    return found


def run(name, *arguments, **settings):
    return subprocess.run(
        [programs.program(name), *arguments], cwd="/", timeout=60,
        env=programs.environment(settings), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def help_of(name):
    """(what it is for, [(option, its value, its text)], [(setting, default)]),
    as --help has them."""
    text = run(name, "--help").stdout.decode()
    options = text.partition("\nOptions:\n")[2].partition("\nSettings")[0]
    settings = text.partition("\nSettings")[2]
    return (text.partition("\nOptions:\n")[0],
            re.findall(r"^  --(\S+)(?: (\S+))?\n      (.*)$", options, re.M),
            re.findall(r"^  (MARQUEE_\w+)\n      .* \(default: (.*)\)$",
                       settings, re.M))


def page_of(name):
    return read("man", name + ".8")


class Programs(unittest.TestCase):

    def test_every_program_has_a_page_and_no_other_one_is_there(self):
        pages = {os.path.basename(path) for path in
                 glob.glob(os.path.join(programs.ROOT, "man", "*.[0-9]"))}
        self.assertEqual(pages, {name + ".8" for name in PROGRAMS} |
                         {"marquee.env.5", "marquee.7"})

    def test_the_pages_have_the_options_of_help_and_their_text(self):
        for name in PROGRAMS:
            described = items(section(page_of(name), "DESCRIPTION"), "Fl ")
            options = help_of(name)[1]
            with self.subTest(name):
                self.assertGreater(len(options), 1)
                self.assertEqual(
                    list(described),
                    ["-" + option + (" Ar " + value if value else "")
                     for option, value, _ in options])
                for (_, _, text), said in zip(options, described.values()):
                    self.assertEqual(
                        said[0].lower() + said[1:].rstrip("."), text)

    def test_the_synopsis_has_every_option(self):
        for name in PROGRAMS:
            synopsis = section(page_of(name), "SYNOPSIS")
            self.assertEqual(
                re.findall(r"^\.Op Fl -(\S+)(?: Ar (\S+))?$", synopsis, re.M),
                [option[:2] for option in help_of(name)[1]], name)

    def test_the_pages_have_the_exit_statuses_of_help(self):
        for name in PROGRAMS:
            said = help_of(name)[0].partition("Exit status: ")[2]
            said = said.partition("\n\n")[0]
            statuses = {int(number) for number in
                        re.findall(r"(?:^|[\s;,])(\d\d?)(?=[\s,])", said)}
            found = {int(number) for number in
                     items(section(page_of(name), "EXIT STATUS"), "")}
            self.assertIn(0, statuses, name)
            self.assertEqual(found - {71}, statuses - {71}, name)

    def test_every_page_has_examples_and_says_where_its_files_are(self):
        for name in PROGRAMS:
            page = page_of(name)
            self.assertIn(".Bd -literal", section(page, "EXAMPLES"), name)
            for path in re.findall(r"^\.It Pa (/\S+)",
                                   section(page, "FILES"), re.M):
                self.assertRegex(path, "^/(etc|run|usr|var)/", name)

    def test_readme_names_no_option_that_is_not_there(self):
        options = {name: {"--" + option[0] for option in help_of(name)[1]}
                   for name in PROGRAMS}
        text = read("README.md")
        inline = re.findall(r"`(--[a-z-]+)", text)
        self.assertGreater(len(inline), 10)
        self.assertEqual(set(inline) - set.union(*options.values()), set())
        called = re.findall(r"(?<![\w-])(%s) (--[a-z-]+)" % "|".join(
            map(re.escape, PROGRAMS)), text)
        self.assertGreater(len(called), 10)
        self.assertEqual([(name, option) for name, option in called
                          if option not in options[name]], [])

    def test_every_program_says_which_version_it_is(self):
        version = re.search(r"^VERSION := (.*)$", read("Makefile"),
                            re.M).group(1)
        for name in PROGRAMS:
            done = run(name, "--version")
            self.assertEqual(done.returncode, 0, name)
            self.assertRegex(done.stdout.decode(), r"^%s \(?.*%s\n$" % (
                re.escape(name), re.escape(version)))

    def test_help_that_does_not_arrive_is_a_failure(self):
        for name in PROGRAMS:
            with open("/dev/full", "wb") as full:
                done = subprocess.run(
                    [programs.program(name), "--help"], stdout=full,
                    env=programs.environment(), stderr=subprocess.PIPE,
                    timeout=60, check=False)
            self.assertEqual(done.returncode, 74, name)

    def test_usage_says_how_each_program_is_called(self):
        for name in PROGRAMS:
            self.assertRegex(help_of(name)[0].lower(), "^usage: " + name)


class Settings(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.settings = help_of("fetch-movies")[2]
        cls.page = items(section(read("man", "marquee.env.5"), "DESCRIPTION"),
                         "Ev ")

    def test_the_page_has_every_setting_and_no_other(self):
        self.assertGreater(len(self.settings), 20)
        self.assertEqual(list(self.page),
                         [name for name, _ in self.settings])

    def test_the_page_has_each_default(self):
        for name, preset in self.settings:
            self.assertIn(" Default: %s. " % preset, self.page[name], name)

    def test_the_page_says_what_is_allowed_as_the_program_does(self):
        for name, _ in self.settings:
            refusal = run("movies.fcgi", "--check-config", **{name: "\x01"})
            self.assertEqual(refusal.returncode, 78, name)
            allowed = refusal.stderr.decode().partition("allowed is ")[2]
            self.assertTrue(self.page[name].endswith(
                " Allowed: %s." % allowed.strip()), name)

    def test_every_program_knows_the_same_settings(self):
        for name in PROGRAMS[:-2]:
            shown = run(name, "--check-config").stdout.decode()
            self.assertEqual(re.findall(r"^(\w+)=", shown, re.M),
                             [setting for setting, _ in self.settings], name)
            self.assertEqual(help_of(name)[2], self.settings, name)

    def test_readme_has_every_setting_and_no_other(self):
        text = read("README.md").partition("\n## Settings\n")[2]
        text = text.partition("\n## ")[0]
        self.assertEqual(
            set(re.findall(r"`(MARQUEE_\w+)`", text)),
            {name for name, _ in self.settings})

    def test_readme_has_each_default(self):
        presets = dict(self.settings)
        rows = re.findall(r"^\| (`MARQUEE_\w+`[^|]*) \| ([^|]+) \|",
                          read("README.md"), re.M)
        self.assertGreater(len(rows), 15)
        for names, defaults in rows:
            self.assertEqual(
                [value.strip("`") for value in defaults.split(", ")],
                [presets[name.strip("`")] for name in names.split(", ")],
                names)

    def test_the_example_file_has_true_defaults(self):
        presets = dict(self.settings)
        shown = re.findall(r"^#(MARQUEE_\w+)=(.*)$",
                           read("cron", "marquee.env.example"), re.M)
        self.assertGreater(len(shown), 5)
        for name, value in shown:
            self.assertEqual(value or "empty", presets[name], name)


class Pages(programs.TestCase):

    def setUp(self):
        super().setUp()
        self.pages = sorted(glob.glob(os.path.join(programs.ROOT, "man",
                                                   "*.[0-9]")))

    def test_mandoc_finds_nothing_to_complain_about(self):
        """But that it does not find a page that is not installed."""
        done = self.run_program(["mandoc", "-T", "lint", *self.pages])
        self.assertEqual(
            [line for line in done.stdout.decode().splitlines()
             if "referenced manual not found" not in line], [])
        self.assertEqual(done.stderr, b"")

    def test_pages_refer_to_pages_that_are_there(self):
        for path in self.pages:
            named = re.findall(r"^\.(?:It )?Xr (\S+) (\d)", read(path), re.M)
            self.assertGreater(len(named), 0, path)
            for name, number in named:
                self.assertIn(os.path.join(programs.ROOT, "man", "%s.%s" % (
                    name, number)), self.pages, path)


if __name__ == "__main__":
    unittest.main()
