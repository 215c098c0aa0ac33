# SPDX-License-Identifier: Apache-2.0
#
# The mail host with listbreaker on it: installs the package as an operator would, and speaks to it
# only through its command line, its pages and systemd.
"""A mail host that listbreaker watches."""

import json
import pathlib
import shutil

from checks import Checks
from machine import until
from mailhost import LIST, PAGE_PORT, SENDER, MailHost

SETTINGS = f"""\
[Paging]
RepeatInterval=1min

[Alert webhook]
Script=/usr/share/listbreaker/alerts/webhook

[Detection]
QueueStake=0
RoleCopies=2
PeopleTripMembers=0

[List {LIST}]
AnnounceOnly=yes
RegularPosters={SENDER}
"""

CLOSED, OPEN = 0, 3  # exit statuses of `listbreaker status`


class Watched:
    """What makes a machine one that listbreaker watches."""

    deb: pathlib.Path

    def install(self, checks: Checks) -> None:
        """Installs and configures; the daemon observes afterwards."""
        shutil.copy(self.deb, self.root / "root/listbreaker.deb")
        done = self.run("dpkg", "--install", "/root/listbreaker.deb", timeout=120)
        checks.claim("the package installs on a bare Debian, with no network",
                     done.returncode == 0, done.stderr.strip()[-500:] if done.returncode else "")
        # As the README advises: without journald's limit no line of a burst is dropped.
        self.write("etc/systemd/journald.conf.d/listbreaker.conf", self.read(
            "usr/share/doc/listbreaker/examples/journald-ratelimit.conf").decode())
        self.need("systemctl", "restart", "systemd-journald")
        self.write("etc/listbreaker/listbreaker.conf.d/50-list.conf", SETTINGS)
        self.write("etc/listbreaker/credentials/webhook.url",
                   f"http://127.0.0.1:{PAGE_PORT}/page\n", 0o600)
        done = self.run("listbreaker", "check-config")
        checks.claim("check-config accepts the settings", done.returncode == 0,
                     (done.stderr if done.returncode else done.stdout).strip()[-500:])
        self.need("systemctl", "restart", "listbreakerd", timeout=120)
        until("daemon that answers", 30, lambda: self.status_code() in (CLOSED, OPEN))

    # Questions

    def status_code(self) -> int:
        """Exit status of `listbreaker status`."""
        return self.run("listbreaker", "status").returncode

    def status(self) -> dict:
        """What `listbreaker status --json` prints."""
        done = self.run("listbreaker", "status", "--json")
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {"error": done.stdout + done.stderr}

    def daemon(self) -> int:
        """Process id, inside, of the daemon; 0 while it is down."""
        return int(self.need(
            "systemctl", "show", "--value", "--property=MainPID", "listbreakerd").strip() or 0)

    # Pages

    def pages_of(self, kind: str) -> list[dict]:
        """The pages of one kind (trip, reminder, reset ...)."""
        return [page for page in self.pages() if page_kind(page) == kind]


class WatchedHost(Watched, MailHost):
    """A mail host, and the package to be installed on it."""

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int, package: pathlib.Path):
        super().__init__(cache, name, subscribers)
        self.deb = package


def page_kind(page: dict) -> str:
    """What a page tells of: the annotation `event` of its first alert."""
    alerts = (page.get("body") or {}).get("alerts") or [{}]
    return alerts[0].get("annotations", {}).get("event", "")
