# SPDX-License-Identifier: Apache-2.0
#
# OpenSMTPD with a list and a relay. Its smtpctl is never ended early here: that ends smtpd.
"""A list host with OpenSMTPD."""

from machine import until
from otherhost import OtherHost


class SmtpdHost(OtherHost):
    """OpenSMTPD of Debian."""

    kind = "opensmtpd"
    package = "opensmtpd"
    unit = "opensmtpd"
    files = ("etc/smtpd.conf",)
    piercing = (("smtpctl", "schedule", "all"), ("smtpctl", "resume", "mta"))
    forcing = (("smtpctl", "schedule", "all"),)

    def configure(self) -> None:
        """A list, local mailboxes, and everything else to the relay."""
        self.write("etc/smtpd.conf", (
            "table aliases file:/etc/aliases\nlisten on 127.0.0.1\n"
            'action "local" mbox alias <aliases>\n'
            'action "out" relay host smtp://127.0.0.1:2525\n'
            'match for domain "lists.example.org" action "local"\n'
            'match for local action "local"\nmatch from local for any action "out"\n'))

    def queued(self) -> int:
        """Messages in the queue."""
        return sum(1 for _ in (self.root / "var/spool/smtpd/queue").glob("*/*/message"))

    def waiting(self) -> list[tuple[bool, list[str]]]:
        """Each queued message: whether it is on hold, and who still waits for a copy."""
        return [(path.stat().st_mode & 0o777 == 0,
                 [line.split(": ", 1)[1] for each in path.parent.iterdir() if each != path
                  for line in each.read_text().splitlines() if line.startswith("dest: ")])
                for path in (self.root / "var/spool/smtpd/queue").glob("*/*/message")]

    def settle_queue(self) -> None:
        """Started anew, it tries at once what it has not tried for a while; what it put off
        several times sleeps for hours, notices of a delay as well, and is scheduled as an operator
        would. A delivery that the start cut short would come twice, so nothing is under way then."""
        self.run("smtpctl", "pause", "mta")  # refused where it is paused
        until("nothing under way", 60, lambda: "scheduler.envelope.inflight=0" in
              self.need("smtpctl", "show", "stats").splitlines())
        self.need("systemctl", "restart", self.unit)
        self.quiet(2)
        for line in self.need("smtpctl", "show", "queue").splitlines():
            fields = line.split("|")
            if (fields[2] in ("mta", "bounce") and fields[11] == "pending"
                    and int(fields[12]) > 20):
                self.run("smtpctl", "schedule", fields[0])

    def failures(self) -> int:
        """smtpd writes a notice as soon as the next try lies more than four hours ahead, after six
        tries: with smtpd started anew in every round, within seconds."""
        path = self.root / "var/mail/mailuser"
        text = path.read_text("utf-8", "replace") if path.is_file() else ""
        subject = "\nSubject: Delivery status notification: "
        return text.count(subject) - text.count(f"{subject}delayed\n")
