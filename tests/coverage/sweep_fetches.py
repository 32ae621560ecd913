"""The failing calls of fetch-movies, fetch-file and render-template."""

import shutil

import fetching
import programs
import serving_files
import sweeping


class FetchMovies(sweeping.Sweeping, fetching.TestCase):

    def run_fetch(self, *arguments, **more):
        settings = dict({"MARQUEE_RETRIES": "0"}, **self.table.env)
        settings.update(more)
        return self.fetch(*arguments, timeout=sweeping.RUN_S, **settings)

    def forget(self):
        for place in self.cache, self.path("state"):
            shutil.rmtree(place, ignore_errors=True)

    def test_a_first_publish(self):
        def run():
            self.forget()
            return self.run_fetch()
        self.exhaust(run)

    def test_an_unchanged_catalogue(self):
        self.publish()
        self.exhaust(self.run_fetch)

    def test_an_unchanged_catalogue_without_validators(self):
        self.upstream.set_fault("no-validators")
        self.publish()
        for self.table.only in "realloc", None:
            self.exhaust(self.run_fetch)

    def test_a_changed_catalogue(self):
        self.publish()
        films = self.upstream.collections["films"]

        def run():
            films[0]["title"] = films[0]["title"][::-1]
            return self.run_fetch(MARQUEE_KEEP_GENERATIONS="2")
        self.exhaust(run)

    def test_what_lies_deep(self):
        """In full depth, but few kinds of calls."""
        people = self.upstream.collections["people"]
        self.upstream.last_modified = "Sat, 21 Nov 2026 14:00:00 GMT"
        self.publish()

        def run():
            people[0]["name"] = people[0]["name"][::-1]
            return self.run_fetch()
        self.table.outermost = None
        for self.table.only in "EVP_", "calloc", "strdup":
            self.exhaust(run)

    def test_a_rollback(self):
        films = self.upstream.collections["films"]

        def run():
            self.forget()
            for title in "one", "two":
                films[0]["title"] = title
                self.publish()
            return self.run_fetch("--rollback")
        self.exhaust(run)

    def test_what_was_withdrawn_is_held(self):
        films = self.upstream.collections["films"]
        for title in "one", "two":
            films[0]["title"] = title
            self.publish()
        self.assertEqual(self.fetch("--rollback").returncode, 0)
        self.exhaust(self.run_fetch)

    def test_a_rollback_that_was_killed(self):
        """It has said what it withdraws, which is still live."""
        self.publish()

        def run():
            with open(self.site("upstream"), "r+", encoding="utf-8") as note:
                text = note.read().replace("withdrawn=no", "withdrawn=yes")
                note.seek(0)
                note.write(text)
            return self.run_fetch()
        self.exhaust(run)

    def test_what_is_told_to_the_syslog(self):
        self.publish()
        self.table.only = "realloc"
        self.exhaust(lambda: self.run_fetch("--syslog"))

    def test_the_bundled_catalogue(self):
        def run():
            self.forget()
            return self.run_fetch(MARQUEE_GHIBLI_URL="http://127.0.0.1:1",
                                  MARQUEE_TIMEOUT_MS="300")
        self.exhaust(run)

    def test_an_upstream_without_films(self):
        self.publish()
        self.upstream.set_fault("status-404")
        self.exhaust(self.run_fetch)


class FetchFile(sweeping.Sweeping, serving_files.TestCase):

    def fetch(self, *arguments, **more):
        env = self.settings(**self.table.env, **more)
        return self.run_program([programs.program("fetch-file"), *arguments],
                                env=env, timeout=sweeping.RUN_S)

    def test_a_file_is_kept(self):
        def run():
            shutil.rmtree(self.cache, ignore_errors=True)
            return self.fetch("file-7")
        self.exhaust(run)

    def test_all_files_are_kept(self):
        def run():
            shutil.rmtree(self.cache, ignore_errors=True)
            return self.fetch("--all")
        self.exhaust(run)

    def test_there_is_no_such_file(self):
        self.exhaust(lambda: self.fetch("no-such-file"))

    def test_a_file_is_forgotten(self):
        def run():
            self.cgi(serving_files.URL + "file-7")
            return self.fetch("--forget", "file-7")
        self.exhaust(run)


class RenderTemplate(sweeping.Sweeping, programs.TestCase):

    def test_a_template(self):
        for name, text in (("t.html", "<p>{{#a}}{{b}}{{/a}}{{{c}}}"),
                           ("d.json", '{"a": [{"b": 1}], "c": "<"}')):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text)
        self.exhaust(lambda: self.run_program(
            [programs.program("render-template"), self.path("t.html"),
             self.path("d.json")], env=self.table.env, timeout=sweeping.RUN_S))
