"""fetch-movies of several hosts, with a real redis-server: who asks the
upstream, what the others take, and what does not come back."""

import signal

import hosts
import programs


class Sharing(hosts.TestCase):

    count = 3

    def test_one_host_asks_and_all_have_the_same_bytes(self):
        _, requests = self.asked(self.publish)
        self.assertEqual(requests, 3)
        self.assert_same()

    def test_a_round_of_unchanged_data_is_asked_for_once_without_bodies(self):
        self.publish()
        _, requests = self.asked(self.publish)
        self.assertEqual(requests, 3)
        self.assertEqual([entry.status for entry in self.upstream.log[-3:]],
                         [304] * 3)

    def test_whoever_took_asks_next_as_if_it_had_asked_before(self):
        self.publish()
        self.hosts.reverse()
        _, requests = self.asked(self.publish)
        self.assertEqual([entry.status for entry in self.upstream.log[-3:]],
                         [304] * 3)
        self.assertEqual(requests, 3)

    def test_new_data_is_everywhere_after_one_round(self):
        self.publish()
        before = self.hosts[0].generation()
        self.change("Another Castle")
        self.hosts.reverse()
        self.publish()
        self.assertNotEqual(self.hosts[0].generation(), before)
        self.assert_same()

    def test_checked_is_the_moment_of_the_question_on_every_host(self):
        self.publish()
        first = self.hosts[0].checked()
        for host in self.hosts[1:]:
            self.assertLessEqual(host.checked(), first)
            self.assertLess(first - host.checked(), 1)

    def test_hosts_that_begin_at_once_ask_once(self):
        self.upstream.set_fault("slow-start", delay_s=0.5)
        runs, requests = self.asked(self.all_at_once)
        self.assertEqual(runs, [0] * 3)
        self.assertEqual(requests, 3)
        self.assert_same()

    def all_at_once(self):
        return [process.wait(60)
                for process in [host.start() for host in self.hosts]]

    def test_a_host_that_runs_by_itself_asks_every_time(self):
        """What it has confirmed itself is no news, however fresh."""
        self.publish()
        for _ in range(2):
            _, requests = self.asked(self.hosts[0].fetch)
            self.assertEqual(requests, 3)

    def test_what_was_confirmed_too_long_ago_is_asked_for_anew(self):
        self.hosts[0].fetch()
        self.age_redis()
        run, requests = self.asked(self.hosts[1].fetch)
        self.assertEqual((requests, run.field("redis")), (3, "given"),
                         run.stderr)

    def test_how_old_is_too_old_is_a_setting(self):
        self.hosts[0].fetch()
        self.age_redis(60)
        for most, answer in (("120", "taken"), ("30", "given")):
            host = hosts.Host(self, int(most))
            self.assertEqual(host.fetch(
                MARQUEE_REDIS_AGE_S=most).field("redis"), answer)

    def test_what_is_kept_in_redis_has_an_end(self):
        self.publish()
        self.change("Another Castle")
        self.publish()
        lives = sorted(self.redis.call("TTL", key)
                       for key in self.redis.keys())
        self.assertEqual(len(lives), 3, self.redis.keys())
        self.assertTrue(0 < lives[0] <= 60, lives)
        self.assertTrue(all(0 < left <= 86400 for left in lives), lives)

    def test_hosts_with_other_settings_never_meet(self):
        self.hosts[0].fetch()
        for more in ({"MARQUEE_SPECIES": "Human"},
                     {"MARQUEE_PUBLIC_URL": "https://films.example"},
                     {"MARQUEE_POSTERS": "off"}):
            run, requests = self.asked(
                lambda more=more: self.hosts[1].fetch(**more))
            self.assertEqual((requests >= 3, run.field("redis")),
                             (True, "given"), run.stderr)

    def test_a_database_of_redis_is_of_its_own(self):
        self.hosts[0].fetch()
        run = self.hosts[1].fetch(MARQUEE_REDIS_URL=self.redis.url + "/3")
        self.assertEqual(run.field("redis"), "given", run.stderr)


