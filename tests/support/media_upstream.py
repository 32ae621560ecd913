"""The stand-in for the media API: a list in pages, details and segments by id.

    with MediaUpstream() as upstream:
        upstream.files = media_upstream.files(1000)
        upstream.fail("status-503", "details/file-7", times=1)
        ask_for("file-7")
        assert upstream.pages() == [0, 1]
        assert len(upstream.of("file-7")) == 2

    gate = upstream.hold(media_upstream.DETAILS + "/file-7")
    ask_for("file-7")  # waits
    gate.set()

    GET /api/file/all?limit=L&offset=PAGE   offset counts pages, from 0
    GET /api/file/details/{id}
    GET /api/file/segments/{id}

Everything may be changed while it runs. Faults are those of upstream_faults.py,
each set for a place: "list" (every page), "page/3", "details/{id}",
"segments/{id}", "details", "segments" (of every id).
"""
import json
import re
import threading
import urllib.parse

import upstream

LIST = "/api/file/all"
DETAILS = "/api/file/details"
SEGMENTS = "/api/file/segments"

PAGE_SIZE = 5  # MARQUEE_PAGE_SIZE's default

# The longest that a request is held, or a test that fails would hang.
HOLD_S = 60


class Number(str):
    """A number as it is to be written: Number("1.10"), Number("1e400")."""


def encode(value):
    """JSON, with every Number as it is."""
    def mark(part):
        if isinstance(part, Number):
            return f"<number {part}>"
        if isinstance(part, dict):
            return {key: mark(item) for key, item in part.items()}
        if isinstance(part, list):
            return [mark(item) for item in part]
        return part
    return re.sub(rb'"<number ([^>]*)>"', rb"\1",
                  upstream.encode(mark(value)))


def exact(text):
    """JSON's value, in which 1, 1.0 and 1.00 are three different things."""
    def number(digits):
        return ("number", digits)
    return json.loads(text, parse_float=number, parse_int=number,
                      parse_constant=number)


def file(number, status="FINISHED", **more):
    """A file of the list. Some have fields that nobody knows, and numbers that
    no machine type holds."""
    made = {
        "fileId": f"file-{number}",
        "processingStatus": status,
        "fileName": f"Episode {number} — “ä\u2028\U0001f3a7”.wav",
        "fileLength": 1000 + number,
        "mp3Path": f"/media/mp3/{number}.mp3",
        "originalFilePath": f"/media/in/{number}.wav",
        "seriesTitle": f"Series {number // 10}",
    }
    if number % 3 == 1:
        made["fileLength"] = Number(f"{number}.100")
        made["checksum"] = Number("18446744073709551616000000000001")
        made["loudness"] = Number("-23.04999999999999999999")
    if number % 3 == 2:
        made["unknown"] = {"": [None, True, {"deep": [Number("1E+2")]}],
                           "quote\"s": "back\\slash/\u0001"}
    made.update(more)
    return made


def files(count, status="FINISHED"):
    """file-0, file-1 and so on, all of one status."""
    return [file(number, status) for number in range(count)]


def library(pages=200, page_size=PAGE_SIZE):
    """As many files as fill so many pages: all are finished."""
    return files(pages * page_size)


def segments(file_id, count=3):
    return [{
        "fileSegmentId": f"{file_id}-s{number}",
        "fileId": file_id,
        "segmentText": f"Line {number} of {file_id}.",
        "startTime": Number(f"{number * 4}.50"),
        "endTime": Number(f"{number * 4 + 4}.5"),
    } for number in range(count)]


class MediaUpstream(upstream.Upstream):
    """files      what the list gives, in its order
    details    id -> what details say beside the list's fields, or instead
    segments   id -> its segments; three where nothing is said
    """

    def __init__(self, port=0, made=None):
        super().__init__(port, data=None)
        self.files = files(12) if made is None else made
        self.details = {}
        self.segments = {}
        self.add_route(LIST, self.answer_list)
        self.add_route(DETAILS, self.answer_details)
        self.add_route(SEGMENTS, self.answer_segments)

    # --- What it says ---

    def find(self, file_id):
        for made in self.files:
            if str(made.get("fileId")) == file_id:
                return made
        return None

    def set_status(self, file_id, status):
        self.find(file_id)["processingStatus"] = status

    def details_of(self, file_id):
        return {**self.find(file_id), "bitRate": 128,
                **self.details.get(file_id, {})}

    def segments_of(self, file_id):
        if file_id not in self.segments:
            self.segments[file_id] = segments(file_id)
        return self.segments[file_id]

    def expected(self, file_id):
        """What Marquee is to answer for it, as exact() reads it."""
        return exact(encode({**self.find(file_id),
                             **self.details_of(file_id),
                             "segments": self.segments_of(file_id)}))

    def answer_list(self, entry):
        limit = upstream.number(entry.query, "limit", PAGE_SIZE)
        start = limit * upstream.number(entry.query, "offset", 0)
        return upstream.Response(encode(self.files[start:start + limit]))

    def answer_details(self, entry):
        file_id = id_of(entry)
        if self.find(file_id) is None:
            return upstream.Response({"error": "unknown"}, 404)
        return upstream.Response(encode(self.details_of(file_id)))

    def answer_segments(self, entry):
        file_id = id_of(entry)
        if self.find(file_id) is None:
            return upstream.Response({"error": "unknown"}, 404)
        return upstream.Response(encode(self.segments_of(file_id)))

    # --- How it fails ---

    def fail(self, name, place=None, times=None, **parameters):
        """set_fault for a place (None: everything)."""
        self.set_fault(name, place, times, **parameters)

    def hold(self, path):
        """Requests for this path and below wait from now on, until the event
        that is returned is set."""
        event = threading.Event()
        route = self.route_of(path)

        def wait(entry):
            if not event.wait(HOLD_S):
                raise TimeoutError("nobody let %s go" % path)
            return route(entry)
        self.add_route(path, wait)
        return event

    def places(self, entry):
        found = super().places(entry)
        if entry.path == LIST:
            return found + ["list", f"page/{entry.query.get('offset')}"]
        kind = entry.path.removeprefix("/api/file/").partition("/")[0]
        return found + [kind, f"{kind}/{id_of(entry)}"]

    # --- What was asked ---

    def asked(self):
        """All requests so far, and forgets them."""
        with self.lock:
            log, self.log = self.log, []
        return log

    def asked_twice(self):
        """What was asked for more than once. A walk's last requests may come
        late, when nobody waits for them any more, so "nothing was asked again"
        can be told by this alone, not by an empty log."""
        targets = [entry.target for entry in list(self.log)]
        return sorted({target for target in targets
                       if targets.count(target) > 1})

    def list_requests(self):
        return [entry for entry in list(self.log) if entry.path == LIST]

    def pages(self):
        """The pages that were asked for, in the order of arrival."""
        return [int(entry.query["offset"]) for entry in self.list_requests()]

    def of(self, file_id):
        """The requests for details and segments of one file."""
        return [entry for entry in list(self.log)
                if entry.path != LIST and id_of(entry) == file_id]


def id_of(entry):
    return urllib.parse.unquote(entry.path.rpartition("/")[2])
