"""fetch-movies: memory follows the number of films and people, not their
texts."""

import subprocess
import unittest

import fetching
import peak_memory
import programs

FILMS = 3000

# What is left of a description, see catalogue.h.
DESCRIPTION_BYTES = 10000

# The catalogue's texts alone have 30 MB, as have movies.json and the pages.
MEMORY_MAX_KB = 48 * 1024


class Memory(fetching.TestCase):
    timeout_ms = 120000

    def test_a_large_good_catalogue_is_published_in_little_memory(self):
        films = self.upstream.collections["films"]
        text = "What happens. " * (DESCRIPTION_BYTES // 14)
        self.upstream.collections["films"] = [
            dict(films[0], id="film-%d" % number, people=[],
                 description="%d %s" % (number, text))
            for number in range(FILMS)]
        process = subprocess.Popen(
            [programs.release_program("fetch-movies")],
            env=programs.environment(self.settings()),
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        status, peak_kb, _ = peak_memory.wait(process, 150)
        self.assertEqual(status, 0)
        self.assertLess(peak_kb, MEMORY_MAX_KB)
        movies = self.movies()
        self.assertEqual(len(movies), FILMS)
        self.assertEqual(movies["film-2999"]["description"][:8], "2999 Wha")


if __name__ == "__main__":
    unittest.main()
