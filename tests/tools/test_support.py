"""What the tests themselves lean on."""

import os
import subprocess
import sys

import brotli_text
import fetching
import packs
import programs

SUPPORT = os.path.join(programs.ROOT, "tests", "support")


class Ports(programs.TestCase):

    def test_regress_no_two_tests_get_the_same_port(self):
        """Two sites on one port: a test read the other one's answers."""
        asked = [sys.executable, "-c",
                 "import programs, sys\n"
                 "print(*[programs.free_port() for _ in range(300)],"
                 " flush=True)\n"
                 "sys.stdin.read()"]
        tests = [subprocess.Popen(asked, cwd=SUPPORT, text=True,
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
                 for _ in range(3)]
        ports = [port for test in tests
                 for port in test.stdout.readline().split()]
        for test in tests:
            test.communicate("")
        self.assertEqual(len(ports), 900)
        self.assertEqual(len(set(ports)), 900)


class Packs(fetching.TestCase):

    def setUp(self):
        super().setUp()
        self.publish()
        self.pack = self.site("current", "pack")
        with open(self.pack, "rb") as file:
            self.bytes = file.read()

    def shown_with(self, at):
        """What is shown of a pack in which the byte at `at` is another."""
        other = self.path("other")
        with open(other, "wb") as file:
            file.write(self.bytes[:at] + b"\0" + self.bytes[at + 1:])
        return packs.shown(other)

    def test_a_body_that_is_shown_counts_and_one_kept_aside_does_not(self):
        shown = packs.shown(self.pack)
        body = next(bodies[0][1] for name, (_, bodies) in shown.items()
                    if name.startswith("movies/") and bodies[0][1])
        self.assertNotEqual(self.shown_with(self.bytes.index(body)), shown)
        # A member of the upstream's that no page has.
        self.assertEqual(self.shown_with(self.bytes.index(b"eye_colors")),
                         shown)

    def test_what_is_no_pack_is_refused(self):
        for at in (0, len(self.bytes) - 2, len(self.bytes) - 24):
            with self.assertRaises(ValueError, msg=at):
                self.shown_with(at)


class Brotli(programs.TestCase):
    """What says whether an answer's coding is what it should be."""

    # "abc " a million times: more than the decoder hands out at once.
    PACKED = bytes.fromhex("9fff083d00a441c2c4c6c46901d802f4d800")
    TEXT = b"abc " * 1000000

    def test_what_comes_in_pieces_is_whole(self):
        self.assertEqual(brotli_text.decompress(self.PACKED), self.TEXT)
        self.assertEqual(brotli_text.decompress(b"\x06"), b"")

    def test_what_is_cut_or_damaged_or_goes_on_is_refused(self):
        for data in (b"", self.PACKED[:-1], b"\xff" + self.PACKED,
                     self.PACKED + b"\0"):
            with self.assertRaises(ValueError, msg=data.hex()):
                brotli_text.decompress(data)

    def test_more_than_the_limit_is_refused(self):
        brotli_text.decompress(self.PACKED, len(self.TEXT))
        with self.assertRaises(ValueError):
            brotli_text.decompress(self.PACKED, len(self.TEXT) - 1)
