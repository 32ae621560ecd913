"""fetch-movies: what it publishes, when, and what it leaves alone."""

import fcntl
import json
import os
import resource
import shutil
import unittest

import fetching
import programs
import upstream


def last_segment(reference):
    return reference.rsplit("/", 1)[-1]


def expected_persons(collections):
    """Contract 3.1 in a few lines: the union of both directions, in the order
    of people."""
    result = {}
    for film in collections["films"]:
        cast = {last_segment(ref) for ref in film["people"]}
        result[film["id"]] = [
            person["id"] for person in collections["people"]
            if person["id"] in cast or film["id"] in
            {last_segment(ref) for ref in person["films"]}]
    return result


class Publishing(fetching.TestCase):
    def test_all_films_are_published_with_the_union_of_their_people(self):
        self.publish()
        movies = self.movies()
        self.assertEqual(list(movies),
                         [film["id"] for film in
                          self.upstream.collections["films"]])
        wanted = expected_persons(self.upstream.collections)
        self.assertEqual(
            {film: [person["person_id"] for person in value["persons"]]
             for film, value in movies.items()}, wanted)
        self.assertEqual(len(movies), 22)
        self.assertEqual(sum(map(len, wanted.values())),
                         int(self.publish_line_pairs))

    def test_regress_a_pair_that_json_c_cannot_join_stopped_publishing(self):
        films = self.upstream.collections["films"]
        films[0]["title"] = "Castle \U0001da00"
        self.upstream.add_route("/films", lambda entry: upstream.Response(
            json.dumps(films).encode()))  # as two escapes
        self.publish()
        self.assertEqual(self.movies()[films[0]["id"]]["film_title"],
                         "Castle \U0001da00")

    def test_regress_names_that_are_one_to_json_c_stopped_publishing(self):
        film = self.upstream.collections["films"][0]
        film.update({"note": "1", "note\0": None})
        self.publish()
        self.assertIn(film["id"], self.movies())

    @property
    def publish_line_pairs(self):
        os.unlink(self.site("upstream"))
        return self.fetch("--dry-run").field("pairs")

    def test_a_run_asks_three_times_and_says_what_happened_in_one_line(self):
        run = self.publish()
        self.assertEqual(len(self.upstream.log), 3)
        self.assertEqual(len(run.lines), 1)
        self.assertEqual(run.stdout, "")
        for key, value in (("level", "info"), ("msg", "published"),
                           ("changed", "yes"), ("films", "22"),
                           ("people", "57"), ("requests", "3"),
                           ("generation", self.generation())):
            self.assertEqual(run.field(key), value, run.stderr)
        for key in ("duration_ms", "bytes", "received_bytes"):
            self.assertTrue(run.field(key).isdigit(), run.stderr)

    def test_an_unchanged_upstream_moves_no_bodies_and_touches_only_its_notes(
            self):
        self.publish()
        before = self.tree()
        os.utime(self.site("checked"), (1000, 1000))
        del self.upstream.log[:]
        run = self.publish()
        self.assertEqual([entry.status for entry in self.upstream.log],
                         [304] * 3)
        self.assertEqual(sum(entry.body_bytes for entry in self.upstream.log),
                         0)
        self.assertEqual(run.field("changed"), "no")
        self.assertGreater(os.stat(self.site("checked")).st_mtime, 1000)
        self.assertEqual(self.tree(), before)

    def tree(self):
        """Every path of the cache, with inode and mtime, but `checked` and
        what each run writes, whose site has a new mtime for that."""
        found = {}
        for directory, _, names in os.walk(self.cache):
            for name in names + ["."]:
                path = os.path.join(directory, name)
                status = os.lstat(path)
                if name not in ("checked", "lock", "fetch-movies.prom",
                                "day") and path != self.site("."):
                    found[path] = (status.st_ino, status.st_mtime_ns)
        return found

    def test_a_dry_run_that_fails_says_so_and_writes_nothing(self):
        self.upstream.set_fault("status-404")
        run = self.fetch("--dry-run")
        self.assertEqual(run.returncode, 69, run.stderr)
        self.assertFalse(os.path.exists(self.cache))

    def test_a_status_that_says_no_source_of_ours_is_written_anew(self):
        self.publish()
        for source in "nonsense", "x" * 100:
            with self.subTest(source[:10]):
                with open(self.site("status"), "w", encoding="ascii") as note:
                    note.write("source=%s\n" % source)
                self.upstream.set_fault("status-404")
                self.assertNotEqual(self.fetch().returncode, 0)
                self.assertNotIn(source, self.note().values())
                self.upstream.clear_faults()
                self.publish()
                self.assertEqual(self.note()["source"], "upstream")

    def test_an_upstream_that_tells_only_times_is_seen_to_be_unchanged(self):
        self.upstream.entity_tags = False
        self.upstream.last_modified = "Sat, 21 Nov 2026 14:00:00 GMT"
        self.publish()
        self.upstream.log.clear()
        run = self.publish()
        self.assertEqual(run.field("msg"), "unchanged")
        self.assertEqual({entry.status for entry in self.upstream.log}, {304})

    def test_an_upstream_without_validators_is_seen_to_be_unchanged(self):
        self.upstream.set_fault("no-validators")
        self.publish()
        before = self.published()
        run = self.publish()
        self.assertEqual(run.field("msg"), "unchanged")
        self.assertEqual(run.field("bytes"), "0")
        self.assertEqual(self.published(), before)

    def test_one_changed_collection_is_enough_for_a_new_generation(self):
        self.publish()
        old = self.generation()
        self.upstream.collections["people"][0]["name"] = "Somebody Else"
        run = self.publish()
        self.assertEqual(run.field("changed"), "yes")
        self.assertNotEqual(self.generation(), old)
        names = [person["person_name"] for film in self.movies().values()
                 for person in film["persons"]]
        self.assertIn("Somebody Else", names)

    def test_a_run_with_one_changed_collection_asks_three_times(self):
        """What the upstream did not send again is known, run after run."""
        self.publish()
        for number, name in enumerate(("films", "people", "species", "films")):
            with self.subTest(number=number):
                key = "title" if name == "films" else "name"
                self.upstream.collections[name][0][key] = str(number)
                del self.upstream.log[:]
                self.publish()
                self.assertEqual(
                    {entry.path: entry.status for entry in self.upstream.log},
                    {"/" + other: 200 if other == name else 304
                     for other in self.upstream.collections})
                self.assertEqual(len(self.upstream.log), 3)
        fetched = self.published()
        self.cache = self.path("other-cache")
        self.publish()
        self.assertEqual(
            self.without_pack(self.published()), self.without_pack(fetched))

    @staticmethod
    def without_pack(published):
        """The pack also holds what does not make a generation another one."""
        return {name: digest for name, digest in published.items()
                if name != "pack"}

    def test_a_body_that_is_not_kept_any_more_is_asked_for_again(self):
        self.publish()
        note = self.note("upstream")
        with open(self.site("upstream"), "w", encoding="ascii") as file:
            for key, value in note.items():
                if key != "people_body":
                    file.write("%s=%s\n" % (key, value))
        self.upstream.collections["films"][0]["title"] = "Changed"
        del self.upstream.log[:]
        self.publish()
        self.assertEqual(sorted(entry.path for entry in self.upstream.log),
                         ["/films", "/people", "/people", "/species"])
        self.assertIn("Changed", [film["film_title"]
                                  for film in self.movies().values()])

    def test_what_changed_and_changed_back_is_the_generation_it_was(self):
        self.publish()
        first = self.published()
        title = self.upstream.collections["films"][0]["title"]
        self.upstream.collections["films"][0]["title"] = "Changed"
        self.publish()
        self.assertNotEqual(self.generation(), first[""])
        self.upstream.collections["films"][0]["title"] = title
        self.publish()
        self.assertEqual(self.published(), first)

    def test_the_same_data_makes_the_same_generation_in_another_cache(self):
        self.publish()
        first = self.published()
        self.cache = self.path("other-cache")
        self.publish()
        self.assertEqual(self.published(), first)

    def test_what_comes_after_another_is_what_comes_first_elsewhere(self):
        """Files are linked and the documentation is taken over, both only
        where they would be made the same: a new director changes the style,
        and the style its URL in all pages."""
        films = self.upstream.collections["films"]
        for change in ({"title": "Changed"}, {"director": "Somebody New"}):
            self.publish()
            films[0] = dict(films[0], **change)
            self.publish()
            after, mine = self.published(), self.cache
            self.cache = self.path("elsewhere-" + list(change)[0])
            self.publish()
            self.assertEqual(self.published(), after)
            self.cache = mine

    def test_the_number_of_files_does_not_grow_with_the_films(self):
        self.publish()
        few = len(os.listdir(self.site("current")))
        films = self.upstream.collections["films"]
        for number in range(180):
            films.append(dict(films[0], id="extra-%d" % number, people=[]))
        self.publish()
        self.assertEqual(len(self.movies()), 202)
        self.assertEqual(len(os.listdir(self.site("current"))), few)

    def test_a_collection_of_more_than_a_page_is_read_to_its_end(self):
        films = self.upstream.collections["films"]
        for number in range(600 - len(films)):
            films.append(dict(films[0], id="extra-%d" % number, people=[]))
        self.publish()
        self.assertEqual(len(self.movies()), 600)
        pages = [entry.query for entry in self.upstream.log
                 if entry.path == "/films"]
        self.assertEqual([page.get("_start", "0") for page in pages],
                         ["0", "250", "500"])
        self.assertEqual({page["limit"] for page in pages}, {"250"})

    def test_only_people_of_the_species_that_were_asked_for_are_kept(self):
        self.fetch(MARQUEE_SPECIES="Cat, totoro")
        kept = {person["species"] for film in self.movies().values()
                for person in film["persons"]}
        self.assertEqual(kept, {"Cat", "Totoro"})

    def test_another_species_filter_is_published_though_nothing_changed(self):
        self.publish()
        old = self.generation()
        run = self.fetch(MARQUEE_SPECIES="Human")
        self.assertEqual(run.field("changed"), "yes")
        self.assertNotEqual(self.generation(), old)

    def test_changed_templates_are_published_though_nothing_changed(self):
        share = self.path("share")
        for name in ("templates", "catalogue"):
            shutil.copytree(os.path.join(programs.ROOT, name),
                            os.path.join(share, name))
        self.fetch(MARQUEE_SHARE_DIR=share)
        old = self.generation()
        with open(os.path.join(share, "templates", "film.mustache"),
                  "a") as template:
            template.write("<!-- touched -->")
        run = self.fetch(MARQUEE_SHARE_DIR=share)
        self.assertEqual(run.field("changed"), "yes", run.stderr)
        self.assertNotEqual(self.generation(), old)

    def test_a_killed_run_is_cleaned_up_by_the_next(self):
        self.upstream.set_fault("hang", path="/species")
        process = self.start([programs.program("fetch-movies")],
                             env=self.settings(MARQUEE_TIMEOUT_MS="60000"))
        programs.wait_for(lambda: len(self.upstream.log) == 3, 10,
                          "three requests")
        process.kill()
        process.wait()
        os.makedirs(self.site("staging", "half"))
        self.upstream.clear_faults()
        self.publish()
        self.assertFalse(os.path.exists(self.site("staging")))


    def test_the_data_is_as_old_as_the_question_not_as_the_answer(self):
        self.upstream.set_fault("slow-start", path="/people", delay_s=0.5)
        self.publish()
        checked = os.stat(self.site("checked")).st_mtime
        swapped = os.lstat(self.site("current")).st_mtime
        self.assertLess(checked, swapped - 0.4)


