"""The sites that the browser looks at, each in a state of its own.

    with sites.started() as addresses:
        addresses["films"]           "http://127.0.0.1:20202"

pages.mjs says which page of which site is of what kind.
"""

import contextlib
import copy
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "support"))
import whole_site  # noqa: E402

# Not the address that they have: pages name it for others, and ask it nothing.
PUBLIC_URL = "https://films.example"

MANY = 410

# lib/base/day.h
DAY_SLOT_S = 600

# Texts that a narrow screen has no room for.
LONG = "Nausicaä" * 30
WORDS = "the valley of the wind and the castle in the sky " * 6


class Site(whole_site.TestCase):
    """One of them; `more` are its settings."""

    more = {}

    def settings(self, **more):
        return super().settings(**{"MARQUEE_PUBLIC_URL": PUBLIC_URL,
                                   **self.more, **more})

    def prepare(self):
        """What the upstream has."""

    def open(self):
        self.prepare()
        self.start_site()


class Films(Site):
    """All is well, for as long as it takes to look: it counts as confirmed in a
    day's time. It has a day behind it."""

    def open(self):
        super().open()
        self.start_fcgi("events")
        os.utime(self.site("checked"), (time.time() + 86400,) * 2)
        now = int(time.time()) // DAY_SLOT_S
        with open(self.site("day"), "w", encoding="ascii") as note:
            for i in range(1, 144):
                trouble = 30 * max(0, 9 - abs(i - 70))
                note.write("%d %d %d\n" % (now - i, 21 + i % 2 + trouble,
                                           380 + i * 37 % 90 + 4 * trouble))


class Plain(Site):
    """No posters, and no address for others."""

    more = {"MARQUEE_POSTERS": "off", "MARQUEE_PUBLIC_URL": ""}


class Many(Site):
    """More films than a page has."""

    def prepare(self):
        film = self.upstream.collections["films"][0]
        self.upstream.collections["films"] = [
            dict(film, id="film-%03d" % i, title="Film %03d" % i, people=[],
                 release_date=str(2400 - i)) for i in range(MANY)]


class Odd(Site):
    """Texts of any length, and some that are missing."""

    def prepare(self):
        films = self.upstream.collections["films"]
        long, wordy, bare = (copy.deepcopy(film) for film in films[:3])
        for name in ("title", "original_title", "director", "producer",
                     "release_date", "running_time", "rt_score"):
            long[name] = LONG
            wordy[name] = WORDS
            bare[name] = ""
        long["description"] = wordy["description"] = (LONG + WORDS) * 4
        bare["title"] = "?"
        bare["description"] = bare["image"] = ""
        for person in self.upstream.collections["people"][:8]:
            person["name"] = LONG
            person["films"] = [long["url"], wordy["url"]]
        self.upstream.collections["films"] = [long, wordy, bare]


class Empty(Site):
    """An upstream that has no film and nobody."""

    def prepare(self):
        for name in self.upstream.collections:
            self.upstream.collections[name] = []

    def publish(self):
        run = self.fetch("--allow-shrink")
        assert run.returncode == 0, run.stderr
        return run


class Bundled(Site):
    """The upstream has never answered."""

    more = {"MARQUEE_GHIBLI_URL": "http://127.0.0.1:1"}

    def publish(self):
        run = self.fetch()
        assert run.returncode == 69, run.stderr
        return run


class Stale(Site):
    """Something was published long ago, and the upstream is ill."""

    def open(self):
        super().open()
        os.utime(self.site("checked"), (1, 1))
        self.upstream.set_fault("status-500")
        run = self.fetch()
        assert run.returncode == 69, run.stderr


class Dead(Site):
    """Something was published, and the responder is gone."""

    def open(self):
        super().open()
        self.stop_responder()


class Dark(Site):
    """Nothing was published yet."""

    def open(self):
        self.start_responder()
        self.start_nginx()


SITES = {"films": Films, "plain": Plain, "many": Many, "odd": Odd,
         "empty": Empty, "bundled": Bundled, "stale": Stale, "dead": Dead, "dark": Dark}


@contextlib.contextmanager
def started(names=None):
    """Starts them; yields their addresses by name."""
    with contextlib.ExitStack() as stack:
        addresses = {}
        for name in names or SITES:
            site = SITES[name]()
            stack.callback(site.doCleanups)
            site.setUp()
            site.open()
            addresses[name] = "http://127.0.0.1:%d" % site.port
        yield addresses
