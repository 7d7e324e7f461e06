# SPDX-License-Identifier: ISC
"""Is a response what the row says, and what every response has to be? Yields what is not."""

import re

CODES = (10, 11, 20, 30, 31, 40, 41, 42, 43, 44, 50, 51, 52, 53, 59, 60, 61, 62)
META_MOST = 1024  # bytes
HEADER = re.compile(rb"(\d\d)(?: (.+))?", re.DOTALL)
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
MEDIA_TYPE = re.compile(rf'{TOKEN}/{TOKEN}(; ?{TOKEN}=({TOKEN}|"[ !#-~]*"))*')
REFERENCE = re.compile(r"([!$&'()*+,./0-9:;=?@A-Z\[\]_a-z~-]|%[0-9A-Fa-f]{2})+")  # RFC 3986 §4.1


def shorten(data):
    return repr(data if len(data) <= 160 else data[:150] + b"...")


def wrong_meta(status, meta):
    if len(meta) > META_MOST:
        yield f"a META of {len(meta)} bytes"
    try:
        text = meta.decode()
    except UnicodeDecodeError:
        yield "META is not UTF-8"
        return
    if text.startswith("\ufeff"):
        yield "META begins with a byte order mark"
    if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
        yield "a control character in META"
    if not text and status < 40:
        yield f"{status} wants a META"
    elif 20 <= status < 30 and not MEDIA_TYPE.fullmatch(text):
        yield f"no media type: {text}"
    elif 30 <= status < 40 and not REFERENCE.fullmatch(text):
        yield f"no URI reference: {text}"


def wrong_always(header, body):
    """What the specification wants of every response."""
    match = HEADER.fullmatch(header)
    if not match:
        yield "the header is not two digits, a space and META"
        return
    status, meta = int(match[1]), match[2] or b""
    if status not in CODES:
        yield f"there is no status {status}"
    if meta.startswith(b" "):
        yield "more than one space before META"
    yield from wrong_meta(status, meta)
    if body and not 20 <= status < 30:
        yield f"{status} with a body: {shorten(body)}"


def wrong_body(body, expected, values):
    kind, template = expected
    if kind == "is":
        should = values.bytes(template)
        if body != should:
            yield (f"a body of {len(body)} bytes: {shorten(body)}\n"
                   f"  should be {len(should)} bytes: {shorten(should)}")
    elif bool(values.pattern(template).search(body)) != (kind == "like"):
        what = "does not hold" if kind == "like" else "holds"
        yield f"the body {what} {template}: {shorten(body)}"


def wrong(header, body, expected, values):
    """All that is not as it should be; nothing: it is good."""
    faults = list(wrong_always(header, body))
    yield from faults
    status, _, meta = header.partition(b" ")
    if status.decode("latin-1") != str(expected.status):
        yield f"the status should be {expected.status}"
        return
    if expected.kind == "is" and meta != values.bytes(expected.meta):
        yield f"META should be {shorten(values.bytes(expected.meta))}"
    if expected.kind == "like" and not values.pattern(expected.meta).fullmatch(meta):
        yield f"META is not like {expected.meta}"
    for one in expected.bodies:
        yield from wrong_body(body, one, values)
