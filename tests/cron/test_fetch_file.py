"""fetch-file: what it keeps, what it says, and with which status it exits."""

import json
import os
import unittest

import media_upstream
import programs
import upstream_faults


class TestCase(programs.TestCase):

    timeout_ms = 8000

    def setUp(self):
        super().setUp()
        self.upstream = media_upstream.MediaUpstream(
            made=media_upstream.files(60)).start()
        self.addCleanup(self.upstream.stop)
        self.cache = self.path("cache")

    def fetch(self, *arguments, timeout=60, **settings):
        env = {
            "MARQUEE_CACHE_DIR": self.cache,
            "MARQUEE_FILES_URL": self.upstream.url,
            "MARQUEE_TIMEOUT_MS": str(self.timeout_ms),
            "MARQUEE_RETRIES": "0",
        }
        env.update(settings)
        run = self.run_program([programs.program("fetch-file"), *arguments],
                               env=env, timeout=timeout)
        run.lines = run.stdout.decode().splitlines()
        run.errors = run.stderr.decode("utf-8", "replace")
        return run

    def kept(self):
        """What is kept: id -> value, read from the packs themselves."""
        found = {}
        for parent, _, names in os.walk(os.path.join(self.cache, "files")):
            for name in names:
                with open(os.path.join(parent, name), "rb") as pack:
                    text = pack.read()[16:].decode("utf-8", "replace")
                value, _ = json.JSONDecoder().raw_decode(text)
                found[value["fileId"]] = value
        return found


class Fetching(TestCase):

    def test_a_finished_file_is_kept_and_said_to_be(self):
        run = self.fetch("file-7")
        self.assertEqual((run.returncode, run.lines, run.errors),
                         (0, ["kept file-7"], ""))
        self.assertEqual(list(self.kept()), ["file-7"])

    def test_a_kept_file_is_not_asked_for_again(self):
        self.fetch("file-7")
        run = self.fetch("file-7")
        self.assertEqual((run.returncode, run.lines),
                         (0, ["already kept file-7"]))
        self.assertEqual(self.upstream.asked_twice(), [])

    def test_one_bad_one_does_not_keep_the_others_from_being_kept(self):
        self.upstream.set_status("file-2", "PROCESSING")
        run = self.fetch("file-1", "file-2", "nobody", "file-3")
        self.assertEqual(run.returncode, 65)
        self.assertEqual(run.lines, ["kept file-1", "kept file-3"])
        errors = run.errors.splitlines()
        self.assertEqual(len(errors), 2, run.errors)
        self.assertIn("id=file-2", errors[0])
        self.assertIn("PROCESSING", errors[0])
        self.assertIn("id=nobody", errors[1])
        self.assertIn("unknown", errors[1])
        self.assertEqual(sorted(self.kept()), ["file-1", "file-3"])

    def test_ids_of_one_call_share_what_a_walk_has_seen(self):
        # All three on one page: the answer of another may come too late.
        self.fetch("file-50", "file-52", "file-54")
        self.assertEqual(self.upstream.pages().count(10), 1)

    def test_the_cost_is_bounded_by_the_page_and_the_concurrency(self):
        for page, concurrency in ((1, 16), (30, 16), (100, 40), (7, 1)):
            with self.subTest(page=page, concurrency=concurrency):
                file_id = "file-%d" % (page * 5 - 1)
                # One of its own: the last requests of a walk may come late.
                with media_upstream.MediaUpstream(
                        made=media_upstream.library(200)) as upstream:
                    self.assertEqual(self.fetch(
                        file_id, MARQUEE_FILES_URL=upstream.url,
                        MARQUEE_CONCURRENCY=str(concurrency)).returncode, 0)
                    self.assertLessEqual(len(upstream.pages()),
                                         page + concurrency)
                    self.assertEqual(len(upstream.of(file_id)), 2)

    def test_regress_details_of_any_size_were_held_in_memory(self):
        self.upstream.details["file-7"] = {"notes": "x" * 1100000}
        run = self.fetch("file-7")
        self.assertEqual((run.returncode, run.lines), (65, []))
        self.assertIn("larger than 1048576 bytes", run.errors)
        self.assertEqual(self.kept(), {})

    def test_a_page_of_the_list_has_two_megabytes_at_most(self):
        for file in self.upstream.files[:3]:
            file["notes"] = "x" * 900000
        run = self.fetch("file-1")
        self.assertEqual((run.returncode, run.lines), (65, []))
        self.assertIn("larger than 2097152 bytes", run.errors)

    def test_status_words_cannot_forge_a_log_line(self):
        self.upstream.set_status("file-2", "X\" level=info\nkept file-2")
        run = self.fetch("file-2")
        self.assertEqual(run.returncode, 65)
        self.assertEqual(len(run.errors.splitlines()), 1, run.errors)
        self.assertEqual(run.lines, [])

    def test_a_cache_that_cannot_be_written_is_an_error_of_creating(self):
        with open(self.cache, "w", encoding="utf-8"):
            pass
        run = self.fetch("file-1")
        self.assertIn(run.returncode, (73, 74), run.errors)
        self.assertIn("cannot be kept", run.errors)


