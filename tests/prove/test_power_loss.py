"""The short form of the power-loss replay."""

import power_loss
import power_loss_files
import power_loss_movies

# Of the states that a reader can tell apart, each so-many-th is read by a
# responder and followed by a next run.
EVERY = 40


class FetchMovies(power_loss_movies.Movies):

    def check(self, run):
        with self.subTest(run.what):
            tally = run.replay(EVERY, ignored=power_loss.STAGING)
            self.assertEqual(tally.bad, [])
            self.assertGreater(tally.states, 1)
            self.assertGreater(tally.followed, 0)

    def test_a_power_cut_anywhere_leaves_a_whole_generation(self):
        for run in self.runs():
            self.check(run)

    def test_regress_the_time_of_publication_was_not_on_disk(self):
        """What a rollback took back was offered by the next one."""
        self.publish_quietly()
        self.title("A second title")
        self.publish_quietly()
        self.check(self.movies("rollback", "--rollback"))

    def test_regress_a_kill_left_the_sites_directory_off_the_disk(self):
        self.check(self.after_a_kill())

    def test_regress_the_directory_of_a_first_run_was_not_on_disk(self):
        """Each directory that is made is followed by an fsync of its parent;
        and every other fsync is needed too."""
        run = self.movies("first publish")
        weighed = run.weigh_fsyncs()
        self.assertEqual(weighed.unmissed, [])
        found = {what for _, what in weighed.missed + weighed.doubled}
        for directory in (".", "new", "new/cache", "new/cache/movies",
                          "new/cache/movies/generations"):
            self.assertIn("fsync of " + directory, found)

    def test_a_publisher_without_an_fsync_is_found(self):
        run = self.first_publish_without(20)
        self.assertNotEqual(run.replay(ignored=power_loss.STAGING).bad, [])

    def test_a_publisher_that_writes_in_place_is_found(self):
        self.publish_quietly()
        run = self.in_place(self.movies("unchanged"))
        self.assertNotEqual(run.replay().bad, [])


class KeptFiles(power_loss_files.Files):

    def test_a_power_cut_anywhere_leaves_whole_files_and_no_fsync_is_idle(
            self):
        for run in self.runs():
            with self.subTest(run.what):
                tally = run.replay(every=EVERY)
                self.assertEqual(tally.bad, [])
                self.assertGreater(tally.followed, 0)
                weighed = run.weigh_fsyncs()
                self.assertNotEqual(weighed.missed, [])
                self.assertEqual(weighed.unmissed, [])
