# SPDX-License-Identifier: ISC
"""Templates → bytes: C escapes, and what stands in braces (README.md lists it)."""

import os
import re
import time

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\", "{": b"{", "}": b"}"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NAMES = "etag|date|rfc850|asctime|size|file|fill|repeat|id|vhost|port|tlsport|scheme"
TOKEN = re.compile(r"\\x([0-9a-fA-F]{2})|\\(.)|\{(%s)(?::([^{}]*))?\}" % NAMES)
FILL = re.compile(rb"\0FILL (\d+)\0")


def imf_fixdate(seconds):
    """RFC 9110 §5.6.7, the form to be generated."""
    at = time.gmtime(seconds)
    return (f"{DAYS[at.tm_wday][:3]}, {at.tm_mday:02} {MONTHS[at.tm_mon - 1]} {at.tm_year} "
            f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT")


def rfc850_date(seconds):
    at = time.gmtime(seconds)
    return (f"{DAYS[at.tm_wday]}, {at.tm_mday:02}-{MONTHS[at.tm_mon - 1]}-{at.tm_year % 100:02} "
            f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT")


def asctime_date(seconds):
    at = time.gmtime(seconds)
    return (f"{DAYS[at.tm_wday][:3]} {MONTHS[at.tm_mon - 1]} {at.tm_mday:2} "
            f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} {at.tm_year}")


def split_sum(text):
    """ "/a.txt-1" → "/a.txt", -1."""
    match = re.fullmatch(r"(.*?)([+-]\d+)?", text, re.DOTALL)
    return match[1], int(match[2] or 0)


class Values:
    """What the braces of one row stand for."""

    def __init__(self, row, server):
        self.row = row
        self.server = server
        self.vhost = row.option("vhost", "site.example")  # whose folder
        self.name = row.option("name", self.vhost)  # what it is asked for by

    def path(self, name):
        """ "/a.txt" is the vhost's, "other.example/a.txt" another's."""
        if name.startswith("/"):
            name = self.vhost + name
        return os.path.join(self.server.sites, name)

    def seconds(self, text):
        name, plus = split_sum(text)
        if name == "now":
            return int(time.time()) + plus
        return int(os.stat(self.path(name)).st_mtime // 1) + plus

    def file(self, text):
        match = re.fullmatch(r"(.*?)(?:\[(-?\d*):(-?\d*)\])?", text)
        with open(self.path(match[1]), "rb") as file:
            content = file.read()
        first, last = match[2] or None, match[3] or None
        return content[int(first) if first else None:int(last) if last else None]

    def value(self, name, argument):
        if name != "repeat":
            argument = self.bytes(argument).decode()
        if name == "file":
            return self.file(argument)
        if name == "size":
            path, plus = split_sum(argument)
            text = str(os.stat(self.path(path)).st_size + plus)
        elif name == "repeat":
            what, _, count = argument.rpartition("*")
            return self.bytes(what) * int(count)
        elif name == "fill":
            text = f"\0FILL {argument}\0"
        elif name in ("date", "rfc850", "asctime"):
            form = {"date": imf_fixdate, "rfc850": rfc850_date, "asctime": asctime_date}[name]
            text = form(self.seconds(argument))
        elif name == "etag":
            path, _, encoding = argument.partition(" ")
            text = self.server.fetched(self.vhost, path, encoding)["etag"]
        elif name == "id":
            text = re.sub(r"[^A-Za-z0-9.-]", "-", self.row.id) + "-" + self.server.scheme
        elif name == "vhost":
            text = self.name
        else:
            text = {"port": str(self.server.port), "tlsport": str(self.server.tls_port),
                    "scheme": "https" if self.server.scheme == "tls" else "http"}[name]
        return text.encode("latin-1")

    def expand(self, template, quote=None):
        """quote: what is done to a value in braces; escapes then stay as they are."""
        out, at = [], 0
        for match in TOKEN.finditer(template):
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

    def request(self, exchange):
        """The bytes of one exchange's requests, with the Host that is not worth writing each time."""
        if exchange.raw:
            whole = b"".join(self.bytes(line) for line in exchange.raw)
        else:
            line = self.bytes(exchange.lines[0])
            if not re.search(rb" HTTP/\d", line):
                line += b" HTTP/1.1"
            fields = [self.bytes(text) for text in exchange.lines[1:]]
            if not any(field.lower().startswith(b"host:") for field in fields):
                fields.insert(0, b"Host: " + self.name.encode())
            whole = b"\r\n".join([line, *fields, b"", b""])
            whole += b"".join(self.bytes(text) for text in exchange.body)
        match = FILL.search(whole)
        if match:
            room = int(match[1]) - (len(whole) - len(match[0]))
            whole = whole.replace(match[0], b"x" * room)
        return whole