class Usage(TestCase):

    def test_wrong_calls_are_exit_64_and_ask_nobody(self):
        for arguments in ((), ("--all", "file-1"), ("--forget",),
                          ("--all", "--forget"), ("a/b",), ("..",), ("",),
                          ("file-1", "a b"), ("x" * 129,), ("--nonsense",),
                          ("--forget", "../x")):
            with self.subTest(arguments):
                run = self.fetch(*arguments)
                self.assertEqual(run.returncode, 64, run.errors)
                self.assertEqual(run.lines, [])
                self.assertNotEqual(run.errors, "")
        self.assertEqual(self.upstream.log, [])
        self.assertEqual(self.kept(), {})

    def test_without_an_upstream_it_is_exit_78(self):
        run = self.fetch("file-1", MARQUEE_FILES_URL="")
        self.assertEqual(run.returncode, 78)
        self.assertIn("MARQUEE_FILES_URL", run.errors)

    def test_help_names_every_exit_status(self):
        run = self.fetch("--help")
        self.assertEqual(run.returncode, 0)
        for word in ("--forget", "--all", "64", "65", "69", "73", "78"):
            self.assertIn(word, run.stdout.decode())

    def test_a_full_stdout_is_no_success(self):
        with open("/dev/full", "wb") as full:
            process = self.start(
                [programs.program("fetch-file"), "file-1"], stdout=full,
                env={"MARQUEE_CACHE_DIR": self.cache,
                     "MARQUEE_FILES_URL": self.upstream.url})
            self.assertEqual(process.wait(30), 74)


class Forgetting(TestCase):

    def test_forgotten_files_are_gone_and_fetched_anew(self):
        self.fetch("file-1", "file-2")
        run = self.fetch("--forget", "file-1", "nobody", MARQUEE_FILES_URL="")
        self.assertEqual((run.returncode, run.lines),
                         (0, ["forgot file-1", "was not kept: nobody"]))
        self.assertEqual(list(self.kept()), ["file-2"])
        self.upstream.files[1]["seriesTitle"] = "another"
        self.fetch("file-1")
        self.assertEqual(self.kept()["file-1"]["seriesTitle"], "another")


class All(TestCase):

    def test_every_finished_file_is_kept_by_one_walk(self):
        self.upstream.set_status("file-5", "PROCESSING")
        self.upstream.set_status("file-6", "FAILED")
        self.fetch("file-1", MARQUEE_CONCURRENCY="1")
        self.upstream.asked()
        run = self.fetch("--all")
        self.assertEqual(run.returncode, 0, run.errors)
        self.assertEqual(len(self.kept()), 58)
        self.assertIn("already kept file-1", run.lines)
        self.assertEqual(len(run.lines), 58)
        self.assertEqual(self.upstream.pages().count(3), 1)
        self.assertEqual(self.upstream.of("file-5"), [])
        self.assertEqual(self.upstream.of("file-1"), [])
        self.assertEqual(len(self.upstream.of("file-2")), 2)

    def test_one_that_fails_is_named_and_the_others_are_kept(self):
        self.upstream.fail("status-500", "segments/file-9")
        run = self.fetch("--all")
        self.assertEqual(run.returncode, 69)
        self.assertIn("id=file-9", run.errors)
        self.assertEqual(len(self.kept()), 59)

    def test_a_list_that_cannot_be_read_to_its_end_is_a_failure(self):
        self.upstream.fail("status-500", "page/3")
        run = self.fetch("--all")
        self.assertEqual(run.returncode, 69)
        self.assertEqual(run.lines, [])

    def test_ids_that_nobody_could_ask_for_are_named(self):
        self.upstream.files[3]["fileId"] = "a/b"
        run = self.fetch("--all")
        self.assertEqual(run.returncode, 64)
        self.assertIn("id=a/b", run.errors)
        self.assertEqual(len(self.kept()), 59)


class Faults(TestCase):
    """Each fault at each of the three places."""

    timeout_ms = 1000

    def check(self, place):
        for number, name in enumerate(sorted(upstream_faults.FAULTS)):
            if name in upstream_faults.ONLY_OF_FILMS:
                continue
            file_id = "file-%d" % (number % 60)
            kind = upstream_faults.FAULTS[name].kind
            self.cache = self.path("cache-" + name)
            self.upstream.clear_faults()
            self.upstream.fail(name, place)
            with self.subTest(name):
                run = self.fetch(file_id, MARQUEE_MAX_BYTES="4194304",
                                 timeout=15)
                statuses = upstream_faults.EXITS_OF_FILES[kind]
                if name == "small-pieces":  # many, for one second
                    statuses = {0, 69}
                elif name == "object" and place == "details":
                    statuses = {0}  # it has fields that nobody knows
                self.assertIn(run.returncode, statuses, run.errors)
                self.check_kept(run, file_id)

    def check_kept(self, run, file_id):
        kept = self.kept()
        if run.returncode != 0:
            self.assertEqual(kept, {})
            self.assertEqual(run.lines, [])
            self.assertEqual(len(run.errors.splitlines()), 1, run.errors)
            return
        self.assertEqual(list(kept), [file_id])
        self.assertEqual(kept[file_id]["processingStatus"], "FINISHED")
        for segment in kept[file_id]["segments"]:
            self.assertEqual(segment.get("fileId", file_id), file_id)

    def test_no_fault_of_the_list_keeps_anything_wrong(self):
        self.check("list")

    def test_no_fault_of_details_keeps_anything_wrong(self):
        self.check("details")

    def test_no_fault_of_segments_keeps_anything_wrong(self):
        self.check("segments")


if __name__ == "__main__":
    unittest.main()
