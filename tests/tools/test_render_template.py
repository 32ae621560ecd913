"""render-template as a designer calls it."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import programs


class RenderTemplate(programs.TestCase):
    def put(self, name, text):
        with open(self.path(name), "wb") as file:
            file.write(text.encode())

    def render(self, *arguments, **options):
        return self.run_program(
            [programs.program("render-template"), *arguments], **options)

    def check(self, result, status, output, complaint):
        self.assertEqual(result.returncode, status, result.stderr)
        self.assertEqual(result.stdout, output)
        self.assertIn(complaint, result.stderr)
        self.assertEqual(result.stderr.count(b"\n"), 1 if complaint else 0)

    def test_a_template_is_rendered_with_its_partials(self):
        self.put("page.mustache", "<ul>\n  {{#films}}\n  {{> film}}\n"
                 "  {{/films}}\n</ul>\n")
        self.put("film.mustache", "<li>{{title}}</li>\n")
        self.put("data.json", '{"films": [{"title": "A&B"}, {"title": 8.0}]}')
        self.check(self.render("page.mustache", "data.json"), 0,
                   b"<ul>\n  <li>A&amp;B</li>\n  <li>8.0</li>\n</ul>\n", b"")

    def test_partials_come_from_the_template_s_directory(self):
        os.mkdir(self.path("pages"))
        self.put("pages/page.mustache", "[{{> part}}]")
        self.put("pages/part.mustache", "right")
        self.put("part.mustache", "wrong")
        self.put("data.json", "{}")
        self.check(self.render("pages/page.mustache", "data.json"), 0,
                   b"[right]", b"")

    def test_data_may_come_from_the_standard_input(self):
        self.put("page.mustache", "{{a}}")
        read, write = os.pipe()
        os.write(write, b'{"a": "piped"}\n')
        os.close(write)
        result = self.render("page.mustache", "-", stdin=read)
        os.close(read)
        self.check(result, 0, b"piped", b"")

    def test_a_bad_template_is_65_and_prints_nothing(self):
        self.put("page.mustache", "shown\n{{#a}}")
        self.put("data.json", "{}")
        self.check(self.render("page.mustache", "data.json"), 65, b"",
                   b"page.mustache:2:1: the section \"a\"")

    def test_bad_data_is_65_and_prints_nothing(self):
        self.put("page.mustache", "shown")
        for text in ("", "{} {}", '{"a": }', "{'a'", "[" * 1000):
            with self.subTest(text[:10]):
                self.put("data.json", text)
                self.check(self.render("page.mustache", "data.json"), 65,
                           b"", b"data.json:1:")

    def test_a_missing_file_is_66(self):
        self.put("page.mustache", "shown")
        self.check(self.render("nobody.mustache", "data.json"), 66, b"",
                   b"nobody.mustache: No such file")
        self.check(self.render("page.mustache", "data.json"), 66, b"",
                   b"data.json: No such file")

    def test_a_full_disk_is_74(self):
        self.put("page.mustache", "shown")
        self.put("data.json", "{}")
        with open("/dev/full", "wb") as full:
            process = self.start([programs.program("render-template"),
                                  "page.mustache", "data.json"], stdout=full)
            self.assertEqual(process.wait(60), 74)
        self.assertIn("cannot write", self.errors(process))

    def test_a_reader_that_left_is_74(self):
        self.put("page.mustache", "shown")
        self.put("data.json", "{}")
        read, write = os.pipe()
        os.close(read)
        process = self.start([programs.program("render-template"),
                              "page.mustache", "data.json"], stdout=write)
        os.close(write)
        self.assertEqual(process.wait(60), 74)

    def test_a_wrong_call_is_64(self):
        for arguments in ((), ("page.mustache",), ("a", "b", "c"),
                          ("--what",), ("--what", "data.json")):
            with self.subTest(arguments):
                self.check(self.render(*arguments), 64, b"", b"--help")

    def test_help_and_version_go_to_the_standard_output(self):
        result = self.render("--help")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(result.stdout.startswith(b"usage: render-template"))
        result = self.render("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, rb"^render-template \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
