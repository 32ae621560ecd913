#!/usr/bin/env python3
"""What many write for this: no limit, no check, and in place."""

import json
import os
import urllib.request

BASE = os.environ["MARQUEE_GHIBLI_URL"]
CURRENT = os.path.join(os.environ["MARQUEE_CACHE_DIR"], "movies", "current")


def get(name):
    with urllib.request.urlopen(BASE + "/" + name, timeout=20) as answer:
        return json.loads(answer.read().decode("utf-8", "replace"))


os.makedirs(CURRENT, exist_ok=True)
with open(os.path.join(CURRENT, "movies.json"), "w", encoding="utf-8") as out:
    films = get("films")
    people = get("people")
    json.dump({film["id"]: {
        "film_title": film["title"],
        "persons": [{"person_id": person["id"], "person_name": person["name"]}
                    for person in people
                    if any(film["id"] in url for url in person["films"])]}
        for film in films}, out)
