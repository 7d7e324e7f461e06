# SPDX-License-Identifier: ISC
"""A row on a connection of its own: what is sent, what comes back, how it ends."""

import re
import time

import message
import verdict
from connection import Connection, Ended, FramingError, tls_context
from server import wait_for_line
from values import Values

SENTINEL = "/sentinel.txt"


class Server:
    """Where the server is, and what is known of its files."""

    def __init__(self, scheme, listeners, sites, certificates=None, log=None, patience=10):
        self.scheme = scheme  # "plain" or "tls"
        self.listeners = listeners  # "plain", "tls", "proxy-plain", "proxy-tls" → (address, port)
        self.sites = sites
        self.certificates = certificates
        self.log = log
        self.patience = patience  # seconds for each read
        self.facts = {}
        self.contexts = {}  # by certificate
        self.kept = {}  # name → connections over TLS that are in step, to be taken over

    @property
    def port(self):
        return self.listeners[self.scheme][1]

    @property
    def tls_port(self):
        return self.listeners["tls"][1]

    def connect(self, name, kind=None, source=None, certificate=None, prefix=b""):
        kind = kind or self.scheme
        connection = Connection(self.listeners[kind], self.patience, source)
        if prefix:
            connection.send(prefix)
        if self.scheme == "tls":
            connection.start_tls(self.context(certificate), name)
        return connection

    def keep(self, name, connection):
        self.kept.setdefault(name, []).append(connection)

    def take_over(self, name):
        """A connection that another row has left in step, or None."""
        try:
            return self.kept.get(name, []).pop()
        except IndexError:
            return None

    def close(self):
        for connections in self.kept.values():
            for connection in connections:
                connection.close()

    def context(self, certificate):
        if certificate not in self.contexts:
            folder = f"{self.certificates}/{certificate}"
            self.contexts[certificate] = tls_context(
                certificate and (f"{folder}/fullchain.pem", f"{folder}/privkey.pem"), ["http/1.1"])
        return self.contexts[certificate]

    def fetched(self, vhost, path, encoding=""):
        """Fields that GET of a path gets, in lower case."""
        key = (vhost, path, encoding)
        if key not in self.facts:
            connection = self.connect(vhost)
            accept = f"Accept-Encoding: {encoding}\r\n" if encoding else ""
            connection.send(f"GET {path} HTTP/1.1\r\nHost: {vhost}\r\n{accept}"
                            "Connection: close\r\n\r\n".encode())
            answer = message.read(connection)
            connection.close()
            fields = {name.lower(): value for name, value in answer.fields}
            self.facts[key] = {"etag": "(no ETag)", "content-type": "(no Content-Type)", **fields}
        return self.facts[key]


