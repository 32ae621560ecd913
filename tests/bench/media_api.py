#!/usr/bin/env python3
"""media_api.py PORT FILES LATENCY_MS SEGMENT_BYTES: a media API that answers
each request so long after it came, however many there are, and counts.

tests/support/media_upstream.py has a thread a connection, which shows 20 ms as
40 when 40 requests come at once; this is one loop over prepared answers.

    GET /api/file/all?limit=L&offset=PAGE, …/details/{id}, …/segments/{id}
    GET /counts     what was asked since the last /counts, once all is answered

A request's round trip is one more than the latest of those answered when it
came: what was asked for together is one, whatever the clock says.
"""

import asyncio
import json
import sys
import urllib.parse

SEGMENTS = 100


class Api:
    def __init__(self, files, latency_s, segment_bytes):
        self.files, self.latency_s = files, latency_s
        self.text = "x" * segment_bytes
        self.active = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self.reset()

    def reset(self):
        self.pages, self.details, self.segments = {}, 0, 0
        self.answered_trip = 0

    def counts(self):
        pages = sum(self.pages.values())
        return {"list requests": pages, "details requests": self.details,
                "segments requests": self.segments,
                "upstream requests": pages + self.details + self.segments,
                "walks": max(self.pages.values(), default=0),
                "round trips": self.answered_trip}

    def entry(self, number):
        return {"fileId": "file-%d" % number, "processingStatus": "FINISHED",
                "fileName": "Episode %d.wav" % number, "fileLength": number,
                "mp3Path": "/media/mp3/%d.mp3" % number,
                "originalFilePath": "/media/in/%d.wav" % number,
                "seriesTitle": "Series"}

    def answer(self, target):
        """The value to be answered, counted."""
        path, _, query = target.partition("?")
        kind, _, file_id = path.removeprefix("/api/file/").partition("/")
        if kind == "all":
            query = dict(urllib.parse.parse_qsl(query))
            limit, page = int(query["limit"]), int(query["offset"])
            self.pages[page] = self.pages.get(page, 0) + 1
            first = min(page * limit, self.files)
            return [self.entry(number) for number in range(
                first, min(first + limit, self.files))]
        if kind == "details":
            self.details += 1
            return dict(self.entry(int(file_id[5:])), bitRate=128)
        self.segments += 1
        if not self.text:
            return []
        return [{"fileSegmentId": "s%d" % number, "fileId": file_id,
                 "segmentText": self.text, "startTime": number,
                 "endTime": number + 1} for number in range(SEGMENTS)]


class Connection(asyncio.Protocol):
    def __init__(self, api):
        self.api = api
        self.received = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.received += data
        while b"\r\n\r\n" in self.received:
            head, _, self.received = self.received.partition(b"\r\n\r\n")
            self.take(head.split(b" ", 2)[1].decode("ascii"))

    def take(self, target):
        api = self.api
        if target == "/counts":
            asyncio.ensure_future(self.tell_counts())
            return
        trip = api.answered_trip + 1
        api.active += 1
        api.idle.clear()
        came = asyncio.get_running_loop().time()
        body = json.dumps(api.answer(target)).encode()
        asyncio.get_running_loop().call_at(came + api.latency_s, self.send,
                                           body, trip)

    def send(self, body, trip):
        api = self.api
        api.answered_trip = max(api.answered_trip, trip)
        api.active -= 1
        if api.active == 0:
            api.idle.set()
        self.write(body)

    async def tell_counts(self):
        await self.api.idle.wait()
        self.write(json.dumps(self.api.counts()).encode())
        self.api.reset()

    def write(self, body):
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


async def serve(port, files, latency_ms, segment_bytes):
    api = Api(files, latency_ms / 1000, segment_bytes)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(api), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*(int(word) for word in sys.argv[1:])))
