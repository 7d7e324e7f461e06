# SPDX-License-Identifier: ISC
"""The table: files of rows (README.md says how they read) → Row."""

import os
import re

OPTIONS = {
    # name: what may follow it
    "on": r"plain|tls",
    "to": r"proxy",
    "proxy": r".+",
    "vhost": r"\S+",
    "name": r"\S+",
    "from": r"[0-9.]+",
    "certificate": r"\S+",
    "send": r"together|head-first|half",
    "also": r"(bytewise|pipelined)( (bytewise|pipelined))*",
    "end": r"kept|closed|dropped",
    "needs": r"root",
    "against": r"none",
    "logged": r"~.+",
    "takes": r"\d+ ms",
}


class TableError(Exception):
    """A row that cannot be understood: "FILE:LINE: why"."""


class Response:
    """What is expected of one response."""

    def __init__(self, status, head):
        self.status = status
        self.head = head  # the request's method is HEAD
        self.fields = []  # (name, kind, template): kind "is", "like", "not", "absent"
        self.bodies = []  # (kind, template): kind "is", "like", "unlike", "json"
        self.parts = None  # (file, [(first, last)], encoding)


class Exchange:
    """Request bytes, as a template, and the responses that they get."""

    def __init__(self):
        self.lines = []  # of a request that is written as method, fields
        self.body = []
        self.raw = []
        self.responses = []

    def method(self):
        line = self.lines[0] if self.lines else self.raw[0]
        return line.split(" ", 1)[0]


class Row:
    """A connection and what happens on it."""

    def __init__(self, subject, section, name, title, place):
        self.subject = subject
        self.section = section
        self.name = name
        self.title = title
        self.place = place
        self.options = {}
        self.exchanges = []
        self.variant = ""

    @property
    def id(self):
        return self.name + ("/" + self.variant if self.variant else "")

    def option(self, name, default=None):
        return self.options.get(name, default)

    def requests(self):
        """How many requests it sends: at least as many as it expects answers."""
        return sum(max(1, len(exchange.responses)) for exchange in self.exchanges)

    def variants(self):
        """The row itself, and what "also" asks for."""
        yield self
        for name in self.option("also", "").split():
            other = Row(self.subject, self.section, self.name, self.title, self.place)
            other.options = dict(self.options)
            other.exchanges = self.exchanges
            other.variant = name
            yield other


def fail(place, why):
    raise TableError(f"{place}: {why}")


def add_response(row, text):
    match = re.fullmatch(r"(\d{3})( HEAD)?", text)
    if not match or not row.exchanges:
        fail(row.place, f'"< {text}" is no status after a request')
    exchange = row.exchanges[-1]
    head = bool(match[2]) or exchange.method() == "HEAD"
    exchange.responses.append(Response(int(match[1]), head))


def last_response(row):
    if not row.exchanges or not row.exchanges[-1].responses:
        fail(row.place, "this wants a status before it")
    return row.exchanges[-1].responses[-1]


def add_expectation(row, text):
    """What stands behind "< "."""
    if re.match(r"\d", text):
        add_response(row, text)
        return
    response = last_response(row)
    if text.startswith("!"):
        response.fields.append((text[1:], "absent", ""))
        return
    match = re.fullmatch(r"([A-Za-z0-9-]+): (~|!= )?(.*)", text)
    if not match:
        fail(row.place, f'"< {text}" is not understood')
    kind = {"~": "like", "!= ": "not", None: "is"}[match[2]]
    response.fields.append((match[1], kind, match[3]))


def add_parts(row, text):
    words = text.split()
    encoding = "identity"
    if len(words) > 1 and words[1].startswith("("):
        encoding = words.pop(1)[1:-1]
    ranges = []
    for word in words[1:]:
        first, last = word.split("-")
        ranges.append((int(first), int(last)))
    if len(ranges) < 2:
        fail(row.place, "parts wants a file and two ranges or more")
    last_response(row).parts = (words[0], ranges, encoding)


def current_exchange(row, fresh):
    """The exchange that a line of a request belongs to."""
    if fresh or not row.exchanges or row.exchanges[-1].responses:
        row.exchanges.append(Exchange())
    return row.exchanges[-1]


# mark → what is done with the text behind it
MARKS = {
    ">>": lambda row, text: current_exchange(row, False).body.append(text),
    ">=": lambda row, text: current_exchange(row, False).raw.append(text),
    "<=": lambda row, text: last_response(row).bodies.append(("is", text)),
    "<~": lambda row, text: last_response(row).bodies.append(("like", text)),
    "<!": lambda row, text: last_response(row).bodies.append(("unlike", text)),
    "<json": lambda row, text: last_response(row).bodies.append(("json", text)),
    "<parts": add_parts,
    "<": add_expectation,
}


def add_request_line(row, text):
    is_request = re.match(r"[A-Z]+ \S", text) and not re.match(r"[^ ]+:", text)
    current_exchange(row, is_request).lines.append(text)


def add_line(row, text):
    mark, _, rest = text.partition(" ")
    if mark == ">":
        add_request_line(row, rest)
    elif mark in MARKS:
        MARKS[mark](row, rest)
    elif mark in OPTIONS:
        if not re.fullmatch(OPTIONS[mark], rest):
            fail(row.place, f'"{text}" is not understood')
        row.options[mark] = rest or True
    else:
        fail(row.place, f'"{text}" is not understood')


def read_file(path):
    """All rows of one file, in order."""
    subject = os.path.basename(path).removesuffix(".txt")
    section, row, rows = None, None, []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip("\n")
            place = f"{os.path.basename(path)}:{number}"
            if not line or line.startswith("#"):
                continue
            if line.startswith("== "):
                section = line[3:]
            elif line.startswith("\t") and row:
                row.place = place
                add_line(row, line[1:])
            else:
                match = re.fullmatch(r"([a-z0-9.-]+): (.+)", line)
                if not match or not section:
                    fail(place, "a row begins with \"id: title\", below a section")
                row = Row(subject, section, match[1], match[2], place)
                rows.append(row)
    return rows


def read(folder):
    """All rows below a folder, their variants among them."""
    rows, seen = [], {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt"):
            rows += read_file(os.path.join(folder, name))
    for row in rows:
        if row.name in seen:
            fail(row.place, f"{row.name} is also in {seen[row.name]}")
        if not row.exchanges:
            fail(row.place, f"{row.name} sends nothing")
        seen[row.name] = row.place
    return [variant for row in rows for variant in row.variants()]
