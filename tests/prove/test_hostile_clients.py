"""The short form of prove_hostile_clients.py."""

import os
import re
import resource
import unittest

import crowd
import fcgi_attack
import fcgi_targets
import hostile_controls
import hostile_crowds
import hostile_site
import http_corpus
import http_wire
import programs
import whole_site

SEED = 5
STREAMS = 64


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
                attack.run(4 * STREAMS, SEED, until_found=True)
                self.assertNotEqual(attack.violations, [])


class Requests(unittest.TestCase):
    """The corpus of tests/data/http; one site for all of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.enterClassContext(
            hostile_site.started(hostile_site.PatientSite))
        # One other reader's page is asked for after each case; all in full.
        cls.checks = http_corpus.Checks(cls.site, http_corpus.OTHERS[:1])

    def run_cases(self, name):
        cases = http_corpus.read(name)
        self.assertGreater(len(cases), 20)
        for case in cases:
            with self.subTest(case["what"]):
                self.assertEqual(self.checks.run(case), [])

    def test_every_file_of_the_corpus_is_tried(self):
        self.assertEqual(set(http_corpus.files()),
                         set(hostile_controls.FOUND))

    def test_no_request_is_smuggled_in_another(self):
        self.run_cases("smuggling.json")

    def test_no_request_writes_a_header_of_its_answer(self):
        self.run_cases("header-injection.json")

    def test_no_spelling_of_a_path_leads_out(self):
        self.run_cases("traversal.json")

    def test_no_page_has_the_name_of_what_caches_keep(self):
        self.run_cases("cache-deception.json")

    def test_no_reader_decides_what_others_get(self):
        self.run_cases("cache-poisoning.json")

    def test_no_host_and_no_forwarding_header_changes_an_answer(self):
        self.run_cases("hosts.json")

    def test_no_method_is_another_than_it_says(self):
        self.run_cases("methods.json")

    def test_no_size_of_a_header_or_a_body_is_too_much(self):
        self.run_cases("header-sizes.json")

    def test_no_range_date_or_condition_confuses(self):
        self.run_cases("ranges-and-conditions.json")

    def test_each_file_finds_the_fault_that_it_is_for(self):
        with hostile_controls.broken(self.site) as broken:
            for name in http_corpus.files():
                with self.subTest(name):
                    self.assertGreater(hostile_controls.found(
                        broken, name, until_found=True), 0)

    def test_regress_an_answer_of_http_0_9_had_no_security_headers(self):
        for target in (b"/movies", b"/nothing", b"/ping"):
            with self.subTest(target):
                exchange = http_wire.talk(self.site.port,
                                          b"GET %s\r\n" % target)
                self.assertEqual((exchange.responses, exchange.wrong),
                                 ([], None))


class Crowds(unittest.TestCase):
    """Clients that hold on to connections; no time is measured here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.site = cls.enterClassContext(
            hostile_site.started(hostile_crowds.SmallSite))

    def try_crowd(self, kind):
        scenario, = [one for one in hostile_crowds.SCENARIOS
                     if one.kind == kind]
        with crowd.Crowd(kind, self.site.port, scenario.short,
                         scenario.target) as many:
            wrong = hostile_crowds.wrong_answers(self.site, self.site.port, 3)
        self.assertEqual(wrong, [])
        self.assertEqual(many.came, scenario.short)
        self.assertNotEqual(hostile_crowds.found_by(
            self.site, scenario, scenario.control_short), [], scenario.fault)

    def test_half_open_connections_keep_nobody_out(self):
        self.try_crowd("half-open")

    def test_slow_readers_hold_no_responder(self):
        self.try_crowd("slow-readers")

    def test_slow_writers_hold_no_responder(self):
        self.try_crowd("slow-writers")

    def frozen(self, *edits):
        """What is wrong with the lists of another nginx."""
        with hostile_site.beside(self.site, edits) as other, \
                hostile_crowds.Frozen(self.site):
            return hostile_crowds.lists_of(self.site, other.port)[0]

    def test_a_frozen_responder_keeps_nobody_from_the_lists(self):
        self.assertEqual(self.frozen(), [])
        self.assertNotEqual(self.frozen(*hostile_crowds.NO_FALLBACK), [])

    def limits(self, name):
        """A limit of each of nginx's workers."""
        pid = self.site.nginx.pid
        with open("/proc/%d/task/%d/children" % (pid, pid),
                  encoding="ascii") as children:
            workers = children.read().split()
        self.assertNotEqual(workers, [])
        for worker in workers:
            with open("/proc/%s/limits" % worker, encoding="ascii") as limits:
                yield int(re.search(name + r" +(\d+)", limits.read())[1])

    def setting(self, name, *path):
        """What a file of nginx's configuration says."""
        with open(os.path.join(whole_site.NGINX, *path),
                  encoding="utf-8") as file:
            found = re.search(r"^\s*%s (\w+);" % name, file.read(), re.M)
        return found[1]

    def test_regress_a_worker_had_room_for_4096_clients_only(self):
        self.assertGreater(int(self.setting("worker_connections",
                                            "run.conf.in")), 10000)
        wanted = int(self.setting("worker_rlimit_nofile", "run.conf.in"))
        _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
        for most in self.limits("Max open files"):
            self.assertGreaterEqual(most, min(wanted, allowed))

    def test_regress_the_files_took_the_whole_two_seconds(self):
        said = self.setting("fastcgi_read_timeout", "snippets",
                            "marquee-locations.conf")
        self.assertRegex(said, r"^1[0-8]\d\dms$")


if __name__ == "__main__":
    unittest.main()
