# SPDX-License-Identifier: ISC
"""The same rows, sent to another server too: docs/GEMINI.md, which rule each keeps."""

import collections
import contextlib
import os
import re
import socket
import subprocess
import sys
import tempfile

import peer
import server as programs
import served
from conversation import Server

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ("capsule.example", "members.example", "other.example", "alone.example", "any.example", "bare.example")
START_LIMIT = 5  # times
PATIENCE = 5  # seconds: what it waits for will not come
INTRO = """\
# What a Gemini server does, rule by rule

Made by `tests/gemini/run --table molly-brown build`: every row of the table in `tests/gemini/rows`, sent to
sulid and to {version}, with the same files, by the same client. Each server
is configured as well as it can be for what the rows ask (`tests/gemini/sulid.yaml`, `tests/gemini/molly-brown.conf`);
molly-brown answers for one name, so that it runs once for each. Where the specification (0.24.1) leaves several
answers open, each of them is a yes. In every row the response has to be well-formed, too, and end with TLS
close_notify.

- **yes**: it keeps the rule.
- **no**: it does not; then what came instead.
- anything else: why it was not asked.

| | sulid | molly-brown |
| --- | ---: | ---: |
{sums}
"""


class MollyBrown:
    """One process for a name, on a port that was free; a context manager: (address, port)."""

    def __init__(self, house, name):
        self.house = house
        self.name = name
        self.peer = None

    def start(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        words = {group.upper(): self.house.digest(group).partition(":")[2] for group in ("staff", "board", "expired")}
        path = peer.write_config(folder, os.path.join(HERE, "molly-brown.conf"), {
            "PORT": str(port), "NAME": self.name, "TLS": self.house.tls, "SITES": self.house.sites,
            "FOLDER": folder, **words})
        self.peer = peer.Peer(peer.find("molly-brown") + ["-c", path], folder, [])

        def listens():
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return True
            except OSError:
                return False
        self.peer.wait_for(listens, "molly-brown")
        return "127.0.0.1", port

    def __enter__(self):
        for again in range(START_LIMIT):
            folder = os.path.join(self.house.folder, f"molly-brown-{self.name}-{again}")
            os.makedirs(folder)
            try:
                return self.start(folder)
            except RuntimeError:  # somebody took the port
                if again == START_LIMIT - 1:
                    raise
        return None

    def __exit__(self, *_):
        self.peer.stop()


def version():
    """Of the package that was unpacked, or is installed."""
    command = peer.find("molly-brown")
    folder = os.path.dirname(os.path.dirname(os.path.dirname(command[-1])))
    log = os.path.join(folder, "usr/share/doc/molly-brown/changelog.Debian.gz")
    first = subprocess.run(["zcat", log], stdout=subprocess.PIPE, check=True).stdout.partition(b"\n")[0]
    return "molly-brown " + re.search(r"\((.*?)\)", first.decode())[1]


# ---- what each does -----------------------------------------------------------------------------


class Column:
    """What became of the rows; one that has variants is kept if all of them are."""

    def __init__(self, conversations):
        self.cells = {}
        for one in conversations:
            cell = self.cell(one)
            if self.cells.get(one.row.name, "yes") == "yes":
                self.cells[one.row.name] = cell

    @staticmethod
    def cell(one):
        if not one.problems:
            return "yes"
        if one.header is None:
            said = re.sub(r"b'(.*)'", r"\1", one.problems[0].splitlines()[0])
            said = said.replace("the connection is timeout after ", "no answer").replace(r"\r\n", "")
        else:
            said = one.header[:60].decode("utf-8", "replace")
            said = re.sub(r"127\.0\.0\.1:\d+|:\d{4,5}\b", "", said)
            if re.match(r"there is no close_notify", one.problems[0]):
                said += ", no close_notify"
        return "no: " + said


def escape(text):
    return re.sub(r"([\\|*_<>`\[\]])", r"\\\1", "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text))


def lines_of(rows, columns):
    """The body of the table: a line for each rule."""
    section, seen = None, set()
    for row in rows:
        if row.name in seen:
            continue
        seen.add(row.name)
        if row.section != section:
            section = row.section
            yield f"\n## {section}\n\n| rule | sulid | molly-brown |\n| --- | --- | --- |"
        cells = " | ".join(escape(column[row.name]) for column in columns)
        yield f"| {escape(row.title)} | {cells} |"


def sum_lines(columns):
    for name, test in (("yes", lambda cell: cell == "yes"), ("no", lambda cell: cell.startswith("no: ")),
                       ("not asked", lambda cell: cell != "yes" and not cell.startswith("no: "))):
        yield f"| {name} | " + " | ".join(str(sum(map(test, column.values()))) for column in columns) + " |"


def observe_sulid(rows, house, build, converse, arguments):
    with programs.Server(house, house.folder, build) as server:
        return converse(rows, Server(server.listeners(), house.sites, house.tls, server.access, arguments.patience),
                        arguments.jobs)


def observe_molly_brown(rows, house, converse, arguments):
    rows = [row for row in rows if not row.option("against")]
    with contextlib.ExitStack() as stack:
        places = {name: stack.enter_context(MollyBrown(house, name)) for name in NAMES}
        return converse(rows, Server(places, house.sites, house.tls, None, PATIENCE, other=True),
                        arguments.jobs)


def main(rows, converse, arguments):
    """Prints docs/GEMINI.md."""
    with tempfile.TemporaryDirectory(prefix="sulid-gemini-") as folder:
        os.chmod(folder, 0o755)
        build = os.path.abspath(arguments.build)
        house = programs.House(HERE, served, folder, build)
        try:
            ours = Column(observe_sulid(rows, house, build, converse, arguments)).cells
            theirs = Column(observe_molly_brown(rows, house, converse, arguments)).cells
        except peer.Unavailable as error:
            print(error, file=sys.stderr)
            return 75
        finally:
            house.close()
    for row in rows:
        if row.option("against"):
            theirs[row.name] = row.option("against")
    print(INTRO.format(version=version(), sums="\n".join(sum_lines((ours, theirs)))), end="")
    for line in lines_of(rows, (ours, theirs)):
        print(line)
    return 0


# ---- is it still so ------------------------------------------------------------------------------


def rules_in(text):
    """[(rule, what sulid does)] of the table as it was printed."""
    return [tuple(cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:3])
            for line in text.splitlines() if line.startswith("| ")]


def differences(path, conversations):
    """Lines of rules where the table says another thing of sulid than what was seen."""
    ours = Column(conversations).cells
    rows = [one.row for one in conversations]
    with open(path, encoding="utf-8") as file:
        said = collections.Counter(rules_in(file.read()))
    seen = rules_in("\n".join(lines_of(rows, (ours, ours))))
    return [f"{rule}: {cell}" for rule, cell in seen if not said[(rule, cell)]]
