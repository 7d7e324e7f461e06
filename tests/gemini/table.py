# SPDX-License-Identifier: ISC
"""The table of Gemini: what the lines of a row mean (README.md)."""

import re

import rows
from rows import Grammar, current_exchange, fail, last_response

OPTIONS = {
    # name: what may follow it
    "to": r"any|alone|default",
    "vhost": r"\S+",
    "name": r"\S+",
    "sni": r"\S+",
    "certificate": r"\S+",
    "tls": r"1\.[123]",
    "also": r"(bytewise|tls12)( (bytewise|tls12))*",
    "end": r"refused",
    "needs": r"root",
    "against": r".+",
    "suffices": r".+",
    "logged": r"~.+",
    "again": r"\d+",
    "takes": r"\d+ ms",
}


class Response:
    """What is expected of the response."""

    def __init__(self, status, kind, meta):
        self.status = status  # None: that there is none
        self.kind = kind  # "is", "like"; None: any META will do
        self.meta = meta
        self.bodies = []  # (kind, template): kind "is", "like", "unlike"


def add_response(row, text):
    match = re.fullmatch(r"(\d\d)(?: (~)?(.+))?", text)
    if not row.exchanges or not (match or text == "nothing"):
        fail(row.place, f'"< {text}" is no status after a request')
    if not match:
        response = Response(None, None, None)
    else:
        response = Response(int(match[1]), match[3] and ("like" if match[2] else "is"), match[3])
    row.exchanges[-1].responses.append(response)


def add_path(row, text):
    current_exchange(row, True).raw.append(r"gemini://{vhost}:{port}" + text + r"\r\n")


MARKS = {
    ">": add_path,
    ">=": lambda row, text: current_exchange(row, True).raw.append(text),
    ">+": lambda row, text: current_exchange(row, False).raw.append(text),
    "<": add_response,
    "<=": lambda row, text: last_response(row).bodies.append(("is", text)),
    "<~": lambda row, text: last_response(row).bodies.append(("like", text)),
    "<!": lambda row, text: last_response(row).bodies.append(("unlike", text)),
}
GRAMMAR = Grammar(OPTIONS, MARKS)


def read(folder):
    """All rows below a folder, their variants among them."""
    table = rows.read(folder, GRAMMAR)
    for row in table:
        if len(row.exchanges) != 1 or len(row.exchanges[0].responses) != (row.option("end") != "refused"):
            fail(row.place, f"{row.name} wants one request and one response")
    return table
