# SPDX-License-Identifier: Apache-2.0
#
# Every kind of list software, every way into a storm and out of it: what of the list began to leave
# after the stop, what became of everybody else's mail, and whether each copy that was announced
# was sent, saved or bounced, once. All of it is counted at the relay, in the queue and in the quarantine,
# never from our own words.
"""The table of list software."""

import collections
import statistics
import time

from accounts import Account
from checks import Checks
from listhost import ListHost, MlmmjHost
from listhosts import (AliasHost, ChunkedHost, MailmanListHost, MailmanPlainHost, OddHost,
                       OwnerlessHost, SympaListHost, VirtualHost)
from oddhosts import FilteredHost
from story import Story, prepare

Row = tuple[float, str, str, str]
# The software: its host, its members (Mailman and Sympa hand over some 30 copies a second), and its storms:
# seconds a copy, how it begins, what happens while it is open, the reset.
ROWS: dict[str, tuple[type[ListHost], int, list[Row]]] = {
    "alias": (AliasHost, 800, [(0.3, "soft", "", ""), (0.05, "trip", "", "release"),
                               (1, "down", "reboot", "discard"), (1, "trip", "pass", "discard")]),
    "ownerless": (OwnerlessHost, 800, [(1, "trip", "", "discard")]),
    "odd": (OddHost, 800, [(0.3, "trip", "", "discard"), (0.05, "trip", "restart", "release")]),
    "filtered": (FilteredHost, 800, [(0.3, "trip", "", "discard")]),
    "virtual": (VirtualHost, 800, [(0.3, "trip", "restart", "release"),
                                   (1, "trip", "", "discard"),
                                   (1, "trip", "pass", "discard")]),
    "mlmmj": (MlmmjHost, 800, [(1, "soft", "", ""), (1, "trip", "", "discard"),
                               (0.05, "down", "restart", "release"),
                               (1, "trip", "pass", "discard")]),
    "chunked": (ChunkedHost, 800, [(0.3, "trip", "", "keep"), (1, "trip", "reboot", "discard")]),
    "mailman": (MailmanListHost, 200, [(0.3, "trip", "", "discard"),
                                       (1, "down", "restart", "release"),
                                       (1, "trip", "pass", "discard")]),
    "plainman": (MailmanPlainHost, 400, [(0.3, "soft", "", ""), (1, "trip", "", "discard")]),
    "sympa": (SympaListHost, 200, [(1, "trip", "", "discard"), (0.05, "trip", "reboot", "release"),
                                   (1, "trip", "pass", "discard")]),
}
HEAD = ("storm", "before", "flying", "begun", "thawed", "left", "posts", "sent", "saved",
        "personal", "lost", "gap")


TODAY: dict[str, int] = {}  # the row whose day it is, by its software; empty: all rows are run


def chosen(is_all: bool) -> list[str]:
    """The scenarios of the whole table, or of the row whose day it is."""
    if is_all:
        return [f"table-{name}" for name in ROWS]
    rows = [(name, number) for name, row in ROWS.items() for number in range(len(row[2]))]
    name, TODAY[name] = rows[int(time.time() // 86400) % len(rows)]
    return [f"table-{name}"]


def table(host: ListHost, checks: Checks) -> None:
    """The storms of one kind of software."""
    prepare(host, checks)
    name = host.name.removeprefix("table-")
    rows = ROWS[name][2]
    for row in [rows[TODAY[name]]] if name in TODAY else rows:
        story = Story(host, *row)
        print(f" {story.name}", flush=True)
        story.play()
        Account(story).judge(checks)
    checks.claim("journald dropped no line of the evidence", not host.suppressed())


def show(rows: list[dict], checks: Checks) -> None:
    """Prints the table; of its rows none is the rule."""
    if not rows:
        return
    wide = max(len(row["storm"]) for row in rows)
    print("\n" + f"{HEAD[0]:<{wide}}  " + "  ".join(f"{name:>8}" for name in HEAD[1:]))
    for row in rows:
        print(f"{row['storm']:<{wide}}  " + "  ".join(f"{row[name]:>8}" for name in HEAD[1:]))
    middle = statistics.median(row["begun"] for row in rows)
    checks.claim("no delivery of the list begins after the stop, in the median of all storms",
                 middle == 0, collections.Counter(row["begun"] for row in rows))
