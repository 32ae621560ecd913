"""The short form: some minutes of a site's life, and one that leaks."""

import unittest

import soak

MINUTES = 6


class Soak(unittest.TestCase):

    def test_nothing_is_lost_and_nothing_grows(self):
        with soak.life(minutes=MINUTES) as site:
            site.live()
            self.assertEqual(site.problems, [], "seed %d" % soak.SEED)
            self.assertGreaterEqual(site.all_events(), site.accepted)
        self.assertGreater(site.accepted, 0)
        # Memory needs longer than this to be level.
        for name, values in soak.series(site.samples).items():
            with self.subTest(name):
                self.assertTrue(name.endswith("kB") or
                                soak.is_level(name, values), values)

    def test_a_leak_that_kills_hide_is_found(self):
        for values, is_level in (
                ([9, 4, 9, 9, 9, 10, 10, 10, 10], True),
                ([39, 39, 37, 4, 20, 20, 20, 4, 20], True),
                ([9, 60, 110, 30, 90, 150, 12, 70, 140], False)):
            self.assertEqual(soak.is_level("movies descriptors", values),
                             is_level, values)

    def test_a_responder_that_leaks_is_found(self):
        with soak.leaking_life(minutes=MINUTES) as site:
            site.live()
        values = soak.series(site.samples)["movies descriptors"]
        self.assertFalse(soak.is_level("movies descriptors", values), values)
