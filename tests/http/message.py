# SPDX-License-Identifier: ISC
"""Responses, read as strictly as RFC 9112 allows: whatever is not right is a FramingError."""

import re

from connection import FramingError

HEAD_MOST = 65536
TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [\t -~\x80-\xff]*")
FIELD_LINE = re.compile(rb"(" + TOKEN + rb"):[ \t]*((?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*"
                        rb"[!-~\x80-\xff])?)?)[ \t]*")
NO_BODY = (204, 304)


class Message:
    """One response."""

    def __init__(self, status, fields, body, raw_head):
        self.status = status
        self.fields = fields  # [(name, value)], as they came
        self.body = body
        self.raw_head = raw_head
        self.interim = []  # statuses of 1xx before it

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None


def parse_fields(lines):
    fields = []
    for line in lines:
        field = FIELD_LINE.fullmatch(line)
        if not field:
            raise FramingError(f"no field: {line[:100]!r}")
        fields.append((field[1].decode(), field[2].decode("latin-1")))
    return fields


def parse_head(head):
    lines = head.split(b"\r\n")
    match = STATUS_LINE.fullmatch(lines[0])
    if not match:
        raise FramingError(f"no status line: {lines[0][:100]!r}")
    return int(match[1]), parse_fields(lines[1:])


def read_chunked(stream):
    body = b""
    while True:
        line = stream.line()
        match = re.fullmatch(rb"([0-9A-Fa-f]+)(;.*)?", line)
        if not match:
            raise FramingError(f"no size of a chunk: {line[:40]!r}")
        size = int(match[1], 16)
        if size == 0:
            break
        body += stream.exactly(size)
        if stream.exactly(2) != b"\r\n":
            raise FramingError("a chunk does not end where it said")
    while stream.line():
        pass
    return body


def body_length(status, message, head):
    """How many bytes follow (RFC 9112 §6.3); None: chunks."""
    lengths = message.all("Content-Length")
    if len(lengths) > 1 or (lengths and not re.fullmatch(r"\d+", lengths[0])):
        raise FramingError(f"Content-Length: {lengths}")
    if status in NO_BODY or head:
        return 0
    if message.all("Transfer-Encoding"):
        if lengths or message.all("Transfer-Encoding") != ["chunked"]:
            raise FramingError("Transfer-Encoding and what else")
        return None
    if not lengths:
        raise FramingError(f"{status} without Content-Length")
    return int(lengths[0])


def read(stream, head=False):
    """The next final response of a stream. head: it answers HEAD."""
    interim = []
    while True:
        raw = stream.until(b"\r\n\r\n", HEAD_MOST)
        status, fields = parse_head(raw[:-4])
        message = Message(status, fields, b"", raw)
        if status == 101 or not 100 <= status < 200:
            break
        interim.append(status)
    message.interim = interim
    length = body_length(status, message, head)
    message.body = read_chunked(stream) if length is None else stream.exactly(length)
    return message


def read_parts(message):
    """Of multipart/byteranges (RFC 9110 §14.6, RFC 2046 §5.1.1): [(fields, body)]."""
    match = re.fullmatch(r'multipart/byteranges; ?boundary=("?)([0-9A-Za-z\'()+_,./:=?-]{1,70})\1',
                         message.get("Content-Type") or "")
    if not match:
        raise FramingError(f"no multipart/byteranges: {message.get('Content-Type')}")
    delimiter = b"\r\n--" + match[2].encode()
    rest, parts = message.body, []
    # The first delimiter's CRLF may be missing; it then belongs to the head.
    if rest.startswith(b"--"):
        rest = b"\r\n" + rest
    if not rest.startswith(delimiter + b"\r\n"):
        raise FramingError(f"the body does not begin with its boundary: {rest[:60]!r}")
    rest = rest[len(delimiter):]
    while not rest.startswith(b"--"):
        if not rest.startswith(b"\r\n"):
            raise FramingError(f"behind a boundary: {rest[:40]!r}")
        block, found, rest = rest[2:].partition(b"\r\n\r\n")
        if not found:
            raise FramingError("a part's head does not end")
        fields = dict(parse_fields(block.split(b"\r\n") if block else []))
        body, found, rest = rest.partition(delimiter)
        if not found:
            raise FramingError("the last part has no delimiter behind it")
        parts.append((fields, body))
    if rest not in (b"--", b"--\r\n"):
        raise FramingError(f"behind the closing delimiter: {rest[2:40]!r}")
    return parts
