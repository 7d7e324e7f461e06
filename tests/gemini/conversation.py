# SPDX-License-Identifier: ISC
"""A row on a connection of its own: what is sent, what comes back, how it ends."""

import re
import ssl
import time
import warnings

import verdict
from connection import Connection, Ended, FramingError, tls_context
from server import wait_for_line
from templates import Templates

HEADER_MOST = 4096  # to be shown; 1029 are allowed
BODY_MOST = 1 << 24
QUIET = 0.2  # seconds in which nothing may come
VERSIONS = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Values(Templates):
    """What the braces of one row stand for."""

    default = "capsule.example"

    @property
    def port(self):
        return self.server.place(self.row)[1]


class Server:
    """Where the server is, and how it is spoken to."""

    scheme = "tls"

    def __init__(self, listeners, sites, certificates=None, log=None, patience=15, other=False):
        self.listeners = listeners  # name → (address, port); of another server, vhost → (address, port)
        self.other = other  # it is not sulid: what the specification leaves open, it may do otherwise
        self.sites = sites
        self.certificates = certificates
        self.log = log
        self.patience = patience  # seconds for each read
        self.contexts = {}  # by certificate and version

    def place(self, row):
        return self.listeners[row.option("vhost", Values.default) if self.other else row.option("to", "main")]

    def context(self, certificate, version):
        key = (certificate, version)
        if key not in self.contexts:
            folder = f"{self.certificates}/{certificate}"
            context = tls_context(certificate and (f"{folder}/fullchain.pem", f"{folder}/privkey.pem"))
            if version:
                with warnings.catch_warnings():  # that nobody should use 1.1, we know
                    warnings.simplefilter("ignore", DeprecationWarning)
                    context.minimum_version = context.maximum_version = VERSIONS[version]
            if version == "1.1":
                context.set_ciphers("DEFAULT@SECLEVEL=0")
            self.contexts[key] = context
        return self.contexts[key]

    def connect(self, row, name):
        connection = Connection(self.place(row), self.patience)
        version = "1.2" if row.variant == "tls12" else row.option("tls")
        try:
            connection.start_tls(self.context(row.option("certificate"), version), name)
        except OSError:
            connection.close()
            raise
        return connection


class Conversation:
    """What became of a row: the answer, and what is wrong with it."""

    def __init__(self, row, server):
        self.row = row
        self.server = server
        self.values = Values(row, server)
        self.sent = []
        self.header = None  # as it came, without CRLF
        self.problems = []
        self.connection = None

    # ---- the request -----------------------------------------------------------------------

    def sni(self):
        name = self.row.option("sni", self.values.name)
        return None if name == "none" else name

    def expect_quiet(self):
        if self.connection.answered(QUIET):
            self.problems.append(f"something came too early: {verdict.shorten(self.connection.buffer)}")

    def send(self):
        for number, template in enumerate(self.row.exchanges[0].raw):
            data = self.values.filled(self.values.bytes(template))
            if number:
                self.expect_quiet()
            self.sent.append(data)
            if self.row.variant == "bytewise":
                self.connection.send_bytewise(data, False)
            else:
                self.connection.send(data)

    # ---- the response ----------------------------------------------------------------------

    def expect_end(self):
        """close_notify, the end of the stream, and nothing between."""
        how, body = self.connection.end(BODY_MOST)
        if how == "closed":
            how = self.connection.stream_end()
        if how != "closed":
            self.problems.append({"cut": "there is no close_notify at the end"}.get(how, f"the connection is {how}"))
        return body

    def expect_nothing(self):
        """We say that we are done: the server has no answer, and says so, too."""
        self.expect_quiet()
        how = self.connection.say_goodbye()
        if how != "closed":
            self.problems.append(f"after our close_notify the connection is {how}")

    def receive(self, expected):
        if expected.status is None:
            self.expect_nothing()
            return
        self.header = self.connection.until(b"\r\n", HEADER_MOST)[:-2]
        body = self.expect_end()
        suffices = self.row.option("suffices") if self.server.other else None
        if suffices and re.fullmatch(suffices.encode(), self.header):
            self.problems += verdict.wrong_always(self.header, body)
        else:
            self.problems += verdict.wrong(self.header, body, expected, self.values)

    # ---- all of it -------------------------------------------------------------------------

    def expect_refused(self):
        """No handshake, and an alert that says why."""
        try:
            self.connection = self.server.connect(self.row, self.sni())
        except ssl.SSLError as error:
            if "ALERT" not in (error.reason or "") and "UNRECOGNIZED" not in (error.reason or ""):
                self.problems.append(f"refused without an alert: {error}")
            return
        self.problems.append("the handshake was made")

    def converse(self):
        if self.row.option("end") == "refused":
            self.expect_refused()
            return
        expected = self.row.exchanges[0].responses[0]
        for _ in range(int(self.row.option("again", 1))):
            self.problems, self.sent = [], []
            self.connection = self.server.connect(self.row, self.sni())
            self.send()
            self.receive(expected)
            if not self.problems:
                break
            self.connection.close()

    def run(self):
        """Fills header and problems. What ends early is no exception, it is a problem."""
        begun = time.monotonic()
        try:
            self.converse()
        except Ended as ended:
            self.problems.append(f"the connection is {ended.how} after {verdict.shorten(ended.partial)}")
        except (FramingError, OSError) as error:
            self.problems.append(f"{type(error).__name__}: {error}")
        finally:
            if self.connection:
                self.connection.close()
        elapsed = (time.monotonic() - begun) * 1000
        if self.row.option("takes") and elapsed > int(self.row.option("takes").split()[0]):
            self.problems.append(f"it took {elapsed:.0f} ms")
        if self.row.option("logged") and not self.problems:
            pattern = self.values.pattern(self.row.option("logged")[1:])
            if not wait_for_line(self.server.log, pattern, self.server.patience):
                self.problems.append(f"the access log has no line like {self.row.option('logged')}")
        return self

    def report(self):
        sent = re.sub(r"(?<=\\r\\n)(?=.)", "\n  > ", repr(b"".join(self.sent)[:1200])[2:-1])
        lines = [f"{self.row.section}, {self.row.place}", f"> {sent}"]
        if self.header is not None:
            lines.append(f"< {verdict.shorten(self.header)}")
        return "\n".join(lines + self.problems)
