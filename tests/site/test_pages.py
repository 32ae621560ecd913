"""Contract section 3, seen through nginx: every URL of the films."""

import json
import re

import programs
import whole_site

HTML = "text/html; charset=utf-8"
JSON = "application/json"

FILMS = 410

# Accept, and what /movies gives for it. A tie is HTML.
ACCEPT_CASES = [
    (None, HTML),
    ("", HTML),
    ("*/*", HTML),
    ("text/html", HTML),
    ("application/json", JSON),
    ("APPLICATION/JSON", JSON),
    ("application/*", JSON),
    ("text/html,application/json", HTML),
    ("application/json,text/html", HTML),
    ("application/json, text/html;q=0.9", JSON),
    ("application/json;q=0.5, text/html;q=0.4", JSON),
    ("application/json;q=0.4, text/html;q=0.5", HTML),
    ("application/json, */*", HTML),
    ("application/json, */*;q=0.8", JSON),
    ("text/html;q=0.5, */*", JSON),
    ("application/json;q=0", HTML),
    ("text/html;q=0, application/json;q=0.1", JSON),
    ("image/png", HTML),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
    ("application/json;q=0.2, */*;q=0.1", JSON),
]


class Urls(whole_site.TestCase):

    def setUp(self):
        super().setUp()
        self.start_site()
        self.film = next(iter(self.movies()))

    def assert_type(self, target, media_type, accept=None):
        answer = self.get(target, {"Accept": accept} if accept else {})
        self.assertEqual(answer.status, 200, target)
        self.assertEqual(answer["Content-Type"], media_type, target)
        return answer

    def test_the_list_is_what_accept_prefers(self):
        for accept, media_type in ACCEPT_CASES:
            for target in ("/movies", "/movies/"):
                with self.subTest(target=target, accept=accept):
                    headers = {} if accept is None else {"Accept": accept}
                    answer = self.get(target, headers)
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(answer["Content-Type"], media_type)
                    self.assertEqual(answer["Vary"],
                                     "Accept, Accept-Encoding")

    def test_a_name_with_its_format_ignores_accept(self):
        film = "/movies/" + self.film
        for target, accept, media_type in [
                ("/movies.html", JSON, HTML), ("/movies.json", "text/html",
                                               JSON),
                (film + ".html", JSON, HTML), (film + ".json", "text/html",
                                               JSON)]:
            with self.subTest(target):
                answer = self.assert_type(target, media_type, accept)
                self.assertEqual(answer["Vary"], "Accept-Encoding")

    def test_a_film_is_what_accept_prefers(self):
        page = self.assert_type("/movies/" + self.film, HTML)
        data = self.assert_type("/movies/" + self.film, JSON, JSON)
        film = json.loads(data.body)
        self.assertIn(film["film_title"], page.text())

    def test_the_list_as_json_has_the_structure_of_the_contract(self):
        movies = json.loads(self.get("/movies.json").body)
        self.assertEqual(len(movies), 22)
        for film_id, film in movies.items():
            with self.subTest(film_id):
                self.assertTrue(film["film_title"])
                for person in film["persons"]:
                    self.assertTrue(person["person_id"])
                    self.assertTrue(person["person_name"])

    def test_the_list_shows_every_film_and_person(self):
        page = self.get("/movies").text()
        for film_id, film in self.movies().items():
            with self.subTest(film["film_title"]):
                self.assertIn("/movies/" + film_id, page)

    def test_the_year_order_is_another_page_of_the_same_films(self):
        as_is = self.get("/movies").text()
        by_year = self.get("/movies?order=year").text()
        self.assertNotEqual(as_is, by_year)
        link = re.compile(r'href="(/movies/[0-9a-f-]{36})"')
        self.assertEqual(set(link.findall(as_is)),
                         set(link.findall(by_year)))
        self.assertEqual(self.get("/movies.html?order=year").text(), by_year)

    def test_another_argument_changes_nothing(self):
        page = self.get("/movies").body
        for query in ("?order=title", "?ORDER=year", "?x=1", "?",
                      "?order=year%00", "?order=YEAR", "?order=&order=year",
                      "?reorder=year", "?x=order=year"):
            with self.subTest(query):
                answer = self.get("/movies" + query)
                self.assertEqual(answer.status, 200)
                self.assertTrue(answer.body == page)

    def test_the_order_may_stand_among_other_arguments(self):
        page = self.get("/movies?order=year").body
        for query in ("?x=1&order=year", "?order=year&x=1",
                      "?order=year&order=title", "?&order=year"):
            with self.subTest(query):
                self.assertTrue(self.get("/movies" + query).body == page)

    def test_the_welcome_page_links_to_the_films(self):
        page = self.assert_type("/", HTML).text()
        self.assertIn('href="/movies"', page)
        self.assertIn('href="/movies.json"', page)

    def test_the_welcome_page_links_to_the_events_and_how_to_post_one(self):
        page = self.get("/").text()
        self.assertIn('href="/events"', page)
        anchor = re.search(r'href="/docs#([^"]*)"', page).group(1)
        self.assertIn('id="%s"' % anchor, self.get("/docs").text())

    def test_the_pages_style_and_icon_are_there(self):
        page = self.get("/movies").text()
        for target, media_type in [
                ("/style.css", "text/css; charset=utf-8"),
                ("/script.js", "text/javascript; charset=utf-8"),
                ("/movies.atom", "application/atom+xml"),
                ("/favicon.svg", "image/svg+xml")]:
            with self.subTest(target):
                self.assertIn('="%s' % target, page)
                self.assert_type(target, media_type)

    def test_every_link_of_every_page_leads_somewhere(self):
        self.start_fcgi("events", MARQUEE_STATE_DIR=self.path("state"))
        programs.wait_for(lambda: self.get("/events").status == 200, 20,
                          "events.fcgi behind nginx")
        found, looked_at = {"/"}, set()
        while found - looked_at:
            target = (found - looked_at).pop()
            looked_at.add(target)
            answer = self.get(target)
            self.assertEqual(answer.status, 200, target)
            if answer["Content-Type"] == HTML:
                links = re.findall(r'(?:href|src)="(/[^"#]*)[^"]*"',
                                   answer.text())
                found.update(link.replace("&amp;", "&") for link in links)
        self.assertGreater(len(looked_at), 25)

    def test_ping_answers_and_is_not_kept(self):
        first = self.get("/ping")
        self.assertEqual(json.loads(first.body)["ping"], "pong!")
        programs.wait_for(
            lambda: self.get("/ping").body != first.body, 5, "a later ping")

    def test_health_tells_about_the_films(self):
        answer = self.get("/health")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer["Content-Type"], JSON)
        self.assertIn("ok", answer.text())

    def test_head_has_the_headers_of_get_and_no_body(self):
        for target in ("/", "/movies", "/movies.json", "/style.css",
                       "/movies/" + self.film):
            for accept in ("br", "identity"):
                with self.subTest(target=target, accept=accept):
                    headers = {"Accept-Encoding": accept}
                    get = self.get(target, headers)
                    head = self.request("HEAD", target, headers)
                    self.assertEqual((head.status, head.body), (200, b""))
                    for name in ("Content-Type", "Content-Length", "ETag",
                                 "Content-Encoding", "Last-Modified",
                                 "Cache-Control", "Vary"):
                        self.assertEqual(head[name], get[name], name)

    def test_an_unknown_path_is_404_in_the_voice_of_the_reader(self):
        for target in ("/nothing", "/movies/nobody", "/movies/page/2",
                       "/movies/page/0", "/movies/page/01", "/movies.xml",
                       "/movies/%s/more" % self.film, "/.error", "/.env",
                       "/style.css/x", "/apis"):
            with self.subTest(target):
                page = self.get(target, {"Accept": "text/html"})
                self.assertEqual(page.status, 404)
                self.assertEqual(page["Content-Type"], HTML)
                problem = self.get(target, {"Accept": JSON})
                self.assertEqual(problem.status, 404)
                self.assertEqual(problem["Content-Type"],
                                 "application/problem+json")
                self.assertEqual(json.loads(problem.body)["status"], 404)

    def test_a_page_never_hides_under_a_name_that_a_cache_would_keep(self):
        for target in ("/movies/x.css", "/movies/style.css", "/movies/x.js",
                       "/movies/%s.css" % self.film, "/movies/x.html.css",
                       "/movies.json/x.css", "/movies%2fx.css",
                       "/movies;x.css", "/movies/;x.css"):
            with self.subTest(target):
                self.assertEqual(self.get(target).status, 404)

    def test_a_resource_has_one_spelling(self):
        for target in ("//movies", "/movies//", "//", "/./movies",
                       "/x/../movies", "/%6dovies", "/movies%2e"
                       "json", "/Movies", "/movies.json/", "/movies.html/",
                       "/%2e%2e/movies", "/movies/%2e/", "/style.css/",
                       "/movies#x", "/movies%3forder=year"):
            with self.subTest(target):
                answer = self.get(target)
                self.assertIn(answer.status, (400, 404))

    def test_no_path_leaves_the_cache(self):
        for target in ("/../../etc/passwd", "/movies/../../../etc/passwd",
                       "/movies/..%2f..%2f..%2fetc%2fpasswd",
                       "/movies/%2e%2e/%2e%2e/status", "/movies/current",
                       "/movies/..", "/current/movies.html", "/pack",
                       "/movies/pack", "/movies/%00", "/movies/\\..\\x"):
            with self.subTest(target):
                answer = self.get(target)
                self.assertIn(answer.status, (400, 404))
                self.assertNotIn(b"root:", answer.body)

    def test_a_known_path_is_405_for_another_method_and_names_its_own(self):
        for target in ("/", "/movies", "/movies.json", "/movies/" + self.film,
                       "/ping", "/health", "/style.css"):
            for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
                with self.subTest(target=target, method=method):
                    answer = self.request(method, target, {}, b"")
                    self.assertEqual(answer.status, 405)
                    self.assertEqual(answer["Allow"], "GET, HEAD")

    def test_an_unknown_path_is_404_for_another_method_too(self):
        self.assertEqual(self.request("POST", "/nothing", {}, b"x").status,
                         404)

    def test_nothing_of_the_path_gets_into_a_header(self):
        for target in ("/movies%0d%0aX-Evil:%201", "/%0d%0aX-Evil:%201",
                       "/movies/%0d%0aX-Evil:%201",
                       "/movies/?order=%0d%0aX-Evil:%201"):
            with self.subTest(target):
                self.assertIsNone(self.get(target)["X-Evil"])

    def test_the_proxy_header_reaches_no_program(self):
        answer = self.get("/movies", {"Proxy": "http://127.0.0.1:1"})
        self.assertEqual(answer.status, 200)
        with open("/proc/%d/environ" % self.responder_pid(), "rb") as file:
            self.assertNotIn(b"HTTP_PROXY", file.read())
        with open(whole_site.NGINX + "/snippets/marquee-fastcgi.conf",
                  encoding="utf-8") as snippet:
            self.assertIn("fastcgi_pass_request_headers off;", snippet.read())


