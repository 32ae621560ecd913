"""old_walk.py PORT PAGES PAGE_SIZE CALLERS ID: a peer, the walk of the service
that Marquee replaces: for each caller every page of the list, 40 at a time, then
the details, then the segments. Prints how many milliseconds all of them took.

It speaks HTTP over sockets of its own, so that what is measured is the walk and
not a client library.
"""

import asyncio
import json
import sys
import time

AT_A_TIME = 40


class Client:
    """One kept connection."""

    def __init__(self, port):
        self.port = port
        self.reader = None

    async def get(self, target):
        if self.reader is None:
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self.port)
        self.writer.write(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n"
                          % target.encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split()[0])
        return json.loads(await self.reader.readexactly(length))

    def close(self):
        if self.reader is not None:
            self.writer.close()


async def walk(port, pages, page_size, file_id):
    left = list(reversed(range(pages)))
    found = []
    clients = [Client(port) for _ in range(min(AT_A_TIME, pages))]

    async def read_pages(client):
        while left:
            for entry in await client.get("/api/file/all?limit=%d&offset=%d"
                                          % (page_size, left.pop())):
                if entry["fileId"] == file_id:
                    found.append(entry)
    await asyncio.gather(*map(read_pages, clients))
    made = {**found[0],
            **await clients[0].get("/api/file/details/" + file_id),
            "segments": await clients[0].get("/api/file/segments/" + file_id)}
    for client in clients:
        client.close()
    return made


async def main():
    port, pages, page_size, callers = (int(word) for word in sys.argv[1:5])
    started = time.monotonic()
    await asyncio.gather(*[walk(port, pages, page_size, sys.argv[5])
                           for _ in range(callers)])
    print((time.monotonic() - started) * 1000)


asyncio.run(main())
