"""templates/openapi.json, and whether an answer is what it says.

    document = openapi.read()
    document.wrong_with("GET", "/movies/f1?x=1", answer) -> ["…"], or []

`answer` has `status`, `body` (bytes, without a content coding) and `header(name)`
(a header's value or None). Tests of the whole site and of events.fcgi have each
of their answers looked at: see whole_site.py and serving_events.py.
"""

import functools
import json
import os
import re

import programs

SOURCE = os.path.join(programs.ROOT, "templates", "openapi.json")

TYPES = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}

# Headers that an answer has only sometimes: its description says when. That of
# CORS is for JSON; an error has a Cache-Status where the cache was asked.
SOMETIMES = {"Allow", "Link", "Retry-After"}
OF_JSON = {"Access-Control-Allow-Origin"}
OF_SUCCESS = {"Cache-Status"}
# nginx does not know that of a media file that it shows again.
OF_MADE = {"Age"}
KEPT_BY_NGINX = "/api/presentation/files/{fileId}"

# Addresses that are no part of the API.
PAGES = re.compile(r"/(|favicon\.(svg|ico)|robots\.txt|[a-z]+\.(css|js))$")


def no_duplicates(pairs):
    """json.load keeps the last of two members of one name; this refuses."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice: %s" % [key for key, _ in pairs])
    return members


def follow(document, node):
    """What a node stands for: itself, or what its $ref leads to."""
    if "$ref" not in node:
        return node
    start, *parts = node["$ref"].split("/")
    if start != "#":
        raise KeyError(node["$ref"])
    found = document
    for part in parts:
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return found


def complaints(document, schema, value, where="$"):
    """What of a value its schema does not allow: sentences, or none. Knows the
    words of JSON Schema that the document uses."""
    schema = follow(document, schema)
    allowed = schema.get("type", list(TYPES))
    allowed = [allowed] if isinstance(allowed, str) else allowed
    if not any(TYPES[name](value) for name in allowed):
        yield "%s is no %s" % (where, " or ".join(allowed))
        return
    if "enum" in schema and value not in schema["enum"]:
        yield "%s is none of %s" % (where, schema["enum"])
    if "minimum" in schema and value is not None and value < schema["minimum"]:
        yield "%s is below %s" % (where, schema["minimum"])
    if "maximum" in schema and value is not None and value > schema["maximum"]:
        yield "%s is above %s" % (where, schema["maximum"])
    if isinstance(value, str):
        if not schema.get("minLength", 0) <= len(value) <= \
                schema.get("maxLength", len(value)):
            yield "%s is too short or too long" % where
    if "pattern" in schema and isinstance(value, str) and \
            not re.search(schema["pattern"], value):
        yield "%s does not match %s" % (where, schema["pattern"])
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from complaints(document, schema.get("items", {}), item,
                                  "%s[%d]" % (where, i))
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        for name in schema.get("required", []):
            if name not in value:
                yield "%s has no %s" % (where, name)
        for name, member in value.items():
            here = "%s.%s" % (where, name)
            if name not in properties and others is False:
                yield "%s is not allowed" % here
            elif name in properties or isinstance(others, dict):
                yield from complaints(document,
                                      properties.get(name, others), member,
                                      here)


def pattern_of(path):
    """Which addresses are a path's. A list's may end in a slash."""
    parts = re.split(r"{[^}]*}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts) +
                      "/?$")


class Document(dict):
    """The document as JSON has it, and what it says of an answer."""

    def path_of(self, target):
        """The path whose address that is, or None. Of several the one with
        the least in braces: "/movies.json" is no "/{any}"."""
        address = target.partition("?")[0]
        found = [path for path in self["paths"]
                 if pattern_of(path).match(address)]
        return min(found, key=lambda path: (
            len(re.findall(r"{", path)), -len(re.sub(r"{[^}]*}", "", path))),
            default=None)

    def response_of(self, operation, status):
        responses = operation["responses"]
        for name in (str(status), "%dXX" % (status // 100), "default"):
            if name in responses:
                return follow(self, responses[name])
        return None

    def wrong_with(self, method, target, answer, without=()):
        """Sentences about what the document does not allow; `without` names
        headers that only a server further out adds."""
        path = self.path_of(target)
        if "%00" in target and answer.status == 400:
            # nginx's own: no responder is asked.
            return []
        if path is None:
            if answer.status < 300 and not PAGES.match(
                    target.partition("?")[0]):
                return ["%s is not in the document" % target]
            return []
        operations = self["paths"][path]
        operation = operations.get("get" if method == "HEAD"
                                   else method.lower())
        if operation is None:
            # Nobody allows it, or nginx refuses it on its own.
            return [] if 400 <= answer.status < 600 else [
                "%s %s was answered with %d" % (method, path, answer.status)]
        response = self.response_of(operation, answer.status)
        if response is None:
            return ["%s %s has no %d" % (method, path, answer.status)]
        missing = {name for name in response.get("headers", {})
                   if answer.header(name) is None} - SOMETIMES - set(without)
        if not (answer.header("Content-Type") or "").endswith("json"):
            missing -= OF_JSON
        if answer.status >= 400:
            missing -= OF_SUCCESS
        if path == KEPT_BY_NGINX:
            missing -= OF_MADE
        wrong = ["no " + name for name in sorted(missing)]
        if method != "HEAD" and answer.status not in (206, 304):
            wrong += self.wrong_with_body(response.get("content", {}), answer)
        return ["%s %s %d: %s" % (method, target, answer.status, what)
                for what in wrong]

    def wrong_with_body(self, content, answer):
        if not content:
            return []
        kind = (answer.header("Content-Type") or "none").partition(";")[0]
        if kind not in content:
            return ["the type is " + kind]
        if not kind.endswith("json"):
            return []
        try:
            value = json.loads(answer.body)
        except ValueError as error:
            return ["the body is no JSON: %s" % error]
        return list(complaints(self, content[kind]["schema"], value))


@functools.lru_cache(maxsize=None)
def read():
    with open(SOURCE, encoding="utf-8") as file:
        return Document(json.load(file, object_pairs_hook=no_duplicates))
