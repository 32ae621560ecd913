"""The short form: some minutes of a site's life, and one that leaks."""

import unittest

import soak

MINUTES = 9


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

    def test_a_responder_that_leaks_is_found(self):
        with soak.leaking_life(minutes=MINUTES) as site:
            site.live()
        values = soak.series(site.samples)["movies descriptors"]
        self.assertFalse(soak.is_level("movies descriptors", values), values)
