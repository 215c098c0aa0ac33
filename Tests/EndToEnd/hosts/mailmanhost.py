# SPDX-License-Identifier: Apache-2.0
#
# The mail host with a real Mailman 3 behind Postfix, as Debian's package makes it: LMTP in, SMTP out,
# SQLite, no web interface. Its REST API is asked from outside by a program of the test's own.
"""A mail host with Mailman 3."""

import json
import pathlib
import re
import subprocess

from machine import ENVIRONMENT, MachineError, until
from mailhost import MAIN_CF
from watched import WatchedHost

TALK = "talk@lists.example.org"
TALK_ID = "talk.lists.example.org"
OWNER = "owner@example.com"
API = "http://127.0.0.1:8001/3.1"
POSTFIX = """\
recipient_delimiter = +
unknown_local_recipient_reject_code = 550
owner_request_special = no
transport_maps = hash:/var/lib/mailman3/data/postfix_lmtp
local_recipient_maps = proxy:unix:passwd.byname $alias_maps hash:/var/lib/mailman3/data/postfix_lmtp
header_checks = regexp:/etc/postfix/headers
"""


class MailmanHost(WatchedHost):
    """Postfix and Mailman 3, with one list."""

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int, package: pathlib.Path):
        super().__init__(cache, name, subscribers, package)
        self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.write("etc/resolv.conf", pathlib.Path("/etc/resolv.conf").read_text("utf-8"))
        for words in (["update"], ["install", "-y", "--no-install-recommends", "mailman3"]):
            done = subprocess.run(
                ["chroot", self.root, "apt-get", "-q", *words], check=False,
                capture_output=True, text=True, stdin=subprocess.DEVNULL,
                env=ENVIRONMENT | {"DEBIAN_FRONTEND": "noninteractive"})
            if done.returncode != 0:
                raise MachineError(f"cannot install Mailman: {done.stdout[-2000:]}{done.stderr}")
        for path in ("usr/sbin/policy-rc.d", "etc/resolv.conf"):
            (self.root / path).unlink()
        self.write("etc/postfix/main.cf", MAIN_CF + POSTFIX)
        self.write("etc/postfix/headers", "/^(Message-ID|In-Reply-To|References):/ INFO\n")
        settings = self.read("etc/mailman3/mailman.cfg").decode()
        self.password = re.search(r"(?m)^admin_pass: (.+)$", settings)[1]

    def found(self) -> None:
        """After the boot: the list, its owner and its members."""
        until("Mailman's API", 90, lambda: self.ask("system/versions") is not None, every=1)
        self.ask("domains", {"mail_host": "lists.example.org"})
        self.ask("lists", {"fqdn_listname": TALK})
        self.switch(default_nonmember_action="accept", send_welcome_message="False",
                  admin_immed_notify="False")
        for role, who in [("owner", OWNER)] + [("member", who) for who in self.subscribers]:
            self.ask("members", {"list_id": TALK_ID, "subscriber": who, "role": role,
                                 "pre_verified": "True", "pre_confirmed": "True",
                                 "pre_approved": "True"})
        self.need("systemctl", "restart", "postfix")

    def ask(self, path: str, form: dict | None = None, method: str = "") -> dict | None:
        """What the API answers; None for an error."""
        words = ["curl", "-sf", "-u", f"restadmin:{self.password}"]
        if method:
            words += ["-X", method]
        for name, value in (form or {}).items():
            words += ["--data-urlencode", f"{name}={value}"]
        done = self.run(*words, f"{API}/{path}")
        if done.returncode != 0:
            return None
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def switch(self, **switches: str) -> None:
        """Sets switches of the list by another hand."""
        if self.ask(f"lists/{TALK_ID}/config", switches, "PATCH") is None:
            raise MachineError(f"cannot set {switches}")

    def switches(self) -> tuple[bool, bool, bool]:
        """emergency, admin_immed_notify, respond_to_post_requests."""
        now = self.ask(f"lists/{TALK_ID}/config") or {}
        return tuple(now.get(name) for name in (
            "emergency", "admin_immed_notify", "respond_to_post_requests"))

    def held_there(self) -> list[dict]:
        """Posts that Mailman holds."""
        return (self.ask(f"lists/{TALK_ID}/held") or {}).get("entries", [])
