"""templates/openapi.json: whether it is OpenAPI 3.1, and whether it is true."""

import json
import os
import re
import shlex
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import openapi
import programs
import serving_events
from openapi import TYPES, complaints, follow

BUNDLED = os.path.join(programs.ROOT, "catalogue")
MEDIA = os.path.join(programs.ROOT, "example", "media")

SITE = "http://127.0.0.1:8080"

# OpenAPI 3.1: the methods of a path, and what an object may hold.
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
MEMBERS = {
    "root": {"openapi", "info", "jsonSchemaDialect", "servers", "paths",
             "webhooks", "components", "security", "tags", "externalDocs"},
    "info": {"title", "summary", "description", "termsOfService", "contact",
             "license", "version"},
    "operation": {"tags", "summary", "description", "externalDocs",
                  "operationId", "parameters", "requestBody", "responses",
                  "callbacks", "deprecated", "security", "servers"},
    "parameter": {"name", "in", "description", "required", "deprecated",
                  "allowEmptyValue", "style", "explode", "allowReserved",
                  "schema", "example", "examples", "content"},
    "header": {"description", "required", "deprecated", "style", "explode",
               "schema", "example", "examples", "content"},
    "response": {"description", "headers", "content", "links"},
    "media": {"schema", "example", "examples", "encoding"},
    "request": {"description", "content", "required"},
    "schema": {"$ref", "type", "description", "required", "properties",
               "additionalProperties", "items", "enum", "format", "minimum",
               "maximum", "minLength", "maxLength", "pattern", "examples"},
}

def walk(node, where="#"):
    """Every object of the document, with its place. Examples are data."""
    if isinstance(node, dict):
        yield where, node
        for key, member in node.items():
            if key not in ("example", "examples", "enum"):
                yield from walk(member, where + "/" + key)
    elif isinstance(node, list):
        for i, item in enumerate(node):
            yield from walk(item, "%s/%d" % (where, i))


class Checker(unittest.TestCase):
    """The checker of schemas above is itself checked."""

    CASES = [
        ({"type": "string"}, "a", 1),
        ({"type": "integer"}, 1, True),
        ({"type": "integer", "minimum": 1}, 1, 0),
        ({"type": "integer", "maximum": 9}, 9, 10),
        ({"type": "string", "minLength": 1}, "a", ""),
        ({"type": "string", "maxLength": 2}, "ab", "abc"),
        ({"type": ["integer", "null"]}, None, "a"),
        ({"type": "string", "pattern": "^a+$"}, "aa", "ab"),
        ({"enum": ["a", None]}, None, "b"),
        ({"type": "array", "items": {"type": "string"}}, ["a"], ["a", 1]),
        ({"type": "object", "required": ["a"]}, {"a": 1}, {"b": 1}),
        ({"properties": {"a": {"type": "string"}}}, {"b": 1}, {"a": 1}),
        ({"additionalProperties": False, "properties": {"a": {}}}, {"a": 1},
         {"b": 1}),
        ({"additionalProperties": {"type": "string"}}, {"a": "b"}, {"a": 1}),
        ({"$ref": "#/named"}, "a", 1),
    ]

    def test_it_accepts_what_fits_and_refuses_what_does_not(self):
        document = {"named": {"type": "string"}}
        for schema, good, bad in self.CASES:
            with self.subTest(schema=schema):
                self.assertEqual(list(complaints(document, schema, good)), [])
                self.assertNotEqual(list(complaints(document, schema, bad)),
                                    [])


class FakeAnswer:
    def __init__(self, status, body=b"", **headers):
        self.status, self.body = status, body
        self.headers = {name.replace("_", "-"): value
                        for name, value in headers.items()}

    def header(self, name):
        return self.headers.get(name)


