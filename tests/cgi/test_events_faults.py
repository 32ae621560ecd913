"""events.fcgi while things go wrong: what was answered with 201 stays."""

import contextlib
import fcntl
import hashlib
import json
import os
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import termios
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import fcgi
import programs
import serving_events

# A run that ends by a signal, again and again.
KILLS = 6


def side_by_side(count, work):
    """Runs work(number) in as many threads; returns what each returned. What
    one raised is raised."""
    results, errors = [None] * count, []

    def run(number):
        try:
            results[number] = work(number)
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,))
               for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


class Crowd(serving_events.TestCase):

    def setUp(self):
        super().setUp()
        self.process = self.serve()

    def tearDown(self):
        self.assertEqual(self.end(self.process), 0,
                         self.errors(self.process))
        super().tearDown()

    def test_each_of_32_clients_gets_events_of_its_own(self):
        def post(number):
            return [self.posted("u-%d" % number, "d-%d" % i)
                    for i in range(10)]

        accepted = {event["event_id"]: event
                    for events in side_by_side(32, post) for event in events}
        self.assertEqual(len(accepted), 320)
        listed = self.events()
        self.assertEqual({event["event_id"]: event for event in listed},
                         accepted)
        for number in range(32):
            self.assertEqual([event["description"] for event in listed
                              if event["user_id"] == "u-%d" % number],
                             ["d-%d" % i for i in range(10)])

    def test_one_key_of_32_clients_is_one_event(self):
        def post(_):
            return self.posted("u", "d", Idempotency_Key="the-one")

        ids = {event["event_id"] for event in side_by_side(32, post)}
        self.assertEqual(len(ids), 1)
        self.assertEqual(len(self.events()), 1)

    def test_one_key_with_two_bodies_at_once_is_one_event(self):
        def post(number):
            return self.post("u", "d-%d" % (number % 2),
                             Idempotency_Key="the-one")

        answers = side_by_side(16, post)
        self.assertEqual(sorted({a.status for a in answers}), [201, 422])
        self.assertEqual(len({json.loads(a.body)["event_id"]
                              for a in answers if a.status == 201}), 1)
        self.assertEqual([a.status for a in answers].count(201), 8)
        self.assertEqual(len(self.events()), 1)

    def test_of_those_with_the_same_tag_one_wins(self):
        answer = self.post()
        event_id = json.loads(answer.body)["event_id"]
        for _ in range(5):
            etag = answer.headers["etag"]
            answers = side_by_side(8, lambda number, etag=etag: self.put(
                event_id, {"description": "%s by %d" % (etag, number)},
                If_Match=etag))
            won = [a for a in answers if a.status == 200]
            self.assertEqual(sorted(a.status for a in answers),
                             [200] + [412] * 7)
            self.assertEqual(self.event(event_id), json.loads(won[0].body))
            answer = won[0]

    def test_no_count_is_lost_between_writers_who_look_first(self):
        event_id = self.posted("u", "0")["event_id"]

        def count(_):
            done = 0
            while done < 10:
                seen = self.send("GET", "/events/" + event_id)
                number = int(json.loads(seen.body)["description"])
                answer = self.put(event_id, {"description": str(number + 1)},
                                  If_Match=seen.headers["etag"])
                self.assertIn(answer.status, (200, 412))
                done += answer.status == 200

        side_by_side(4, count)
        self.assertEqual(self.event(event_id)["description"], "40")


