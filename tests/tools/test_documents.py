"""CONTRIBUTING.md, README.md and the Makefile's help against the tree."""

import glob
import os
import re
import subprocess
import unittest

import programs

TOP = ("cgi-bin", "cron", "lib", "nginx", "templates", "catalogue", "example",
       "man", "completion", "debian", "prometheus", "docs", "tests", "tools")
PATH = re.compile(r"(?<![\w/.])(?:(?:%s)/[\w./-]*|(?:Makefile|[A-Z]+\.md))"
                  % "|".join(TOP))


def read(*names):
    with open(os.path.join(programs.ROOT, *names), encoding="utf-8") as file:
        return file.read()


def code_of(text):
    """What stands between backticks or in an indented block, and the targets
    of links."""
    return (re.findall(r"`([^`\n]+)`", text)
            + re.findall(r"^    (.*)$", text, re.M)
            + re.findall(r"\]\(([^)#:]+)\)", text))


def missing_paths(text):
    """Paths of the tree that the document names and that are not there. One
    with a place to fill in (<…>) counts as far as that."""
    missing = []
    for code in code_of(text):
        for path in PATH.findall(code.split("<")[0]):
            path = path.rstrip(".")
            if not glob.glob(os.path.join(programs.ROOT, path) + "*"
                             if "<" in code else
                             os.path.join(programs.ROOT, path)):
                missing.append(path)
    return missing


def targets_of_help():
    done = subprocess.run(["make", "-s", "help"], cwd=programs.ROOT, timeout=60,
                          env=programs.environment(), check=True,
                          stdout=subprocess.PIPE)
    return re.findall(r"^  ([a-z-]+) +\S", done.stdout.decode(), re.M)


class Documents(unittest.TestCase):

    # What /movies/directors would need is not there yet.
    EXAMPLES = {"templates/directors.mustache"}

    def test_contributing_names_only_paths_that_are_there(self):
        text = read("CONTRIBUTING.md")
        self.assertGreater(len([path for code in code_of(text)
                                for path in PATH.findall(code)]), 50)
        self.assertEqual(set(missing_paths(text)), self.EXAMPLES)

    def test_readme_names_only_paths_that_are_there(self):
        self.assertEqual(missing_paths(read("README.md")), [])

    def test_a_path_that_is_not_there_is_found(self):
        self.assertEqual(missing_paths("`lib/base/nothing.h`, `lib/base/`\n\n"
                                       "    tests/run tests/nowhere\n"),
                         ["lib/base/nothing.h", "tests/nowhere"])

    def test_contributing_can_be_read_in_ten_minutes(self):
        self.assertLessEqual(read("CONTRIBUTING.md").count("\n"), 120)

    def test_documents_name_only_targets_that_make_help_lists(self):
        targets = targets_of_help()
        for name in ("README.md", "CONTRIBUTING.md"):
            called = {word for code in code_of(read(name)) for word in
                      re.findall(r"(?:^|sudo |; )make ([a-z-]+)", code)}
            self.assertGreater(len(called), 3, name)
            self.assertEqual(called - set(targets), set(), name)

    def test_make_help_lists_what_a_newcomer_needs_first(self):
        self.assertEqual(targets_of_help()[:4], ["run", "test", "all",
                                                 "install"])

    def test_every_link_within_readme_leads_to_a_heading(self):
        text = read("README.md")
        headings = [re.sub(r"[^\w -]", "", line.lower()).strip()
                    .replace(" ", "-")
                    for line in re.findall(r"^#+ (.*)$", text, re.M)]
        self.assertEqual(sorted(set(headings)), sorted(headings))
        links = re.findall(r"\]\(#([^)]+)\)", text)
        self.assertGreater(len(links), 3)
        self.assertEqual([link for link in links if link not in headings], [])


if __name__ == "__main__":
    unittest.main()