class Answers(unittest.TestCase):
    """What the tests of the site have their answers looked at with."""

    JSON = {"Content_Type": "application/json", "Cache_Control": "no-store",
            "X_Request_Id": "r", "Access_Control_Allow_Origin": "*"}

    def wrong(self, answer, method="GET", target="/ping", **more):
        return openapi.read().wrong_with(method, target, answer, **more)

    def ping(self, body=b'{"ping": "pong!", "now": "2026-01-01T00:00:00Z"}',
             status=200, without=(), **headers):
        headers = dict(self.JSON, **headers)
        for name in without:
            del headers[name]
        return FakeAnswer(status, body, **headers)

    def test_an_answer_that_is_as_documented_is(self):
        self.assertEqual(self.wrong(self.ping()), [])
        self.assertEqual(self.wrong(self.ping(b""), "HEAD"), [])
        self.assertEqual(self.wrong(FakeAnswer(404), target="/nowhere"), [])

    def test_what_is_not_as_documented_is_found(self):
        for what, answer, method, target in (
                ("no JSON", self.ping(b"{"), "GET", "/ping"),
                ("has no now", self.ping(b'{"ping": "pong!"}'), "GET",
                 "/ping"),
                ("has no 201", self.ping(status=201), "GET", "/ping"),
                ("the type is text/html",
                 self.ping(Content_Type="text/html"), "GET", "/ping"),
                ("no Cache-Control", self.ping(without=["Cache_Control"]),
                 "HEAD", "/ping"),
                ("no Access-Control-Allow-Origin",
                 self.ping(without=["Access_Control_Allow_Origin"]), "GET",
                 "/ping"),
                ("was answered with 200", self.ping(), "POST", "/ping"),
                ("is not in the document", self.ping(), "GET", "/pong")):
            with self.subTest(what):
                self.assertIn(what, " ".join(
                    self.wrong(answer, method, target)))

    def test_an_address_is_that_of_the_path_that_names_it_best(self):
        for target, path in (("/movies.json?x", "/movies.json"),
                             ("/movies/f1.json", "/movies/{film_id}.json"),
                             ("/movies/f1", "/movies/{film_id}"),
                             ("/movies/page/2", "/movies/page/{n}"),
                             ("/movies/", "/movies"), ("/x", None)):
            self.assertEqual(openapi.read().path_of(target), path)


