"""fetch_job.py BASE DIRECTORY: a peer, fetch-movies as a Python job with
requests, Jinja and brotli.

Asks for the three collections, conditionally; where all are unchanged that is
all. Else joins, renders the list by both orders and each film, in HTML and JSON,
compresses each twice at the levels that fetch-movies uses, and makes it live
by one rename.
"""

import gzip
import json
import os
import shutil
import sys

import brotli
import jinja2
import requests

import catalogue

COLLECTIONS = ("films", "people", "species")

# Of gzip and brotli: lib/base/compress.c.
LIST_LEVELS = (9, 6)
FILM_LEVELS = (6, 5)

HERE = os.path.dirname(os.path.abspath(__file__))


def fetch(base, directory):
    """Returns whether anything is new; bodies and tags are in `directory`."""
    path = os.path.join(directory, "tags.json")
    tags = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            tags = json.load(file)
    is_new = False
    with requests.Session() as session:
        for name in COLLECTIONS:
            headers = {"If-None-Match": tags[name]} if name in tags else {}
            answer = session.get("%s/%s?limit=250" % (base, name),
                                 headers=headers, timeout=10)
            answer.raise_for_status()
            if answer.status_code == 304:
                continue
            is_new = True
            tags[name] = answer.headers["ETag"]
            with open(os.path.join(directory, name + ".json"), "wb") as file:
                file.write(answer.content)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(tags, file)
    return is_new


def render(directory):
    """Yields (name, text)."""
    parts = []
    for name in COLLECTIONS:
        with open(os.path.join(directory, name + ".json"), "rb") as file:
            parts.append(json.load(file))
    films, people = catalogue.join(*parts), parts[1]
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(os.path.join(HERE, "templates")),
        autoescape=True)
    by_year = dict(sorted(films.items(),
                          key=lambda item: item[1]["release_date"]))
    page = templates.get_template("movies.html")
    yield "movies.html", page.render(films=films, people=people)
    yield "movies-by-year.html", page.render(films=by_year, people=people)
    yield "movies.json", json.dumps(catalogue.as_json(films),
                                    ensure_ascii=False)
    page = templates.get_template("film.html")
    for film_id, film in films.items():
        yield film_id + ".html", page.render(film=film)
        yield film_id + ".json", json.dumps(catalogue.film_as_json(film),
                                            ensure_ascii=False)


def publish(directory):
    new = os.path.join(directory, "new-%d" % os.getpid())
    os.mkdir(new)
    for name, text in render(directory):
        body = text.encode()
        levels = LIST_LEVELS if name.startswith("movies") else FILM_LEVELS
        for suffix, data in (
                ("", body), (".gz", gzip.compress(body, levels[0])),
                (".br", brotli.compress(body, quality=levels[1]))):
            with open(os.path.join(new, name + suffix), "wb") as file:
                file.write(data)
    link = os.path.join(directory, "next")
    os.symlink(new, link)
    live = os.path.join(directory, "current")
    old = os.readlink(live) if os.path.islink(live) else None
    os.rename(link, live)
    if old:
        shutil.rmtree(old)


def main():
    if fetch(sys.argv[1], sys.argv[2]):
        publish(sys.argv[2])


main()
