# SPDX-License-Identifier: ISC
"""A table: files of rows (README.md says how they read) → Row. What a line means is the suite's own business."""

import os
import re


class TableError(Exception):
    """A row that cannot be understood: "FILE:LINE: why"."""


def fail(place, why):
    raise TableError(f"{place}: {why}")


class Exchange:
    """Request bytes, as a template, and the responses that they get."""

    def __init__(self):
        self.lines = []  # of a request that is written for people
        self.body = []
        self.raw = []
        self.responses = []


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


def last_response(row):
    if not row.exchanges or not row.exchanges[-1].responses:
        fail(row.place, "this wants a status before it")
    return row.exchanges[-1].responses[-1]


def current_exchange(row, fresh):
    """The exchange that a line of a request belongs to."""
    if fresh or not row.exchanges or row.exchanges[-1].responses:
        row.exchanges.append(Exchange())
    return row.exchanges[-1]


class Grammar:
    """What the lines of a row may say."""

    def __init__(self, options, marks):
        self.options = options  # name → pattern of what may follow it
        self.marks = marks  # mark → function of the row and of the text behind it

    def add_line(self, row, text):
        mark, _, rest = text.partition(" ")
        if mark in self.marks:
            self.marks[mark](row, rest)
        elif mark in self.options:
            if not re.fullmatch(self.options[mark], rest):
                fail(row.place, f'"{text}" is not understood')
            row.options[mark] = rest or True
        else:
            fail(row.place, f'"{text}" is not understood')


def read_file(path, grammar):
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
                grammar.add_line(row, line[1:])
            else:
                match = re.fullmatch(r"([a-z0-9.-]+): (.+)", line)
                if not match or not section:
                    fail(place, "a row begins with \"id: title\", below a section")
                row = Row(subject, section, match[1], match[2], place)
                rows.append(row)
    return rows


def read(folder, grammar):
    """All rows below a folder, their variants among them."""
    rows, seen = [], {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".txt"):
            rows += read_file(os.path.join(folder, name), grammar)
    for row in rows:
        if row.name in seen:
            fail(row.place, f"{row.name} is also in {seen[row.name]}")
        if not row.exchanges:
            fail(row.place, f"{row.name} sends nothing")
        seen[row.name] = row.place
    return [variant for row in rows for variant in row.variants()]