class OpenApi(unittest.TestCase):

    def setUp(self):
        self.document = openapi.read()

    def operations(self):
        for path, item in self.document["paths"].items():
            for method, operation in item.items():
                yield path, method, operation

    def schemas(self):
        """Every schema, the nested ones too."""
        def nested(schema):
            yield schema
            inner = list(schema.get("properties", {}).values())
            inner += [schema[key] for key in ("items", "additionalProperties")
                      if isinstance(schema.get(key), dict)]
            for one in inner:
                yield from nested(one)

        for where, node in walk(self.document):
            if isinstance(node.get("schema"), dict):
                yield from nested(node["schema"])
            if where == "#/components/schemas":
                for schema in node.values():
                    yield from nested(schema)

    def check_members(self, kind, node, where):
        unknown = {key for key in node if not key.startswith("x-")}
        self.assertEqual(unknown - MEMBERS[kind], set(), where)

    def test_it_has_what_every_document_must_have(self):
        document = self.document
        self.check_members("root", document, "#")
        self.check_members("info", document["info"], "#/info")
        self.assertRegex(document["openapi"], r"^3\.1\.\d+$")
        self.assertTrue(document["info"]["title"])
        self.assertTrue(document["paths"])
        self.assertEqual(document["info"]["version"], "{{version}}",
                         "the version is filled in when it is published")
        for name in ("parameters", "headers", "responses", "schemas"):
            for key in document["components"][name]:
                self.assertRegex(key, r"^[A-Za-z0-9._-]+$")

    def test_every_operation_has_what_it_must_have(self):
        tags = [tag["name"] for tag in self.document["tags"]]
        self.assertEqual(len(tags), len(set(tags)))
        for path, method, operation in self.operations():
            with self.subTest(path=path, method=method):
                self.assertTrue(path.startswith("/"))
                self.assertIn(method, METHODS)
                self.check_members("operation", operation, path)
                self.assertIn(operation["tags"][0], tags)
                self.assertTrue(operation["summary"])
                self.assertTrue({"200", "201"} & set(operation["responses"]))
                self.assertEqual("requestBody" in operation,
                                 method in ("post", "put"))
                if "requestBody" in operation:
                    self.check_members("request", operation["requestBody"],
                                       path)
                    self.assertIs(operation["requestBody"]["required"], True)
                for status in operation["responses"]:
                    self.assertRegex(status, r"^([1-5]\d\d|[1-5]XX|default)$")

    def test_operation_ids_are_unique(self):
        ids = [operation["operationId"]
               for _, _, operation in self.operations()]
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_ref_resolves(self):
        refs = 0
        for where, node in walk(self.document):
            if "$ref" in node:
                refs += 1
                with self.subTest(where):
                    found = follow(self.document, node)
                    self.assertIsInstance(found, dict)
                    self.assertNotIn("$ref", found)
        self.assertGreater(refs, 100)

    def test_every_component_is_used(self):
        used = {node["$ref"] for _, node in walk(self.document)
                if "$ref" in node}
        for kind, named in self.document["components"].items():
            for name in named:
                self.assertIn("#/components/%s/%s" % (kind, name), used)

    def test_path_parameters_are_declared_and_no_others(self):
        for path, _, operation in self.operations():
            with self.subTest(path):
                parameters = [follow(self.document, node)
                              for node in operation.get("parameters", [])]
                named = [(one["in"], one["name"]) for one in parameters]
                self.assertEqual(len(named), len(set(named)))
                self.assertEqual(
                    sorted(name for place, name in named if place == "path"),
                    sorted(re.findall(r"{([^}]*)}", path)))
                for one in parameters:
                    self.check_members("parameter", one, one["name"])
                    self.assertIn(one["in"], ("path", "query", "header"))
                    self.assertIn("schema", one)
                    if one["in"] == "path":
                        self.assertIs(one["required"], True)

    def test_responses_and_headers_have_what_they_must_have(self):
        responses = 0
        for where, node in walk(self.document):
            if where.endswith("/responses"):
                for status, response in node.items():
                    responses += 1
                    response = follow(self.document, response)
                    self.check_members("response", response, where + status)
                    self.assertTrue(response["description"])
            elif where.endswith("/headers"):
                for name, header in node.items():
                    header = follow(self.document, header)
                    self.check_members("header", header, name)
                    self.assertIn("schema", header)
            elif where.endswith("/content"):
                for media_type, media in node.items():
                    self.assertRegex(media_type, r"^[a-z]+/[a-z+]+$")
                    self.check_members("media", media, where)
        self.assertGreater(responses, 50)

    def test_a_header_s_name_is_its_component_s(self):
        for where, node in walk(self.document):
            if where.endswith("/headers") and "components" not in where:
                for name, header in node.items():
                    self.assertEqual(header["$ref"],
                                     "#/components/headers/" + name)

    def test_schemas_use_only_words_that_are_checked(self):
        count = 0
        for schema in self.schemas():
            count += 1
            self.check_members("schema", schema, schema)
            types = schema.get("type", [])
            for name in [types] if isinstance(types, str) else types:
                self.assertIn(name, TYPES)
            for name in schema.get("required", []):
                self.assertIn(name, schema["properties"])
        self.assertGreater(count, 50)

    def test_examples_match_their_schemas(self):
        found = 0
        for where, node in walk(self.document):
            if "example" in node and "schema" in node:
                found += 1
                self.assertEqual(list(complaints(
                    self.document, node["schema"], node["example"])), [],
                    where)
        for schema in self.schemas():
            for example in schema.get("examples", []):
                found += 1
                self.assertEqual(list(complaints(self.document, schema,
                                                 example)), [])
        self.assertGreater(found, 30)

    def example_of(self, path):
        media = self.document["paths"][path]["get"]["responses"]["200"]
        return media["content"]["application/json"]["example"]

    def bundled(self, name):
        with open(os.path.join(BUNDLED, name + ".json"),
                  encoding="utf-8") as file:
            return {entry["id"]: entry for entry in json.load(file)}

    def test_example_films_are_those_of_the_bundled_catalogue(self):
        films, people = self.bundled("films"), self.bundled("people")
        films_shown = dict(self.example_of("/movies.json"))
        one = self.example_of("/movies/{film_id}.json")
        films_shown[one["film_id"]] = one
        self.assertEqual(len(films_shown), 3)
        for key, film in films_shown.items():
            with self.subTest(film["film_title"]):
                self.assertEqual(key, film["film_id"])
                source = films[key]
                self.assertEqual(film["film_title"], source["title"])
                for name in set(film) - {"film_id", "film_title", "persons"}:
                    self.assertEqual(film[name], source[name])
                for person in film["persons"]:
                    source = people[person["person_id"]]
                    self.assertEqual(person["person_name"], source["name"])
                    for name in ("gender", "age", "eye_color", "hair_color"):
                        self.assertEqual(person[name], source[name])

    def media(self, *names):
        with open(os.path.join(MEDIA, *names), encoding="utf-8") as file:
            return json.load(file)

    def listed_files(self):
        return {entry["fileId"]: entry
                for name in os.listdir(os.path.join(MEDIA, "list"))
                for entry in self.media("list", name)}

    def test_the_example_file_is_that_of_the_example_api(self):
        shown = self.example_of("/api/presentation/files/{fileId}")
        name = shown["fileId"] + ".json"
        self.assertEqual(shown, {
            **self.listed_files()[shown["fileId"]],
            **self.media("details", name),
            "segments": self.media("segments", name)})

    def test_example_problems_are_those_of_the_example_api(self):
        path = "/api/presentation/files/{fileId}"
        responses = self.document["paths"][path]["get"]["responses"]
        files = self.listed_files()
        for status in ("400", "404", "502", "503", "504"):
            with self.subTest(status):
                media = responses[status]["content"]
                shown = media["application/problem+json"]["example"]
                file = files.get(shown["instance"].split("/")[-1])
                self.assertEqual(shown["status"], int(status))
                self.assertEqual(file is None, status == "404")
                if status == "400":
                    self.assertNotEqual(shown["processingStatus"], "FINISHED")
                    self.assertEqual(shown["processingStatus"],
                                     file["processingStatus"])

    def test_example_problems_have_the_status_they_stand_under(self):
        found = 0
        for path, method, operation in self.operations():
            for status, response in operation["responses"].items():
                media = follow(self.document, response).get("content", {})
                shown = media.get("application/problem+json", {}).get(
                    "example")
                if shown is not None and status.isdigit():
                    found += 1
                    with self.subTest(path=path, method=method):
                        self.assertEqual(str(shown["status"]), status)
        self.assertGreater(found, 20)

    def test_every_curl_line_asks_for_its_own_path(self):
        for path, _, operation in self.operations():
            with self.subTest(path):
                lines = operation["x-curl"].split("\n")
                words = shlex.split(lines[-1])
                self.assertEqual(words[0], "curl")
                self.assertTrue(words[-1].startswith(SITE + "/"))
                asked = urllib.parse.urlsplit(words[-1]).path
                fits = "[^/]+".join(re.escape(part) for part in
                                    re.split(r"{[^}]*}", path))
                self.assertRegex(asked, "^%s$" % fits)
                if not asked.startswith("/events/"):
                    for part in re.findall(r"[0-9a-f-]{36}", asked):
                        self.assertIn(part, self.bundled("films"))
                if "{fileId}" in path:
                    file = self.listed_files()[asked.split("/")[-1]]
                    self.assertEqual(file["processingStatus"], "FINISHED")


