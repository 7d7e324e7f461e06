# SPDX-License-Identifier: ISC
"""The table of HTTP: what the lines of a row mean (README.md)."""

import re

import rows
from rows import Grammar, current_exchange, fail, last_response

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


class Response:
    """What is expected of one response."""

    def __init__(self, status, head):
        self.status = status
        self.head = head  # the request's method is HEAD
        self.fields = []  # (name, kind, template): kind "is", "like", "not", "absent"
        self.bodies = []  # (kind, template): kind "is", "like", "unlike", "json"
        self.parts = None  # (file, [(first, last)], encoding)


def add_response(row, text):
    match = re.fullmatch(r"(\d{3})( HEAD)?", text)
    if not match or not row.exchanges:
        fail(row.place, f'"< {text}" is no status after a request')
    exchange = row.exchanges[-1]
    line = exchange.lines[0] if exchange.lines else exchange.raw[0]
    head = bool(match[2]) or line.split(" ", 1)[0] == "HEAD"
    exchange.responses.append(Response(int(match[1]), head))


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


def add_request_line(row, text):
    is_request = re.match(r"[A-Z]+ \S", text) and not re.match(r"[^ ]+:", text)
    current_exchange(row, is_request).lines.append(text)


# mark → what is done with the text behind it
MARKS = {
    ">": add_request_line,
    ">>": lambda row, text: current_exchange(row, False).body.append(text),
    ">=": lambda row, text: current_exchange(row, False).raw.append(text),
    "<=": lambda row, text: last_response(row).bodies.append(("is", text)),
    "<~": lambda row, text: last_response(row).bodies.append(("like", text)),
    "<!": lambda row, text: last_response(row).bodies.append(("unlike", text)),
    "<json": lambda row, text: last_response(row).bodies.append(("json", text)),
    "<parts": add_parts,
    "<": add_expectation,
}


GRAMMAR = Grammar(OPTIONS, MARKS)


def read(folder):
    """All rows below a folder, their variants among them."""
    return rows.read(folder, GRAMMAR)
