# SPDX-License-Identifier: ISC
"""sulid as a suite asks it: on free ports that it publishes itself, until it is stopped.

What is peculiar to a suite says its module "served": CERTIFIED (the names of the server's certificate),
CLIENTS (those who have one), GROUPS (group → clients in it), OVERS (what rows are sent over), PATIENCE (for
planted faults), words (what else stands between @ in its sulid.yaml), and listeners (of one server: name → URL
without a port; its address may stand between @ as well).
"""

import datetime
import os
import re
import subprocess
import textwrap
import time

START_LIMIT = 30  # seconds
STOP_LIMIT = 10  # seconds


class Broken(Exception):
    """The server cannot be asked, and why."""


def tls_path(sulid):
    """What is expected of connections here: "kernel" or "relayed". Guests say it, so that nothing hides."""
    if os.environ.get("SULID_EXPECT"):
        return os.environ["SULID_EXPECT"]
    doctor = subprocess.run([sulid, "doctor"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return "kernel" if doctor.returncode == 0 else "relayed"


def wait_for_line(log, pattern, patience):
    """Whether a log gets something like this. It is written behind the answer's back."""
    deadline = time.monotonic() + patience
    while True:
        with open(log, "rb") as file:
            if pattern.search(file.read()):
                return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)


def make_expired(folder, name):
    """A certificate of 2020. Only "openssl ca" takes dates in every version of it that is about."""
    target = os.path.join(folder, name)
    os.makedirs(target)
    day = datetime.date(2020, 1, 1)
    with open(os.path.join(target, "ca"), "w", encoding="ascii") as file:
        file.write(textwrap.dedent(f"""\
            [ca]
            default_ca = self
            [self]
            dir = {target}
            new_certs_dir = {target}
            database = {target}/index
            rand_serial = yes
            default_md = sha256
            policy = any
            [any]
            commonName = supplied
            """))
    open(os.path.join(target, "index"), "w", encoding="ascii").close()
    key = os.path.join(target, "privkey.pem")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", f"/CN={name}", "-keyout", key, "-out", os.path.join(target, "request")], **quiet)
    subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-notext", "-config", os.path.join(target, "ca"),
                    "-in", os.path.join(target, "request"), "-keyfile", key,
                    "-startdate", f"{day:%Y%m%d}000000Z", "-enddate", f"{day.replace(month=2):%Y%m%d}000000Z",
                    "-out", os.path.join(target, "fullchain.pem")], **quiet)


class House:
    """What all servers of a suite share: the site, certificates, and a configuration."""

    def __init__(self, suite, served, folder, build):
        self.served = served
        self.folder = folder
        self.program = os.path.join(build, "sulid")
        self.sites = os.path.join(folder, "sites")
        self.tls = os.path.join(folder, "tls")
        subprocess.run([os.path.join(suite, "contents"), self.sites], check=True)
        self.make_certificates()
        with open(os.path.join(suite, "sulid.yaml"), encoding="utf-8") as file:
            self.configuration = file.read()
        words = {"SITES": self.sites, "TLS": self.tls, **served.words(self)}
        for word, value in words.items():
            self.configuration = self.configuration.replace(f"@{word}@", value)

    def sulid(self, *words):
        return subprocess.run([self.program, *words], check=True, stdout=subprocess.PIPE, text=True).stdout

    def digest(self, name):
        said = self.sulid("digest", os.path.join(self.tls, name, "fullchain.pem"))
        return re.search(r"sha256:[0-9a-f]{64}", said)[0]

    def make_certificates(self):
        os.makedirs(self.tls)
        for name, words in (("server", self.served.CERTIFIED), *((name, [name]) for name in self.served.CLIENTS)):
            if name == "expired":
                make_expired(self.tls, name)
            else:
                self.sulid("certificate", "--quiet", "-o", os.path.join(self.tls, name), *words)
        for group, names in self.served.GROUPS.items():
            with open(os.path.join(self.tls, f"{group}.txt"), "w", encoding="ascii") as file:
                for name in names:
                    print(self.digest(name), file=file)

    def close(self):
        """So that whoever is not root can remove the folders that nobody may read."""
        for folder, names, _ in os.walk(self.sites):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o755)


class Server:
    """sulid of a build, with its files in a folder; a context manager."""

    def __init__(self, house, folder, build, kernel="prefer"):
        self.house = house
        self.log = os.path.join(folder, "server.log")
        self.access = os.path.join(folder, "access.log")
        self.urls = house.served.listeners()
        configuration = house.configuration
        for name, url in self.urls.items():
            configuration = configuration.replace(f"@{name.upper()}@", url.partition("//")[2])
        config = os.path.join(folder, "sulid.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(configuration + textwrap.dedent(f"""
                run: {folder}/run
                user: {{worker: nobody, handshaker: nobody, admin: nobody}}
                tls: {{kernel: {kernel}}}
                log: {{access: {self.access}}}
                processes: {{workers: 2, handshakers: 1}}
                """))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(build, "sulid"), "run", "-c", config],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)

    def __enter__(self):
        deadline = time.monotonic() + START_LIMIT
        while not re.search(r"^sulid: ready:", self.said(), re.MULTILINE):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise Broken("it does not start:\n" + self.said())
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def death(self):
        """What it said of a child that died; or nothing."""
        found = re.search(r".*(ended by signal|ended with status|ERROR: |runtime error|Sanitizer).*", self.said())
        return found[0] if found else None

    def listeners(self):
        """name → (address, port): the first of each kind, as the program published it."""
        places = {}
        for name, url in self.urls.items():
            found = re.search(rf"listening on {re.escape(url)}:(\d+)", self.said())
            if not found:
                raise Broken(f"it does not listen on {url}:\n" + self.said())
            places[name] = (url.partition("//")[2], int(found[1]))
        return places
