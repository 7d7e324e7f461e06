# SPDX-License-Identifier: ISC
"""A connection to the server: plain TCP, or TLS on top. Whatever ends it early is an Ended."""

import select
import socket
import ssl
import time

BETWEEN_BYTES = 0.0002  # seconds, so that most are read one by one


class FramingError(Exception):
    """What came is no response, or not the one that its head says."""


class Ended(Exception):
    """The connection ended; .how is "closed", "reset", "timeout" or "cut" (no close_notify)."""

    def __init__(self, how, partial=b""):
        super().__init__(how)
        self.how = how
        self.partial = partial


def tls_context(certificate=None, protocols=()):
    """certificate: the client's, as paths of chain and key. protocols: what ALPN offers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(protocols)
    if certificate:
        context.load_cert_chain(*certificate)
    return context


class Connection:
    """A stream of bytes with a limit in time for each read."""

    def __init__(self, address, patience, source=None):
        self.socket = socket.create_connection(
            address, timeout=patience, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def start_tls(self, context, name):
        self.socket = context.wrap_socket(self.socket, server_hostname=name,
                                          suppress_ragged_eofs=False)

    def close(self):
        self.socket.close()

    def half_close(self):
        """No more from us. A TLS socket of Python cannot say it and read on: only for TCP."""
        self.socket.shutdown(socket.SHUT_WR)

    # ---- sending -------------------------------------------------------------------------

    def answered(self, within=0):
        """Has something come, or the end? (A record on TLS may be a session ticket: no answer.)"""
        deadline = time.monotonic() + within
        while select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
            patience = self.socket.gettimeout()
            self.socket.settimeout(0)
            try:
                return self.more() or True
            except Ended as ended:
                if ended.how != "nothing":
                    return True
            finally:
                self.socket.settimeout(patience)
        return False

    def send(self, data):
        """All of it, or as much as the peer takes before it answers and closes."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            # What it said before is still to be read, and reading tells how it ended.
            pass

    def send_bytewise(self, data, until_answer):
        """Each byte in a segment or record of its own; until_answer: no more once it answers."""
        for i in range(len(data)):
            if until_answer and self.answered():
                return
            self.send(data[i:i + 1])
            time.sleep(BETWEEN_BYTES)

    # ---- receiving -----------------------------------------------------------------------

    def more(self):
        """Some more into the buffer; False: the end, in order."""
        try:
            data = self.socket.recv(65536)
        except ssl.SSLZeroReturnError:
            return False
        except ssl.SSLEOFError as error:
            raise Ended("cut", self.buffer) from error
        except (BlockingIOError, ssl.SSLWantReadError) as error:
            raise Ended("nothing", self.buffer) from error
        except TimeoutError as error:
            raise Ended("timeout", self.buffer) from error
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError) as error:
            raise Ended("reset", self.buffer) from error
        self.buffer += data
        return bool(data)

    def need(self, count):
        while len(self.buffer) < count:
            if not self.more():
                raise Ended("closed", self.buffer)

    def exactly(self, count):
        self.need(count)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def until(self, mark, most):
        at = 0
        while True:
            found = self.buffer.find(mark, at)
            if found >= 0:
                return self.exactly(found + len(mark))
            if len(self.buffer) > most:
                raise FramingError(f"no {mark!r} within {most} bytes")
            at = max(0, len(self.buffer) - len(mark))
            self.need(len(self.buffer) + 1)

    def line(self):
        return self.until(b"\r\n", 4096)[:-2]

    def end(self, most=65536):
        """How it ends, and what came before that."""
        try:
            while self.more():
                if len(self.buffer) > most:
                    break
        except Ended as ended:
            return ended.how, self.buffer
        return "closed", self.buffer

    def stream_end(self):
        """How the stream ends after close_notify: "closed" is FIN, with nothing in between."""
        patience = self.socket.gettimeout()
        self.socket = socket.socket(fileno=self.socket.detach())
        self.socket.settimeout(patience)
        try:
            return "closed" if self.socket.recv(1) == b"" else "not at its end"
        except TimeoutError:
            return "timeout"
        except OSError:
            return "reset"

    def say_goodbye(self):
        """Our close_notify; "closed": the other side's comes as well, and nothing before it."""
        try:
            self.socket = self.socket.unwrap()
        except TimeoutError:
            return "timeout"
        except (OSError, ValueError) as error:
            return "answered" if "DATA_AFTER_CLOSE_NOTIFY" in str(error) else f"ended otherwise ({error})"
        return "closed"
