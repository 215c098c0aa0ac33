# SPDX-License-Identifier: Apache-2.0
#
# A list host with a mail server that is not Postfix. Each kind says how it is configured, flushed
# and counted; what happened is read from one witness that knows none of them: the relay's book.
"""List hosts with Exim, OpenSMTPD and Sendmail."""

import collections
import json
import pathlib
import shutil
import time

from checks import Checks
from machine import Machine, until

LIST = "annonce@lists.example.org"
LOCAL = "mailuser@lists.example.org"
SENDER = "news@lists.example.org"
BOOK = "srv/e2e/book"
PORT = 2525


class OtherHost(Machine):
    """A machine with the list, not yet booted."""

    kind = ""  # what `MTA=` calls it
    package = ""  # Debian's name of the mail server's package
    unit = ""  # its systemd unit
    aliases = "etc/aliases"
    files: tuple[str, ...] = ()  # configuration that must come back byte for byte
    piercing: tuple[tuple[str, ...], ...] = ()  # what a user may try in order to flush
    forcing: tuple[tuple[str, ...], ...] = ()  # what root may run without meaning to undo a halt

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int, package: pathlib.Path):
        super().__init__(cache, name, self.package)
        self.deb = package
        self.subscribers = [f"user{number:05}@example.net" for number in range(1, subscribers + 1)]
        here = pathlib.Path(__file__).parents[1]
        shutil.copytree(here / "inside", self.root / "usr/local/lib/e2e",
                        ignore=shutil.ignore_patterns("__pycache__"))
        self.write("etc/mailname", "lists.example.org\n")
        self.write("etc/annonce", "".join(f"{who}\n" for who in self.subscribers))
        self.write(self.aliases, "annonce: :include:/etc/annonce\nowner-annonce: postmaster\n"
                                  "postmaster: root\nnews: root\nroot: mailuser\n")
        (self.root / "srv/e2e").mkdir(parents=True)
        self.relay(0.2)
        wants = self.root / "etc/systemd/system/sysinit.target.wants"
        wants.mkdir(parents=True, exist_ok=True)
        (wants / "e2e-relay.service").symlink_to("/etc/systemd/system/e2e-relay.service")
        self.configure()

    def configure(self) -> None:
        """Writes the mail server's configuration."""

    def relay(self, seconds: float) -> None:
        """The relay that takes `seconds` for each copy; stands before mail can move."""
        self.write("etc/systemd/system/e2e-relay.service", (
            "[Unit]\nDefaultDependencies=no\nAfter=local-fs.target\nBefore=sysinit.target\n"
            "[Service]\nRestart=on-failure\nRestartSec=100ms\n"
            f"ExecStart=/usr/bin/python3 /usr/local/lib/e2e/sink.py {PORT} {seconds} /{BOOK}\n"))

    def slow(self) -> None:
        """From here on the relay takes its time again."""
        self.hasten(0.2)

    def hasten(self, seconds: float = 0) -> None:
        """From here on the relay takes copies without delay, or within `seconds`."""
        self.relay(seconds)
        self.need("systemctl", "daemon-reload")
        self.need("systemctl", "restart", "e2e-relay")
        until("relay", 30, lambda: f":{PORT} " in self.need("ss", "-Hltn"))

    def prepare(self) -> None:
        """After the first boot: what the list needs to run."""
        self.need("useradd", "--create-home", "mailuser")
        self.run("newaliases")
        self.need("systemctl", "restart", self.unit)
        for port in (25, PORT):
            until(f"listener on port {port}", 30,
                  lambda port=port: f":{port} " in self.need("ss", "-Hltn"))

    def install(self, checks: Checks) -> None:
        """Installs the package; the daemon stays down, the actuator is asked directly."""
        shutil.copy(self.deb, self.root / "root/listbreaker.deb")
        done = self.run("dpkg", "--install", "/root/listbreaker.deb", timeout=120)
        checks.claim(f"the package installs beside {self.package}", done.returncode == 0,
                     done.stderr.strip()[-500:] if done.returncode else "")
        self.need("systemctl", "start", "listbreaker-actuator.socket")

    # The actuator

    def ask(self, verb: str, **more) -> dict:
        """What the actuator reports, asked as the daemon's user."""
        request = json.dumps({"verb": verb, **more})
        done = self.run("python3", "/usr/local/lib/e2e/ask.py", request, user="_listbreaker",
                        timeout=120)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {"errors": [done.stdout + done.stderr]}

    # Mail

    def post(self, subject: str, to: str = LIST) -> None:
        """Gives one message to sendmail."""
        self.need("sendmail", "-i", "-f", SENDER, to, text=(
            f"From: {SENDER}\nTo: {to}\nSubject: {subject}\n"
            f"Message-ID: <{subject.replace(' ', '-')}@example.org>\n\nTo all our friends.\n"))

    def post_both(self, subject: str, other: str) -> None:
        """One message for the list and for somebody else."""
        self.need("sendmail", "-i", "-f", SENDER, LIST, other, text=(
            f"From: {SENDER}\nTo: {LIST}, {other}\nSubject: {subject}\n"
            f"Message-ID: <{subject}@example.org>\n\nTo all our friends, and one more.\n"))

    def flush(self) -> list[str]:
        """Tries everything that must not pierce a halt; what exited with 0."""
        done = [" ".join(words) for words in self.piercing
                if self.run(*words, user="nobody").returncode == 0]
        return done + [" ".join(words) for words in self.forcing
                       if self.run(*words).returncode == 0]

    # Witnesses

    def book(self) -> list[dict]:
        """Every copy that the relay saw the final dot of, oldest first."""
        try:
            return [json.loads(line) for line in self.read(BOOK).splitlines()]
        except FileNotFoundError:
            return []

    def since(self, moment: float) -> int:
        """Copies whose final dot came after `moment`."""
        return sum(1 for copy in self.book() if copy["came"] > moment)

    def copies(self) -> collections.Counter:
        """How often each (subject, recipient) reached the relay."""
        return collections.Counter((copy["subject"], copy["to"]) for copy in self.book())

    def letters(self) -> int:
        """Messages in the local user's mailbox."""
        count = 0
        for path in ("var/mail/mailuser", "var/spool/mail/mailuser"):
            if (self.root / path).is_file() and not (self.root / path).is_symlink():
                count = max(count, self.read(path).count(b"\nSubject: "))
        maildir = self.root / "home/mailuser/Maildir/new"
        if maildir.is_dir():
            count += len(list(maildir.iterdir()))
        return count

    def failures(self) -> int:
        """Letters that tell of more than a delay."""
        return self.letters()

    def queued(self) -> int:
        """Messages in the queue."""
        raise NotImplementedError

    def waiting(self) -> list[tuple[bool, list[str]]]:
        """Each queued message: whether it is on hold, and who still waits for a copy."""
        raise NotImplementedError

    def hold_foreign(self, subject: str) -> list[str]:
        """An administrator holds a message, where there is a way to; who it is for."""
        return []

    def settle_queue(self) -> None:
        """Lets the mail server try everything, however long it meant to wait."""

    def under_way(self) -> str:
        """ID of the one message that is being delivered."""
        raise NotImplementedError

    def configuration(self) -> dict[str, bytes | None]:
        """The configuration, byte for byte; None for a file that is not there."""
        return {name: self.read(name) if (self.root / name).is_file() else None
                for name in self.files}

    def quiet(self, seconds: float) -> None:
        """Lets time pass on purpose: what must not happen in it is looked for afterwards."""
        time.sleep(seconds)
