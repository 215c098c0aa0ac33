# SPDX-License-Identifier: Apache-2.0
#
# A list storms on a Postfix that was never set up to be narrowed, though Scope=narrow: all mail is
# halted, and that is said with the command. Somebody runs it while mail is halted; then all mail but
# the list's flows again by itself, with proof, within NarrowWithin=. All is counted at the relay.
"""All mail halted for want of the tables, and open again once they are there."""

import collections

from checks import Checks
from listhost import BOOK, PERSONAL, POSTED, TABLES
from listhosts import AliasHost
from machine import until
from story import QUIET, STORM, TRIPS, settle
from watched import OPEN

WITHIN = 120  # seconds: NarrowWithin= as it is shipped


def narrowagain(host: AliasHost, checks: Checks) -> None:
    """The trip, the setup, the thaw, the reset."""
    host.boot()
    host.prepare()
    host.found()
    host.install(checks)
    settle(host, TRIPS)
    host.gather()
    host.relay(1)
    closed = trip(host, checks)
    opened = set_up(host, checks, closed)
    host.quiet(STORM)
    own = [row for row in host.rows(BOOK) if "person" not in row["to"]]
    after = [row for row in own if row["began"] > closed]
    checks.claim("of the list nothing begins after the halt, nor after the gate is open again",
                 not after, f"{len(after)} of {len(own)}")
    for name in ("robots", "strangers"):
        host.turn(name, False)
    host.quiet(QUIET)
    reset(host, checks, opened)
    checks.claim("journald dropped no line of the evidence", not host.suppressed())


def trip(host: AliasHost, checks: Checks) -> float:
    """Until all mail is halted and what was under way has ended; that time."""
    host.need("listbreaker", "arm", "--reason", "a storm is to come")
    host.turn("personal")
    host.turn("regular")
    until("announcement", 30, lambda: host.rows(POSTED))
    host.turn("regular", False)
    until("first copies", 60, lambda: len(host.rows(BOOK)) > 50)
    host.turn("robots")
    host.turn("strangers")
    until("open breaker", 90, lambda: host.status_code() == OPEN)
    host.quiet(QUIET)
    closed = host.now()
    status = host.status()
    found = [(one["reach"], one.get("lacks_narrowing")) for one in status["incidents"]]
    checks.claim("all mail is halted, and status says for want of what",
                 status["queue"]["is_halted"] and found == [("queue", True)], found)
    text = host.run("listbreaker", "status").stdout
    checks.claim("status names the command", "listbreaker setup postfix --narrow" in text)
    pages = [page.get("body") or {} for page in host.pages_of("trip")]
    checks.claim("so does the page", len(pages) == 1 and "setup postfix --narrow" in str(pages[0]),
                 str(pages)[:300])
    host.quiet(10)
    late = [row for row in host.rows(BOOK) if row["began"] > closed]
    checks.claim("meanwhile nothing leaves, of nobody", not late, len(late))
    return closed


def set_up(host: AliasHost, checks: Checks, closed: float) -> float:
    """The command, and until other mail flows; that time."""
    done = host.run("listbreaker", "setup", "postfix", "--narrow", "--apply")
    checks.claim("setup postfix --narrow is done while mail is halted", done.returncode == 0,
                 done.stderr.strip()[-300:])
    asked = host.now()
    until("other mail that flows", WITHIN + 30, lambda: not host.status()["queue"]["is_halted"],
          every=0.5)
    opened = host.now()
    checks.claim("other mail flows again within NarrowWithin=", opened - asked <= WITHIN,
                 f"{opened - asked:.0f} s after the setup")
    checks.figure("seconds from the setup to the open gate", f"{opened - asked:.1f}")
    status = host.status()
    found = [(one["reach"], one["state"], one.get("lacks_narrowing")) for one in status["incidents"]]
    checks.claim("the incident is open, and narrowed now", found == [("narrow", "open", None)], found)
    checks.claim("the tables name the list", b"listbreaker:\n" in host.read(TABLES))
    until("personal mail", 60, lambda: any(
        row["began"] > opened for row in host.rows(BOOK) if "person" in row["to"]))
    return opened


def reset(host: AliasHost, checks: Checks, opened: float) -> None:
    """The storm is discarded; everybody else has everything, once."""
    before = host.now()
    done = host.run("listbreaker", "reset", host.address, "--held", "discard", "--rate", "60000/min",
                    "--reason", "it is over", "--yes")
    checks.claim("the reset is done", done.returncode == 0, (done.stdout + done.stderr)[-300:])
    until("nothing on hold", 300,
          lambda: host.queued("hold") == 0 and b"listbreaker:\n" not in host.read(TABLES), every=2)
    host.turn("personal", False)
    # What came in the instant in which the gate was opened is deferred for up to five minutes, and what
    # was under way when the tables were emptied is done, but in the queue until somebody looks.
    deferred = host.queued("deferred")
    checks.figure("personal messages deferred by the gate as it was opened", deferred)
    checks.claim("hardly any", deferred <= 3, deferred)
    host.run("sendmail", "-q", user="nobody")
    until("empty queue", 120, lambda: host.queued() == 0, every=1)
    host.quiet(3)
    rows = host.rows(BOOK)
    left = [row for row in rows if "person" not in row["to"] and row["began"] > before]
    checks.claim("after the discard nothing of the storm leaves", not left, len(left))
    counted = collections.Counter(row["to"] for row in rows if "person" in row["to"])
    sent = host.rows(PERSONAL)
    checks.claim("personal mail is all delivered, each once",
                 bool(sent) and all(counted[one["to"]] == 1 for one in sent),
                 f"{len(sent)} sent, {sum(1 for one in sent if counted[one['to']] != 1)} not once")
    flying = [row for row in rows if "person" in row["to"] and opened - 60 < row["began"] < opened]
    checks.figure("personal messages that left in the minute before the gate was open", len(flying))
    checks.claim("nothing is saved but the storm", all(
        "person" not in who for one in host.saved() for who in one["recipients"]))
