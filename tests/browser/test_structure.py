"""The pages, their style, script and feed, as far as that can be judged without
a browser. test_*.mjs look at the same sites in one (`make test-browser`)."""

import functools
import os
import re
import sys
import unittest
import xml.etree.ElementTree

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)),
                os.path.join(os.path.dirname(os.path.abspath(__file__)),
                             "..", "support")]
import brotli_text
import colours
import fcgi
import page_judge
import programs
import responding
import sites

# Whatever renders them, the pages are the same; sanitizers watch it elsewhere.
programs.BIN = os.environ.get("MARQUEE_RELEASE_BIN", programs.BIN)

sites.MANY = 201

ATOM = "{http://www.w3.org/2005/Atom}"

SCRIPT_BYTES = 3 * 1024

# Text and what it stands on, with WCAG's contrast for text; for what is no
# text (rings, a field's edge) it is less.
TEXT, EDGE = 4.5, 3.0
PAIRS = [(TEXT, text, ground) for text in ("ink", "soft", "link")
         for ground in ("paper", "card")] + [
    (TEXT, "on-glow", "glow"), (EDGE, "glow", "paper"), (EDGE, "glow", "card"),
    (EDGE, "soft", "paper"), (EDGE, "well", "card")]

# The sign and the foot are dark in both themes.
FIXED = [("#f7ead6", "#2a1518"), ("#f7ead6", "#5b242b"),
         ("#ffe3a8", "#2a1518"), ("#ffe3a8", "#5b242b"),
         ("#241a16", "#ffffff")]


class Rendered:
    """What is published of a site, asked of movies.fcgi itself."""

    def __init__(self, name):
        self.site = sites.SITES[name]()

    def __enter__(self):
        self.site.setUp()
        self.site.prepare()
        return self

    def __exit__(self, *exception):
        self.site.doCleanups()

    def publish(self):
        self.site.publish()
        return self

    def get(self, uri, **headers):
        variables = responding.params(uri, **headers)
        done = self.site.run_program(
            [programs.program("movies.fcgi")],
            env=dict(self.site.settings(), **variables))
        return fcgi.Answer(done.stdout)

    def text(self, uri):
        return self.get(uri).body.decode()

    def film(self):
        return "/movies/" + next(iter(self.site.movies()))

    def pages(self):
        """Every kind of page that there is of it, by its address."""
        found = ["/", "/movies", "/movies?order=year", "/docs", "/status",
                 "/nothing"]
        if self.site.movies():
            found.append(self.film())
        if self.get("/movies/page/2").status == 200:
            found.append("/movies/page/2")
        return {uri: self.text(uri) for uri in found}


@functools.lru_cache(None)
def pages_of(name):
    with Rendered(name) as site:
        return site.publish().pages()


class Pages(unittest.TestCase):

    def test_every_kind_of_page_is_well_made(self):
        for name in ("films", "odd", "many", "empty", "bundled"):
            pages = pages_of(name)
            self.assertGreaterEqual(len(pages), 5)
            for uri, text in pages.items():
                with self.subTest(site=name, uri=uri):
                    self.assertEqual(list(page_judge.complaints(text)), [])
                    page = page_judge.read(text)
                    links = page.all("a")
                    self.assertEqual(links[0]["href"], "#main")
                    self.assertEqual(page.all("main")[0]["id"], "main")
                    self.assertTrue(page.all("header") and
                                    page.all("footer"))

    def test_what_needs_a_script_is_hidden_and_nothing_else_is(self):
        page = page_judge.read(pages_of("films")["/movies"])
        hidden = [tag for tag in page.tags if "hidden" in tag]
        self.assertEqual(sorted(tag.name for tag in hidden),
                         ["button", "button", "button", "div", "p"])
        for tag in page.all("button", "output") + [
                tag for tag in page.all("input") if tag["type"] == "search"]:
            self.assertTrue(set([tag] + tag.parents) & set(hidden), tag)

    def test_pages_name_their_public_address_where_there_is_one(self):
        for uri, text in pages_of("films").items():
            metas = {tag["property"]: tag["content"] for tag in
                     page_judge.read(text).all("meta") if tag["property"]}
            links = [tag["href"] for tag in page_judge.read(text).all("link")
                     if tag["rel"] == "canonical"]
            with self.subTest(uri):
                if uri in ("/status", "/nothing"):
                    self.assertEqual((metas, links), ({}, []))
                    continue
                self.assertEqual(links, [sites.PUBLIC_URL + uri])
                self.assertEqual(metas["og:url"], links[0])
                for name in ("og:title", "og:description", "og:type",
                             "og:site_name"):
                    self.assertTrue(metas[name])
                if uri != "/docs":
                    self.assertRegex(metas["og:image"], "^https://")
                    self.assertTrue(metas["og:image:alt"])
        for uri, text in pages_of("plain").items():
            with self.subTest(uri):
                self.assertNotIn("og:", text)
                self.assertNotIn('rel="canonical"', text)

    def test_the_page_of_nginx_is_well_made(self):
        with open(os.path.join(programs.ROOT, "nginx", "marquee-http.conf"),
                  encoding="utf-8") as file:
            text = re.search("<!DOCTYPE html>.*?</html>", file.read(),
                             re.S).group(0)
        self.assertEqual(list(page_judge.complaints(text)), [])