class Ends(serving_events.TestCase):

    def test_a_key_is_remembered_after_a_restart(self):
        for end in (self.end, self.kill):
            with self.subTest(end.__name__):
                process = self.serve()
                key = "key-" + end.__name__
                event = self.posted("u", "d", Idempotency_Key=key)
                end(process)
                process = self.serve()
                self.assertEqual(self.posted("u", "d", Idempotency_Key=key),
                                 event)
                self.assertEqual(self.post("u", "e",
                                           Idempotency_Key=key).status, 422)
                self.end(process)

    def test_tags_and_cursors_outlive_a_restart(self):
        process = self.serve()
        answers = [self.post("u", str(i)) for i in range(3)]
        link = serving_events.next_target(
            self.send("GET", "/events?limit=2").headers["link"])
        self.end(process)
        self.serve()
        event_id = json.loads(answers[0].body)["event_id"]
        self.assertEqual(
            self.send("GET", "/events/" + event_id,
                      {"If-None-Match": answers[0].headers["etag"]}).status,
            304)
        self.assertEqual([event["description"] for event in json.loads(
            self.send("GET", link).body)], ["2"])

    def post_until(self, is_over, accepted):
        """Posts with a key each. An answer that did not come says nothing;
        one that is no 201 is an error."""
        def post(number):
            i = 0
            while not is_over.is_set():
                i += 1
                key = "%d-%d-%d" % (number, i, len(accepted))
                with contextlib.suppress(OSError, EOFError):
                    answer = self.post("u", key, Idempotency_Key=key)
                    if answer.status == 0:
                        continue  # cut off before a word
                    if answer.status != 201:
                        raise AssertionError(answer.body)
                    accepted[key] = json.loads(answer.body)["event_id"]
        return post

    def test_no_accepted_event_is_lost_to_a_kill(self):
        accepted, is_over = {}, threading.Event()
        process = self.serve()
        post = self.post_until(is_over, accepted)
        crowd = threading.Thread(target=side_by_side, args=(8, post))
        crowd.start()
        try:
            for _ in range(KILLS):
                before = len(accepted)
                programs.wait_for(lambda b=before: len(accepted) > b + 20, 60,
                                  "events between two kills")
                self.kill(process)
                process = self.serve()
        finally:
            is_over.set()
            crowd.join()
        listed = {event["event_id"]: event["description"]
                  for event in self.events()}
        lost = {key for key, event_id in accepted.items()
                if listed.get(event_id) != key}
        self.assertEqual(lost, set())
        self.assertGreater(len(accepted), KILLS * 20)
        # What was cut off before its answer is there once or not at all.
        self.assertEqual(len(set(listed.values())), len(listed))

    def test_who_is_being_answered_at_the_end_gets_the_answer(self):
        process = self.serve()
        lock = self.lock()
        answers = []
        clients = threading.Thread(target=lambda: answers.extend(
            side_by_side(4, lambda number: self.post("u", str(number)))))
        clients.start()
        programs.wait_for(lambda: self.is_waiting(process, 4), 20,
                          "four posts before the lock")
        process.send_signal(signal.SIGTERM)
        lock.close()
        clients.join()
        self.assertEqual([answer.status for answer in answers], [201] * 4)
        self.assertEqual(self.end(process), 0, self.errors(process))
        self.serve()
        self.assertEqual(len(self.events()), 4)

    def is_waiting(self, process, count):
        """Whether as many connections are open to the process."""
        with open("/proc/net/unix", encoding="utf-8") as file:
            connected = sum(line.rstrip().endswith(self.socket) and
                            line.split()[5] == "03" for line in file)
        return process.poll() is None and connected >= count

    def test_a_client_that_sends_no_body_holds_it_up_for_the_grace_only(self):
        process = self.serve()
        with fcgi.Connection(self.socket) as connection:
            variables = serving_events.params(
                "/events", "POST", {"Content-Type": "application/json"}, b"{}")
            whole = fcgi.request(variables)
            connection.socket.sendall(whole[:-len(fcgi.body_records(b""))])
            programs.wait_for(
                lambda: self.is_reading(process, connection.socket), 20,
                "a thread that waits for the body")
            self.assertEqual(self.end(process), 0)
        self.assertIn("unfinished=1", self.errors(process))

    @staticmethod
    def is_reading(process, peer):
        """Whether it has read all that was sent, and all its threads wait."""
        unread = struct.unpack("i", fcntl.ioctl(peer, termios.TIOCOUTQ,
                                                bytes(4)))[0]
        base = "/proc/%d/task" % process.pid
        states = set()
        for task in os.listdir(base):
            with open(os.path.join(base, task, "stat"),
                      encoding="ascii") as stat:
                states.add(stat.read().rpartition(")")[2].split()[0])
        return unread == 0 and states == {"S"}


class Locked(serving_events.TestCase):

    def test_a_lock_is_waited_for(self):
        self.serve()
        lock = self.lock()
        answers = []
        client = threading.Thread(
            target=lambda: answers.append(self.post("u", "waited")))
        client.start()
        # Reading goes on meanwhile.
        self.assertEqual(self.events(), [])
        lock.execute("COMMIT")
        client.join()
        self.assertEqual(answers[0].status, 201, answers[0].body)
        self.assertEqual(self.events(), [json.loads(answers[0].body)])

    def test_a_lock_without_end_is_503_and_come_again(self):
        self.serve()
        event = self.posted()
        lock = self.lock()
        answers = side_by_side(3, lambda number: (
            self.post, lambda: self.post(Idempotency_Key="k"),
            lambda: self.put(event["event_id"], {"user_id": "v"}))[number]())
        for answer in answers:
            self.problem(answer, 503)
            self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        self.assertEqual(self.events(), [event])
        lock.close()
        self.posted(Idempotency_Key="k")
        self.assertEqual(len(self.events()), 2)


