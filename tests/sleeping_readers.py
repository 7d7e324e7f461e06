#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""sleeping_readers.py PORT NAME FOLDER STEPS STEP: does a sleeping reader of a shrinking file delay others?

For each of STEPS sizes: a reader with a small window asks for a file of 1 MiB and reads nothing. When the
server has sent what the socket takes, the file is cut to a size a little beyond that, the reader takes a
piece and sleeps again, and a request on another connection is timed. Around the size at which the send buffer
is full again a kernel TLS socket would wait for room, whatever O_NONBLOCK says (Linux 6.5 and later:
net/tls/tls_sw.c, tls_sw_splice_eof). Prints the longest wait in milliseconds and the size it belongs to.
"""
import os
import socket
import ssl
import sys
import time

port, name, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
steps, step = int(sys.argv[4]), int(sys.argv[5])
FIRST = 186000  # bytes: the socket is full again at about 207,000 when the reader has taken its piece
TAKEN = 65536  # what the reader takes before it sleeps again
PATIENCE = 3

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


def connect(window=None):
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if window:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    plain.settimeout(PATIENCE)
    plain.connect(("127.0.0.1", port))
    return context.wrap_socket(plain, server_hostname=name)


def ask(connection, path):
    connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())


def timed(connection):
    start = time.monotonic()
    ask(connection, "small")
    got = b""
    try:
        while b"\r\n\r\n" not in got or len(got.split(b"\r\n\r\n", 1)[1]) < 1000:
            piece = connection.recv(4096)
            if not piece:
                break
            got += piece
    except TimeoutError:
        return PATIENCE * 1000.0, False
    return (time.monotonic() - start) * 1000, True


def take(connection, size):
    try:
        while size > 0:
            piece = connection.recv(min(size, 16384))
            if not piece:
                return
            size -= len(piece)
    except OSError:
        return


other = connect()
timed(other)
worst, worst_size = 0.0, 0
for i in range(steps):
    size = FIRST + i * step
    path = os.path.join(folder, "shrinks")
    with open(path, "wb") as file:
        file.truncate(1048576)
    reader = connect(window=4096)
    ask(reader, "shrinks")
    # Two requests of another connection: after them the server has had its turns with the reader.
    for _ in range(3):
        timed(other)
    os.truncate(path, size)
    take(reader, TAKEN)
    wait, answered = timed(other)
    if wait > worst:
        worst, worst_size = wait, size
    reader.close()
    os.unlink(path)
    if not answered:
        other = connect()
print(f"{worst:.0f} {worst_size}")
