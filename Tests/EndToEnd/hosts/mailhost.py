# SPDX-License-Identifier: Apache-2.0
#
# A machine that runs a mailing list: Postfix with the alias `annonce`, its subscribers, a relay that
# takes a second for each copy (smtp-sink), robots and a receiver of pages. What happened is read
# from two witnesses that know nothing of listbreaker: Postfix's own log and the sink's files.
"""A Postfix host with a list, and what its log and its relay say."""

import collections
import dataclasses
import email.utils
import json
import pathlib
import re
import shutil
import subprocess
import time

from machine import Machine, until

LIST = "annonce@lists.example.org"
SENDER = "news@lists.example.org"
SPOOL = "srv/e2e"
PAGE_PORT = 8080

MAIN_CF = """\
compatibility_level = 3.6
myhostname = lists.example.org
mydestination = $myhostname, localhost
mynetworks = 127.0.0.0/8 [::1]/128
inet_interfaces = loopback-only
relayhost = [127.0.0.1]:2525
smtp_destination_recipient_limit = 1
alias_maps = hash:/etc/aliases
alias_database = hash:/etc/aliases
biff = no
"""

UNITS = {
    "e2e-sink": "/usr/sbin/smtp-sink -u nobody {flags} -d /srv/e2e/copies/c. 127.0.0.1:2525 1024",
    "e2e-receiver": f"/usr/bin/python3 /usr/local/lib/e2e/receiver.py {PAGE_PORT} /srv/e2e/pages",
    "e2e-robots": "/usr/bin/python3 /usr/local/lib/e2e/robots.py /srv/e2e {robots}",
}

SENT = re.compile(r"^([0-9A-Za-z]+): to=<([^>]*)>,.* relay=127\.0\.0\.1\[127\.0\.0\.1\]:2525,"
                  r".* status=sent ")
ACTIVE = re.compile(r"^([0-9A-Za-z]+): from=<([^>]*)>, size=\d+, nrcpt=(\d+) \(queue active\)")
BOUNCED = re.compile(r"^([0-9A-Za-z]+): to=<([^>]*)>,.* status=(bounced|expired)")
HELD = re.compile(r"Placed on hold: (\d+) message|^([0-9A-Za-z]+): placed on hold")


@dataclasses.dataclass
class Line:
    """One line of the mail log."""

    time: float
    program: str
    text: str