class Disk(serving_events.TestCase):

    def fill(self):
        """Posts until one after the other is refused (the log may make room
        for a last one by tidying); returns what was accepted, and a
        refusal."""
        accepted, refused = [], 0
        deadline = time.monotonic() + 90
        while refused < 5:
            self.assertLess(time.monotonic(), deadline, "the disk is not full")
            answer = self.post("u", "d" * 4096)
            if answer.status == 201:
                accepted.append(json.loads(answer.body))
                refused = 0
            else:
                refused += 1
                self.assertEqual(answer.status, 507, answer.body)
        return accepted, answer

    def check_full(self, make_room):
        accepted, answer = self.fill()
        self.assertIn("disk", self.problem(answer, 507)["detail"])
        entry = json.loads(self.ask("/health").body)["services"]["events"]
        self.assertEqual(entry["status"], "degraded")
        self.assertTrue(entry["last_error"])
        # Reading goes on, nothing of what was refused is there, and nothing
        # of what was accepted is gone.
        self.assertEqual(self.events(), accepted)
        self.assertEqual(self.event(accepted[0]["event_id"]), accepted[0])
        answer = self.put(accepted[0]["event_id"], {"description": "e" * 4096})
        if answer.status == 200:
            accepted[0] = json.loads(answer.body)
        else:
            self.problem(answer, 507)
        self.assertEqual(self.events(), accepted)
        make_room()
        later = self.posted("u", "there is room again")
        self.assertEqual(self.events(), accepted + [later])

    def test_a_file_that_may_not_grow_is_a_full_disk(self):
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        process = self.serve(preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (400000, limits[1])))
        self.check_full(lambda: resource.prlimit(
            process.pid, resource.RLIMIT_FSIZE, limits))
        self.assertEqual(self.end(process), 0, self.errors(process))

    if os.getuid() == 0:  # nobody else can mount

        def test_a_small_disk_fills_up_and_is_made_larger(self):
            os.mkdir(self.state)
            self.mount("-t", "tmpfs", "-o", "size=600k,mode=755", "none")
            process = self.serve()
            self.check_full(lambda: self.mount("-o", "remount,size=6m"))
            self.assertEqual(self.end(process), 0, self.errors(process))

    def mount(self, *options):
        if "remount" not in options[1]:
            self.addCleanup(subprocess.run, ["umount", "-l", self.state],
                            check=True)
        subprocess.run(["mount", *options, self.state], check=True)


class Unwritable(serving_events.TestCase):

    def protect(self):
        """From now on nobody who is started here may write the database."""
        for name in os.listdir(self.state):
            os.chmod(os.path.join(self.state, name), 0o444)
        os.chmod(self.state, 0o555)
        self.addCleanup(os.chmod, self.state, 0o755)

    def serve_as_reader(self):
        """As a user who may only read; root may do all."""
        if os.getuid() != 0:
            return self.serve()
        os.chmod(self.directory, 0o755)
        os.makedirs(self.cache, exist_ok=True)
        os.chmod(self.cache, 0o777)
        os.unlink(self.socket)
        process = self.start(
            ["spawn-fcgi", "-n", "-s", self.socket, "-M", "0666", "--",
             shutil.which("setpriv"), "--reuid=65534", "--regid=65534", "--clear-groups",
             programs.program("events.fcgi")], env=self.settings())
        programs.wait_for(lambda: self.ask("/ping").status == 200, 20,
                          "events.fcgi of one who may only read")
        return process

    def test_a_database_that_may_only_be_read_is_read(self):
        process = self.serve()
        event = self.posted(Idempotency_Key="k")
        self.kill(process)
        self.protect()
        process = self.serve_as_reader()
        self.assertEqual(self.events(), [event])
        for answer in (self.post(), self.post(Idempotency_Key="other"),
                       self.put(event["event_id"], {"user_id": "v"})):
            self.problem(answer, 503)
            self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)
        self.assertEqual(self.events(), [event])
        self.assertEqual(self.end(process), 0, self.errors(process))

    def test_a_state_directory_that_cannot_be_made_is_73(self):
        with open(self.state, "w", encoding="utf-8"):
            pass
        done = self.run_program([programs.program("events.fcgi")],
                                env=self.settings())
        self.assertEqual(done.returncode, 73, done.stderr)
        self.assertIn(self.state, done.stderr.decode())


