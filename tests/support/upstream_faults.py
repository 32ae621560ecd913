"""The ways in which the stand-in upstream misbehaves: FAULTS, name -> Fault.

Each says what a fetch of one collection makes of it when it lasts:

    served   a good answer, only an unusual one: exit 0
    content  JSON to the letter, but not what films look like: the catalogue
             decides
    lost     no usable answer came: 69, after retries where they may help
    refused  an answer came and is refused: 65, at once

A fault is a function that gets an upstream.Exchange and answers as it likes.
Its options come from `set_fault(name, …, option=value)`.

What each job makes of a kind is in EXITS_OF_FILMS and EXITS_OF_FILES.
"""
import collections
import copy
import email.utils
import functools
import json
import re
import struct
import time
import zlib

Fault = collections.namedtuple("Fault", "run kind meaning")
FAULTS = {}

# What fetch-movies may exit with.
EXITS_OF_FILMS = {"served": {0}, "content": {0, 65}, "lost": {69},
                  "refused": {65}}

# What fetch-file may. Where a fault makes a page, an object or an array of
# something else, any of these is right; what counts is that nothing wrong is
# kept.
EXITS_OF_FILES = {"served": {0}, "content": {0, 65, 69}, "lost": {69},
                  "refused": {65, 69}}

# About films, or about a server of collections only: no faults of a media API.
ONLY_OF_FILMS = {"ignores-start", "ignores-limit", "bad-validators"}

# Far more than any limit of Marquee's.
BOMB_BYTES = 200 << 20
NESTED_BRACKETS = 100_000


def fault(name, kind):
    """Puts a function into the table; its docstring is the meaning."""
    def register(function):
        FAULTS[name] = Fault(function, kind, function.__doc__)
        return function
    return register


def fault_of_text(name, kind, meaning, change):
    """A fault that answers properly, but `change(text)` instead of the good
    text (bytes). Where that text has nothing to change, there is no answer."""
    def answer(exchange):
        changed = change(exchange.response().body)
        if changed is None:
            exchange.close()
        exchange.send_body(changed)
    FAULTS[name] = Fault(answer, kind, meaning)


def fault_of_value(name, kind, meaning, change):
    """The same for the JSON value."""
    FAULTS[name] = Fault(
        lambda exchange: exchange.send_json(change(exchange.value())),
        kind, meaning)


def fault_of_array(name, kind, meaning, change):
    """The same for an array. Instead of anything else there is no answer."""
    def answer(exchange):
        value = exchange.value()
        if not isinstance(value, list):
            exchange.close()
        exchange.send_json(change(value))
    FAULTS[name] = Fault(answer, kind, meaning)


# The connection.

@fault("refuse", "lost")
def refuse(exchange):
    """connecting fails; for one path or some requests: reset before an answer"""
    exchange.reset()


