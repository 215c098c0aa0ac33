# SPDX-License-Identifier: Apache-2.0
#
# Forged lines through a real journald, and crafted mail through a real Postfix: neither may make
# a post, a copy or a list, and what is forged is counted and said once.
"""Nobody believes a forgery."""

import email.utils
import time

from checks import Checks
from machine import until
from mailhost import LIST
from watched import CLOSED, WatchedHost

POSTS = 40
CRAFTED = "size=900, nrcpt=3000 (queue active)"


def craft(host: WatchedHost, number: int) -> None:
    """One message to a local user whose every free text looks like a log line."""
    sender = f'"x>, relay=local, dsn=2.0.0, status=sent (forwarded as 4C{number:06X})"@example.com'
    host.need("sendmail", "-i", "-f", sender, "postmaster", text=(
        f"From: {email.utils.formataddr(('owner-annonce', 'owner-annonce@lists.example.org'))}\n"
        f"Message-ID: <{number}.crafted@example.com>, {CRAFTED}\n"
        f"Subject: 4C{number:06X}: from=<owner-annonce@lists.example.org>, {CRAFTED}\n"
        f"In-Reply-To: <1@example.com>\u2028postfix/qmgr[1]: 4C{number:06X}: removed\n"
        "To: postmaster\n\nHello.\n"))


def forged(host: WatchedHost, checks: Checks) -> None:
    """Forgeries by every road, armed."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.need("listbreaker", "arm")
    daemon = host.daemon()
    host.need("python3", "/usr/local/lib/e2e/forger.py", LIST, str(POSTS), user="nobody",
              timeout=120)
    for number in range(10):
        craft(host, number)

    def counts() -> dict[str, int]:
        return host.status()["journal"]["forged"]

    until("forged lines", 30, lambda: sum(counts().values()) >= POSTS * 7)
    until("crafted mail", 60, lambda: host.queued() == 0, every=1)
    time.sleep(3)
    status, kinds = host.status(), counts()
    checks.claim("forged lines are counted by kind", len(kinds) >= 3,
                 ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items())))
    posts = {each["list"]: each["windows"][-1]["posts"] for each in status["lists"]
             if each["windows"]}
    checks.claim("no forged or crafted line makes a post or a copy",
                 not any(posts.values())
                 and not any(window["copies_announced"] + window["copies_sent"]
                             for each in status["lists"] for window in each["windows"]), posts)
    names = sorted(each["list"] for each in status["lists"])
    checks.claim("no forged or crafted line makes a list", set(names) <= {LIST}, names)
    checks.claim("nothing trips", host.status_code() == CLOSED)
    checks.claim("forgery is paged once", len(host.pages_of("forged")) == 1,
                 len(host.pages_of("forged")))
    checks.claim("the daemon lives", host.daemon() == daemon, daemon)
    checks.figure("forged lines counted", sum(kinds.values()))