class Damaged(serving_events.TestCase):
    """A database that is none is refused, and left as it is."""

    def write(self, content):
        os.makedirs(self.state, exist_ok=True)
        with open(self.database, "wb") as file:
            file.write(content)

    def check_refused(self, env=None):
        before = self.everything()
        done = self.run_program([programs.program("events.fcgi")],
                                env=self.settings(**env or {}))
        self.assertEqual(done.returncode, 65, done.stderr)
        self.assertIn(self.database, done.stderr.decode())
        self.assertEqual(self.everything(), before)

    def everything(self):
        """What each file of the database holds, as a digest. The locks' shared
        memory holds nothing, nor does an empty WAL."""
        found = {}
        for name in os.listdir(self.state):
            path = os.path.join(self.state, name)
            if not name.endswith("-shm") and os.path.getsize(path) > 0:
                with open(path, "rb") as file:
                    found[name] = hashlib.sha256(file.read()).hexdigest()
        return found

    def made(self):
        """A database with events, closed well."""
        process = self.serve()
        for i in range(40):
            self.posted("u", "%04d" % i * 512)
        self.end(process)
        with open(self.database, "rb") as file:
            return bytearray(file.read())

    def test_a_file_that_is_no_database_is_refused(self):
        for content in (b"hello\n" * 1000, b"\0" * 8192, b"x" * 100):
            with self.subTest(content[:5]):
                self.write(content)
                self.check_refused()

    def test_as_plain_cgi_it_is_refused_too(self):
        self.write(b"hello\n" * 1000)
        self.check_refused({"REQUEST_METHOD": "GET", "REQUEST_URI": "/events"})

    def test_a_database_cut_short_is_refused(self):
        content = self.made()
        self.write(content[:len(content) // 2 // 4096 * 4096])
        self.check_refused()

    def test_pages_overwritten_are_refused(self):
        content = self.made()
        for at in range(4096, len(content) - 4096, 4096 * 7):
            content[at:at + 4096] = os.urandom(4096)
        self.write(content)
        self.check_refused()

    def test_a_database_of_something_else_is_refused(self):
        os.makedirs(self.state)
        database = sqlite3.connect(self.database)
        database.execute("CREATE TABLE event (anything)")
        database.execute("INSERT INTO event VALUES (1)")
        database.commit()
        database.close()
        self.check_refused()

    def test_a_database_of_a_newer_version_is_refused(self):
        self.made()
        database = sqlite3.connect(self.database)
        database.execute("PRAGMA user_version = 9999")
        database.commit()
        database.close()
        self.check_refused()


class Clock(serving_events.TestCase):
    """The clock that events are dated by may be wrong."""

    def shift(self, seconds):
        """Makes all that was ever stored that much later."""
        database = sqlite3.connect(self.database)
        for table, columns in (("event", ("created_ms", "updated_ms")),
                               ("idempotency", ("created_ms",))):
            database.execute("UPDATE %s SET %s" % (table, ", ".join(
                "%s = %s + %d" % (column, column, seconds * 1000)
                for column in columns)))
        database.commit()
        database.close()

    def test_a_clock_set_back_changes_no_order_and_loses_no_key(self):
        process = self.serve()
        first = self.posted("u", "1", Idempotency_Key="k")
        self.end(process)
        self.shift(7 * 24 * 3600)
        self.serve()
        second = self.posted("u", "2")
        listed = self.events()
        self.assertEqual([event["event_id"] for event in listed],
                         [first["event_id"], second["event_id"]])
        self.assertGreater(listed[0]["created_at"], second["created_at"])
        self.assertEqual(
            self.posted("u", "1", Idempotency_Key="k")["event_id"],
            first["event_id"])
        changed = json.loads(self.put(first["event_id"],
                                      {"status": "Processed"}).body)
        self.assertGreaterEqual(changed["updated_at"], changed["created_at"])
        health = json.loads(self.ask("/health").body)["services"]["events"]
        self.assertEqual((health["status"], health["waiting"]), ("ok", 1))


if __name__ == "__main__":
    unittest.main()
