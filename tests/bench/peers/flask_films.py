"""A peer: the same as fastapi_films.py with Flask."""

import flask

import catalogue

FILMS, PEOPLE = catalogue.load()
JSON = catalogue.as_json(FILMS)

app = flask.Flask(__name__)


@app.get("/movies")
def movies():
    if "json" in flask.request.headers.get("Accept", ""):
        return flask.jsonify(JSON)
    return flask.render_template("movies.html", films=FILMS, people=PEOPLE)


@app.get("/movies/<film_id>")
def film(film_id):
    if film_id not in FILMS:
        flask.abort(404)
    return flask.render_template("film.html", film=FILMS[film_id])
