"""What can be done to a stream of FastCGI records: MUTATIONS, a table of names
and of functions that change a Stream."""

import copy
import dataclasses
import struct

import fcgi

GET_VALUES = 9

# Lengths of a name that are not those of what follows; libfcgi aborts where
# the sum of two is past an int.
HUGE = (2 ** 31 - 1, 2 ** 31 - 2, 2 ** 31 - 10)
LARGE = (2 ** 24, 2 ** 20, 65536, 65535, 1000, 127, 0)


@dataclasses.dataclass
class Record:
    """One record as it goes out; a length or padding of None is the true
    one."""

    kind: int
    content: bytes = b""
    request_id: int = 1
    version: int = 1
    length: int = None
    padding: int = 0
    sent_padding: int = None

    def encode(self):
        length = len(self.content) if self.length is None else self.length
        sent = self.padding if self.sent_padding is None else \
            self.sent_padding
        return struct.pack(">BBHHBB", self.version, self.kind,
                           self.request_id, length, self.padding, 0) + \
            self.content + bytes(sent)


def begin(flags=0, role=fcgi.RESPONDER, request_id=1):
    return Record(fcgi.BEGIN_REQUEST, struct.pack(">HB5x", role, flags),
                  request_id)


def records_of(params, body=b"", flags=0, request_id=1):
    """A good request."""
    records = [begin(flags, request_id=request_id),
               Record(fcgi.PARAMS, fcgi.pairs(params), request_id),
               Record(fcgi.PARAMS, b"", request_id)]
    records += [Record(fcgi.STDIN, body[at:at + 65535], request_id)
                for at in range(0, len(body), 65535)]
    return records + [Record(fcgi.STDIN, b"", request_id)]


class Stream:
    """A stream that is being changed: records, then bytes."""

    def __init__(self, chance, requests):
        self.chance = chance
        self.requests = requests
        params, body = chance.choice(requests)
        self.flags = chance.choice((0, fcgi.KEEP_CONN))
        self.params = dict(params)
        self.body = body
        self.records = records_of(self.params, body, self.flags)
        self.edits = []  # of the bytes, once the records are encoded

    def some(self):
        return self.chance.choice(self.records)

    def place(self):
        return self.chance.randrange(len(self.records) + 1)

    def again(self):
        """The records anew, of params that were changed."""
        self.records = records_of(self.params, self.body, self.flags)

    def raw_params(self, encoded, at=None):
        """Name-value pairs that are none, in front of the good ones, behind
        them or in the middle."""
        for record in self.records:
            if record.kind == fcgi.PARAMS and record.content:
                where = self.chance.choice((0, len(record.content))) \
                    if at is None else at
                record.content = record.content[:where] + encoded + \
                    record.content[where:]
                return

    def encode(self):
        data = b"".join(record.encode() for record in self.records)
        for edit in self.edits:
            data = edit(data)
        return data


# --- Mutations: each changes the stream ----------------------------------------

def wrong_version(stream):
    stream.some().version = stream.chance.choice((0, 2, 9, 255))


def unknown_kind(stream):
    stream.some().kind = stream.chance.choice((0, 12, 99, 255))


def another_kind(stream):
    stream.some().kind = stream.chance.randrange(1, 12)


def length_too_long(stream):
    record = stream.some()
    record.length = min(65535, len(record.content) +
                        stream.chance.choice((1, 8, 255, 65535)))


def length_too_short(stream):
    record = stream.some()
    record.length = stream.chance.randrange(len(record.content) + 1)


def cut_short(stream):
    stream.edits.append(
        lambda data: data[:stream.chance.randrange(len(data) + 1)])


def huge_length(stream):
    """Aborts libfcgi, where it does not wait for so much."""
    first, second = stream.chance.choice(HUGE), stream.chance.choice(HUGE)
    if stream.chance.random() < 0.5:
        second = 1
    stream.raw_params(struct.pack(">II", first | 1 << 31, second | 1 << 31) +
                      b"x")


def wrong_name_length(stream):
    stream.raw_params(struct.pack(
        ">II", stream.chance.choice(LARGE) | 1 << 31,
        stream.chance.choice(LARGE) | 1 << 31) + b"REQUEST_URI/")


def length_without_end(stream):
    stream.raw_params(stream.chance.choice(
        (b"\x80", b"\xff\xff", b"\x05", b"\x05\x80\x00")), at=10 ** 6)


def padded(stream):
    for record in stream.records:
        record.padding = stream.chance.randrange(256)


def padding_that_is_not_sent(stream):
    record = stream.some()
    record.padding, record.sent_padding = 255, stream.chance.randrange(255)


def another_id(stream):
    stream.some().request_id = stream.chance.choice((0, 2, 255, 65535))


def interleaved(stream):
    """Another whole request, record by record between those of the first."""
    params, body = stream.chance.choice(stream.requests)
    mixed = list(stream.records)
    at = 0
    for record in records_of(params, body, request_id=2):
        at = stream.chance.randrange(at, len(mixed) + 1)
        mixed.insert(at, record)
        at += 1
    stream.records = mixed


def params_after_stdin(stream):
    late = [record for record in stream.records
            if record.kind == fcgi.PARAMS]
    stream.records = [record for record in stream.records
                      if record.kind != fcgi.PARAMS] + late


def abort(stream):
    stream.records.insert(stream.place(), Record(
        fcgi.ABORT_REQUEST, b"", stream.chance.choice((1, 1, 2))))


def begun_twice(stream):
    stream.records.insert(stream.place(), begin(stream.chance.randrange(4)))


def begin_cut(stream):
    stream.records[0].content = \
        stream.records[0].content[:stream.chance.randrange(8)]