class MailHost(Machine):
    """A machine with the list, not yet booted."""

    packages = "postfix"

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int):
        super().__init__(cache, name, self.packages)
        self.subscribers = [f"user{number:05}@example.net" for number in range(1, subscribers + 1)]
        here = pathlib.Path(__file__).parents[1]
        shutil.copytree(here / "inside", self.root / "usr/local/lib/e2e",
                        ignore=shutil.ignore_patterns("__pycache__"))
        self.write("etc/postfix/main.cf", MAIN_CF)
        self.write("etc/postfix/annonce", "".join(f"{who}\n" for who in self.subscribers))
        self.write("etc/aliases", "annonce: :include:/etc/postfix/annonce\n"
                                  "owner-annonce: postmaster\npostmaster: root\nnews: root\n")
        # The sink and the receiver stand before the first mail can move, at each boot.
        self.unit("e2e-sink", flags="-w 1")
        self.unit("e2e-receiver")
        for unit in ("e2e-sink", "e2e-receiver"):
            wants = self.root / "etc/systemd/system/sysinit.target.wants"
            wants.mkdir(parents=True, exist_ok=True)
            (wants / f"{unit}.service").symlink_to(f"/etc/systemd/system/{unit}.service")
        (self.root / SPOOL / "copies").mkdir(parents=True)
        (self.root / SPOOL / "copies").chmod(0o1777)

    def unit(self, name: str, **values: str) -> None:
        """Writes one of the units of the surroundings."""
        self.write(f"etc/systemd/system/{name}.service", (
            "[Unit]\nDefaultDependencies=no\nAfter=local-fs.target systemd-journald.socket\n"
            "Before=sysinit.target\n"
            "[Service]\nRestart=on-failure\nRestartSec=100ms\n"
            f"ExecStart={UNITS[name].format(**values)}\n"))

    def prepare(self) -> None:
        """After the first boot: what the list needs to run."""
        self.need("newaliases")
        self.need("systemctl", "restart", "postfix")
        for port in (2525, PAGE_PORT):
            until(f"listener on port {port}", 30,
                  lambda port=port: f":{port} " in self.need("ss", "-Hltn"))
        until("Postfix", 30, lambda: self.run("postfix", "status").returncode == 0)

    def hasten(self) -> None:
        """From here on the relay takes copies without delay."""
        self.unit("e2e-sink", flags="")
        self.need("systemctl", "daemon-reload")
        self.need("systemctl", "restart", "e2e-sink")

    def server_unit(self) -> str:
        """The unit that Postfix's daemons run in."""
        return "postfix@-.service" if self.suite == "bookworm" else "postfix.service"

    # Mail

    def post(self, sender: str, subject: str) -> None:
        """Gives one message for the list to sendmail."""
        self.need("sendmail", "-i", "-f", sender, LIST, text=(
            f"From: {sender}\nTo: {LIST}\nSubject: {subject}\n"
            f"Message-ID: {email.utils.make_msgid(domain='example.net')}\n\n"
            "To all our friends.\n"))

    def set_robots(self, answers: int, seed: int) -> None:
        """Starts the robots: every 60th of the first 1,500 subscribers; silent so far."""
        robots = self.subscribers[40:1500:60]
        self.unit("e2e-robots", robots=" ".join([LIST, str(answers), str(seed), *robots]))
        self.need("systemctl", "daemon-reload")
        self.need("systemctl", "start", "e2e-robots")

    def provoke(self) -> None:
        """The robots may speak."""
        self.write(f"{SPOOL}/go", "")

    # Witnesses

    def log(self, since: float = 0) -> list[Line]:
        """Postfix's log since `since`, or since the machine was made, oldest first."""
        raw = subprocess.run(
            ["journalctl", "-D", self.root / "var/log/journal", "-o", "json", "--no-pager",
             f"--since=@{since:.6f}", "SYSLOG_FACILITY=2",
             "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,_EXE"],
            capture_output=True, check=True).stdout
        lines = []
        for entry in raw.splitlines():
            fields = json.loads(entry)
            if isinstance(fields.get("MESSAGE"), str):
                lines.append(Line(int(fields["__REALTIME_TIMESTAMP"]) / 1e6,
                                  fields.get("SYSLOG_IDENTIFIER", ""), fields["MESSAGE"]))
        return lines

    def suppressed(self) -> bool:
        """Whether journald dropped lines, which would make the log a bad witness."""
        raw = subprocess.run(
            ["journalctl", "-D", self.root / "var/log/journal", "--no-pager", "-q",
             "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e"],
            capture_output=True, check=True).stdout
        return bool(raw.strip())

    def expansions(self) -> list[Line]:
        """The lines that announced a fan-out of the list: one a post, the copies in `nrcpt=`.

        A message that is released from hold becomes active again; the first time counts.
        """
        found: dict[str, Line] = {}
        for line in self.log():
            active = ACTIVE.match(line.text)
            if active and int(active[3]) >= len(self.subscribers):
                found.setdefault(active[1], line)
        return list(found.values())

    def sent(self, since: float = 0) -> list[float]:
        """When each copy since `since` was logged as taken by the relay, oldest first."""
        return sorted(line.time for line in self.log(since) if SENT.match(line.text))

    def bounced(self) -> int:
        """Copies that Postfix gave up."""
        return sum(1 for line in self.log()
                   if (found := BOUNCED.match(line.text)) and found[2].endswith("@example.net"))

    def first_hold(self, since: float) -> float | None:
        """When postsuper first logged a message placed on hold after `since`."""
        return next((line.time for line in self.log()
                     if line.time >= since and HELD.search(line.text)
                     and line.program.endswith("postsuper")), None)

    def queue(self) -> list[dict]:
        """What is queued, as `postqueue -j` prints it."""
        return [json.loads(line) for line in self.need("postqueue", "-j").splitlines()]

    def queued(self, *names: str) -> int:
        """Copies still in the named queues; in all of them when none is named.

        postqueue lists a recipient of the hold queue twice once it was deferred.
        """
        return sum(len({recipient["address"] for recipient in message["recipients"]})
                   for message in self.queue()
                   if not names or message["queue_name"] in names)

    def delivered(self) -> collections.Counter:
        """How often each (Message-ID, subscriber) reached the relay."""
        copies: collections.Counter = collections.Counter()
        for path in (self.root / SPOOL / "copies").iterdir():
            recipients, message = [], ""
            for line in path.read_text("utf-8", "replace").splitlines():
                name, _, value = line.partition(": ")
                if name == "X-Rcpt-Args":
                    recipients.append(value.split(">")[0].lstrip("<"))
                elif name.lower() == "message-id":
                    message = value
                elif not line:
                    break
            copies.update((message, who) for who in recipients)
        return copies

    def pages(self) -> list[dict]:
        """The pages that came, oldest first."""
        try:
            return [json.loads(line) for line in self.read(f"{SPOOL}/pages").splitlines()]
        except FileNotFoundError:
            return []

    def configuration(self) -> dict[str, bytes]:
        """Postfix's configuration, byte for byte."""
        return {name: self.read(f"etc/postfix/{name}") for name in ("main.cf", "master.cf")}

    def quiet(self, seconds: float) -> None:
        """Lets time pass on purpose: what must not happen in it is looked for afterwards."""
        time.sleep(seconds)
