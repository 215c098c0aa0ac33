# SPDX-License-Identifier: Apache-2.0
#
# Debian's Sendmail as it comes, with three changes in sendmail.cf: everything that is not for this
# host goes to the relay, one copy a transaction, and the list's host is local.
"""A list host with Sendmail."""

from otherhost import OtherHost


class SendmailHost(OtherHost):
    """Sendmail, in the configuration of Debian."""

    kind = "sendmail"
    package = "sendmail-bin sensible-mda procmail"
    unit = "sendmail"
    aliases = "etc/mail/aliases"
    files = ("etc/mail/sendmail.cf", "etc/mail/access", "etc/mail/access.db")
    piercing = (("sendmail", "-q"), ("sendmail", "-qf"), ("sendmail", "-qRexample.net"))
    forcing = (("sendmail", "-q"), ("sendmail", "-qf"), ("sendmail", "-qRexample.net"),
               ("sendmail", "-qQ", "-qf"))

    def configure(self) -> None:
        """The three changes; sendmail.cf stays newer than what it is made of."""
        text = self.read("etc/mail/sendmail.cf").decode()
        relay = text[text.index("\nMrelay,"):].split("\n\n")[0]
        for old, new in (
                ("\nDS\n", "\nDSrelay:[127.0.0.1]\n"),
                (relay, relay.replace("A=TCP $h", "A=TCP $h 2525").replace("E=\\r\\n",
                                                                         "E=\\r\\n, r=1"))):
            assert text.count(old) == 1, f"Debian's sendmail.cf has no '{old}' any more"
            text = text.replace(old, new)
        self.write("etc/mail/sendmail.cf", text)
        self.write("etc/mail/local-host-names", "lists.example.org\nlocalhost\n")
        # There is no name server in the machine.
        self.write("etc/mail/service.switch", "passwd files\nhosts files\naliases files\n")

    def under_way(self) -> str:
        """ID of the one message that is being delivered."""
        return next(path.name[2:] for path in (self.root / "var/spool/mqueue").iterdir()
                    if path.name.startswith("qf"))

    def waiting(self) -> list[tuple[bool, list[str]]]:
        """Each queued message: whether it is on hold, and who still waits for a copy."""
        return [(path.name.startswith("hf"),
                 [line.split(":", 1)[1].strip("<>") for line in path.read_text("latin-1").splitlines()
                  if line.startswith("R")])
                for path in (self.root / "var/spool/mqueue").glob("[hq]f*")]

    def hold_foreign(self, subject: str) -> list[str]:
        """An administrator quarantines a message; who it is for."""
        self.quarantine(subject)
        return ["away@example.net"]

    def settle_queue(self) -> None:
        """A forced run of the queue."""
        self.need("sendmail", "-qf", timeout=300)

    def quarantine(self, subject: str) -> str:
        """An administrator quarantines a message for somebody far away; its ID."""
        self.need("sendmail", "-Am", "-odq", "-i", "away@example.net",
                  text=f"Subject: {subject}\n\nhello\n")
        identity = self.under_way()
        self.need("sendmail", "-Qnot for us", f"-qI{identity}")
        return identity

    def quarantined(self) -> list[str]:
        """IDs of what is quarantined."""
        return sorted(path.name[2:] for path in (self.root / "var/spool/mqueue").iterdir()
                      if path.name.startswith("hf"))

    def queued(self) -> int:
        """Messages in the queue."""
        return sum(1 for path in (self.root / "var/spool/mqueue").iterdir()
                   if path.name[:2] in ("qf", "hf"))