class Locking(fetching.TestCase):
    def test_a_second_run_at_the_same_time_exits_0_and_asks_nothing(self):
        self.publish()
        before = self.published()
        del self.upstream.log[:]
        with open(self.site("lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            run = self.fetch()
        self.assertEqual(run.returncode, 0)
        self.assertIn("another run holds the lock", run.stderr)
        self.assertEqual(len(self.upstream.log), 0)
        self.assertEqual(self.published(), before)

    def test_of_two_real_runs_at_once_one_asks_and_both_exit_0(self):
        self.upstream.set_fault("slow-start", path="/films", delay_s=0.5)
        processes = [self.start([programs.program("fetch-movies")],
                                env=self.settings()) for _ in range(2)]
        self.assertEqual([process.wait(30) for process in processes], [0, 0])
        self.assertEqual(len(self.upstream.log), 3)
        self.assertEqual(len(self.movies()), 22)

    def test_a_rollback_while_a_run_is_under_way_is_told_to_try_again(self):
        self.publish()
        with open(self.site("lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            run = self.fetch("--rollback")
        self.assertEqual(run.returncode, 75)
        self.assertIn("try again", run.stderr)


class Shrinking(fetching.TestCase):
    def test_half_of_the_films_is_enough(self):
        self.publish()
        del self.upstream.collections["films"][11:]
        self.publish()
        self.assertEqual(len(self.movies()), 11)

    def test_less_than_half_is_refused(self):
        for name, left in (("films", 10), ("people", 28), ("species", 3)):
            with self.subTest(name):
                self.setUp()
                self.publish()
                before = self.published()
                del self.upstream.collections[name][left:]
                run = self.fetch()
                self.assertEqual(run.returncode, 65)
                self.assertIn("--allow-shrink", run.stderr)
                self.assertEqual(self.published(), before)

    def test_allow_shrink_publishes_it(self):
        self.publish()
        del self.upstream.collections["films"][5:]
        run = self.fetch("--allow-shrink")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(self.movies()), 5)

    def test_losing_the_notes_does_not_lose_the_measure(self):
        self.publish()
        for name in ("status", "upstream"):
            os.unlink(self.site(name))
        del self.upstream.collections["films"][5:]
        self.assertEqual(self.fetch().returncode, 65)

    def test_the_species_filter_is_no_shrinking(self):
        self.publish()
        run = self.fetch(MARQUEE_SPECIES="Totoro")
        self.assertEqual(run.returncode, 0, run.stderr)


class Bundled(fetching.TestCase):
    def test_an_empty_cache_without_upstream_gets_the_bundled_catalogue(self):
        self.upstream.refuse_connections()
        run = self.fetch()
        self.assertEqual(run.returncode, 69)
        self.assertEqual(len(self.movies()), 22)
        self.assertEqual(self.note()["source"], "bundled")
        self.assertFalse(os.path.exists(self.site("checked")))
        with open(self.site("current", "movies.html"),
                  encoding="utf-8") as page:
            self.assertIn("comes with Marquee", page.read())

    def test_it_is_not_made_anew_in_every_failing_run(self):
        self.upstream.refuse_connections()
        self.fetch()
        before = self.published()
        run = self.fetch()
        self.assertEqual(run.returncode, 69)
        self.assertEqual(run.field("bytes"), None)
        self.assertEqual(self.published(), before)
        self.assertEqual(self.note()["failures"], "2")

    def test_the_first_good_fetch_replaces_it_even_with_fewer_films(self):
        self.upstream.refuse_connections()
        self.fetch()
        self.upstream.accept_connections()
        del self.upstream.collections["films"][3:]
        self.publish()
        self.assertEqual(len(self.movies()), 3)
        self.assertEqual(self.note()["source"], "upstream")
        self.assertTrue(os.path.exists(self.site("checked")))

    def test_good_data_is_never_replaced_by_it(self):
        self.publish()
        before = self.published()
        self.upstream.refuse_connections()
        self.assertEqual(self.fetch().returncode, 69)
        self.assertEqual(self.published(), before)


    def publish_over_the_bundled(self):
        """The bundled catalogue, then a first good run. Returns the note of
        before."""
        self.upstream.refuse_connections()
        self.fetch()
        with open(self.site("status"), encoding="utf-8") as file:
            note = file.read()
        self.upstream.accept_connections()
        self.upstream.collections["films"][0]["title"] = "From the upstream"
        self.publish()
        return note

    def test_regress_bundled_films_replaced_good_ones_after_a_lost_note(self):
        """A run killed between its commit and its note leaves the old one."""
        note = self.publish_over_the_bundled()
        before = self.published()
        with open(self.site("status"), "w", encoding="utf-8") as file:
            file.write(note)
        self.upstream.refuse_connections()
        self.assertEqual(self.fetch().returncode, 69)
        self.assertEqual(self.published(), before)
        self.assertEqual(self.note()["source"], "upstream")

    def test_regress_a_lost_note_let_a_good_catalogue_shrink(self):
        note = self.publish_over_the_bundled()
        with open(self.site("status"), "w", encoding="utf-8") as file:
            file.write(note)
        del self.upstream.collections["films"][3:]
        self.assertEqual(self.fetch().returncode, 65)
        self.assertEqual(len(self.movies()), 22)

    def test_regress_bundled_films_replaced_those_published_a_moment_ago(self):
        self.upstream.refuse_connections()
        self.fetch()
        self.upstream.accept_connections()
        self.upstream.collections["films"][0]["title"] = "From the upstream"
        os.unlink(self.site("upstream"))
        os.mkdir(self.site("upstream"))
        run = self.fetch()
        self.assertEqual(run.returncode, 73)
        self.assertIn("could not record it", run.stderr)
        self.assertEqual(run.field("changed"), "yes")
        self.assertEqual(run.field("generation"), self.generation())
        self.assertEqual(next(iter(self.movies().values()))["film_title"],
                         "From the upstream")

    def test_regress_bundled_films_that_went_live_were_said_not_to_be(self):
        os.makedirs(self.site("upstream"))
        self.upstream.refuse_connections()
        run = self.fetch()
        self.assertEqual(run.returncode, 69)
        self.assertEqual(len(self.movies()), 22)
        self.assertIn("the bundled catalogue is live", run.lines[-1])
        self.assertEqual(run.field("generation"), self.generation())
        self.assertIn("cannot record the bundled catalogue", run.lines[-2])
        self.assertEqual(self.note()["source"], "bundled")
        self.assertEqual(self.note()["films"], "22")

    def test_regress_a_set_that_failed_spoilt_the_bundled_one(self):
        for film in self.upstream.collections["films"]:
            film["description"] = os.urandom(4900).hex()
        run = fetching.Run(self.run_program(
            [programs.program("fetch-movies")], env=self.settings(),
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (800000, 800000))))
        self.assertEqual(run.returncode, 74)
        self.assertEqual(len(run.lines), 1, run.stderr)
        self.assertEqual(self.note()["source"], "bundled")
        self.assertEqual(len(self.movies()), 22)

    def test_regress_the_bundled_one_stayed_until_the_upstream_changed(self):
        """The validators of what could not be published were kept with it."""
        self.upstream.collections["films"][0]["title"] = "From the upstream"
        for film in self.upstream.collections["films"]:
            film["description"] = os.urandom(4900).hex()
        self.run_program(
            [programs.program("fetch-movies")], env=self.settings(),
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (800000, 800000)))
        self.assertEqual(self.note()["source"], "bundled")
        self.publish()
        self.assertEqual(next(iter(self.movies().values()))["film_title"],
                         "From the upstream")
        self.assertEqual(self.note()["source"], "upstream")


class RollingBack(fetching.TestCase):
    def setUp(self):
        super().setUp()
        self.publish()
        self.good = self.published()
        self.upstream.collections["films"][0]["title"] = "A Bad Title"
        self.publish()
        self.bad = self.published()

    def test_rollback_brings_the_generation_before_back(self):
        run = self.fetch("--rollback")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.published(), self.good)
        self.assertEqual(self.note()["source"], "rolled-back")

    def test_what_was_taken_back_is_held_until_the_upstream_changes(self):
        self.fetch("--rollback")
        checked = os.stat(self.site("checked")).st_mtime_ns
        for fault in (None, "no-validators"):
            if fault:
                self.upstream.set_fault(fault)
            run = self.fetch()
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertIn("held back", run.stderr)
            self.assertEqual(self.published(), self.good)
        self.assertEqual(os.stat(self.site("checked")).st_mtime_ns, checked)
        self.upstream.collections["films"][0]["title"] = "A Good Title"
        self.publish()
        self.assertEqual(next(iter(self.movies().values()))["film_title"],
                         "A Good Title")
        self.assertEqual(self.note()["source"], "upstream")

    def test_allow_withdrawn_publishes_it_again(self):
        self.fetch("--rollback")
        run = self.fetch("--allow-withdrawn")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.published(), self.bad)

    def test_regress_a_new_setting_published_what_was_taken_back(self):
        self.fetch("--rollback")
        run = self.fetch(MARQUEE_SPECIES="Cat")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("held back", run.stderr)
        self.assertEqual(self.published(), self.good)
        self.fetch("--allow-withdrawn", MARQUEE_SPECIES="Cat")
        self.assertEqual(next(iter(self.movies().values()))["film_title"],
                         "A Bad Title")

    def test_regress_a_dry_run_rolled_back(self):
        for option in ("--dry-run", "--allow-shrink", "--allow-withdrawn"):
            with self.subTest(option):
                run = self.fetch("--rollback", option)
                self.assertEqual(run.returncode, 64)
                self.assertIn("--rollback does not go with " + option,
                              run.stderr)
                self.assertIn("--help", run.stderr)
                self.assertEqual(self.published(), self.bad)

    def test_regress_a_killed_rollback_could_be_rolled_back_to(self):
        """What it withdrew was not marked yet, and never was."""
        self.fetch("--rollback")
        os.utime(self.site("generations", self.bad[""], "pack"))
        self.fetch()
        self.upstream.collections["films"][0]["title"] = "Another"
        self.publish()
        run = self.fetch("--rollback")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(self.published(), self.good)

    def test_regress_a_killed_rollback_that_is_run_again_led_forward(self):
        self.fetch("--rollback")
        os.utime(self.site("generations", self.bad[""], "pack"))
        self.assertEqual(self.fetch("--rollback").returncode, 65)
        self.assertEqual(self.published(), self.good)

    def test_a_second_rollback_does_not_lead_back_to_the_first(self):
        self.fetch("--rollback")
        run = self.fetch("--rollback")
        self.assertEqual(run.returncode, 65)
        self.assertIn("no earlier generation", run.stderr)
        self.assertEqual(self.published(), self.good)


