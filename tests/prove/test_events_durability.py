"""The short form of the proof that what was answered with 201 stays. Power is
cut by replaying a recording: an ext4 image would need root."""

import disk_tree
import event_kills
import event_power

KILLS = 10
POSTS = 3


class PowerCuts(event_power.Log):

    def assert_good(self, tally):
        self.assertEqual((tally.lost, tally.damaged), ([], []))
        self.assertGreater(tally.accepted, 0)

    def test_no_power_cut_loses_an_accepted_event(self):
        tally = self.replay(self.record(POSTS, pieces=3))
        self.assert_good(tally)
        self.assertEqual(tally.accepted, POSTS)

    def test_without_an_fsync_at_each_commit_events_are_lost(self):
        recording = self.record(POSTS, event_power.normal_program(self))
        self.assertEqual(recording.answers, [201] * POSTS)
        self.assertNotEqual(self.replay(recording, stops_early=True).lost, [])

    def fail_an_event(self, **options):
        """The recording in which the fsync of the second post fails, after
        which the process is killed and another one begun: by its fourth fsync
        a thread has begun the log anew and posted once."""
        recording = self.record_failing(4, posts=2, earlier=1, later=2,
                                        pieces=2, **options)
        self.assertIsNotNone(recording)
        return recording

    def test_an_fsync_that_fails_refuses_its_event_and_loses_no_other(self):
        recording = self.fail_an_event()
        self.assertEqual(recording.answers, [201, 500, 201, 201])
        self.assert_good(self.replay(recording))

    def test_whoever_trusts_the_second_try_of_an_fsync_loses_events(self):
        recording = self.fail_an_event(believes_lies=True)
        self.assertNotEqual(self.replay(recording, stops_early=True).lost, [])

    def test_regress_a_log_was_trusted_whose_name_was_not_on_disk(self):
        """SQLite makes its files and does not look whether the fsync of their
        directory fails."""
        syncs = [event for event in self.record(1, pieces=2).events
                 if isinstance(event, disk_tree.Sync) and
                 event.what.startswith("fdatasync")]
        last = max(number for number, event in enumerate(syncs, 1)
                   if event.what == "fdatasync of state")
        recording = self.record_failing(last, posts=2, pieces=2)
        self.assertIsNotNone(recording)
        self.assert_good(self.replay(recording))


class Kills(event_kills.Crowd):

    def test_no_kill_loses_an_accepted_event(self):
        tally = self.kill_often(KILLS, look_every=5)
        self.assertEqual((tally.lost, tally.damaged), ([], []))
        self.assertGreater(tally.accepted, KILLS)


class LyingDisk(event_kills.LyingDisk):

    def test_a_disk_that_lies_loses_events(self):
        self.assertNotEqual(self.lose(posts=12).lost, [])
