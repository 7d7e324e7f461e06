# SPDX-License-Identifier: ISC
"""Is a response what the row says, and what every response has to be? Yields what is not."""

import json
import re
import time
from email.utils import parsedate_to_datetime

from message import FramingError, read_parts
from values import imf_fixdate

DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|"
                  r"Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT")
ETAG = re.compile(r'(W/)?"[!#-~\x80-\xff]*"')
ONCE = ("Date", "Server", "ETag", "Last-Modified", "Content-Type", "Content-Length", "Content-Range",
        "Content-Encoding", "Location", "Allow", "Accept-Ranges", "Retry-After", "Vary",
        "Cache-Control", "Strict-Transport-Security", "X-Request-Id", "Connection")
WITH_STATUS = {  # RFC 9110 §15: fields that a status cannot do without
    204: (), 301: ("Location",), 302: ("Location",), 304: (), 405: ("Allow",),
    416: ("Content-Range",),
}
DATE_SLACK = 120  # seconds


def shorten(data):
    return repr(data if len(data) <= 160 else data[:150] + type(data)(b"..." if isinstance(
        data, bytes) else "..."))


# ---- what holds for every response -----------------------------------------------------------


def wrong_dates(message):
    date = message.get("Date")
    if date is None or not DATE.fullmatch(date):
        yield f"Date: {date} (RFC 9110 §6.6.1, §5.6.7)"
        return
    now = parsedate_to_datetime(date).timestamp()
    if imf_fixdate(now) != date or abs(now - time.time()) > DATE_SLACK:
        yield f"Date: {date} is not now"
    modified = message.get("Last-Modified")
    if modified is None:
        return
    if not DATE.fullmatch(modified) or imf_fixdate(
            parsedate_to_datetime(modified).timestamp()) != modified:
        yield f"Last-Modified: {modified} (RFC 9110 §5.6.7)"
    elif parsedate_to_datetime(modified).timestamp() > now:
        yield f"Last-Modified: {modified} is later than Date (RFC 9110 §8.8.2.1)"


def wrong_body(message, head):
    length = message.get("Content-Length")
    if message.status == 204 and length is not None:
        yield "204 with Content-Length (RFC 9110 §8.6)"
    if message.status == 304 and message.get("Content-Encoding"):
        yield "304 with Content-Encoding (RFC 9110 §15.4.5)"
    if message.status not in (204, 304) and message.get("Content-Type") is None and (
            message.body or (head and length not in (None, "0"))):
        yield "a body without Content-Type (RFC 9110 §8.3)"


def wrong_always(message, head):
    if message.interim:
        yield f"{message.interim} came first"
    for name in ONCE:
        if len(message.all(name)) > 1:
            yield f"{name} twice: {message.all(name)} (RFC 9110 §5.3)"
    for name in WITH_STATUS.get(message.status, ()):
        if message.get(name) is None:
            yield f"{message.status} without {name} (RFC 9110 §15)"
    etag = message.get("ETag")
    if etag is not None and not ETAG.fullmatch(etag):
        yield f"ETag: {etag} (RFC 9110 §8.8.3)"
    yield from wrong_dates(message)
    yield from wrong_body(message, head)


# ---- what this row says -------------------------------------------------------------------------


def wrong_field(message, field, values):
    name, kind, template = field
    found = message.all(name)
    if kind == "absent":
        if found:
            yield f"{name}: {found[0]}, which should not be there"
        return
    if len(found) != 1:
        yield f"{name} is there {len(found)} times"
        return
    if kind == "like":
        if not values.pattern(template).fullmatch(found[0].encode("latin-1")):
            yield f"{name}: {found[0]}\n    is not like: {template}"
        return
    text = values.bytes(template).decode("latin-1")
    if kind == "is" and found[0] != text:
        yield f"{name}: {found[0]}\n    should be: {text}"
    if kind == "not" and found[0] == text:
        yield f"{name}: {found[0]}, which it should not be"


def wrong_content(message, expected, values):
    kind, template = expected
    if kind == "json":
        try:
            json.loads(message.body)
        except ValueError as error:
            yield f"the body is no JSON: {error}: {shorten(message.body)}"
    elif kind == "is":
        body = values.bytes(template)
        if message.body != body:
            yield (f"a body of {len(message.body)} bytes: {shorten(message.body)}\n"
                   f"    should be {len(body)} bytes: {shorten(body)}")
    elif bool(values.pattern(template).search(message.body)) != (kind == "like"):
        what = "does not hold" if kind == "like" else "holds"
        yield f"the body {what} {template}: {shorten(message.body)}"


def wrong_parts(message, expected, values):
    path, ranges, encoding = expected
    whole = values.file(path)
    original = re.sub(r"\.(gz|br|zst)$", "", path) if encoding != "identity" else path
    kind = values.server.fetched(values.vhost, original, encoding)["content-type"]
    try:
        parts = read_parts(message)
    except FramingError as error:
        yield str(error)
        return
    if len(parts) != len(ranges):
        yield f"{len(parts)} parts instead of {len(ranges)}"
        return
    for number, ((fields, body), (first, last)) in enumerate(zip(parts, ranges), 1):
        place = f"bytes {first}-{last}/{len(whole)}"
        if fields.get("Content-Range") != place or fields.get("Content-Type") != kind:
            yield f"part {number}: {fields}\n    should be: {place}, {kind}"
        if body != whole[first:last + 1]:
            yield f"part {number}: {shorten(body)}\n    should be: {shorten(whole[first:last + 1])}"


def wrong(message, response, values):
    """All that is not as it should be; nothing: it is good."""
    if message.status != response.status:
        yield f"the status is {message.status}, not {response.status}"
        return
    yield from wrong_always(message, response.head)
    for field in response.fields:
        yield from wrong_field(message, field, values)
    if response.head and message.body:
        yield "HEAD with a body"
    for expected in response.bodies:
        yield from wrong_content(message, expected, values)
    if response.parts:
        yield from wrong_parts(message, response.parts, values)