class Conversation:
    """What became of a row: statuses, and what is wrong with it."""

    def __init__(self, row, server):
        self.row = row
        self.server = server
        self.values = Values(row, server)
        self.name = self.values.name
        self.sent = []
        self.statuses = []
        self.problems = []
        self.last = None
        self.connection = None

    # ---- requests ------------------------------------------------------------------------

    def sentinel(self, more=""):
        return f"GET {SENTINEL} HTTP/1.1\r\nHost: {self.name}\r\n{more}\r\n".encode()

    def send(self, data):
        self.sent.append(data)
        if self.row.variant == "bytewise":
            self.connection.send_bytewise(data, self.row.option("end") == "closed")
        else:
            self.connection.send(data)

    # ---- responses -----------------------------------------------------------------------

    def expect_sentinel(self, why):
        answer = message.read(self.connection)
        if answer.status != 200 or answer.body != self.values.file(SENTINEL):
            self.problems.append(f"{why}: {answer.status} "
                                 f"{verdict.shorten(answer.body)} instead of {SENTINEL}")

    def receive(self, responses):
        for response in responses:
            answer = message.read(self.connection, response.head)
            self.last = answer
            self.statuses.append(str(answer.status))
            self.problems += verdict.wrong(answer, response, self.values)

    def exchange(self):
        how = self.row.option("send")
        requests = [self.values.request(exchange) for exchange in self.row.exchanges]
        responses = [exchange.responses for exchange in self.row.exchanges]
        if self.row.variant == "pipelined":
            requests[0] = self.sentinel() + requests[0]
        if how == "together":
            self.send(b"".join(requests))
            requests = [b""] * len(requests)
        for number, (request, expected) in enumerate(zip(requests, responses)):
            if how == "head-first":
                head, mark, body = request.partition(b"\r\n\r\n")
                self.send(head + mark)
                self.receive(expected)
                self.send(body)
                continue
            if request:
                self.send(request)
            if how == "half":
                self.connection.half_close()
            if self.row.variant == "pipelined" and number == 0:
                self.expect_sentinel("the request in front of it")
            self.receive(expected)

    # ---- the end ---------------------------------------------------------------------------

    def expect_end(self, allowed):
        how, rest = self.connection.end()
        if rest:
            self.problems.append(f"{len(rest)} bytes more than the responses: "
                                 f"{verdict.shorten(rest)}")
        if how not in allowed:
            self.problems.append(f"the connection is {how}, not {allowed[0]}")

    def expect_kept(self):
        """It answers once more, and nothing stands in between."""
        if self.last and "close" in (self.last.get("Connection") or ""):
            self.problems.append("Connection: close, though it should be kept")
            return
        self.connection.send(self.sentinel("" if self.shared else "Connection: close\r\n"))
        try:
            self.expect_sentinel("the next request")
        except Ended as ended:
            self.problems.append(f"the connection is {ended.how}, not kept")
            return
        if not self.shared:
            self.expect_end(("closed",))
        elif self.connection.buffer:
            self.problems.append(f"{verdict.shorten(self.connection.buffer)} behind the next response")
        elif not self.problems:
            self.server.keep(self.name, self.connection)
            self.connection = None

    def expect_closed(self):
        said = self.last.get("Connection") if self.last else None
        if self.last and self.row.option("send") != "half" and said != "close":
            self.problems.append(f"it should say Connection: close, not {said} (RFC 9112 §9.6)")
        self.expect_end(("closed",))

    def finish(self):
        end = self.row.option("end", "kept")
        if end == "kept":
            self.expect_kept()
        elif end == "closed":
            self.expect_closed()
        else:
            self.expect_end(("closed", "reset"))

    def expect_logged(self, template):
        if not wait_for_line(self.server.log, self.values.pattern(template[1:]), self.server.patience):
            self.problems.append(f"the access log has no line like {template}")

    # ---- all of it -------------------------------------------------------------------------

    @property
    def shared(self):
        """Over TLS, handshakes are most of the work: whoever needs none of its own takes over one."""
        return self.server.scheme == "tls" and not any(
            self.row.option(name) for name in ("from", "to", "proxy", "certificate"))

    def open(self):
        row = self.row
        if self.shared:
            self.connection = self.server.take_over(self.name)
            if self.connection:
                return
        kind = self.server.scheme
        if row.option("to"):
            kind = f"{row.option('to')}-{kind}"
        self.connection = self.server.connect(
            self.name, kind, row.option("from"), row.option("certificate"),
            self.values.bytes(row.option("proxy", "")))

    def run(self):
        """Fills statuses and problems. What ends early is no exception, it is a problem."""
        begun = time.monotonic()
        try:
            self.open()
            self.exchange()
            elapsed = (time.monotonic() - begun) * 1000
            if self.row.option("takes") and elapsed > int(self.row.option("takes").split()[0]):
                self.problems.append(f"it took {elapsed:.0f} ms")
            self.finish()
        except Ended as ended:
            self.problems.append(f"the connection is {ended.how} after "
                                 f"{verdict.shorten(ended.partial)}, a response is missing")
        except FramingError as error:
            self.problems.append(str(error))
        except OSError as error:
            if self.row.option("end") != "dropped":
                self.problems.append(f"{type(error).__name__}: {error}")
        finally:
            if self.connection:
                self.connection.close()
        if self.row.option("logged") and not self.problems:
            self.expect_logged(self.row.option("logged"))
        return self

    def observe(self):
        """Only the statuses: what another server says. "-" for each that does not come."""
        count = sum(len(exchange.responses) for exchange in self.row.exchanges)
        try:
            self.open()
            self.exchange()
        except (Ended, FramingError, OSError):
            pass
        finally:
            if self.connection:
                self.connection.close()
        self.statuses += ["-"] * (count - len(self.statuses))
        return self

    def report(self):
        sent = b"".join(self.sent)
        lines = [f"{self.row.id} ({self.server.scheme}): {self.row.title}",
                 f"  {self.row.section}, {self.row.place}",
                 "  > " + re.sub(r"(?<=\\r\\n)(?=.)", "\n  > ",
                                 repr(sent[:600])[2:-1] + ("…" if len(sent) > 600 else ""))]
        return "\n".join(lines + [f"  {problem}" for problem in self.problems])
