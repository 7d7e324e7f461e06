# SPDX-License-Identifier: ISC
"""A Chromium of our own, spoken to over two pipes.

--remote-debugging-pipe: it reads commands from descriptor 3 and writes answers and events to 4, each
a JSON text that ends with NUL. So there is no port that another could take or speak to.
https://chromedevtools.github.io/devtools-protocol/
"""

import fcntl
import json
import os
import select
import shutil
import signal
import time

ANSWER = 30  # seconds for a command, or for anything else that is waited for

# Nothing of this is about pages: it keeps Chromium from asking and from calling home.
QUIET = """
    --headless --no-first-run --no-default-browser-check --no-startup-window --mute-audio
    --disable-gpu --disable-dev-shm-usage --disable-extensions --disable-sync --disable-breakpad
    --disable-background-networking --disable-component-update --disable-domain-reliability
    --disable-default-apps --disable-client-side-phishing-detection --password-store=basic
    --hide-scrollbars --force-color-profile=srgb --lang=en --accept-lang=en
    --autoplay-policy=no-user-gesture-required
""".split()


class Refused(Exception):
    """What was asked of Chromium it would not do, or not in time."""


def _high(descriptor):
    """The same file at a number that is not 3 or 4."""
    number = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return number


class Chromium:
    """with Chromium(home, name) as chromium: …

    home: its HOME, with what it trusts. name: the one name that it can resolve, to this machine.
    """

    def __init__(self, home, name):
        self.home = home
        # Debian's name of it, and Fedora's.
        self.program = shutil.which("chromium") or shutil.which("chromium-browser")
        if not self.program:
            raise Refused("there is no program chromium; see packaging/dependencies")
        self.arguments = [
            self.program,
            *QUIET,
            "--remote-debugging-pipe",
            f"--user-data-dir={home}/profile",
            f"--host-resolver-rules=MAP {name} 127.0.0.1, MAP * ~NOTFOUND",
            # A page that is kept alive would not be asked for again.
            "--disable-features=BackForwardCache",
        ]
        # Its sandbox wants an account without privileges.
        if os.geteuid() == 0:
            self.arguments.append("--no-sandbox")
        self.buffer = b""
        self.number = 0
        self.events = []

    def __enter__(self):
        environment = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("XDG_", "DBUS_", "CHROM")) and key not in ("DISPLAY", "WAYLAND_DISPLAY")
        }
        environment["HOME"] = self.home
        its_input, self.commands = map(_high, os.pipe())
        self.answers, its_output = map(_high, os.pipe())
        words = _high(os.open(f"{self.home}/chromium.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        nothing = _high(os.open(os.devnull, os.O_RDONLY))
        self.pid = os.posix_spawn(
            self.program,
            self.arguments,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, nothing, 0),
                (os.POSIX_SPAWN_DUP2, words, 1),
                (os.POSIX_SPAWN_DUP2, words, 2),
                (os.POSIX_SPAWN_DUP2, its_input, 3),
                (os.POSIX_SPAWN_DUP2, its_output, 4),
            ],
            setpgroup=0,
        )
        for descriptor in (its_input, its_output, words, nothing):
            os.close(descriptor)
        return self

    def __exit__(self, *_):
        # It ends by itself when nobody can give it commands any more.
        try:
            self.call("Browser.close")
        except (Refused, OSError):
            pass
        os.close(self.commands)
        end = time.monotonic() + 5
        while time.monotonic() < end and os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            select.select([self.answers], [], [], 0.02)
        os.close(self.answers)
        # Whatever is left of its processes; the group is its own.
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _message(self, end):
        """The next message, or None when the time is over."""
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                return None
            some = os.read(self.answers, 1 << 20)
            if not some:
                raise Refused(f"Chromium has ended; see {self.home}/chromium.log")
            self.buffer += some
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        """Do one command. What happens meanwhile is kept in .events."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.commands, data):]
        end = time.monotonic() + ANSWER
        while answer := self._message(end):
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Refused(f"{method}: {answer['error'].get('message')}")
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)
        raise Refused(f"{method}: no answer in {ANSWER} s")

    def listen(self, seconds):
        """Wait for one more event; False if there is none in that time."""
        message = self._message(time.monotonic() + seconds)
        if message and "method" in message:
            self.events.append(message)
        return message is not None
