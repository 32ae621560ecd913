"""Judges a page by its text alone, where there is no browser.

    for complaint in page_judge.complaints(html):
        …
    page = page_judge.read(html)
    page.tags, page.ids, page.titles

It knows what our templates use: tags that are all closed, quoted attributes.
"""

import html.parser
import re

VOID = {"meta", "link", "img", "input"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")

# What a form's field can be named by besides.
NAMED = ("aria-label", "aria-labelledby")


class Tag:
    """One element: its name, attributes, own text, and what it stands in."""

    def __init__(self, name, attributes, parents):
        self.name = name
        self.attributes = attributes
        self.parents = parents  # tags, the outermost first
        self.parts = []

    @property
    def text(self):
        return "".join(self.parts)

    def __getitem__(self, name):
        return self.attributes.get(name)

    def __contains__(self, name):
        return name in self.attributes

    def __repr__(self):
        return "<%s%s>" % (self.name, "".join(
            " %s=%r" % pair for pair in self.attributes.items()))


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.wrong = [], [], []
        self.doctype = None
        self.feed(text)
        self.close()
        self.wrong += ["%r is left open" % tag for tag in self.open]
        self.ids = [tag["id"] for tag in self.tags if "id" in tag]

    def handle_decl(self, decl):
        self.doctype = decl

    def handle_starttag(self, tag, attrs):
        if len(dict(attrs)) != len(attrs):
            self.wrong.append("<%s> has an attribute twice" % tag)
        here = Tag(tag, dict(attrs), list(self.open))
        self.tags.append(here)
        if tag not in VOID:
            self.open.append(here)

    def handle_endtag(self, tag):
        if self.open and self.open[-1].name == tag:
            self.open.pop()
        else:
            self.wrong.append("</%s> closes nothing" % tag)

    def handle_data(self, data):
        languages = [tag["lang"] for tag in self.open if tag["lang"]]
        if JAPANESE.search(data) and languages[-1:] != ["ja"] and \
                "code" not in [tag.name for tag in self.open]:
            self.wrong.append("%r is not said to be Japanese" % data)
        for tag in self.open:
            tag.parts.append(data)

    def all(self, *names):
        return [tag for tag in self.tags if tag.name in names]


def read(text):
    return Page(text)


def document(page):
    """What every page begins with."""
    if page.doctype != "DOCTYPE html":
        yield "no doctype"
    if [tag["lang"] for tag in page.all("html")] != ["en"]:
        yield "no language"
    if len(page.all("title")) != 1 or not page.all("title")[0].text.strip():
        yield "not one title"
    if not any(tag["charset"] == "utf-8" for tag in page.all("meta")):
        yield "no charset"
    if not any(tag["name"] == "viewport" and "user-scalable" not in
               tag["content"] and "maximum-scale" not in tag["content"]
               for tag in page.all("meta")):
        yield "no viewport, or one that cannot be zoomed"


def headings(page):
    levels = [int(tag.name[1]) for tag in page.all(*HEADINGS)]
    if levels.count(1) != 1:
        yield "%d h1" % levels.count(1)
    for before, level in zip([0] + levels, levels):
        if level > before + 1:
            yield "h%d after h%d" % (level, before)
    yield from ("%r is empty" % tag for tag in page.all(*HEADINGS)
                if not tag.text.strip())


def landmarks(page):
    if len(page.all("main")) != 1:
        yield "not one main"
    for name in ("nav", "section", "fieldset"):
        names = [tag["aria-label"] or tag["aria-labelledby"] or
                 "".join(t.text for t in page.all("legend")
                         if tag in t.parents) for tag in page.all(name)]
        if not all(names) or len(set(names)) != len(names):
            yield "%s without a name of its own: %s" % (name, names)


def references(page):
    """Ids, and what points to them."""
    if len(set(page.ids)) != len(page.ids):
        yield "an id twice: %s" % sorted(
            i for i in set(page.ids) if page.ids.count(i) > 1)
    for tag in page.tags:
        for name in ("for", "aria-labelledby", "aria-describedby"):
            for target in (tag[name] or "").split():
                if target not in page.ids:
                    yield "%r points nowhere" % tag
        link = tag["href"] or ""
        if link.startswith("#") and link[1:] not in page.ids:
            yield "%r leads nowhere" % tag


def names(page):
    """What is not text needs some."""
    for tag in page.all("img"):
        if not tag["alt"] or not tag["width"] or not tag["height"]:
            yield "%r has no text or size" % tag
    for tag in page.all("a", "button"):
        if not tag.text.strip() and not tag["aria-label"]:
            yield "%r has no text" % tag
    labelled = {tag["for"] for tag in page.all("label") if tag.text.strip()}
    for tag in page.all("input", "select", "textarea"):
        if tag["id"] not in labelled and not any(n in tag for n in NAMED):
            yield "%r has no label" % tag
    for tag in page.all("a"):
        if not tag["href"]:
            yield "%r is no link" % tag


def nothing_inline(page):
    for tag in page.tags:
        if tag.name in ("style", "iframe", "object", "embed", "base", "form"):
            yield "%r" % tag
        if tag.name == "script" and (tag.text or not (
                tag["src"] or "").startswith("/script.js?v=")):
            yield "%r is not the one script" % tag
        for name, value in tag.attributes.items():
            if name == "style" or name.startswith("on") or (
                    value or "").startswith("javascript:"):
                yield "%r is inline" % tag


def complaints(text):
    """What is wrong with a page: sentences, or none."""
    page = read(text)
    yield from page.wrong
    for question in (document, headings, landmarks, references, names,
                     nothing_inline):
        yield from question(page)