class Events(serving_events.TestCase):
    """Whether events.fcgi does what the document says."""

    def setUp(self):
        super().setUp()
        self.document = openapi.read()
        self.serve()

    def example(self, path, method):
        operation = self.document["paths"][path][method]
        return operation["requestBody"]["content"]["application/json"][
            "example"]

    def test_what_it_shows_can_be_sent_and_comes_back(self):
        new = self.example("/events", "post")
        answer = self.send_json("POST", "/events", new)
        self.assertEqual(answer.status, 201, answer.body)
        target = answer.headers["location"]
        for change in (self.example("/events/{event_id}", "put"),
                       {"status": "Failed", "attempts": 3,
                        "last_error": "e"}):
            answer = self.send_json("PUT", target, change)
            self.assertEqual(answer.status, 200, answer.body)
        answer = self.send("GET", target)
        self.send(
            "GET", target, {"If-None-Match": answer.headers["etag"]})
        self.send("GET", "/events?limit=1")

    def test_what_goes_wrong_is_among_the_answers(self):
        target = self.post().headers["location"]
        one = "/events/{event_id}"
        wrong = [
            ("/events", "get", "/events?limit=0", {}, None, 400),
            ("/events", "post", "/events", {}, b"{", 400),
            ("/events", "post", "/events", {}, b"{}", 422),
            ("/events", "post", "/events", {"Content-Type": "text/plain"},
             b"{}", 415),
            ("/events", "post", "/events", {}, b" " * 65537, 413),
            ("/events", "post", "/events", {"Content-Length": None}, b"{}",
             411),
            (one, "get", target + "0", {}, None, 404),
            (one, "get", target, {"If-Match": '"x"'}, None, 412),
            (one, "put", target, {}, b"{}", 422),
            (one, "put", target, {}, b"", 400),
            (one, "put", target[:-1] + "_", {}, b'{"user_id": "u"}', 404),
            (one, "put", target, {"If-Match": '"x"'}, b'{"user_id": "u"}',
             412),
        ]
        for path, method, uri, headers, body, status in wrong:
            with self.subTest(path=path, method=method, status=status):
                answer = self.send(
                    method.upper(), uri,
                    dict({"Content-Type": "application/json"}, **headers),
                    body)
                self.assertEqual(answer.status, status, answer.body)

    def test_its_health_is_of_the_shape_it_says(self):
        entry = json.loads(self.ask("/health").body)["services"]["events"]
        schema = self.document["components"]["schemas"]["EventsHealth"]
        self.assertEqual(list(complaints(self.document, schema, entry)), [])
        self.assertEqual(list(complaints(self.document, schema,
                                         self.health())), [])


if __name__ == "__main__":
    unittest.main()
