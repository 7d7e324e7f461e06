# SPDX-License-Identifier: ISC
"""nginx and HAProxy for the tests: on ports that were free, ended by their pid."""

import grp
import os
import pwd
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
START_LIMIT = 20  # seconds


class Unavailable(Exception):
    """There is none here, and none can be fetched."""


class Site:
    """The same site once more, where nginx's workers can reach it; a context manager."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="sulid-peer-")
        self.folder = self.temporary.name
        self.sites = os.path.join(self.folder, "sites")
        os.chmod(self.folder, 0o755)
        subprocess.run([os.path.join(HERE, "contents"), self.sites], check=True)
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()


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


def write_config(folder, name, words):
    """The configuration of that name beside this file, with its words filled in."""
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        text = file.read()
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def user_line():
    """As root its workers become nobody, as sulid's do in these tests."""
    if os.geteuid() != 0:
        return ""
    group = grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
    return f"user nobody {group};"


def start_nginx(folder, name, words, listener):
    """nginx with the configuration "name"; it takes over this listening socket."""
    place = f"127.0.0.1:{listener.getsockname()[1]}"
    path = write_config(folder, name, {"FOLDER": folder, "USER": user_line(), "ADDRESS": place, **words})
    command = find("nginx") + ["-p", folder, "-c", path, "-e", os.path.join(folder, "error.log")]
    peer = Peer(command, folder, [listener.fileno()], {"NGINX": f"{listener.fileno()};"})
    pid = os.path.join(folder, "pid")
    peer.wait_for(lambda: os.path.exists(pid) and os.path.getsize(pid) > 0, "nginx")
    return peer


def start_haproxy(folder, words, listener):
    path = write_config(folder, "haproxy.cfg", {"FOLDER": folder, "SOCKET": str(listener.fileno()), **words})
    # Its output is its log, too. It says nothing when it is ready; its socket is open already.
    return Peer(find("haproxy") + ["-db", "-f", path], folder, [listener.fileno()])
