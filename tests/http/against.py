# SPDX-License-Identifier: ISC
"""The same rows, sent to nginx: every difference in status, and whether it is a known one."""

import concurrent.futures
import fnmatch
import os
import sys

import neighbours
import peer
from conversation import Conversation, Server

KNOWN = os.path.join(neighbours.HERE, "nginx-differences")
PATIENCE = 2  # seconds: what nginx waits for will not come


def read_known():
    """[(pattern, statuses, reason)] of nginx-differences."""
    known = []
    with open(KNOWN, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                pattern, statuses, reason = line.split("\t", 2)
                known.append((pattern, statuses.split("|"), reason))
    return known


def reason_for(known, row, statuses):
    """Of the first line that matches the row, if it says these statuses."""
    for pattern, expected, reason in known:
        if fnmatch.fnmatchcase(row.id, pattern):
            return reason if statuses in expected else None
    return None


def observe(rows, jobs):
    """The rows' conversations with an nginx that is started for it."""
    with neighbours.Site() as site, peer.listen() as listener:
        with neighbours.start_nginx(site.folder, "nginx.conf", {"SITES": site.sites, "TLSPORT": "8443"},
                              listener):
            place = listener.getsockname()
            server = Server("plain", {"plain": place, "tls": ("127.0.0.1", 8443)}, site.sites,
                            patience=PATIENCE)
            with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
                return list(pool.map(lambda row: Conversation(row, server).observe(), rows))


def main(rows, arguments):
    rows = [row for row in rows if row.option("against") != "none"]
    try:
        conversations = observe(rows, arguments.jobs)
    except peer.Unavailable as error:
        print(error, file=sys.stderr)
        return 75
    known, unlisted, differences = read_known(), 0, 0
    print(f"{'row':32} {'sulid':12} {'nginx':12} why")
    for one in conversations:
        ours = [str(response.status) for exchange in one.row.exchanges
                for response in exchange.responses]
        if ours == one.statuses:
            continue
        differences += 1
        theirs = " ".join(one.statuses)
        reason = reason_for(known, one.row, theirs)
        unlisted += reason is None
        print(f"{one.row.id:32} {' '.join(ours):12} {theirs:12} "
              f"{reason or 'NOT IN nginx-differences'}")
    print(f"{len(conversations)} rows, {differences} differences, {unlisted} of them unlisted")
    return 1 if unlisted else 0
