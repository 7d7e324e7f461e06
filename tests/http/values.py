# SPDX-License-Identifier: ISC
"""What stands in braces, of HTTP; and a request's bytes."""

import os
import re
import time

from templates import Templates, split_sum

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


class Values(Templates):
    """What the braces of one row stand for."""

    words = (*Templates.words, "etag", "date", "rfc850", "asctime", "tlsport", "scheme")
    default = "site.example"

    def seconds(self, text):
        name, plus = split_sum(text)
        if name == "now":
            return int(time.time()) + plus
        return int(os.stat(self.path(name)).st_mtime // 1) + plus

    def text(self, name, argument):
        if name in ("date", "rfc850", "asctime"):
            form = {"date": imf_fixdate, "rfc850": rfc850_date, "asctime": asctime_date}[name]
            return form(self.seconds(argument))
        if name == "etag":
            path, _, encoding = argument.partition(" ")
            return self.server.fetched(self.vhost, path, encoding)["etag"]
        if name == "tlsport":
            return str(self.server.tls_port)
        if name == "scheme":
            return "https" if self.server.scheme == "tls" else "http"
        return super().text(name, argument)

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
        return self.filled(whole)
