"""Memory that runs out, in short: some allocations of some runs, all parsers
but the longest, and what earlier sweeps have found. `make prove` tries the
rest."""

import programs
import starving_answers
import starving_helpers
import starving_jobs
import starving_parsers
import starving_planted
import starving_sweep

# All but those that take a second: docs, and page_reader of its JSON.
SHORT = ["object_cutter", "json_string", "settings", "key_values",
         "json_read_back", "catalogue", "template", "query", "event_input",
         "event_input, refused"]


def page(title):
    return next(scenario for scenario in starving_answers.PAGES
                if scenario.name == "movies.fcgi, " + title)


class Sweep(programs.TestCase):
    def sweep(self, scenario, **how):
        """A sweep that finds nothing of ours."""
        tally = starving_sweep.sweep(scenario(), **how)
        self.assertGreater(tally.tried, 4)
        self.assertEqual(tally.ours, 0, tally.told())

    def parse(self, *names):
        found = starving_parsers.starve(self, names)
        self.assertEqual(sorted(found), sorted(names))
        self.assertGreater(starving_parsers.total(found, "tried"), 0)
        self.assertEqual(starving_parsers.ours(found), 0, found)

    def test_an_unchecked_allocation_is_found(self):
        tally = starving_sweep.sweep(starving_planted.Unchecked())
        self.assertTrue(tally.crashes)

    def test_a_silent_loss_is_found(self):
        tally = starving_sweep.sweep(starving_planted.Loser())
        self.assertTrue(tally.wrong)

    def test_parsers_that_are_wrong_on_purpose_are_found(self):
        found = starving_parsers.starve(self, starving_parsers.PLANTED)
        self.assertGreater(found["planted unchecked"]["crashed"], 0)
        self.assertGreater(found["planted loser"]["wrong"], 0)

    def test_parsers_without_memory_say_so_and_leak_nothing(self):
        self.parse(*SHORT)

    def test_what_is_published_without_memory_is_whole(self):
        self.sweep(starving_jobs.ChangedFetch, most=8)

    def test_a_file_that_is_kept_without_memory_is_whole(self):
        self.sweep(starving_helpers.KeepFile, most=8)

    def test_a_page_without_memory_is_whole_or_none(self):
        self.sweep(page("list"), most=30)

    def test_an_event_without_memory_is_stored_or_refused(self):
        self.sweep(starving_answers.EventPost, most=8)

    def test_regress_a_failure_without_any_memory_was_not_logged(self):
        self.sweep(page("ping"), modes=[True])

    def test_regress_a_negotiated_page_lost_its_content_location(self):
        self.sweep(page("JSON"), modes=[False])

    def test_regress_a_405_lost_its_allow(self):
        self.sweep(page("another method"), modes=[False])

    def test_regress_health_called_an_unread_note_a_missing_one(self):
        self.sweep(page("health"), modes=[False])

    def test_regress_metrics_left_out_what_could_not_be_read(self):
        self.sweep(page("metrics"), modes=[False])

    def test_regress_a_transaction_that_could_not_be_undone_stayed_open(self):
        self.sweep(starving_answers.ServedPost, modes=[True])

    def test_regress_what_json_c_had_lost_was_published(self):
        self.parse("page_reader")

    def test_regress_render_template_printed_less_and_said_it_was_done(self):
        self.sweep(starving_helpers.Render, most=40)

    def test_regress_segments_without_a_time_were_kept_in_a_wrong_order(self):
        self.parse("media_merge")
