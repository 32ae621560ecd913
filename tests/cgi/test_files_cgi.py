"""files.fcgi, answer by answer: contract sections 3.2, 3.4 and 4."""

import gzip
import json
import os
import shutil
import threading

import brotli_text
import fcgi
import media_upstream
import programs
import responding
import serving_files
from serving_files import HIT, MISS, URL

SECURITY = ("content-security-policy", "x-content-type-options",
            "referrer-policy")


class Kept(serving_files.TestCase):

    def test_a_file_is_found_merged_and_kept(self):
        answer = self.cgi(URL + "file-7")
        self.assert_right(answer, "file-7")
        self.assertEqual(answer.headers["cache-status"], MISS)
        answer = self.cgi(URL + "file-7")
        self.assert_right(answer, "file-7")
        self.assertEqual(answer.headers["cache-status"], HIT)
        self.assertEqual(self.upstream.asked_twice(), [])

    def test_numbers_and_unknown_fields_are_as_the_upstream_gave_them(self):
        self.upstream.files[3].update(
            tiny=media_upstream.Number("1e-400"),
            huge=media_upstream.Number("123456789" * 30),
            trailing=media_upstream.Number("2.5000"),
            nested=[{"null": None, "ä": ["\U0001f3a7", "\u2028", "\x7f"]}])
        self.assert_right(self.cgi(URL + "file-3"), "file-3")

    def test_details_win_over_the_list(self):
        self.upstream.details["file-2"] = {"fileName": "the details' name"}
        answer = self.cgi(URL + "file-2")
        self.assertEqual(json.loads(answer.body)["fileName"],
                         "the details' name")

    def test_what_is_kept_is_what_was_first_answered_byte_for_byte(self):
        first = self.cgi(URL + "file-1")
        second = self.cgi(URL + "file-1")
        self.assertEqual(first.body, second.body)
        for name in ("etag", "content-type", "cache-control",
                     "last-modified", "vary"):
            self.assertIn(name, first.headers)
            if name != "last-modified":  # it shows once its second is over
                self.assertEqual(first.headers[name], second.headers[name])

    def test_headers_say_that_it_never_changes(self):
        for expires in ("0", "300"):  # the microcache keeps hits only
            answer = self.cgi(URL + "file-1")
            self.assertEqual(answer.headers["cache-control"],
                             "public, max-age=31536000, immutable")
            self.assertEqual(answer.headers["content-type"],
                             "application/json")
            self.assertEqual(answer.headers["access-control-allow-origin"],
                             "*")
            self.assertEqual(answer.headers["x-accel-expires"], expires)
            self.assertEqual(answer.headers["vary"], "Accept-Encoding")
            self.assertLess(int(answer.headers["age"]), 60)
            for name in SECURITY:
                self.assertIn(name, answer.headers)

    def test_validators_are_answered_with_304(self):
        tag = self.cgi(URL + "file-1").headers["etag"]
        self.assertRegex(tag, r'^"[0-9a-f]{32}"$')
        answer = self.cgi(URL + "file-1", if_none_match=tag)
        self.assertEqual((answer.status, answer.body), (304, b""))
        self.assertEqual(answer.headers["etag"], tag)
        date = answer.headers["last-modified"]
        answer = self.cgi(URL + "file-1", if_none_match='"other"')
        self.assertEqual(answer.status, 200)
        self.assertIn("GMT", date)

    def test_head_has_the_headers_and_no_body(self):
        get = self.cgi(URL + "file-1")
        for file_id in ("file-1", "file-2"):  # kept, and not
            head = self.cgi(URL + file_id, "HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            if file_id == "file-1":
                self.assertEqual(head.length, len(get.body))
                self.assertEqual(head.headers["etag"], get.headers["etag"])
        self.assertTrue(self.is_kept("file-2"))

    def test_a_range_is_cut_out_of_the_body(self):
        body = self.cgi(URL + "file-1").body
        answer = self.cgi(URL + "file-1", range="bytes=10-29")
        self.assertEqual((answer.status, answer.body), (206, body[10:30]))
        self.assertEqual(answer.headers["content-range"],
                         "bytes 10-29/%d" % len(body))
        answer = self.cgi(URL + "file-1", range="bytes=999999-")
        self.assertEqual(answer.status, 416)

    def test_what_is_kept_just_now_is_answered_like_what_was_kept(self):
        """Conditions, ranges and codings hold for the first answer too."""
        self.upstream.segments["file-1"] = media_upstream.segments(
            "file-1", 300)
        whole = self.cgi(URL + "file-1")
        tag = whole.headers["etag"]
        cases = [
            ({"range": "bytes=10-29"}, 206, whole.body[10:30]),
            ({"range": "bytes=-5"}, 206, whole.body[-5:]),
            ({"range": "bytes=10-29", "if_range": tag}, 206,
             whole.body[10:30]),
            ({"range": "bytes=10-29", "if_range": '"other"'}, 200,
             whole.body),
            ({"if_none_match": tag}, 304, b""),
            ({"if_none_match": "*"}, 304, b""),
            ({"if_none_match": '"other"'}, 200, whole.body),
            ({"if_modified_since": "Sun, 01 Jan 2040 00:00:00 GMT"}, 304,
             b""),
        ]
        for number, (headers, status, body) in enumerate(cases):
            with self.subTest(headers):
                self.cache = self.path("cache-%d" % number)  # the id is cold
                answer = self.cgi(URL + "file-1", **headers)
                self.assertEqual(answer.status, status, self.said(answer))
                self.assertEqual(answer.body, body)
                self.assertEqual(answer.headers["cache-status"], MISS)
                self.assertEqual(answer.headers["etag"], tag)
                self.assertTrue(self.is_kept("file-1"))
        self.cache = self.path("cache-coded")
        answer = self.cgi(URL + "file-1", accept_encoding="gzip")
        self.assertEqual(answer.headers["cache-status"], MISS)
        self.assertEqual(gzip.decompress(answer.body), whole.body)

    def test_prepared_encodings_are_served(self):
        self.upstream.segments["file-1"] = media_upstream.segments(
            "file-1", 300)
        body = self.cgi(URL + "file-1").body
        tags = set()
        for coding, unpack in [("gzip", gzip.decompress),
                               ("br", brotli_text.decompress)]:
            answer = self.cgi(URL + "file-1", accept_encoding=coding)
            self.assertEqual(answer.headers["content-encoding"], coding)
            self.assertLess(len(answer.body), len(body) / 2)
            self.assertEqual(unpack(answer.body), body)
            tags.add(answer.headers["etag"])
        self.assertEqual(len(tags), 2)

    def test_kept_files_are_served_while_the_upstream_is_down(self):
        self.cgi(URL + "file-1")
        self.upstream.refuse_connections()
        answer = self.cgi(URL + "file-1")
        self.assert_right(answer, "file-1")
        self.assertEqual(answer.headers["cache-status"], HIT)
        self.assertEqual(self.cgi(URL + "file-2").status, 502)

    def test_without_an_upstream_kept_files_are_served_and_others_are_503(
            self):
        self.cgi(URL + "file-1")
        self.assert_right(self.kept("file-1"), "file-1")
        answer = self.kept("file-2")
        self.assertIn("no media-file API",
                      self.problem(answer, 503)["detail"])
        self.assertIn("retry-after", answer.headers)

    def test_a_damaged_kept_file_is_never_served(self):
        self.cgi(URL + "file-1")
        path, = self.kept_files()
        os.chmod(path, 0o644)
        with open(path, "r+b") as file:
            file.truncate(os.path.getsize(path) // 2)
        self.assertNotIn("no media-file API", self.problem(
            self.kept("file-1"), 503)["detail"])
        answer = self.cgi(URL + "file-1")
        if answer.status == 200:
            self.assert_right(answer, "file-1")  # fetched anew
        else:
            self.problem(answer, 503)

    def test_a_kept_file_costs_one_open_and_no_lock(self):
        self.cgi(URL + "file-1")
        trace = self.path("trace")
        done = self.run_program(
            ["strace", "-f", "-e", "trace=open,openat,flock,fcntl,stat,"
             "newfstatat,access,connect,clone,clone3,"
             "landlock_restrict_self", "-o", trace,
             programs.release_program("files.fcgi")],
            env=self.settings(ASAN_OPTIONS="detect_leaks=0",
                              **responding.params(URL + "file-1")))
        self.assertIn(b"Cache-Status: marquee; hit\r\n", done.stdout)
        with open(trace, encoding="utf-8") as lines:
            calls = [line for line in lines]
        for at, line in enumerate(calls):
            if "landlock_restrict_self" in line:  # what is in reach is chosen
                calls = calls[at:]
                break
        of_cache = [line for line in calls if self.cache in line]
        self.assertEqual(len(of_cache), 1, of_cache)
        self.assertIn("O_RDONLY", of_cache[0])
        for name in ("flock(", "LK", "connect(", "clone"):
            self.assertEqual([line for line in calls if name in line], [])

    def test_the_path_on_disk_has_nothing_of_the_id(self):
        self.cgi(URL + "file-1")
        path, = self.kept_files()
        self.assertRegex(os.path.relpath(path, self.cache),
                         r"^files/[0-9a-f]{2}/[0-9a-f]{62}$")

    def test_a_cache_that_cannot_be_written_costs_keeping_only(self):
        with open(self.cache, "w", encoding="utf-8"):
            pass
        for _ in range(2):
            answer = self.cgi(URL + "file-1")
            self.assert_right(answer, "file-1")
            self.assertEqual(answer.headers["cache-control"], "no-store")
            self.assertEqual(answer.headers["cache-status"],
                             "marquee; fwd=miss")
            self.assertNotIn("x-accel-expires", answer.headers)
            self.assertIn("cannot be kept", answer.errors)


class Refused(serving_files.TestCase):

    BAD_IDS = [
        "..%2f..%2fetc%2fpasswd", "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "%2E",
        "..", ".", "../files/file-1", "a%2Fb", "%2F", "%00", "file-1%00",
        "file-1%0d%0aX:%20y", "%0a", "a%20b", "a+b", "a~b", "a:b", "a,b",
        "%66ile-1", "%", "%zz", "<script>", "a\\b", "'", "%C3%A4", "ä",
        "x" * 129, "x" * 1000, "x" * 10000, "%41" * 3000, "*", "@", "a;b",
        "a=b", "file-1 ", "//file-1", "/", "file-1/..",
    ]

    def test_ids_that_are_none_are_400_and_nobody_is_asked(self):
        self.serve()
        for bad in self.BAD_IDS:
            with self.subTest(bad[:40]):
                problem = self.problem(self.file(bad), 400)
                self.assertIn("1 to 128", problem["detail"])
                self.assertNotIn("script", json.dumps(problem))
        self.assertEqual(self.upstream.log, [])
        self.assertEqual(self.kept_files(), [])

    def test_ids_at_the_limits_are_ids(self):
        ids = ("x" * 128, "...", ".a", "-", "_", "A.b-c_9", "0", "a..b")
        for made, file_id in zip(self.upstream.files, ids):
            made["fileId"] = file_id
        self.serve()
        for file_id in ids:
            with self.subTest(file_id):
                self.assert_right(self.file(file_id), file_id)

    def test_other_paths_are_404(self):
        self.serve()
        for uri in ("/", "/api", "/api/presentation/files",
                    "/api/presentation/files/", URL + "file-1/",
                    URL + "file-1/x", URL + "file-1/segments", "/movies",
                    "/api/presentation/filesfile-1", "/other//file-1"):
            with self.subTest(uri):
                self.problem(self.ask(uri), 404)
        with fcgi.Connection(self.socket) as connection:
            self.problem(connection.ask({"REQUEST_METHOD": "GET"}), 404)
        self.assertEqual(self.upstream.log, [])

    def test_other_methods_are_405(self):
        self.serve()
        for method in ("POST", "PUT", "DELETE", "OPTIONS"):
            with self.subTest(method):
                answer = self.file("file-1", method)
                self.problem(answer, 405)
                self.assertEqual(answer.headers["allow"], "GET, HEAD")
        self.assertEqual(self.upstream.log, [])

    def test_a_browser_gets_json_too(self):
        answer = self.cgi(URL + "no%20id", accept="text/html")
        self.problem(answer, 400)
        self.cgi(URL + "file-1")
        answer = self.cgi(URL + "file-1", range="bytes=999999-",
                          accept="text/html")
        self.assertEqual(answer.headers["content-type"],
                         "application/problem+json")

    def test_the_query_means_nothing(self):
        self.cgi(URL + "file-1?order=year")
        answer = self.cgi(URL + "file-1?a=b&c")
        self.assert_right(answer, "file-1")
        self.assertEqual(answer.headers["cache-status"], HIT)


class Walks(serving_files.TestCase):

    def test_as_many_pages_are_in_flight_as_concurrency_says(self):
        """No page is answered before so many are asked for at once."""
        self.upstream.files = media_upstream.library(40)
        answer_list = self.upstream.answer_list
        for concurrency in (1, 3, 16):
            with self.subTest(concurrency):
                self.upstream.most_active = 0

                def answer(entry, wanted=concurrency):
                    programs.wait_for(
                        lambda: self.upstream.most_active >= wanted, 30,
                        "%d pages in flight" % wanted)
                    return answer_list(entry)
                self.upstream.add_route(media_upstream.LIST, answer)
                answer = self.cgi(URL + "nobody", env={
                    "MARQUEE_CONCURRENCY": str(concurrency),
                    "MARQUEE_TIMEOUT_MS": "60000"})
                self.problem(answer, 404)
                self.assertEqual(self.upstream.most_active, concurrency)

    def test_details_and_segments_are_asked_for_at_once(self):
        """Neither is answered before both were asked for."""
        both = threading.Barrier(2)
        for path in (media_upstream.DETAILS, media_upstream.SEGMENTS):
            def answer(entry, route=self.upstream.route_of(path)):
                both.wait(60)
                return route(entry)
            self.upstream.add_route(path, answer)
        self.assert_right(self.cgi(URL + "file-7", env={
            "MARQUEE_TIMEOUT_MS": "60000"}), "file-7")

    def test_a_walk_that_has_found_its_id_hands_its_connection_on(self):
        """One page at a time and no more than needed: nothing is dropped under
        way, so all goes over one connection."""
        answer = self.cgi(URL + "file-33", env={"MARQUEE_CONCURRENCY": "1"})
        self.assert_right(answer, "file-33")
        self.assertEqual(self.upstream.pages(), list(range(7)))
        self.assertEqual(len(self.upstream.of("file-33")), 2)
        self.assertEqual(self.upstream.connection_count, 1)

    def test_connections_are_kept_between_files(self):
        self.serve(settings={"MARQUEE_CONCURRENCY": "1",
                             "MARQUEE_INDEX_TTL_S": "0"})
        for file_id in ("file-3", "file-33", "file-4"):
            self.assert_right(self.file(file_id), file_id)
        self.assertEqual(self.upstream.connection_count, 1)


class Unfinished(serving_files.TestCase):

    def test_an_unknown_id_is_404_after_the_whole_list(self):
        answer = self.cgi(URL + "nobody")
        self.problem(answer, 404)
        self.assertEqual(answer.headers["cache-status"], "marquee; fwd=miss")
        self.assertLessEqual(set(range(13)), set(self.upstream.pages()))
        self.assertEqual(self.upstream.of("nobody"), [])
        self.assertEqual(self.kept_files(), [])

    def test_a_page_that_is_too_large_is_502(self):
        self.upstream.files[3]["note"] = "x" * (9 << 20)
        self.problem(self.cgi(URL + "file-2"), 502)
        self.assertEqual(self.kept_files(), [])

    def test_beyond_max_pages_nothing_is_looked_for(self):
        answer = self.cgi(URL + "file-20", env={"MARQUEE_MAX_PAGES": "4"})
        self.problem(answer, 404)
        self.assertEqual(sorted(self.upstream.pages()), [0, 1, 2, 3])
        answer = self.cgi(URL + "file-20", env={"MARQUEE_MAX_PAGES": "5"})
        self.assert_right(answer, "file-20")

    def test_an_unfinished_file_is_400_and_names_its_status(self):
        for status in ("PROCESSING", "QUEUED", "UPLOADED"):
            with self.subTest(status):
                self.upstream.set_status("file-7", status)
                answer = self.cgi(URL + "file-7")
                problem = self.problem(answer, 400)
                self.assertEqual(problem["processingStatus"], status)
                self.assertIn(status, problem["detail"])
                self.assertGreater(int(answer.headers["retry-after"]), 0)
        self.assertEqual(self.kept_files(), [])

    def test_a_file_that_failed_is_400_without_a_time_to_come_again(self):
        self.upstream.set_status("file-7", "FAILED")
        answer = self.cgi(URL + "file-7")
        self.assertEqual(self.problem(answer, 400)["processingStatus"],
                         "FAILED")
        self.assertNotIn("retry-after", answer.headers)

    def test_a_status_of_any_text_is_told_safely(self):
        for status in ('<b>"&\\', "ü" * 500, "a\r\nSet-Cookie: b", "", None,
                       "finished", "FINISHED "):
            with self.subTest(status):
                self.upstream.set_status("file-7", status)
                answer = self.cgi(URL + "file-7")
                self.assertIn(answer.status, (400, 502))
                self.problem(answer)
                self.assertNotIn("set-cookie", answer.headers)
        self.assertEqual(self.kept_files(), [])

    def test_one_that_gets_finished_is_found_at_once(self):
        """Although the index of the walk still says PROCESSING."""
        self.upstream.set_status("file-7", "PROCESSING")
        self.serve(settings={"MARQUEE_INDEX_TTL_S": "3600"})
        self.problem(self.file("file-7"), 400)
        self.upstream.set_status("file-7", "FINISHED")
        self.assert_right(self.file("file-7"), "file-7")

    def test_details_that_are_ahead_of_the_list_are_believed(self):
        self.upstream.set_status("file-7", "PROCESSING")
        self.serve(settings={"MARQUEE_INDEX_TTL_S": "3600"})
        self.problem(self.file("file-7"), 400)
        self.upstream.details["file-7"] = {"processingStatus": "FINISHED"}
        self.assert_right(self.file("file-7"), "file-7")

    def test_one_that_was_unfinished_and_has_no_details_now_is_looked_for(
            self):
        self.upstream.set_status("file-7", "PROCESSING")
        self.serve(settings={"MARQUEE_INDEX_TTL_S": "3600"})
        self.problem(self.file("file-7"), 400)
        self.upstream.details["file-7"] = {"processingStatus": None}
        for fault in None, "status-404":
            if fault is not None:
                self.upstream.fail(fault, "details/file-7")
            self.upstream.asked()
            self.problem(self.file("file-7"), 400)
            self.assertIn(0, self.upstream.pages(), fault)

    def test_one_that_was_unfinished_and_whose_details_fail_is_502(self):
        self.upstream.set_status("file-7", "PROCESSING")
        self.serve(settings={"MARQUEE_INDEX_TTL_S": "3600"})
        self.problem(self.file("file-7"), 400)
        self.upstream.fail("status-500", "details/file-7")
        self.problem(self.file("file-7"), 502)

    def test_one_that_appears_is_found_when_the_index_has_grown_old(self):
        self.serve(settings={"MARQUEE_INDEX_TTL_S": "1"})
        self.problem(self.file("new"), 404)
        self.upstream.files.append(media_upstream.file(99, fileId="new"))
        programs.wait_for(lambda: self.file("new").status == 200, 10,
                          "the new file")

    def test_a_second_unknown_id_does_not_walk_again(self):
        self.serve()
        self.problem(self.file("nobody"), 404)
        self.upstream.asked()
        self.problem(self.file("nobody-else"), 404)
        # Requests of the first walk that nobody waited for may come late.
        self.assertNotIn(0, self.upstream.pages())


    def test_an_unfinished_id_that_a_walk_has_seen_does_not_walk_again(self):
        for file_id in ("file-7", "file-57"):
            self.upstream.set_status(file_id, "PROCESSING")
        self.serve()
        self.problem(self.file("nobody"), 404)
        self.upstream.asked()
        for file_id in ("file-7", "file-57"):
            self.problem(self.file(file_id), 400)
            self.assertEqual([entry.path for entry in
                              self.upstream.of(file_id)],
                             ["/api/file/details/" + file_id])
        self.assertNotIn(0, self.upstream.pages())


class Itself(serving_files.TestCase):

    def test_ping_and_health_answer(self):
        self.serve()
        self.assertEqual(json.loads(self.ask("/ping").body)["ping"], "pong!")
        answer = self.ask("/health")
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(answer.body)["status"], "ok")

    def files_health(self):
        """The entry as movies.fcgi shows it."""
        done = self.run_program(
            [programs.program("movies.fcgi")],
            env=self.settings(**responding.params("/health")))
        return json.loads(done.stdout.partition(b"\r\n\r\n")[2])[
            "services"]["files"]

    def test_health_tells_of_the_last_failure_until_the_next_success(self):
        self.assertEqual(self.files_health()["status"], "disabled")
        self.serve()
        entry = self.files_health()
        self.assertEqual((entry["status"], entry["kept"],
                          entry["last_error"]), ("ok", 0, None))
        self.file("file-1")
        self.file("file-2")
        self.assertEqual(self.files_health()["kept"], 2)
        self.upstream.fail("status-500", "details/file-3")
        self.problem(self.file("file-3"), 502)
        entry = self.files_health()
        self.assertEqual((entry["status"], entry["kept"]), ("degraded", 2))
        self.assertIn("500", entry["last_error"])
        self.assertRegex(entry["last_failure"], r"^20\d\d-.*Z$")
        self.file("file-4")
        entry = self.files_health()
        self.assertEqual((entry["status"], entry["kept"],
                          entry["last_error"]), ("ok", 3, None))

    def test_health_says_that_a_killed_process_is_not_running(self):
        process = self.serve()
        self.file("file-1")
        self.assertEqual(self.files_health()["status"], "ok")
        process.kill()
        process.wait()
        entry = self.files_health()
        self.assertEqual((entry["status"], entry["last_error"]),
                         ("down", "files.fcgi is not running"))
        self.serve()
        entry = self.files_health()
        self.assertEqual((entry["status"], entry["last_error"]), ("ok", None))

    def test_one_of_two_processes_is_enough_for_health(self):
        first = self.serve()
        second = self.serve()
        first.kill()
        first.wait()
        self.assertEqual(self.files_health()["status"], "ok")
        third = self.serve()
        self.assertEqual(self.end(third), 0)
        self.assertEqual(self.files_health()["status"], "ok")
        second.kill()
        second.wait()
        self.assertEqual(self.files_health()["status"], "down")

    def test_a_process_that_was_told_to_end_is_no_failure(self):
        process = self.serve()
        self.file("file-1")
        self.assertEqual(self.end(process), 0)
        self.assertEqual(self.files_health()["status"], "disabled")

    def test_a_plain_cgi_program_is_well_although_no_process_is_there(self):
        process = self.serve()
        process.kill()
        process.wait()
        self.assert_right(self.cgi(URL + "file-1"), "file-1")
        self.assertEqual(self.files_health()["status"], "ok")

    def test_health_sees_it_again_when_the_cache_was_emptied(self):
        """The process that is confined to a directory that is gone makes place
        for another."""
        process = self.serve(is_supervised=True)
        # In one step: it writes there.
        os.rename(self.cache, self.path("gone"))
        shutil.rmtree(self.path("gone"))
        self.assertEqual(self.files_health()["status"], "disabled")
        programs.wait_for(
            lambda: self.file("file-1").status == 200 and
            self.is_kept("file-1"), 30, "one that keeps what it fetches")
        programs.wait_for(lambda: self.files_health()["status"] == "ok", 30,
                          "/health to see it")
        self.assertEqual(self.end(process), 0, self.errors(process))

    def test_unknown_and_unfinished_files_are_no_failures(self):
        self.serve()
        self.upstream.set_status("file-7", "FAILED")
        self.file("file-7")
        self.file("nobody")
        self.assertEqual(self.files_health()["status"], "ok")

    def test_without_an_upstream_it_is_disabled(self):
        self.serve(settings={"MARQUEE_FILES_URL": ""})
        self.assertEqual(self.files_health()["status"], "disabled")

    def test_threads_are_1_to_512(self):
        for threads in ("0", "513", "x", "-1", ""):
            done = self.run_program(
                [programs.program("files.fcgi"), "--threads", threads],
                env=self.settings())
            self.assertEqual(done.returncode, 64, threads)
            self.assertIn(b"1 to 512", done.stderr)

    def test_settings_are_checked(self):
        for name, value, allowed in [
                ("MARQUEE_MAX_WALKS", "0", "from 1 to 1000"),
                ("MARQUEE_INDEX_TTL_S", "x", "from 0 to 86400"),
                ("MARQUEE_FILES_URL", "ftp://x", "http://"),
                ("MARQUEE_MAX_PAGES", "100001", "from 1 to 100000"),
                ("MARQUEE_PAGE_SIZE", "-5", "from 1 to 10000")]:
            done = self.run_program(
                [programs.program("files.fcgi"), "--check-config"],
                env=self.settings(**{name: value}))
            self.assertEqual(done.returncode, 78, name)
            self.assertIn(name.encode(), done.stderr)
            self.assertIn(allowed.encode(), done.stderr)