class Asking(fetching.TestCase):
    def test_the_next_base_is_asked_when_one_is_down(self):
        with upstream.Upstream() as second:
            self.upstream.refuse_connections()
            run = self.fetch(MARQUEE_GHIBLI_URL="%s %s" % (
                self.upstream.url, second.url))
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(len(second.log), 3)
            self.assertEqual(run.field("upstream"), second.url)

    def test_a_base_that_hangs_leaves_time_for_the_next(self):
        self.upstream.set_fault("hang")
        with upstream.Upstream() as second:
            run = self.fetch(MARQUEE_GHIBLI_URL="%s %s" % (
                self.upstream.url, second.url))
            self.assertEqual(run.returncode, 0, run.stderr)

    def test_all_collections_come_from_one_base(self):
        self.upstream.set_fault("status-404", path="/species")
        with upstream.Upstream() as second:
            self.fetch(MARQUEE_GHIBLI_URL="%s %s" % (
                self.upstream.url, second.url))
            self.assertEqual(sorted(entry.path for entry in second.log),
                             ["/films", "/people", "/species"])

    def test_a_failure_that_passes_is_survived_by_a_retry(self):
        for fault in ("status-503", "status-429", "reset", "short-body",
                      "close"):
            with self.subTest(fault):
                self.upstream.set_fault(fault, path="/people", times=1)
                run = self.fetch("--dry-run", MARQUEE_TIMEOUT_MS="8000")
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertEqual(run.field("retries"), "1")
                self.assertEqual(run.field("people"), "57")

    def test_retry_after_past_the_deadline_is_not_waited_for(self):
        self.upstream.set_fault("status-503", path="/films",
                                retry_after="600")
        run = self.fetch(MARQUEE_TIMEOUT_MS="30000")
        self.assertEqual(run.returncode, 69)
        self.assertEqual(len([entry for entry in self.upstream.log
                              if entry.path == "/films"]), 1)

    def test_no_more_connections_than_allowed_are_opened(self):
        self.upstream.latency_s = 0.02
        self.fetch(MARQUEE_CONCURRENCY="1")
        self.assertEqual(self.upstream.most_active, 1)

    def test_the_password_of_a_url_is_never_shown(self):
        url = self.upstream.url.replace("http://", "http://me:s3cret@")
        self.upstream.set_fault("status-404")
        run = self.fetch(MARQUEE_GHIBLI_URL=url, MARQUEE_LOG_LEVEL="debug")
        self.assertEqual(run.returncode, 69)
        self.assertNotIn("s3cret", run.stderr + run.stdout)
        shown = self.fetch("--check-config", MARQUEE_GHIBLI_URL=url)
        self.assertNotIn("s3cret", shown.stdout)
        self.assertIn("me:***@", shown.stdout)


