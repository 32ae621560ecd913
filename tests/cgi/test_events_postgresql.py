"""The event log in PostgreSQL: the same tests as of the one in SQLite."""

import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import postgresql
import programs
import serving_events

UNIT = os.path.abspath(os.environ.get(
    "MARQUEE_UNIT", os.path.join(programs.ROOT, "build", "sanitize", "unit")))

# One suite.
SUITE_S = 100


class Same(postgresql.WithLog, serving_events.ServedCases,
           serving_events.TestCase):
    """The unit suites that speak to the store's headers, and the cases of
    tests/data/events, with PostgreSQL behind them."""

    def settings(self, **more):
        return super().settings(**dict(
            {"MARQUEE_EVENTS_URL": self.log.url}, **more))

    def forget(self):
        self.log.ask("DROP SCHEMA marquee CASCADE")

    def run_cases(self, name):
        super().run_cases(name)
        self.assertFalse(os.path.exists(self.state))

    def run_suite(self, name):
        database = self.server.database()
        done = subprocess.run(
            [os.path.join(UNIT, "test_" + name)], cwd=self.directory,
            env=programs.environment({
                "CMOCKA_MESSAGE_OUTPUT": "TAP",
                "MARQUEE_TEST_POSTGRESQL": database.url}),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=SUITE_S, check=False)
        said = done.stdout.decode(errors="replace")
        self.assertEqual(done.returncode, 0, said + self.server.words())
        planned = sum(map(int, re.findall(r"^1\.\.(\d+)$", said, re.M)))
        self.assertGreater(planned, 4, said)
        self.assertEqual(len(re.findall(r"^ok \d+ .*$(?<!SKIP)", said, re.M)),
                         planned, said)
        # It was PostgreSQL that was asked.
        self.assertNotEqual(database.ask(
            "SELECT count(*) FROM marquee.version"), "0")

    def test_the_store_reads_as_in_sqlite(self):
        self.run_suite("event_store")

    def test_posts_are_kept_as_in_sqlite(self):
        self.run_suite("event_post")

    def test_changes_are_made_as_in_sqlite(self):
        self.run_suite("event_put")

    def test_claims_are_made_and_end_as_in_sqlite(self):
        self.run_suite("event_outbox")

    def test_the_embedded_queue_is_as_in_sqlite(self):
        self.run_suite("embedded_queue")


if __name__ == "__main__":
    unittest.main()
