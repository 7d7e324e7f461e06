# SPDX-License-Identifier: ISC
"""Folders of content for a suite: random each time, with times in the past."""

import os
import random

BEGIN = 1709294400  # 2024-03-01 12:00:00 UTC, of all that has no time of its own
WORDS = ("gannet", "booby", "plunge", "headland", "stack", "ledge", "herring", "swell", "chick", "moult")


def words(size):
    text = ""
    while len(text) < size:
        text += random.choice(WORDS) + f"-{random.randrange(16 ** 6):06x}" + random.choice(" \n")
    return text[:size].encode()


class Vhost:
    """A folder that is being filled."""

    def __init__(self, folder, name):
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)

    def path(self, name):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def file(self, name, data, when=BEGIN, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)
        os.utime(path, ns=(int(when * 1000000000), int(when * 1000000000)))
        return data

    def link(self, name, target):
        os.symlink(target, self.path(name))


def make_outside(folder):
    """What no request may ever reach: canary.txt there holds a random token."""
    outside = os.path.join(folder, "outside")
    os.makedirs(os.path.join(outside, "dir"))
    token = f"canary-{random.SystemRandom().randrange(16 ** 24):024x}"
    for name in ("canary.txt", "dir/index.html", "index.html"):
        with open(os.path.join(outside, name), "w", encoding="ascii") as file:
            file.write(token + "\n")
    return outside