def unknown_role(stream):
    stream.records[0].content = struct.pack(
        ">HB5x", stream.chance.choice((0, 2, 3, 7, 65535)),
        stream.chance.choice((0, 1, 254, 255)))


def dropped(stream):
    if len(stream.records) > 1:
        stream.records.remove(stream.some())


def doubled(stream):
    stream.records.insert(stream.place(), copy.copy(stream.some()))


def shuffled(stream):
    stream.chance.shuffle(stream.records)


def byte_by_byte(stream):
    """One record for each byte of what was one."""
    record = stream.some()
    at = stream.records.index(record)
    stream.records[at:at + 1] = [
        dataclasses.replace(record, content=record.content[i:i + 1])
        for i in range(min(len(record.content), 300))] or [record]


def empty_records(stream):
    at, kind = stream.place(), stream.chance.choice((5, 4, 8, 11))
    stream.records[at:at] = [Record(kind)] * stream.chance.randrange(500)


def wrong_body_length(stream):
    stream.params["CONTENT_LENGTH"] = stream.chance.choice(
        ("0", "1", "-1", "99", "65537", "x", "", "9" * 30, "0x10"))
    stream.again()


def more_body(stream):
    stream.body += bytes(stream.chance.randrange(256)
                         for _ in range(stream.chance.choice((1, 50, 70000))))
    stream.again()


def body_of_records(stream):
    """What nobody reads of a body must not be the next request. Wherever a
    buffer ends, a management record of eight bytes begins, and after more of
    them a whole request."""
    params, body = stream.chance.choice(stream.requests)
    request = b"".join(record.encode() for record in records_of(params, body))
    stream.flags = fcgi.KEEP_CONN
    stream.body = (Record(GET_VALUES, b"", 0).encode() * 2000 + request +
                   bytes(-len(request) % 8)) * stream.chance.choice((1, 2, 3))
    stream.params["CONTENT_LENGTH"] = str(len(stream.body))
    stream.again()
    for record in stream.records:
        record.padding = -len(record.content) % 8


def long_values(stream):
    """Longer than any limit, or than most; all in one record."""
    for name in ("REQUEST_URI", stream.chance.choice(sorted(stream.params))):
        stream.params[name] += "/" + "long" * stream.chance.choice(
            (20, 250, 2000))
    stream.again()


def odd_names(stream):
    encoded = b"".join(
        fcgi.length_of(name) + fcgi.length_of(value) + name + value
        for name, value in stream.chance.sample((
            (b"", b""), (b"", b"x"), (b"REQUEST_METHOD", b"BREW"),
            (b"REQUEST_URI", b"/%00"), (b"REQUEST_URI\0", b"/ping"),
            (b"HTTP_RANGE", b"bytes=0-,1-,2-" * 9), (b"=", b"="),
            (b"REQUEST_URI", b"/\r\nSet-Cookie: a=b"),
            (b"HTTP_ACCEPT", b"\xff" * 200), (b"QUERY_STRING", b"\0" * 99),
            (b"REQUEST_ID", b"a\nb"), (b"A" * 5000, b"b" * 5000)), 3))
    stream.raw_params(encoded)


def thousand_names(stream):
    stream.raw_params(b"\x01\x01ab" * 1000)


def noise(stream):
    size = stream.chance.choice((1, 7, 8, 9, 100, 3000))
    added = bytes(stream.chance.randrange(256) for _ in range(size))

    def put(data):
        at = stream.chance.choice((0, len(data),
                                   stream.chance.randrange(len(data) + 1)))
        return data[:at] + added + data[at:]
    stream.edits.append(put)


def flipped(stream):
    def flip(data):
        data = bytearray(data)
        for _ in range(stream.chance.choice((1, 2, 8))):
            if data:
                data[stream.chance.randrange(len(data))] ^= \
                    1 << stream.chance.randrange(8)
        return bytes(data)
    stream.edits.append(flip)


def management(stream):
    stream.records.insert(stream.place(), Record(
        stream.chance.choice((9, 9, 10, 11, 3, 6, 7)),
        stream.chance.choice((b"", b"\x0e\x00FCGI_MAX_CONNS", b"\xff" * 40)),
        0))


def another_behind(stream):
    """A second request on the connection, whether it is kept or not."""
    params, body = stream.chance.choice(stream.requests)
    stream.records += records_of(params, body)


# Done in this order: the first four make the records anew.
MUTATIONS = {
    "a wrong CONTENT_LENGTH": wrong_body_length,
    "more of a body than was said": more_body,
    "a body of records": body_of_records,
    "long values": long_values,
    "a wrong version": wrong_version,
    "an unknown type": unknown_kind,
    "another type": another_kind,
    "a length that says too much": length_too_long,
    "a length that says too little": length_too_short,
    "cut short": cut_short,
    "a name of 2 GiB": huge_length,
    "a name that is not so long": wrong_name_length,
    "a name's length without an end": length_without_end,
    "padding": padded,
    "padding that does not come": padding_that_is_not_sent,
    "another id": another_id,
    "two requests interleaved": interleaved,
    "params after the body": params_after_stdin,
    "an abort": abort,
    "begun twice": begun_twice,
    "a begin cut short": begin_cut,
    "an unknown role": unknown_role,
    "a record left out": dropped,
    "a record twice": doubled,
    "records in any order": shuffled,
    "a record for each byte": byte_by_byte,
    "many empty records": empty_records,
    "odd names": odd_names,
    "a thousand names": thousand_names,
    "noise": noise,
    "bits flipped": flipped,
    "a management record": management,
    "another request behind": another_behind,
}
