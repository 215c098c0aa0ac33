# SPDX-License-Identifier: Apache-2.0
#
# OpenSMTPD with a list and a relay. Its smtpctl is never ended early here: that ends smtpd.
"""A list host with OpenSMTPD."""

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
        several times sleeps for hours, and is scheduled as an operator would."""
        self.need("systemctl", "restart", self.unit)
        self.quiet(2)
        for line in self.need("smtpctl", "show", "queue").splitlines():
            fields = line.split("|")
            if fields[2] == "mta" and fields[11] == "pending" and int(fields[12]) > 20:
                self.run("smtpctl", "schedule", fields[0])
