"""A peer: the films from memory, rendered by Jinja for each request."""

import os

import fastapi
import fastapi.responses
import fastapi.templating

import catalogue

FILMS, PEOPLE = catalogue.load()
JSON = catalogue.as_json(FILMS)

app = fastapi.FastAPI()
templates = fastapi.templating.Jinja2Templates(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "templates"))


@app.get("/movies")
async def movies(request: fastapi.Request):
    if "json" in request.headers.get("accept", ""):
        return JSON
    return templates.TemplateResponse("movies.html", {
        "request": request, "films": FILMS, "people": PEOPLE})


@app.get("/movies/{film_id}")
async def film(request: fastapi.Request, film_id: str):
    if film_id not in FILMS:
        raise fastapi.HTTPException(404)
    return templates.TemplateResponse("film.html", {
        "request": request, "film": FILMS[film_id]})
