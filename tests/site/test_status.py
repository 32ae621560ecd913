"""/status: what /health and /metrics say, for people."""

import html.parser
import json
import os
import re

import busy_site
import exposition
import responding
import whole_site

VOID = {"meta", "link", "path", "br"}

# Attributes that a page may have under its Content-Security-Policy.
FORBIDDEN = re.compile(r"^(style|on\w+|src|href=.*javascript)$")


def for_people(time):
    """RFC 3339 as the page shows it."""
    return time[:10] + " " + time[11:19] + " UTC"


class Page(html.parser.HTMLParser):
    """The page's text by tag, and whether its tags nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.texts, self.tags = [], [], []
        self.feed(text)
        self.close()
        if self.open:
            raise AssertionError("left open: %s" % self.open)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, []))
            self.texts.append(self.open[-1])

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()[0] != tag:
            raise AssertionError("</%s> where it does not belong" % tag)

    def handle_data(self, data):
        for _, text in self.open:
            text.append(data)

    def of(self, tag):
        return ["".join(text).strip() for name, text in self.texts
                if name == tag]

    def facts(self):
        """What stands beside each row's header."""
        found, name = {}, None
        for tag, text in self.texts:
            text = "".join(text).strip()
            if tag == "th":
                name = text
            elif tag == "td" and name:
                found.setdefault(name, text)
                name = None
        return found

    def numbers(self):
        """The value of each sample."""
        words = [(tag, "".join(text).strip())
                 for tag, text in self.texts if tag in ("code", "td")]
        return {words[i][1]: words[i + 1][1] for i in range(len(words) - 1)
                if words[i][0] == "code"}

    def times(self):
        """Each time as a program reads it."""
        return [attrs["datetime"] for tag, attrs in self.tags if tag == "time"]

    def bars(self):
        """Of each picture, by its label."""
        labels = [attrs["aria-label"] for tag, attrs in self.tags
                  if tag == "svg"]
        paths = [attrs["d"] for tag, attrs in self.tags if tag == "path"]
        return dict(zip(labels, paths))