class CommandLine(fetching.TestCase):
    def test_dry_run_publishes_nothing_and_takes_no_lock(self):
        run = self.fetch("--dry-run")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.field("films"), "22")
        self.assertFalse(os.path.exists(self.cache))

    def test_wrong_usage_exits_64_and_points_to_help(self):
        for arguments in (["--nonsense"], ["surplus"], ["--config"]):
            with self.subTest(arguments):
                run = self.fetch(*arguments)
                self.assertEqual(run.returncode, 64)
                self.assertIn("--help", run.stderr)

    def test_help_and_version_print_to_stdout_and_exit_0(self):
        for argument, wanted in (("--help", "--rollback"),
                                 ("--version", "Marquee")):
            run = self.fetch(argument)
            self.assertEqual(run.returncode, 0)
            self.assertIn(wanted, run.stdout)
            self.assertEqual(run.stderr, "")

    def test_a_wrong_setting_exits_78_with_name_value_and_what_is_allowed(
            self):
        for name, value, allowed in (
                ("MARQUEE_TIMEOUT_MS", "soon", "whole number"),
                ("MARQUEE_RETRIES", "-1", "whole number"),
                ("MARQUEE_GHIBLI_URL", "ftp://x", "http://"),
                ("MARQUEE_GHIBLI_URL", "", "URLs"),
                ("MARQUEE_POSTERS", "maybe", "link off"),
                ("MARQUEE_LOG_FORMAT", "xml", "logfmt json")):
            with self.subTest(name=name, value=value):
                run = self.fetch(**{name: value})
                self.assertEqual(run.returncode, 78)
                for part in (name, '"%s"' % value, allowed):
                    self.assertIn(part, run.stderr)
                self.assertEqual(len(self.upstream.log), 0)

    def test_check_config_shows_each_setting_with_its_origin(self):
        config = self.path("marquee.env")
        with open(config, "w") as file:
            file.write("MARQUEE_RETRIES=7\nMARQUEE_POSTERS=off\n")
        env = self.settings()
        del env["MARQUEE_RETRIES"]
        run = self.run_program(
            [programs.program("fetch-movies"), "--config", config,
             "--check-config"], env=env)
        shown = run.stdout.decode().splitlines()
        self.assertIn("MARQUEE_RETRIES=7\t(%s:1)" % config, shown)
        self.assertIn("MARQUEE_POSTERS=off\t(%s:2)" % config, shown)
        self.assertIn("MARQUEE_CACHE_DIR=%s\t(environment)" % self.cache,
                      shown)
        self.assertIn("MARQUEE_CONCURRENCY=16\t(default)", shown)

    def test_missing_templates_exit_78_and_are_named(self):
        run = self.fetch(MARQUEE_SHARE_DIR=self.path("nowhere"))
        self.assertEqual(run.returncode, 78)
        self.assertIn(self.path("nowhere"), run.stderr)

    def test_json_logs_are_one_object_a_line(self):
        run = self.fetch(MARQUEE_LOG_FORMAT="json")
        line = json.loads(run.lines[-1])
        self.assertEqual(line["msg"], "published")
        self.assertEqual(line["program"], "fetch-movies")


