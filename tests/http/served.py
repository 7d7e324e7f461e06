# SPDX-License-Identifier: ISC
"""What the server of this suite is like (tests/table/server.py)."""

CERTIFIED = ("site.example", "old.example", "other.example", "*.wild.example", "id.example", "secure.example",
             "net.example", "members.example")
CLIENTS = ("staff", "board", "stranger")
GROUPS = {"staff": ["staff"]}
LISTENERS = {"plain": "http://127.0.0.1", "tls": "https://127.0.0.1",
             "proxy-plain": "http://127.0.0.3", "proxy-tls": "https://127.0.0.3"}
OVERS = ("plain", "tls")


def words(house):
    return {"BOARD": house.digest("board")}
