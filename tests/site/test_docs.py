"""/docs as its reader has it: every line that it shows is run, by a shell."""

import html
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import openapi
import run_site
import whole_site

SITE = "http://127.0.0.1:8080"

# curl is quiet, and says the status of each answer on standard error.
SHELL = """curl() { command curl -sS -w '%%{stderr}%%{http_code}\\n' "$@"; }
%s"""

# Lines that show what is no success; the last status of each.
OTHERS = {"/movies/nobody": "404", "If-None-Match": "304"}


class Docs(run_site.TestCase):

    def shown(self):
        """The lines, in the order of the page."""
        page = whole_site.get("127.0.0.1", self.port, "/docs").text()
        return [html.unescape(code) for code in
                re.findall("<pre><code>(.*?)</code></pre>", page, re.S)
                if "curl" in code]

    def test_every_line_that_it_shows_works(self):
        self.line(self.run_site())
        shown = self.shown()
        self.assertEqual(len(shown), len(OTHERS) + sum(
            len(item) for item in openapi.read()["paths"].values()))
        for code in shown:
            with self.subTest(code):
                done = self.run_program(["sh", "-c", SHELL % code.replace(
                    SITE, "http://127.0.0.1:%d" % self.port)])
                expected = [status for word, status in OTHERS.items()
                            if word in code] or ["200", "201"]
                self.assertIn(done.stderr.decode().split("\n")[-2], expected,
                              done.stdout)
                self.assertNotEqual(done.stdout, b"")


if __name__ == "__main__":
    unittest.main()