class UnderCron(fetching.TestCase):
    def test_a_good_run_prints_nothing(self):
        run = self.fetch("--syslog")
        self.assertEqual(run.returncode, 0)
        self.assertEqual((run.stdout, run.stderr), ("", ""))

    def test_an_outage_is_mailed_once_when_the_data_gets_stale(self):
        self.publish()
        self.upstream.refuse_connections()
        printed = [bool(self.fetch("--syslog").stderr) for _ in range(5)]
        self.assertEqual(printed, [False, False, True, False, False])

    def test_an_answer_that_makes_no_sense_is_mailed_once_too(self):
        self.publish()
        self.upstream.set_fault("bad-gzip")
        runs = [self.fetch("--syslog") for _ in range(4)]
        self.assertEqual({run.returncode for run in runs}, {65})
        self.assertEqual([bool(run.stderr) for run in runs],
                         [False, False, True, False])

    def test_a_cache_that_cannot_be_written_is_mailed_at_once(self):
        with open(self.cache, "w"):
            pass
        run = self.fetch("--syslog")
        self.assertEqual(run.returncode, 73)
        self.assertIn(self.cache, run.stderr)


class NoRoom(fetching.TestCase):
    def limited(self, limit_bytes):
        return fetching.Run(self.run_program(
            [programs.program("fetch-movies")], env=self.settings(),
            preexec_fn=lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))))

    def test_no_room_exits_74_and_leaves_what_is_published(self):
        self.publish()
        before = self.published()
        self.upstream.collections["films"][0]["title"] = "Changed"
        for limit in (0, 1, 4096, 20000):
            with self.subTest(limit=limit):
                run = self.limited(limit)
                self.assertIn(run.returncode, (73, 74), run.stderr)
                self.assertIn("cannot", run.stderr)
                self.assertEqual(self.published(), before)
        self.assertEqual(self.publish().field("changed"), "yes")


if __name__ == "__main__":
    unittest.main()