class Leases(hosts.TestCase):
    """Who asks, when others are slow, asleep or dead."""

    def setUp(self):
        super().setUp()
        self.publish()
        self.lease = self.name() + ":lease"

    def test_a_holder_that_died_is_followed_when_its_lease_runs_out(self):
        self.redis.call("SET", self.lease, "of the dead", "PX", "3000")
        run, requests = self.asked(self.hosts[0].fetch)
        self.assertEqual((run.returncode, requests, run.field("redis")),
                         (0, 3, "given"), run.stderr)

    def test_a_holder_that_neither_ends_nor_dies_keeps_nobody_waiting(self):
        self.redis.call("SET", self.lease, "of the undead")
        head = self.head()
        run, requests = self.asked(
            lambda: self.hosts[0].fetch(MARQUEE_TIMEOUT_MS="1000"))
        self.assertEqual((run.returncode, requests, run.field("redis")),
                         (0, 3, None), run.stderr)
        self.assertIn("not waiting any longer", run.stderr)
        self.assertEqual(self.head(), head)

    def test_a_lease_is_given_up_with_the_run(self):
        self.assertEqual(self.redis.call("EXISTS", self.lease), 0)
        self.upstream.set_fault("status-503")
        self.assertEqual(self.hosts[0].fetch().returncode, 69)
        self.assertEqual(self.redis.call("EXISTS", self.lease), 0)

    def test_a_lease_is_renewed_as_long_as_the_run_takes(self):
        self.upstream.set_fault("slow-start", delay_s=4)
        process = self.hosts[0].start()
        programs.wait_for(lambda: self.redis.call("EXISTS", self.lease), 20,
                          "the lease")
        holder = self.redis.call("GET", self.lease)
        run, requests = self.asked(
            lambda: self.hosts[1].fetch(MARQUEE_TIMEOUT_MS="60000"))
        self.assertEqual(process.wait(60), 0, self.errors(process))
        self.assertIn("redis=given", self.errors(process))
        self.assertEqual(run.field("redis"), "taken", run.stderr)
        self.assertLessEqual(requests, 3)
        self.assertIsNotNone(holder)

    def test_a_holder_that_slept_past_its_lease_overwrites_nothing_newer(self):
        self.change("Old News")
        self.upstream.set_fault("slow-start", path="/species", times=1,
                                delay_s=1)
        sleeper = self.hosts[0].start(MARQUEE_TIMEOUT_MS="60000")
        programs.wait_for(
            lambda: [e for e in self.upstream.log if e.fault], 20,
            "the sleeper's question")
        programs.wait_for(
            lambda: len([e for e in self.upstream.log[-3:]
                         if e.status in (200, 304)]) == 2, 20,
            "its first answers")
        sleeper.send_signal(signal.SIGSTOP)
        self.change("New News")
        run = self.hosts[1].fetch()
        self.assertEqual(run.field("redis"), "given", run.stderr)
        head = self.head()
        sleeper.send_signal(signal.SIGCONT)
        self.assertEqual(sleeper.wait(60), 0)
        self.assertEqual(self.head(), head)
        self.assertNotIn("redis=", self.errors(sleeper))
        self.assertNotEqual(self.hosts[0].generation(),
                            self.hosts[1].generation())
        self.assertEqual(self.hosts[0].fetch().field("redis"), "taken")
        self.assert_same()


class Withdrawn(hosts.TestCase):
    """What does not come back, or go round, by way of Redis."""

    def setUp(self):
        super().setUp()
        self.publish()
        self.good = self.hosts[0].generation()

    def test_what_was_rolled_back_does_not_come_back_while_others_have_it(
            self):
        self.change("A Mistake")
        self.publish()
        self.assertEqual(self.hosts[0].fetch("--rollback").returncode, 0)
        self.assertEqual(self.hosts[0].generation(), self.good)
        bad = self.hosts[1].generation()
        for first in (1, 0):
            for host in (self.hosts[first], self.hosts[1 - first]):
                self.assertEqual(host.fetch().returncode, 0)
            self.assertEqual(self.hosts[0].generation(), self.good)
            self.assertEqual(self.hosts[1].generation(), bad)
        self.assertNotIn(self.good, self.head())
        self.change("Mended")
        self.hosts[1].fetch()
        run = self.hosts[0].fetch()
        self.assertEqual(run.field("redis"), "taken", run.stderr)
        self.assert_same()

    def test_a_host_that_holds_back_confirms_what_the_others_have(self):
        """Or every round would cost the upstream a question of its own."""
        self.change("A Mistake")
        self.publish()
        self.hosts[0].fetch("--rollback")
        self.hosts[1].fetch()
        self.age_redis()
        head = self.head()
        run, requests = self.asked(self.hosts[0].fetch)
        self.assertIn("held back", run.stderr)
        self.assertEqual(requests, 3)
        self.assertNotEqual(self.head(), head)
        run, requests = self.asked(self.hosts[1].fetch)
        self.assertEqual((requests, run.field("redis")), (0, "taken"),
                         run.stderr)

    def test_allow_withdrawn_takes_it_from_redis_too(self):
        self.change("No Mistake")
        self.publish()
        self.hosts[0].fetch("--rollback")
        self.hosts[1].fetch()
        run = self.hosts[0].fetch("--allow-withdrawn")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assert_same()

    def test_a_host_with_nothing_does_not_spread_a_shrunken_catalogue(self):
        new = hosts.Host(self, 9)
        del self.upstream.collections["films"][3:]
        self.age_redis()
        self.assertEqual(new.fetch().returncode, 0)
        self.assertIn(new.generation(), self.head())
        for host in self.hosts:
            run = host.fetch()
            self.assertEqual(run.returncode, 65, run.stderr)
            self.assertEqual(host.generation(), self.good)

    def test_what_allow_shrink_let_through_goes_for_all(self):
        del self.upstream.collections["films"][3:]
        run = self.hosts[1].fetch("--allow-shrink")
        self.assertEqual(run.field("redis"), "given", run.stderr)
        run, requests = self.asked(self.hosts[0].fetch)
        self.assertEqual((run.returncode, requests), (0, 0), run.stderr)
        self.assert_same()

    def test_a_new_host_begins_with_what_the_others_have(self):
        """However old that is, while the upstream is away."""
        self.age_redis(1200)
        self.upstream.set_fault("status-503")
        new = hosts.Host(self, 9)
        run = new.fetch()
        self.assertEqual(run.returncode, 69, run.stderr)
        self.assertIn("what another host had is live", run.stderr)
        self.assertEqual(new.generation(), self.good)
        self.assertLess(new.checked(), self.hosts[0].checked() - 1199)
        self.assertEqual(self.hosts[0].fetch().returncode, 69)
        self.assertGreater(self.hosts[0].checked(), new.checked())

    def test_neither_the_bundled_catalogue_nor_a_dry_run_gets_into_redis(self):
        self.redis.call("FLUSHALL")
        self.assertEqual(self.hosts[0].fetch("--dry-run").returncode, 0)
        self.upstream.set_fault("status-503")
        new = hosts.Host(self, 9)
        self.assertEqual(new.fetch().returncode, 69)
        self.assertIsNotNone(new.generation())
        self.assertEqual(self.redis.keys(), [])
