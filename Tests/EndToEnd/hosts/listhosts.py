# SPDX-License-Identifier: Apache-2.0
#
# List software beside mlmmj's default, each behind the same crowd and the same counting relay: an alias
# with `:include:`, a table of Postfix, mlmmj that leaves the expansion to Postfix, Mailman 3 and Sympa
# with a sender of its own for each copy.
"""Mail hosts with lists of each kind."""

import pathlib

from listhost import POSTFIX, ListHost, MlmmjHost
from machine import until
from mailmanhost import MailmanHost
from mailmanhost import POSTFIX as MAILMAN_CF
from sympahost import LISTS
from sympahost import POSTFIX as SYMPA_CF
from sympahost import SympaHost


class AliasHost(ListHost):
    """An alias that names a file of members."""

    def found(self) -> None:
        """The alias, with an owner, as aliases(5) advises."""
        self.write("etc/postfix/members", "".join(f"{who}\n" for who in self.subscribers))
        self.write("etc/aliases", "list: :include:/etc/postfix/members\nowner-list: root\n"
                                  "postmaster: root\nboss: root\nclerk: root\n")
        self.need("newaliases")
        self.need("systemctl", "restart", "postfix")

    def at_work(self) -> bool:
        """local(8) expands at once."""
        return False


class OwnerlessHost(AliasHost):
    """An alias without an owner: its copies keep the author as their sender, and tell the list by the
    header alone that local(8) puts on top."""

    def found(self) -> None:
        """The same without that line."""
        super().found()
        aliases = self.read("etc/aliases").decode()
        self.write("etc/aliases", aliases.replace("owner-list: root\n", ""))
        self.need("newaliases")


class OddHost(AliasHost):
    """What sites add that touches each message: an old name of the list that recipient_canonical_maps
    rewrites, senders that smtp_generic_maps does, long queue ids in hashed folders, somebody who gets mail for nobody."""

    postfix_text = POSTFIX + """\
enable_long_queue_ids = yes
hash_queue_names = incoming active deferred hold defer bounce
hash_queue_depth = 2
recipient_canonical_maps = inline:{ everyone@lists.example.org=list@lists.example.org }
smtp_generic_maps = inline:{ clerk@lists.example.org=office@example.org }
luser_relay = root
"""

    def gather(self) -> None:
        """The crowd knows the list by its old name."""
        self.address = "everyone@lists.example.org"
        super().gather()
        self.address = type(self).address


class VirtualHost(AliasHost):
    """A line of virtual(5): its copies keep the author as their sender."""

    postfix_text = POSTFIX + "virtual_alias_maps = hash:/etc/postfix/virtual\n"
    is_named_late = True

    def found(self) -> None:
        """The line."""
        super().found()
        self.write("etc/aliases", "postmaster: root\nboss: root\nclerk: root\n")
        self.write("etc/postfix/virtual", f"{self.address} {', '.join(self.subscribers)}\n")
        self.need("newaliases")
        self.need("postmap", "/etc/postfix/virtual")
        self.need("systemctl", "restart", "postfix")


class ChunkedHost(MlmmjHost):
    """mlmmj that hands over 100 recipients at once and leaves VERP to Postfix."""

    postfix_text = MlmmjHost.postfix_text + "smtpd_authorized_verp_clients = 127.0.0.1\n"

    def found(self) -> None:
        """Its list asks for XVERP."""
        super().found()
        self.write("var/spool/mlmmj/list/control/verp", "postfix\n")


class MailmanListHost(ListHost, MailmanHost):
    """Mailman 3 that writes each copy for its recipient alone."""

    address = "talk@lists.example.org"
    postfix_text = MAILMAN_CF
    verp = "verp_delivery_interval: 1\nverp_personalized_deliveries: yes"

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int, package: pathlib.Path):
        super().__init__(cache, name, subscribers, package)
        settings = self.read("etc/mailman3/mailman.cfg").decode()
        self.write("etc/mailman3/mailman.cfg", settings.replace(
            "[mta]", f"[mta]\n{self.verp}", 1), 0o640)
        self.write("opt/members", "".join(f"{who}\n" for who in self.subscribers), 0o644)

    def found(self) -> None:
        """The list, with its members put in at once."""
        everybody, self.subscribers = self.subscribers, []
        MailmanHost.found(self)
        self.subscribers = everybody
        self.need("mailman", "addmembers", "/opt/members", self.address, user="list", timeout=300)
        self.need("systemctl", "restart", "mailman3", timeout=120)
        # A post of before would wait for Postfix's next try.
        until("Mailman's LMTP", 90, lambda: ":8024 " in self.need("ss", "-Hltn"), every=1)

    def at_work(self) -> bool:
        """Whether anything waits in its own queues."""
        queues = self.root / "var/lib/mailman3/queue"
        return any(True for name in ("in", "pipeline", "out") for _ in (queues / name).glob("*"))


class MailmanPlainHost(MailmanListHost):
    """Mailman 3 as Debian has it: one message for many recipients, and one sender for all."""

    verp = ""


class SympaListHost(ListHost, SympaHost):
    """Sympa that gives every copy a sender of its own."""

    address = "talk@lists.example.org"
    postfix_text = SYMPA_CF + "header_checks = regexp:/etc/postfix/headers\n"

    def found(self) -> None:
        """The list, with VERP for everybody."""
        SympaHost.found(self)
        config = self.root / LISTS / "talk/config"
        config.write_text(config.read_text() + "\nverp_rate 100%\n")
        # What Sympa told its listmaster meanwhile.
        self.need("postsuper", "-d", "ALL")
        self.need("systemctl", "restart", "sympa", timeout=120)

    def at_work(self) -> bool:
        """Whether anything waits in its own spools."""
        spool = self.root / "var/spool/sympa"
        return any(True for name in ("msg", "bulk/msg", "bulk/pct")
                   for each in (spool / name).glob("*") if each.name != "bad")