class Status(busy_site.TestCase):

    def page(self):
        answer = self.get("/status")
        self.assertEqual(answer.status, 200)
        return Page(answer.body.decode())

    def test_it_says_what_health_and_metrics_say(self):
        metrics = exposition.Metrics(self.scrape())
        page, health = self.page(), json.loads(self.get("/health").body)
        self.assertEqual(page.of("h1"), ["All is well."])
        headings = re.findall(
            r'<h2 id="(\w+)">\1 <small class="(\w+)">\2</small></h2>',
            self.get("/status").body.decode())
        self.assertEqual(headings, [
            (name, service["status"])
            for name, service in health["services"].items()])
        movies = health["services"]["movies"]
        facts = page.facts()
        for label, member in (("Films", "films"), ("People", "people"),
                              ("Generation", "generation")):
            self.assertEqual(facts[label], str(movies[member]), label)
        self.assertEqual(facts["Last run"], for_people(movies["last_run"]))
        self.assertIn(movies["last_run"], page.times())
        self.assertRegex(facts["Age of the data"], r"^\d+ s$")
        self.assertNotIn("What went wrong last", facts)
        numbers = page.numbers()
        self.assertEqual(
            {name.partition("{")[0] for name in numbers},
            {name for name, _ in metrics.samples})
        self.assertEqual(numbers["marquee_movies_films"], "22")
        self.assertEqual(
            numbers['marquee_fetch_runs_total{result="published"}'], "1")
        self.assertRegex(
            numbers["marquee_fetch_last_run_timestamp_seconds"],
            r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$")

    def test_it_needs_no_script_no_style_and_no_other_host(self):
        self.happen()
        for tag, attrs in self.page().tags:
            self.assertNotIn(tag, ("script", "style", "iframe", "img"))
            for name, value in attrs.items():
                self.assertNotRegex(name, FORBIDDEN)
                if name == "href":
                    self.assertRegex(value, r"^(/|#)")
        for target in ("/status", "/status/"):
            answer = self.get(target)
            self.assertEqual(answer["Content-Type"],
                             "text/html; charset=utf-8")
            self.assertEqual(answer["Cache-Control"], "no-store")
            self.assertIn("default-src 'none'",
                          answer["Content-Security-Policy"])
        self.assertEqual(self.request("POST", "/status", {}, b"").status, 405)
        self.assertIn("/status", self.get("/").text())

    def test_the_last_day_is_in_pictures(self):
        self.happen()
        highest = re.compile(r"the highest is ([\d.]+)(?: (\w+))?$")
        before = self.page()
        self.assertEqual(list(before.bars()), [
            name + " over the last 24 hours" for name in (
                "Age of the films", "Run time of fetch-movies",
                "Requests that movies.fcgi answered")])
        for _ in range(30):
            self.get("/ping")
        os.utime(self.site("checked"), (1, 1))
        self.upstream.set_fault("status-500")
        self.assertEqual(self.fetch().returncode, 69)
        self.upstream.clear_faults()
        self.publish()
        figures = [highest.search(text).groups()
                   for text in self.page().of("small")
                   if highest.search(text)]
        self.assertEqual([unit for _, unit in figures], ["days", "s", None])
        days, seconds, requests = (float(figure) for figure, _ in figures)
        self.assertGreater(days, 365 * 50)
        self.assertGreater(seconds, 0)
        self.assertGreater(requests, 30)
        for bars in self.page().bars().values():
            self.assertRegex(bars, r"^(M\d+ 100V\d+h1V100z)+$")

    def test_what_is_ill_is_said(self):
        self.happen()
        os.utime(self.site("checked"), (1, 1))
        self.upstream.set_fault("status-500")
        self.assertEqual(self.fetch().returncode, 69)
        page = self.page()
        self.assertEqual(page.of("h1"), ["Not all is well."])
        self.assertIn("500", page.facts()["What went wrong last"])


class Alone(responding.TestCase):

    def test_it_is_there_when_nothing_is_published(self):
        self.serve()
        answer = self.ask("/status")
        self.assertEqual(answer.status, 200)
        page = Page(answer.body.decode())
        self.assertEqual(page.of("h1"), ["Nothing can be served."])
        self.assertIn("Nothing is known of it yet.", page.of("p"))
        self.assertIn("Nothing was measured", " ".join(page.of("small")))

    def test_regress_it_asked_for_a_style_that_was_not_there(self):
        def links():
            return [attrs["href"] for tag, attrs in
                    Page(self.cgi("/status").body.decode()).tags
                    if tag == "link"]
        self.assertEqual(links(), [])
        self.publish({"movies.html": b"page"})
        self.assertEqual(links(), ["/favicon.svg", "/style.css"])

    def test_as_plain_cgi_it_has_no_requests_to_show(self):
        self.publish({"movies.html": b"page"})
        page = Page(self.cgi("/status").body.decode())
        self.assertEqual(page.of("h1"), ["All is well."])
        self.assertNotIn("Requests", " ".join(page.of("b")))

    def test_a_note_s_text_stays_text(self):
        error = "<script>alert(1)</script>\" onload='x' &amp; \xe3\x81\x82"
        self.publish({"movies.html": b"page"},
                     status="result=failed\nerror=%s\nsource=</table><b>\n"
                     % error)
        page = Page(self.cgi("/status").body.decode())
        self.assertNotIn("script", [tag for tag, _ in page.tags])
        self.assertEqual(page.facts()["What went wrong last"], error)
        self.assertEqual(page.facts()["Where they are from"], "</table><b>")

    def test_head_has_the_headers_and_no_body(self):
        self.publish({"movies.html": b"page"})
        answer = self.cgi("/status", "HEAD")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, b"")
        self.assertGreater(int(answer.headers["content-length"]), 1000)


class NeverFetched(whole_site.TestCase):

    def test_regress_films_that_came_with_marquee_had_an_age(self):
        self.upstream.refuse_connections()
        self.assertEqual(self.fetch().returncode, 69)
        self.start_responder()
        self.start_nginx()
        health = json.loads(self.get("/health").body)["services"]["movies"]
        metrics = exposition.Metrics(self.get("/metrics").body.decode())
        page = Page(self.get("/status").body.decode())
        facts = page.facts()
        self.assertIsNone(health["age_s"])
        self.assertIsNone(metrics.get("marquee_movies_data_age_seconds"))
        self.assertNotIn("Age of the data", facts)
        self.assertIn("never fetched", facts["Where they are from"])
        self.assertEqual(facts["Shown since"], for_people(health["published"]))
        self.assertEqual(page.of("small")[0], "None: these films came with "
                         "Marquee and were never fetched.")
        self.upstream.accept_connections()
        self.publish()
        page = Page(self.get("/status").body.decode())
        self.assertEqual(page.facts()["Where they are from"], "The films API")
        self.assertIn("Age of the films over the last 24 hours", page.bars())


class Fallback(whole_site.TestCase):

    def test_without_movies_fcgi_it_is_an_error_that_is_a_page(self):
        self.start_site()
        self.stop_responder()
        answer = self.get("/status")
        self.assertEqual(answer.status, 503)
        self.assertTrue(answer["Content-Type"].startswith("text/html"))
