# SPDX-License-Identifier: ISC
"""What a worker calls the kernel for, to answer a request on a connection that is open: ours and nginx's."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import message
import neighbours
import peer
from conversation import Server

ATTACH_LIMIT = 30  # seconds
KINDS = (  # name, target, fields, status
    ("304", "/1k.bin?unchanged", "If-None-Match: *\r\n", 304),
    ("200 of 1 KiB", "/1k.bin?whole", "", 200),
    ("206 of 3 ranges", "/10k.bin?ranges", "Range: bytes=0-99,1000-1099,5000-5099\r\n", 206),
)


class Refused(Exception):
    """We may not trace this process: it is not dumpable, and we are not root."""


class Trace:
    """strace of some processes; a context manager."""

    def __init__(self, pids, folder):
        self.paths = [os.path.join(folder, f"trace.{pid}") for pid in pids]
        self.said = [open(f"{path}.said", "w+", encoding="utf-8") for path in self.paths]
        self.processes = [
            subprocess.Popen(["strace", "-f", "-p", str(pid), "-o", path, "-s", "64"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said)
            for pid, path, said in zip(pids, self.paths, self.said)]

    def __enter__(self):
        deadline = time.monotonic() + ATTACH_LIMIT
        for path in self.paths:
            while True:
                with open(f"{path}.said", encoding="utf-8") as file:
                    said = file.read()
                if "attached" in said:
                    break
                if "not permitted" in said:
                    raise Refused(said.strip())
                if time.monotonic() > deadline:
                    raise RuntimeError(f"strace does not attach: {said}")
                time.sleep(0.02)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.send_signal(signal.SIGINT)
        for process, said in zip(self.processes, self.said):
            process.wait(ATTACH_LIMIT)
            said.close()

    def calls_for(self, target):
        """From the call that received the request to the one that waits for the next."""
        for path in self.paths:
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [match for match in map(re.compile(r"^\d+ +(\w+)\((.*)").match, file) if match]
            for number, line in enumerate(lines):
                if f"GET {target} " in line[2] and re.match("recv|read", line[1]):
                    calls = []
                    for later in lines[number:]:
                        if later[1].startswith("epoll_") and later[1].endswith("wait"):
                            break
                        calls.append(later[1])
                    return calls
        return []


def ask_all(server):
    """Each kind once before the one that counts, so that everything is cached."""
    connection = server.connect("site.example")
    for _, target, fields, status in KINDS:
        for mark in ("-before", ""):
            connection.send(f"GET {target}{mark} HTTP/1.1\r\nHost: site.example\r\n{fields}\r\n".encode())
            answer = message.read(connection)
            if answer.status != status:
                raise RuntimeError(f"{target}: {answer.status}, not {status}")
            time.sleep(0.05)
    connection.close()


def traced(pids, server):
    with tempfile.TemporaryDirectory(prefix="sulid-calls-") as folder:
        trace = Trace(pids, folder)
        with trace:
            ask_all(server)
        return {name: trace.calls_for(target) for name, target, _, _ in KINDS}


def traced_nginx():
    with neighbours.Site() as site, peer.listen() as listener:
        with neighbours.start_nginx(site.folder, "nginx.conf", {"SITES": site.sites, "TLSPORT": "8443"},
                              listener) as process:
            pid = process.process.pid
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                workers = file.read().split()
            place = listener.getsockname()
            return traced(workers, Server("plain", {"plain": place, "tls": place}, site.sites))


def main(pids, server):
    """Prints them; fails if one was not seen, or takes more calls than a careful server needs."""
    theirs = {}
    try:
        ours = traced(pids, server)
    except Refused as error:
        print(error, file=sys.stderr)
        return 75
    try:
        theirs = traced_nginx()
    except peer.Unavailable:
        pass
    status = 0
    for name, _, _, _ in KINDS:
        for who, calls in (("sulid", ours), ("nginx", theirs)):
            if calls:
                print(f"{name:16} {who}: {len(calls[name]):2}  {' '.join(calls[name])}")
        if not 0 < len(ours[name]) <= 24:
            print(f"{name}: {len(ours[name])} calls of sulid's")
            status = 1
    return status
