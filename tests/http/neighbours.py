# SPDX-License-Identifier: ISC
"""nginx and HAProxy, as servers of the same site and as proxies."""

import grp
import os
import pwd
import subprocess
import tempfile

from peer import Peer, find, write_config

HERE = os.path.dirname(os.path.abspath(__file__))


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


def user_line():
    """As root its workers become nobody, as sulid's do in these tests."""
    if os.geteuid() != 0:
        return ""
    group = grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
    return f"user nobody {group};"


def start_nginx(folder, name, words, listener):
    """nginx with the configuration "name"; it takes over this listening socket."""
    place = f"127.0.0.1:{listener.getsockname()[1]}"
    path = write_config(folder, os.path.join(HERE, name), {"FOLDER": folder, "USER": user_line(), "ADDRESS": place, **words})
    command = find("nginx") + ["-p", folder, "-c", path, "-e", os.path.join(folder, "error.log")]
    peer = Peer(command, folder, [listener.fileno()], {"NGINX": f"{listener.fileno()};"})
    pid = os.path.join(folder, "pid")
    peer.wait_for(lambda: os.path.exists(pid) and os.path.getsize(pid) > 0, "nginx")
    return peer


def start_haproxy(folder, words, listener):
    path = write_config(folder, os.path.join(HERE, "haproxy.cfg"), {"FOLDER": folder, "SOCKET": str(listener.fileno()), **words})
    # Its output is its log, too. It says nothing when it is ready; its socket is open already.
    return Peer(find("haproxy") + ["-db", "-f", path], folder, [listener.fileno()])
