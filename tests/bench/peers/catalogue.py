"""Films and people, joined, as a Python service would hold them in memory."""

import json
import os


def last_part(link):
    return link.rstrip("/").rpartition("/")[2]


def join(films, people, species):
    """film id -> the film, with `persons`: whoever film.people or person.films
    names, once each, in the order of people."""
    names = {kind["id"]: kind["name"] for kind in species}
    joined = {film["id"]: dict(film, persons=[]) for film in films}
    refs = {film["id"]: {last_part(link) for link in film["people"]}
            for film in films}
    for person in people:
        person = dict(person, species_name=names.get(
            last_part(person.get("species") or "")))
        in_films = {last_part(link) for link in person["films"]}
        for film_id, film in joined.items():
            if film_id in in_films or person["id"] in refs[film_id]:
                film["persons"].append(person)
    return joined


def as_json(films):
    """The contract's shape of the list."""
    return {film_id: film_as_json(film) for film_id, film in films.items()}


def film_as_json(film):
    return {
        "film_id": film["id"], "film_title": film["title"],
        "persons": [{
            "person_id": person["id"], "person_name": person["name"],
            "species": person["species_name"], "gender": person["gender"],
            "age": person["age"], "eye_color": person["eye_color"],
            "hair_color": person["hair_color"]} for person in film["persons"]],
        **{name: film[name] for name in (
            "original_title", "original_title_romanised", "director",
            "producer", "release_date", "running_time", "rt_score", "image")}}


def load():
    """Returns films (joined) and people, of the directory BENCH_CATALOGUE."""
    parts = []
    for name in ("films", "people", "species"):
        path = os.path.join(os.environ["BENCH_CATALOGUE"], name + ".json")
        with open(path, encoding="utf-8") as file:
            parts.append(json.load(file))
    return join(*parts), parts[1]