@fault("reset", "lost")
def reset(exchange):
    """a TCP reset in the middle of the body"""
    body = exchange.response().body
    exchange.head(200, {"Content-Length": len(body)})
    exchange.body(body[:len(body) // 2])
    exchange.reset()


@fault("close", "lost")
def close(exchange):
    """the connection ends instead of an answer"""
    exchange.close()


@fault("hang", "lost")
def hang(exchange):
    """no answer, for ever"""
    exchange.wait()


@fault("hang-in-body", "lost")
def hang_in_body(exchange):
    """half the body, then nothing"""
    body = exchange.response().body
    exchange.head(200, {"Content-Length": len(body)})
    exchange.body(body[:len(body) // 2])
    exchange.wait()


@fault("drip", "lost")
def drip(exchange):
    """one byte every `interval_s` (0.1)"""
    body = exchange.response().body
    exchange.head(200, {"Content-Length": len(body)})
    for at in range(len(body)):
        exchange.body(body[at:at + 1])
        exchange.wait(exchange.parameters.get("interval_s", 0.1))


@fault("drip-headers", "lost")
def drip_headers(exchange):
    """a header byte every `interval_s` (0.1), without an end"""
    exchange.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        exchange.raw(b"x")
        exchange.wait(exchange.parameters.get("interval_s", 0.1))


@fault("slow-start", "served")
def slow_start(exchange):
    """the good answer after `delay_s` (0.5)"""
    exchange.wait(exchange.parameters.get("delay_s", 0.5))
    exchange.send(exchange.response())


@fault("small-pieces", "served")
def small_pieces(exchange):
    """the good answer in chunks of seven bytes"""
    body = exchange.response().body
    exchange.head(200, {"Transfer-Encoding": "chunked"})
    for at in range(0, len(body), 7):
        exchange.chunk(body[at:at + 7])
    exchange.chunk(b"")


# The status.

def status_fault(status):
    def answer(exchange):
        headers = {}
        if "retry_after" in exchange.parameters:
            headers["Retry-After"] = exchange.parameters["retry_after"]
        body = b"" if status in (204, 304) else b'{"error": true}'
        if body:
            headers["Content-Length"] = len(body)
        exchange.head(status, headers)
        exchange.body(body)
    answer.__doc__ = f"{status}, with Retry-After if `retry_after` is given"
    fault(f"status-{status}", "lost")(answer)


for code in (201, 204, 206, 304, 400, 401, 403, 404, 408, 410, 418, 429, 500,
             502, 503, 504):
    status_fault(code)


@fault("retry-after-date", "lost")
def retry_after_date(exchange):
    """503 with a Retry-After that is the date `delay_s` (1) from now"""
    when = time.time() + exchange.parameters.get("delay_s", 1)
    exchange.head(503, {
        "Retry-After": email.utils.formatdate(when, usegmt=True),
        "Content-Length": 0})


@fault("endless-error-body", "lost")
def endless_error_body(exchange):
    """500 with a body that never ends"""
    exchange.head(500, {"Transfer-Encoding": "chunked"})
    while not exchange.stopping.is_set():
        exchange.chunk(b"x" * 65536)


# Redirects.

def redirect(exchange, location):
    exchange.head(302, {"Location": location, "Content-Length": 0})


@fault("redirect-loop", "lost")
def redirect_loop(exchange):
    """a redirect to itself"""
    redirect(exchange, exchange.entry.target)


@fault("redirect-once", "served")
def redirect_once(exchange):
    """a redirect to the same with `moved=1`, which is answered well"""
    target = exchange.entry.target
    if exchange.entry.query.get("moved"):
        exchange.send(exchange.response())
    else:
        redirect(exchange, target + ("&" if "?" in target else "?")
                 + "moved=1")


@fault("redirect-file", "lost")
def redirect_file(exchange):
    """a redirect to file:///etc/hostname"""
    redirect(exchange, "file:///etc/hostname")


@fault("redirect-ftp", "lost")
def redirect_ftp(exchange):
    """a redirect to ftp:"""
    redirect(exchange, "ftp://127.0.0.1:9/films")


@fault("redirect-nowhere", "lost")
def redirect_nowhere(exchange):
    """302 without Location"""
    exchange.head(302, {"Content-Length": 0})


# The frame around the body.

@fault("short-body", "lost")
def short_body(exchange):
    """Content-Length says twice of what comes"""
    body = exchange.response().body
    exchange.head(200, {"Content-Length": 2 * len(body)})
    exchange.body(body)
    exchange.close()


@fault("cut-without-length", "lost")
def cut_without_length(exchange):
    """half the body and the end of the connection, no length told"""
    body = exchange.response().body
    exchange.head(200, {"Connection": "close"})
    exchange.body(body[:len(body) // 2])
    exchange.close()


@fault("cut-chunks", "lost")
def cut_chunks(exchange):
    """chunks without the last one"""
    exchange.head(200, {"Transfer-Encoding": "chunked"})
    exchange.chunk(exchange.response().body)
    exchange.close()


@fault("cut-gzip", "lost")
def cut_gzip(exchange):
    """half a gzip stream, with the right Content-Length"""
    packed = pack(exchange.response().body)
    send_packed(exchange, packed[:len(packed) // 2])


@fault("whole-without-length", "served")
def whole_without_length(exchange):
    """the whole body and the end of the connection, no length told"""
    exchange.head(200, {"Connection": "close"})
    exchange.body(exchange.response().body)
    exchange.close()


@fault("empty-body", "lost")
def empty_body(exchange):
    """200 with no body at all"""
    exchange.send_body(b"")


@fault("garbage", "lost")
def garbage(exchange):
    """bytes that are no HTTP"""
    exchange.raw(b"\x15\x03\x01\x00\x02\x02\x28 hello\r\n\r\n")
    exchange.close()


@fault("endless-headers", "refused")
def endless_headers(exchange):
    """headers that never end"""
    exchange.raw(b"HTTP/1.1 200 OK\r\n")
    while not exchange.stopping.is_set():
        exchange.raw(b"X-Filler: " + b"x" * 4000 + b"\r\n")


@fault("endless-body", "refused")
def endless_body(exchange):
    """an array of films that never ends"""
    value = exchange.value() or {}
    first = json.dumps(value[0] if isinstance(value, list) else value).encode()
    exchange.head(200, {"Transfer-Encoding": "chunked"})
    exchange.chunk(b"[" + first)
    while not exchange.stopping.is_set():
        exchange.chunk((b"," + first) * 200)


@fault("endless-element", "refused")
def endless_element(exchange):
    """a string that never ends"""
    exchange.head(200, {"Transfer-Encoding": "chunked"})
    exchange.chunk(b'[{"id": "')
    while not exchange.stopping.is_set():
        exchange.chunk(b"x" * 65536)


def pack(body):
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def send_packed(exchange, packed):
    exchange.head(200, {"Content-Type": "application/json",
                        "Content-Encoding": "gzip",
                        "Content-Length": len(packed)})
    exchange.body(packed)


@functools.lru_cache(maxsize=1)
def bomb():
    """Built from one megabyte that is packed once: a full flush makes packed
    parts that can be repeated."""
    mega = b" " * (1 << 20)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(b"[") + packer.flush(zlib.Z_FULL_FLUSH)
    part = packer.compress(mega) + packer.flush(zlib.Z_FULL_FLUSH)
    tail = packer.compress(b"]") + packer.flush()
    count = BOMB_BYTES >> 20
    check = zlib.crc32(b"[")
    for _ in range(count):
        check = zlib.crc32(mega, check)
    check = zlib.crc32(b"]", check)
    length = 2 + count * len(mega)
    return (b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + head + part * count + tail
            + struct.pack("<II", check, length))


@fault("gzip-bomb", "refused")
def gzip_bomb(exchange):
    """200 kB of gzip that are 200 MB of an array"""
    send_packed(exchange, bomb())


@fault("bad-gzip", "refused")
def bad_gzip(exchange):
    """Content-Encoding: gzip, and no gzip"""
    send_packed(exchange, exchange.response().body)


@fault("unknown-encoding", "refused")
def unknown_encoding(exchange):
    """Content-Encoding: marquee"""
    body = exchange.response().body
    exchange.head(200, {"Content-Encoding": "marquee",
                        "Content-Length": len(body)})
    exchange.body(body)


# The text: no JSON array, to the letter of RFC 8259.

def in_first_string(inserted):
    """Puts bytes into the value of the first "id" (or "fileId" and so on)."""
    def change(text):
        found = re.search(rb'[iI]d": "', text)
        return text[:found.end()] + inserted + text[found.end():] \
            if found else None
    return change


TEXTS = [
    ("html", "a web page with 200",
     lambda text: b"<!DOCTYPE html>\n<title>Welcome to our wifi</title>\n"),
    ("nested", "100,000 brackets inside each other",
     lambda text: b"[" * NESTED_BRACKETS + b"]" * NESTED_BRACKETS),
    ("nested-objects", "the same of objects, in a film",
     lambda text: b"[" + b'{"a":' * NESTED_BRACKETS + b"1"
     + b"}" * NESTED_BRACKETS + b"]"),
    ("trailing-text", "text after the array", lambda text: text + b" and more"),
    ("two-arrays", "the array twice", lambda text: text + text),
    ("byte-order-mark", "a byte order mark first",
     lambda text: b"\xef\xbb\xbf" + text),
    ("nan", "NaN as an element", lambda text: b"[NaN," + text[1:]),
    ("infinity", "-Infinity as an element",
     lambda text: b"[-Infinity," + text[1:]),
    ("single-quotes", "single quotes for double ones",
     lambda text: b"[{'id': 'a', 'title': 'b'}]"),
    ("comments", "a comment", lambda text: b"[/* films */" + text[1:]),
    ("trailing-comma", "a comma before the end",
     lambda text: text[:-1] + b",]"),
    ("missing-comma", "no comma between two films",
     lambda text: text.replace(b"}, {", b"} {", 1) if b"}, {" in text
     else text.replace(b", ", b" ", 1)),
    ("unquoted-keys", "keys without quotes", lambda text: b"[{id: 1}]"),
    ("leading-zero", "the number 007", lambda text: b"[007," + text[1:]),
    ("control-characters", "a raw line feed in a string",
     in_first_string(b"a\nb")),
    ("nul", "a NUL byte in a string", in_first_string(b"a\0b")),
    ("invalid-utf8", "bytes that are no UTF-8", in_first_string(b"\xff\xfe")),
    ("overlong-utf8", "a slash in two bytes", in_first_string(b"\xc0\xaf")),
    ("surrogate-utf8", "a surrogate as UTF-8",
     in_first_string(b"\xed\xa0\x80")),
    ("lone-surrogates", "an escape of half a pair",
     in_first_string(rb"\ud83d")),
    ("low-surrogate", "an escape of the other half",
     in_first_string(rb"\ude00")),
    ("huge-string", "a string of 2 MB", in_first_string(b"x" * (2 << 20))),
    ("utf-16", "UTF-16", lambda text: text.decode().encode("utf-16")),
]
for text_name, text_meaning, text_change in TEXTS:
    fault_of_text(text_name, "refused", text_meaning, text_change)

VALUES = [
    ("object", "an object for the array", lambda value: {"films": value}),
    ("string", "a string for the array", lambda value: "films"),
    ("number", "a number for the array", lambda value: 22),
    ("null", "null for the array", lambda value: None),
    ("too-many-elements", "a million and one empty objects",
     lambda value: [{}] * 1_000_001),
]
for value_name, value_meaning, value_change in VALUES:
    fault_of_value(value_name, "refused", value_meaning, value_change)

fault_of_text("cut-text", "lost", "half the text, framed as if it were whole",
              lambda text: text[:len(text) // 2])


# The content: JSON, but not as films look.

def each(change):
    """Changes every element that is an object."""
    def change_all(value):
        for element in value:
            if isinstance(element, dict):
                change(element)
        return value
    return change_all


def wrong_type(element):
    wrong = [None, 7, 1.5, True, {"a": []}, ["b"]]
    for at, key in enumerate(sorted(element)):
        element[key] = wrong[at % len(wrong)]


def remove_fields(element):
    for key in ("id", "title", "name"):
        element.pop(key, None)


def dangle(element):
    for key in ("people", "films"):
        if key in element:
            element[key] = ["https://upstream.invalid/people/nobody",
                            "https://upstream.invalid/people/", "", "///"]


def put_in_names(inserted):
    def change(element):
        for key in ("title", "name"):
            if key in element:
                element[key] = inserted + element[key]
    return each(change)


def put_in_ids(make):
    def change(value):
        for at, element in enumerate(value):
            if isinstance(element, dict):
                element["id"] = make(at, element.get("id"))
        return value
    return change


CONTENTS = [
    ("wrong-types", "every field of another type", each(wrong_type)),
    ("scalars", "numbers, strings and null for films",
     lambda value: [1, -2.5e3, "film", None, True, []]),
    ("missing-fields", "no id, title or name", each(remove_fields)),
    ("empty-objects", "all films are {}", lambda value: [{} for _ in value]),
    ("duplicate-ids", "every film three times",
     lambda value: [copy.deepcopy(e) for e in value for _ in range(3)][:249]),
    ("same-ids", "all films with one id",
     put_in_ids(lambda at, old: "the-same")),
    ("dangling-refs", "references to nobody", each(dangle)),
    ("empty-array", "no films", lambda value: []),
    ("script", "<script> in names",
     put_in_names("<script>alert('\"&amp;')</script>")),
    ("escaped-nul", "\\u0000 in names", put_in_names("a\0b")),
    ("right-to-left", "direction marks and joined emoji in names",
     put_in_names("\u202egnp.\u202c \U0001f468\u200d\U0001f469")),
    ("newlines", "line feeds, carriage returns and tabs in names",
     put_in_names("a\r\nSet-Cookie: b\tc")),
    ("long-names", "names of 100 kB", put_in_names("x" * 100_000)),
    ("paths-as-ids", "ids like ../../etc/passwd",
     put_in_ids(lambda at, old: "../" * at + "etc/passwd")),
    ("huge-ids", "ids of 10 kB", put_in_ids(lambda at, old: f"{at}-" * 4000)),
    ("empty-ids", "ids without a character", put_in_ids(lambda at, old: "")),
    ("odd-ids", "ids of slashes, spaces, dots and other alphabets",
     put_in_ids(lambda at, old: ["a/b", ".", "..", "a b", "ä?#%", "千と"][
         at % 6] + ("" if at < 6 else str(at)))),
]
for content_name, content_meaning, content_change in CONTENTS:
    fault_of_value(content_name, "content", content_meaning, content_change)

fault_of_array("half-array", "content", "half the films",
               lambda value: value[:len(value) // 2])
fault_of_array("one-less", "content", "all films but the last",
               lambda value: value[:-1])
fault_of_text("duplicate-keys", "content", "the key id twice in a film",
              lambda text: text.replace(b'"id": ', b'"id": "first", "id": ', 1))
fault_of_text("huge-numbers", "content", "numbers that no machine type holds",
              lambda text: b'[{"id": "a", "title": "b", "rt_score": 1'
              + b"0" * 400 + b', "running_time": 1e999}]')


# What the server does not know or says wrongly.

@fault("no-validators", "served")
def no_validators(exchange):
    """no entity tag and no 304"""
    exchange.send(exchange.response(), validators=False)


@fault("changing-tags", "served")
def changing_tags(exchange):
    """another entity tag each time, for the same bytes"""
    response = exchange.response()
    response.headers["ETag"] = f'"{time.monotonic_ns()}"'
    exchange.send(response, validators=False)


@fault("bad-validators", "served")
def bad_validators(exchange):
    """an entity tag without quotes, a date that is none"""
    response = exchange.response()
    response.headers["ETag"] = "a b c"
    response.headers["Last-Modified"] = "yesterday"
    exchange.send(response, validators=False)


@fault("ignores-start", "served")
def ignores_start(exchange):
    """`_start` is not known: the first page comes again and again"""
    exchange.entry.query.pop("_start", None)
    exchange.send(exchange.response())


@fault("ignores-limit", "served")
def ignores_limit(exchange):
    """neither `limit` nor `_start` is known: everything in one answer"""
    name = exchange.entry.path.strip("/")
    exchange.send_json(exchange.upstream.collections[name])
