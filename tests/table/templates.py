# SPDX-License-Identifier: ISC
"""Templates → bytes: C escapes, and what stands in braces (README.md lists it)."""

import os
import re

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\", "{": b"{", "}": b"}"}
FILL = re.compile(rb"\0FILL (\d+)\0")


def split_sum(text):
    """ "/a.txt-1" → "/a.txt", -1."""
    match = re.fullmatch(r"(.*?)([+-]\d+)?", text, re.DOTALL)
    return match[1], int(match[2] or 0)


class Templates:
    """What the braces of one row stand for. A suite adds words of its own."""

    words = ("file", "size", "fill", "repeat", "id", "vhost", "port")
    default = None  # the vhost of rows that name none

    def __init__(self, row, server):
        self.row = row
        self.server = server
        self.vhost = row.option("vhost", self.default)  # whose folder
        self.name = row.option("name", self.vhost)  # what it is asked for by

    def path(self, name):
        """ "/a.txt" is the vhost's, "other.example/a.txt" another's."""
        if name.startswith("/"):
            name = self.vhost + name
        return os.path.join(self.server.sites, name)

    def file(self, text):
        match = re.fullmatch(r"(.*?)(?:\[(-?\d*):(-?\d*)\])?", text)
        with open(self.path(match[1]), "rb") as file:
            content = file.read()
        first, last = match[2] or None, match[3] or None
        return content[int(first) if first else None:int(last) if last else None]

    def value(self, name, argument):
        """Bytes."""
        if name == "repeat":
            what, _, count = argument.rpartition("*")
            return self.bytes(what) * int(count)
        argument = self.bytes(argument).decode()
        if name == "file":
            return self.file(argument)
        return self.text(name, argument).encode("latin-1")

    def text(self, name, argument):
        if name == "size":
            path, plus = split_sum(argument)
            return str(os.stat(self.path(path)).st_size + plus)
        if name == "fill":
            return f"\0FILL {argument}\0"
        if name == "id":
            return re.sub(r"[^A-Za-z0-9.-]", "-", self.row.id) + "-" + self.server.scheme
        return {"vhost": self.name, "port": str(self.port)}[name]

    @property
    def port(self):
        return self.server.port

    def expand(self, template, quote=None):
        """quote: what is done to a value in braces; escapes then stay as they are."""
        out, at = [], 0
        token = r"\\x([0-9a-fA-F]{2})|\\(.)|\{(%s)(?::([^{}]*))?\}" % "|".join(self.words)
        for match in re.finditer(token, template):
            out.append(template[at:match.start()].encode())
            at = match.end()
            if match[3]:
                value = self.value(match[3], match[4] or "")
                out.append(quote(value) if quote else value)
            elif quote:
                out.append(match[0].encode())
            elif match[1]:
                out.append(bytes([int(match[1], 16)]))
            else:
                out.append(ESCAPES[match[2]])
        out.append(template[at:].encode())
        return b"".join(out)

    def bytes(self, template):
        return self.expand(template)

    def pattern(self, template):
        return re.compile(self.expand(template, re.escape), re.DOTALL)

    @staticmethod
    def filled(whole):
        """With as many x as the length that "fill" asks for leaves room for."""
        match = FILL.search(whole)
        if not match:
            return whole
        room = int(match[1]) - (len(whole) - len(match[0]))
        return whole.replace(match[0], b"x" * room)
