# SPDX-License-Identifier: ISC
"""What the server of this suite is like (tests/table/server.py)."""

CERTIFIED = ("site.example", "old.example", "other.example", "*.wild.example", "id.example", "secure.example",
             "net.example", "members.example")
CLIENTS = ("staff", "board", "stranger")
GROUPS = {"staff": ["staff"]}
# Seconds for each read, where a fault is planted: a server that is broken often says nothing.
PATIENCE = 3
OVERS = ("plain", "tls")


def words(house):
    return {"BOARD": house.digest("board")}


def listeners():
    return {"plain": "http://127.0.0.1", "tls": "https://127.0.0.1",
            "proxy-plain": "http://127.0.0.3", "proxy-tls": "https://127.0.0.3"}
