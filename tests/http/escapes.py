# SPDX-License-Identifier: ISC
"""Ways out of the root, and files that are none: what lies outside is never sent, and nobody waits.

outside/canary.txt, beside the vhosts' folders, holds a random token. No answer may hold it, nor a line of
/etc/passwd, whatever is asked for.
"""

import itertools
import os
import random
import re
import time

import message
from connection import Ended, FramingError

COUNT = 200
SEED = 20240301  # the same 200 each time; a failure can be repeated
UPS = ("..", "%2e%2e", "%2E%2e", ".%2E", "%2e.", "..%00", "%00..", "%252e%252e", "%25%32%65%25%32%65", "..;a=b",
       "..%20", "..%09", "%c0%ae%c0%ae", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae%f0%80%80%ae", "%c0%2e%c0%2e",
       "%ef%bc%8e%ef%bc%8e", "%u002e%u002e", "%%32%65%%32%65", "....", "..\\", "..%5c", "\\..", "..%ff")
SLASHES = ("/", "//", "/./", "%2f", "%2F", "%252f", "%25%32%66", "\\", "%5c", "%5C", "%c0%af", "%e0%80%af", "%u2215",
           "/%00/", ";/", "%ef%bc%8f")
BEGINS = ("/", "//", "/dir/", "/dir/sub/", "/links/", "/.well-known/", "/app/", "/mounted/", "/list/", "/nothing/",
          "/a.txt/", "/errors/", "/dir/%2e/", "/?/")
ENDS = ("", "%00", "%00.html", "/", "/.", "?", ".html", "%20", "%0a", "#")
LINKS = ("/links/out", "/links/out-folder/canary.txt", "/links/out-folder/", "/links/out-folder/dir/",
         "/links/hop", "/links/passwd", "/links/proc", "/linked.css.gz", "/list/out", "/links/%6fut",
         "/links/./out", "//links//out", "/links/out-folder/../out", "/links/out-folder/%2e%2e/canary.txt",
         "/dir/../links/out", "/links/out?a=b", "/links/out-folder", "/links/folder/../out", "/never/../links/out",
         "/mounted/../links/out")
STUCK = ("/special/fifo", "/special/socket", "/special/device")
DELAY = 1.0  # seconds that others may wait at most


def climbs(sites):
    """Targets that climb, as many as are asked for, all different."""
    rng = random.Random(SEED)
    places = (os.path.basename(sites) + "/outside/canary.txt", "outside/canary.txt", "outside/dir/",
              sites.lstrip("/") + "/outside/canary.txt", "etc/passwd")
    # Each way up with a plain slash, each slash with a plain way up; then any with any.
    for up, slash in itertools.chain(((up, "/") for up in UPS), (("..", slash) for slash in SLASHES)):
        yield "/" + up + slash + "outside" + slash + "canary.txt"
    while True:
        up, slash = rng.choice(UPS), rng.choice(SLASHES)
        depth = rng.choice((1, 1, 1, 2, 2, 3, 4, 8, 12))
        place = rng.choice(places).replace("/", rng.choice(("/", slash)))
        yield rng.choice(BEGINS) + (up + slash) * depth + place + rng.choice(ENDS)


def targets(sites):
    absolute = [sites + "/outside/canary.txt", "//" + sites.lstrip("/") + "/outside/canary.txt",
                "/file://" + sites + "/outside/canary.txt", "/etc/passwd", "//etc/passwd", "/proc/self/environ"]
    chosen = list(dict.fromkeys(list(LINKS) + absolute))
    for target in climbs(sites):
        if len(chosen) == COUNT:
            return chosen
        if target not in chosen:
            chosen.append(target)
    return chosen


def ask(server, target, encoding=False):
    """What a connection of its own gets for it: all the bytes."""
    connection = server.connect("site.example")
    accept = "Accept-Encoding: gzip, br, zstd\r\n" if encoding else ""
    connection.send(f"GET {target} HTTP/1.1\r\nHost: site.example\r\n{accept}Connection: close\r\n\r\n"
                    .encode())
    how, data = connection.end()
    connection.close()
    return how, data


def escape_all(server):
    with open(os.path.join(server.sites, "outside/canary.txt"), "rb") as file:
        token = file.read().strip()
    statuses, problems = {}, []
    for number, target in enumerate(targets(os.path.abspath(server.sites))):
        how, data = ask(server, target, encoding=number % 2 == 1)
        status = data[9:12].decode("latin-1")
        statuses[status] = statuses.get(status, 0) + 1
        if token in data or re.search(rb"^root:[^:]*:0:0:", data, re.MULTILINE):
            problems.append(f"GET {target} left the root: {data[:200]!r}")
        elif how != "closed" or not re.match(rb"HTTP/1\.1 [2345]\d\d ", data):
            problems.append(f"GET {target} is {how} with {data[:100]!r}")
        elif status[0] == "5":
            problems.append(f"GET {target} is {status}")
    print(f"{sum(statuses.values())} escapes, none left the root"
          if not problems else "some left the root", dict(sorted(statuses.items())))
    return problems


def wait_for_nobody(server):
    """Many ask for what would block; meanwhile somebody asks for a file."""
    problems, waiting = [], []
    for number in range(24):
        connection = server.connect("site.example")
        connection.send(f"GET {STUCK[number % 3]} HTTP/1.1\r\nHost: site.example\r\n\r\n".encode())
        waiting.append(connection)
    begun = time.monotonic()
    _, data = ask(server, "/a.txt")
    elapsed = time.monotonic() - begun
    if not data.startswith(b"HTTP/1.1 200 ") or elapsed > DELAY:
        problems.append(f"another waited {elapsed:.2f} s for {data[:60]!r}")
    for number, connection in enumerate(waiting):
        try:
            status = message.read(connection).status
        except (Ended, FramingError) as error:
            status = str(error)
        if status != 403:
            problems.append(f"{STUCK[number % 3]} is {status}, not 403")
        connection.close()
    print(f"24 requests for what is no file: another one waited {elapsed * 1000:.0f} ms")
    return problems


def main(server):
    problems = escape_all(server) + wait_for_nobody(server)
    for problem in problems:
        print(problem)
    return 1 if problems else 0
