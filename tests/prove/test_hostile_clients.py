"""The short form of prove_hostile_clients.py."""

import unittest

import fcgi_attack
import fcgi_targets
import programs

SEED = 5
STREAMS = 100


class Records(unittest.TestCase):
    """Streams that are cut, mixed, mislabelled and made up."""

    def attack(self, name):
        with fcgi_attack.Attack(fcgi_targets.TARGETS[name]) as attack:
            attack.run(STREAMS, SEED)
        self.assertEqual(attack.violations, [])
        self.assertEqual(attack.streams, STREAMS)

    def test_movies_answers_right_whatever_records_come_between(self):
        self.attack("movies.fcgi")

    def test_files_answers_right_whatever_records_come_between(self):
        self.attack("files.fcgi")

    def test_events_answers_right_whatever_records_come_between(self):
        self.attack("events.fcgi")

    def test_the_streams_find_each_fault_of_a_careless_responder(self):
        for fault in fcgi_targets.FAULTS:
            with self.subTest(fault), fcgi_attack.Attack(
                    fcgi_targets.Careless,
                    [programs.helper("careless"), fault], hang_s=2) as attack:
                attack.run(2 * STREAMS, SEED, until_found=True)
                self.assertNotEqual(attack.violations, [])


if __name__ == "__main__":
    unittest.main()