class Pagination(whole_site.TestCase):
    """So many films that the list has three pages."""

    def setUp(self):
        super().setUp()
        film = self.upstream.collections["films"][0]
        self.upstream.collections["films"] = [
            dict(film, id="film-%03d" % i, title="Film %03d" % i, people=[],
                 release_date=str(2400 - i)) for i in range(FILMS)]
        self.start_site()

    def titles(self, target):
        page = self.get(target)
        self.assertEqual(page.status, 200, target)
        return re.findall(r'href="/movies/(film-\d+)"', page.text()), page

    def test_the_linked_pages_hold_every_film_once_and_the_json_stays_whole(self):
        seen, target = [], "/movies"
        for number in (1, 2, 3):
            found, page = self.titles(target)
            seen += list(dict.fromkeys(found))
            links = dict(re.findall(
                r'<(?:a|link)[^>]*rel="(next|prev)"[^>]*href="([^"]*)"',
                page.text()))
            self.assertEqual("prev" in links, number > 1)
            target = links.get("next")
        self.assertIsNone(target)
        self.assertEqual(seen, ["film-%03d" % i for i in range(FILMS)])
        self.assertEqual(self.get("/movies/page/1").body,
                         self.get("/movies").body)
        self.assertEqual(len(json.loads(self.get("/movies.json").body)), FILMS)

    def test_a_page_past_the_last_is_404(self):
        for number in ("4", "0", "-1", "x", "02", "99999999999999999999"):
            with self.subTest(number):
                self.assertEqual(
                    self.get("/movies/page/" + number).status, 404)

    def test_the_year_order_has_pages_too(self):
        found, _ = self.titles("/movies/page/2?order=year")
        self.assertEqual(found[0], "film-%03d" % (FILMS - 201))
