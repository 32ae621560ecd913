"""The corpus of the fuzz targets: each input once, with the sanitizers of this
build. Fuzzing itself is `make fuzz`, and a part of `make prove`."""

import os
import re
import unittest

import programs

FUZZ = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(FUZZ, "corpus")

# What all of the corpus may take up in the tree.
CORPUS_BYTES = 300000


class Corpus(programs.TestCase):
    """One program has all targets; it ends at the first thing that is wrong."""

    def go_through(self, corpus, *targets):
        return self.run_program(
            [programs.helper("fuzz_corpus"), corpus, *targets],
            cwd=programs.ROOT, timeout=120)

    def test_every_input_passes_and_every_target_has_some(self):
        done = self.go_through(CORPUS)
        self.assertEqual(done.returncode, 0,
                         done.stderr.decode(errors="replace"))
        counts = dict(line.split() for line in
                      done.stdout.decode().splitlines())
        files = {name: len(os.listdir(os.path.join(CORPUS, name)))
                 for name in os.listdir(CORPUS)}
        del counts["planted"]
        self.assertEqual({name: int(count) for name, count in counts.items()},
                         files)

    def test_each_target_is_of_the_file_that_has_its_name(self):
        for name in os.listdir(CORPUS):
            path = os.path.join(FUZZ, "fuzz_%s.c" % name)
            with open(path, encoding="utf-8") as source:
                self.assertEqual(re.findall(r"^FUZZ_TARGET\((\w+),",
                                            source.read(), re.M), [name])

    def test_a_parser_with_a_mistake_does_not_pass(self):
        os.mkdir(self.path("planted"))
        for content, is_passed in (("a=1;b=2;c=3", True),
                                   ("a=1;b=2;cc=3", False)):
            with open(self.path("planted", "input"), "w",
                      encoding="utf-8") as file:
                file.write(content)
            done = self.go_through(self.directory, "planted")
            self.assertEqual(done.returncode == 0, is_passed, done.stderr)

    def test_the_corpus_stays_small(self):
        sizes = [os.path.getsize(os.path.join(root, name))
                 for root, _, names in os.walk(CORPUS) for name in names]
        self.assertLess(sum(sizes), CORPUS_BYTES)


if __name__ == "__main__":
    unittest.main()
