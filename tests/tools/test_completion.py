"""Completion in bash: the file is sourced and asked as readline asks."""

import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import programs

SCRIPT = os.path.join(programs.ROOT, "completion", "marquee.bash")

PROGRAMS = ("fetch-movies", "fetch-file", "notify", "relay-events",
            "movies.fcgi", "files.fcgi", "events.fcgi", "keep-running",
            "render-template")

# What readline does at the last of the words: it calls the function that the
# command's name has been given.
ASK = """
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
said=$(complete -p "${1##*/}") || exit 3
function=${said#*-F }
COMPREPLY=()
"${function%% *}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


def ask(name, *words, cwd=programs.ROOT):
    """What is offered for the last word."""
    done = subprocess.run(
        ["bash", "--norc", "-c", ASK, "bash", SCRIPT, programs.program(name),
         *words], cwd=cwd, env=programs.environment(), timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().splitlines()


class Completion(programs.TestCase):

    def test_every_program_offers_all_of_its_options(self):
        for name in PROGRAMS:
            done = self.run_program([programs.program(name), "--help"])
            options = re.findall(r"^  (--[a-z-]+)", done.stdout.decode(),
                                 re.M)
            with self.subTest(name):
                self.assertIn("--version", options)
                self.assertEqual(ask(name, "--"), options)

    def test_only_options_that_begin_so_are_offered(self):
        self.assertEqual(ask("notify", "--exec"),
                         ["--exec", "--exec-timeout"])
        self.assertEqual(ask("notify", "--no-such"), [])

    def test_config_takes_a_file(self):
        for name in ("one.env", "one.conf", "two.env"):
            with open(self.path(name), "wb"):
                pass
        for words in (("--config", "one"), ("--config", "=", "one")):
            self.assertEqual(
                sorted(ask("fetch-movies", *words, cwd=self.directory)),
                ["one.conf", "one.env"])
        self.assertEqual(
            len(ask("fetch-movies", "--config", "=", cwd=self.directory)), 3)

    def test_exec_and_keep_running_take_a_command(self):
        self.assertIn("mktemp", ask("notify", "--exec", "mktem"))
        self.assertIn("mktemp", ask("keep-running", "mktem"))

    def test_where_nothing_is_known_nothing_is_offered(self):
        for words in (("notify", "--lease-s", ""), ("fetch-movies", ""),
                      ("keep-running", "--watch-ms", "")):
            self.assertEqual(ask(*words, cwd=self.directory), [])

    def test_a_word_that_looks_like_a_program_of_sed_or_sh_does_nothing(self):
        for word in ("/;e touch seen;", "$(touch seen)", "`touch seen`", "*"):
            ask("notify", word, "", cwd=self.directory)
            ask("notify", "--" + word, cwd=self.directory)
        self.assertEqual(os.listdir(self.directory), [])


if __name__ == "__main__":
    unittest.main()
