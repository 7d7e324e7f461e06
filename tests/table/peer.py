# SPDX-License-Identifier: ISC
"""Other programs for the tests: on ports that were free, ended by their pid."""

import os
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
START_LIMIT = 20  # seconds


class Unavailable(Exception):
    """There is none here, and none can be fetched."""


def find(program):
    """The command that runs a peer, as words."""
    result = subprocess.run([os.path.join(HERE, "peers"), program], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode == 75:
        raise Unavailable(result.stderr.strip())
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip())
    return result.stdout.split()


def listen():
    """A listening socket of its own port, to be inherited."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    listener.set_inheritable(True)
    return listener


class Peer:
    """A program that runs until it is stopped; a context manager."""

    def __init__(self, command, folder, descriptors, environment=None):
        self.output = open(os.path.join(folder, "output"), "wb")
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT,
            pass_fds=descriptors, env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.process.terminate()
        self.process.wait(START_LIMIT)
        self.output.close()

    def said(self):
        with open(self.output.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, ready, what):
        deadline = time.monotonic() + START_LIMIT
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{what} does not start: {self.said().strip()}")
            time.sleep(0.02)


def write_config(folder, original, words):
    """A configuration of the same name there, with its words filled in: its path."""
    with open(original, encoding="utf-8") as file:
        text = file.read()
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    path = os.path.join(folder, os.path.basename(original))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path
