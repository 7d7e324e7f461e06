# SPDX-License-Identifier: ISC
"""Every raw head of the table through nginx and HAProxy to the server: do both count the same requests?

A head that one takes for one request and the other for two is how requests are smuggled (RFC 9112 §11.2).
For each head, on a connection of its own to the proxy: the head, behind it a sentinel; then, on another
connection, a victim whom a smuggled request would give somebody else's answer.
"""

import os
import re
import sys
import tempfile
import time

import message
import neighbours
import peer
import verdict
from connection import Connection
from connection import Ended, FramingError
from values import Values

SETTLE = 5  # seconds for both logs to agree
PATIENCE = 0.7  # for what a proxy waits for and does not get
FORWARDED = re.compile(r"^request (\S+) \S+ \"(.*)\"$", re.MULTILINE)
# Nobody: nginx's "-", HAProxy's "front/<NOSRV>" without the front.
NOBODY = ("-", "<NOSRV>")


class Log:
    """A log that grows: what has been added since the last mark."""

    def __init__(self, path):
        self.path = path
        self.at = 0
        self.mark()

    def mark(self):
        self.at = os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def added(self):
        with open(self.path, "rb") as file:
            file.seek(self.at)
            return file.read().decode("latin-1")


class Passage:
    """The way through one proxy."""

    def __init__(self, name, server, listener, proxy_log):
        self.name = name
        self.server = server
        self.place = listener.getsockname()
        self.proxy_log = Log(proxy_log)
        self.our_log = Log(server.log)
        self.problems = []
        self.forwarded = 0

    def forwarded_requests(self):
        return [request for who, request in FORWARDED.findall(self.proxy_log.added())
                if who not in NOBODY]

    def our_requests(self):
        return re.findall(r'"request":(null|"(?:[^"\\]|\\.)*")', self.our_log.added())

    def connect(self, patience):
        return Connection(self.place, patience)

    def receive_all(self, connection):
        """The responses until the end, or until nothing more comes."""
        answers = []
        try:
            while True:
                answers.append(message.read(connection))
        except (Ended, FramingError):
            return answers

    def send_head(self, head, values, mark):
        """The head, and a sentinel behind it: its answer may not be another's."""
        connection = self.connect(PATIENCE)
        connection.send(head + f"GET /sentinel.txt?{mark} HTTP/1.1\r\nHost: site.example\r\n"
                        "Connection: close\r\n\r\n".encode())
        answers = self.receive_all(connection)
        connection.close()
        sentinel = values.file("/sentinel.txt")
        bodies = [answer.body for answer in answers if answer.status == 200]
        if sentinel in bodies and answers[-1].body != sentinel:
            self.problems.append(f"{mark}: {len(answers)} answers, and the sentinel's is not the last")

    def send_victim(self, values, mark):
        connection = self.connect(SETTLE)
        connection.send(f"GET /b.txt?{mark} HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n"
                        .encode())
        answers = self.receive_all(connection)
        connection.close()
        if [answer.body for answer in answers] != [values.file("/b.txt")]:
            got = [(answer.status, verdict.shorten(answer.body)) for answer in answers]
            self.problems.append(f"{mark}: somebody else got {got} instead of /b.txt")

    def settled(self, mark):
        """Both have logged the victim, and agree."""
        theirs, ours = self.forwarded_requests(), self.our_requests()
        return (len(theirs) == len(ours) and any(mark in request for request in theirs)
                and any(mark in request for request in ours))

    def settle(self, mark):
        deadline = time.monotonic() + SETTLE
        while not self.settled(mark) and time.monotonic() < deadline:
            time.sleep(0.005)

    def pass_row(self, row, number):
        values = Values(row, self.server)
        head = b"".join(values.request(exchange) for exchange in row.exchanges)
        mark = f"passage-{self.name}-{number}"
        self.proxy_log.mark()
        self.our_log.mark()
        self.send_head(head, values, mark)
        self.send_victim(values, f"{mark}-victim")
        self.settle(f"{mark}-victim")
        theirs, ours = self.forwarded_requests(), self.our_requests()
        if len(theirs) != len(ours):
            self.problems.append(f"{mark}: {row.id}: {self.name} forwarded {len(theirs)}, sulid has seen "
                                 f"{len(ours)}\n    {theirs}\n    {ours}")
        # Without the victim.
        self.forwarded += len(theirs) - 1


def is_head(row):
    return (any(exchange.raw for exchange in row.exchanges) and not row.variant
            and not row.option("to") and row.option("vhost", "site.example") == "site.example")


def run_proxy(name, rows, server):
    """All heads through one proxy, which is started for it. name: "nginx", "nginx-streaming", "haproxy"."""
    words = {"PORT": str(server.port), "BUFFERING": "off" if name == "nginx-streaming" else "on"}
    with tempfile.TemporaryDirectory(prefix="sulid-proxy-") as folder, peer.listen() as listener:
        if name == "haproxy":
            process, log = neighbours.start_haproxy(folder, words, listener), "output"
        else:
            process, log = neighbours.start_nginx(folder, "nginx-proxy.conf", words, listener), "requests"
        with process:
            passage = Passage(name, server, listener, os.path.join(folder, log))
            passage.send_victim(Values(rows[0], server), "first")
            passage.settle("first")
            if passage.problems:
                raise RuntimeError(f"{name} does not work: {passage.problems} {process.said()}")
            for number, row in enumerate(rows):
                passage.pass_row(row, number)
    return passage


def main(rows, server):
    rows = [row for row in rows if is_head(row)]
    failed = False
    for name in ("nginx", "nginx-streaming", "haproxy"):
        try:
            passage = run_proxy(name, rows, server)
        except peer.Unavailable as error:
            print(error, file=sys.stderr)
            return 75
        for problem in passage.problems:
            print(problem)
        failed |= bool(passage.problems)
        print(f"{name}: {len(rows)} heads, {passage.forwarded} requests forwarded for them, "
              f"{len(passage.problems)} differences")
    return 1 if failed else 0