class Judge(unittest.TestCase):
    """The judge is itself judged."""

    GOOD = ('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            "<title>T</title></head><body>%s<main><h1>H</h1></main></body>"
            "</html>")
    WRONG = [
        "<p>", "</p>", "<p><b></p></b>", "<h1>Two</h1>", "<h3>Three</h3>",
        "<main></main>", "<nav><a href='/'>x</a></nav>", '<p id="a" id="b"></p>',
        '<nav aria-label="A"></nav><nav aria-label="A"></nav>',
        '<p id="a"></p><p id="a"></p>', '<a href="#nowhere">x</a>',
        '<img src="x" width="1" height="1">', '<img src="x" alt="y">',
        '<a href="/"></a>', "<a>x</a>", "<button></button>", "<input>",
        '<label for="q"></label><input id="q">', '<p aria-labelledby="x"></p>',
        "<style></style>", "<script>x</script>", '<script src="/x.js"></script>',
        '<script src="//x/script.js?v="></script>', '<p style="x"></p>',
        '<p onclick="x"></p>', '<a href="javascript:x">x</a>',
        '<form></form>', "<p>となりのトトロ</p>",
        '<p lang="ja">x <b lang="en">紅の豚</b></p>',
    ]

    def test_it_condemns_what_is_wrong_and_nothing_else(self):
        good = ('<label for="q">Q</label><input id="q"><a href="#q">x</a>'
                '<p lang="ja"><b>紅の豚</b></p>')
        self.assertEqual(list(page_judge.complaints(self.GOOD % good)), [])
        for wrong in self.WRONG:
            with self.subTest(wrong):
                self.assertTrue(list(page_judge.complaints(
                    self.GOOD % wrong)))
        for part in ("<!DOCTYPE html>\n", ' lang="en"', "<title>T</title>",
                     '<meta charset="utf-8">', "width=device-width"):
            with self.subTest(part):
                self.assertIn(part, self.GOOD)
                text = (self.GOOD % "").replace(
                    part, "maximum-scale=1" if "width" in part else "")
                self.assertTrue(list(page_judge.complaints(text)))


class StyleAndScript(unittest.TestCase):

    def test_every_text_is_seen_on_what_it_stands_on(self):
        with Rendered("films") as site:
            css = site.publish().text("/style.css")
        for theme, sheet in colours.read(css).items():
            for least, one, other in PAIRS:
                with self.subTest(theme=theme, one=one, other=other):
                    self.assertGreaterEqual(
                        colours.contrast(sheet[one], sheet[other]), least)
        self.assertNotEqual(*(sheet["paper"] for sheet in
                              colours.read(css).values()))
        for one, other in FIXED:
            with self.subTest(one=one, other=other):
                self.assertIn(one.replace("ffffff", "fff"), css)
                self.assertGreaterEqual(colours.contrast(one, other), TEXT)
        self.assertNotRegex(css, r"@import|url\(|expression")

    def test_contrast_is_what_wcag_says(self):
        for one, other, ratio in [("#000", "#fff", 21), ("#fff", "#fff", 1),
                                  ("#777777", "#ffffff", 4.48),
                                  ("#ff0000", "#000", 5.25)]:
            self.assertAlmostEqual(colours.contrast(one, other), ratio, 2)

    def test_the_script_is_one_small_file_that_asks_nobody(self):
        path = os.path.join(programs.ROOT, "templates", "script.js")
        with open(path, "rb") as file:
            script = file.read()
        self.assertLessEqual(len(script), SCRIPT_BYTES)
        self.assertNotRegex(script.decode(), r"https?:|import|fetch|eval|"
                            r"innerHTML|outerHTML|insertAdjacent|\.src\b|"
                            r"document\.write|new Function|createElement")


