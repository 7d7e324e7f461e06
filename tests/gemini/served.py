# SPDX-License-Identifier: ISC
"""What the server of this suite is like (tests/table/server.py)."""

import random

CERTIFIED = ("capsule.example", "old.example", "other.example", "*.wild.example", "members.example", "any.example",
             "alone.example")
CLIENTS = ("staff", "board", "stranger", "expired")
GROUPS = {"staff": ["staff", "expired"], "board": ["board"]}
# Seconds for each read, where a fault is planted: a server that is broken often says nothing.
PATIENCE = 8
OVERS = ("tls",)


def words(_):
    return {}


def listeners():
    """The default port is at an address of the loopback that nobody else is likely to have."""
    rest = random.randrange(1 << 16)
    return {"main": "gemini://127.0.0.1", "any": "gemini://127.0.0.3", "alone": "gemini://127.0.0.4",
            "default": f"gemini://127.65.{rest >> 8}.{rest & 255 | 1}"}