class Feed(unittest.TestCase):

    def read(self, site):
        return xml.etree.ElementTree.fromstring(
            site.get("/movies.atom").body)

    def texts(self, feed, path):
        return [found.text for found in feed.findall(
            "/".join(ATOM + part for part in path.split("/")))]

    def links(self, feed):
        return [link.get("href") for link in feed.iter(ATOM + "link")]

    def test_it_is_atom_of_every_film_by_year_under_names_that_stay(self):
        with Rendered("films") as site:
            feed = self.read(site.publish())
            answer = site.get("/movies.atom")
            films = site.site.movies()
            film = site.site.upstream.collections["films"][0]
            film["title"] = "Another"
            later = self.read(site.publish())
        self.assertEqual(answer.headers["content-type"],
                         "application/atom+xml")
        self.assertEqual(feed.tag, ATOM + "feed")
        for path in ("id", "title", "updated", "author/name"):
            self.assertEqual(len(self.texts(feed, path)), 1, path)
        self.assertEqual(len(films), 22)
        for path in ("id", "title", "updated", "summary"):
            found = self.texts(feed, "entry/" + path)
            self.assertEqual(len(found), 22, path)
            self.assertTrue(all(found), path)
        ids = self.texts(feed, "id") + self.texts(feed, "entry/id")
        self.assertEqual(len(set(ids)), 23)
        for one in ids:
            self.assertRegex(one, "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8"
                                  "[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertEqual(
            set(self.links(feed)),
            {sites.PUBLIC_URL + path for path in ["/movies", "/movies.atom"] +
             ["/movies/" + film + end for film in films
              for end in ("", ".json")]})

        # Its times are the films' years, the newest first.
        years = sorted((film["release_date"] for film in films.values()),
                       reverse=True)
        self.assertEqual(self.texts(feed, "entry/updated"),
                         [year + "-01-01T00:00:00Z" for year in years])
        self.assertEqual(self.texts(feed, "updated"),
                         [years[0] + "-01-01T00:00:00Z"])

        # A film may get another title: a reader knows it all the same.
        self.assertEqual(self.texts(feed, "entry/id"),
                         self.texts(later, "entry/id"))
        self.assertNotEqual(self.texts(feed, "entry/title"),
                            self.texts(later, "entry/title"))

    def test_it_is_xml_whatever_the_films_are_called(self):
        with Rendered("odd") as site:
            film = site.site.upstream.collections["films"][0]
            film["title"] = "]]><b>&amp;\"'\x01\x7f\x85\ufffe\uffff\U0001f3ac"
            feed = self.read(site.publish())
        self.assertEqual(len(self.texts(feed, "entry/title")), 3)
        self.assertTrue(any(title.startswith("]]><b>&amp;\"'")
                            for title in self.texts(feed, "entry/title")))

    def test_it_is_kept_like_every_representation(self):
        with Rendered("plain") as site:
            plain = site.publish().get("/movies.atom")
            small = site.get("/movies.atom", accept_encoding="br")
            again = site.get("/movies.atom",
                             if_none_match=plain.headers["etag"])
            feed = self.read(site)
        self.assertEqual(small.headers["content-encoding"], "br")
        self.assertEqual(brotli_text.decompress(small.body), plain.body)
        self.assertNotEqual(small.headers["etag"], plain.headers["etag"])
        self.assertEqual((again.status, again.body), (304, b""))
        # Without a public address the links are relative.
        self.assertTrue(all(link.startswith("/")
                            for link in self.links(feed)))
