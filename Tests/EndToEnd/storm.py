# SPDX-License-Identifier: Apache-2.0
#
# The weekend that listbreaker exists for, twice: armed, through a crash and a reboot to the reset;
# and in observe mode, where the same storm must page and touch nothing.
"""The storm, armed and observed."""

import json
import time

from checks import Checks
from machine import until
from mailhost import LIST, SENDER
from watched import CLOSED, OPEN, WatchedHost

ANSWERS = 4
SEED = 7
IN_FLIGHT = 100  # Postfix's default_process_limit: deliveries that no hold can call back
SLACK = 1.05


def announce(host: WatchedHost, checks: Checks) -> None:
    """The announcement goes out whole."""
    host.post(SENDER, "Release 4 is here")
    members = len(host.subscribers)
    until("whole announcement", 180, lambda: len(host.sent()) >= members, every=1)
    copies = host.delivered()
    checks.claim("the announcement reaches every subscriber once",
                 len(copies) == members and set(copies.values()) == {1}, f"{len(copies)} copies")
    checks.claim("the announcement trips nothing", host.status_code() == CLOSED)
    checks.claim("the announcement pages nobody", not host.pages(), host.pages()[:1] or "")


def provoke(host: WatchedHost) -> tuple[float, float]:
    """Lets the robots answer until the breaker opens: when the second answer's fan-out was
    announced, and when we knew of the trip."""
    host.set_robots(ANSWERS, SEED)
    host.provoke()
    until("open breaker", 180, lambda: host.status_code() == OPEN)
    known = time.time()
    until("second answer", 60, lambda: len(host.expansions()) >= 3)
    return host.expansions()[2].time, known


def trip_page(host: WatchedHost, checks: Checks, decisive: float) -> None:
    """The page: once, in time, with list, figures and incident."""
    until("page", 30, lambda: host.pages_of("trip"))
    page = host.pages_of("trip")[0]
    late = page["came"] - decisive
    checks.claim("the page comes within 5 s of the decisive line", late <= 5, f"{late:.3f} s")
    alert = page["body"]["alerts"][0]
    text = json.dumps(page["body"])
    checks.claim("the page names the list", LIST in text)
    checks.claim("the page has the incident's number", alert["labels"].get("incident") == "1",
                 alert["annotations"]["summary"])
    figures = alert["annotations"]
    checks.claim("the page has figures", {"posts", "copies_announced"} <= set(figures),
                 ", ".join(f"{name} {figures[name]}" for name in
                           ("posts", "replies", "posters", "copies_announced", "copies_sent")
                           if name in figures))
    checks.figure(f"{host.name}: ms from decisive line to page", f"{late * 1000:.0f}")


def armed(host: WatchedHost, checks: Checks) -> None:
    """Trip, halt, crash, reboot, reset."""
    host.boot()
    host.prepare()
    host.install(checks)
    before = host.configuration()
    checks.claim("after installation it observes", host.status().get("mode") == "observe",
                 host.status().get("mode", host.status()))
    done = host.run("listbreaker", "arm")
    checks.claim("a person arms it", done.returncode == 0 and host.status().get("mode") == "armed",
                 (done.stdout + done.stderr).strip())

    print(" 1. the announcement", flush=True)
    announce(host, checks)

    print(" 2. the storm", flush=True)
    decisive, _ = provoke(host)
    halted_quiet(host, checks, decisive)

    print(" 3. the page", flush=True)
    trip_page(host, checks, decisive)
    checks.claim("one page for the incident", len(host.pages_of("trip")) == 1,
                 len(host.pages_of("trip")))
    removal = host.run("dpkg", "--remove", "listbreaker", timeout=120)
    checks.claim("the package refuses to leave while mail is halted",
                 removal.returncode != 0 and host.status_code() == OPEN)

    print(" 4. a crash and a reboot", flush=True)
    crash_and_reboot(host, checks)

    print(" 5. the reset", flush=True)
    reset(host, checks, before)

    host.need("rm", "/etc/listbreaker/listbreaker.conf.d/50-list.conf")  # ours, not the package's
    removal = host.run("dpkg", "--purge", "listbreaker", timeout=120)
    left = host.run("sh", "-c", "ls -d /var/lib/listbreaker* /etc/listbreaker* /run/listbreaker* "
                                "/lib/systemd/system/*listbreaker* 2>/dev/null").stdout.split()
    checks.claim("purged, it leaves nothing behind", removal.returncode == 0 and not left,
                 (removal.stderr.strip()[-300:], left))
    checks.claim("journald dropped no line of the evidence", not host.suppressed())


def halted_quiet(host: WatchedHost, checks: Checks, decisive: float) -> None:
    """What left after the decisive line, and that nothing leaves in a minute of provocation."""
    time.sleep(max(0, decisive + 10 - time.time()))
    began = time.time()
    pierced = host.run("postqueue", "-f", user="nobody")
    host.quiet(15)
    host.post("late@example.net", "Re: Release 4 is here")
    host.quiet(15)
    host.run("postqueue", "-f", user="nobody")
    host.quiet(max(0, began + 60 - time.time()))

    hold = host.first_hold(decisive - 60)
    sent = [when for when in host.sent() if when > decisive]
    leaked, later = len(sent), [when for when in sent if when >= began]
    answers = sum(1 for line in host.expansions()[1:] if hold is None or line.time <= hold)
    checks.claim("the storm trips no later than the second answer's fan-out",
                 hold is not None and answers <= 2, f"{answers} answers before the hold")
    checks.claim("what leaves after the decisive line was in flight, plus 5 % at most",
                 leaked <= IN_FLIGHT * SLACK, f"{leaked} copies")
    checks.claim("nothing leaves in the following minute, flushed and posted to", not later,
                 f"{len(later)} copies; flush exited {pierced.returncode}")
    halt = host.status().get("queue", {}).get("halt", "")
    checks.claim("status says that the halt is verified", "verified" in halt, halt)
    checks.figure("ms from decisive line to hold",
                  f"{(hold - decisive) * 1000:.0f}" if hold else "never")
    checks.figure("ms from decisive line to last copy",
                  f"{(sent[-1] - decisive) * 1000:.0f}" if sent else "none")
    checks.figure("copies leaked after the decisive line", leaked)
    checks.figure("copies held", host.queued("hold"))
    checks.figure("copies queued in all", host.queued())


def crash_and_reboot(host: WatchedHost, checks: Checks) -> None:
    """kill -9, then a reboot: still open, still halted, no second page."""
    sent = len(host.sent())
    first = host.daemon()
    host.need("kill", "-9", str(first))
    until("daemon after kill -9", 30, lambda: host.daemon() not in (0, first))
    until("answer after kill -9", 30, lambda: host.status_code() in (CLOSED, OPEN))
    checks.claim("after kill -9 it is back and open", host.status_code() == OPEN)

    reminders = len(host.pages_of("reminder"))
    host.reboot()
    until("answer after the reboot", 60, lambda: host.status_code() in (CLOSED, OPEN))
    checks.claim("after the reboot it is open", host.status_code() == OPEN)
    host.run("postqueue", "-f", user="nobody")
    until("reminder", 150, lambda: len(host.pages_of("reminder")) > reminders, every=1)
    text = json.dumps(host.pages_of("reminder")[-1])
    checks.claim("the reminder says that it is still open", "still open" in text and LIST in text)
    checks.claim("no copy left, through crash, reboot and flush", len(host.sent()) == sent,
                 f"{len(host.sent()) - sent} copies")
    checks.claim("no second page for the incident", len(host.pages_of("trip")) == 1,
                 len(host.pages_of("trip")))


def reset(host: WatchedHost, checks: Checks, before: dict[str, bytes]) -> None:
    """A person lets mail flow again; every held copy comes out, once."""
    host.hasten()
    done = host.run("listbreaker", "reset", LIST, "--held", "release", "--reason",
                    "the list is closed to strangers", timeout=300)
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip()[-500:])
    until("empty queue", 600, lambda: host.queued() == 0, every=2)

    copies = host.delivered()
    posts = host.expansions()
    announced = sum(int(line.text.split("nrcpt=")[1].split()[0]) for line in posts)
    sunk, queued, bounced = copies.total(), host.queued(), host.bounced()
    checks.claim("delivered + queued + bounced = announced", sunk + queued + bounced == announced,
                 f"{sunk} + {queued} + {bounced} = {announced}")
    checks.claim("no copy twice", set(copies.values()) == {1},
                 f"{sum(1 for times in copies.values() if times > 1)} doubled")
    checks.claim("every post reaches every subscriber",
                 len(copies) == len(posts) * len(host.subscribers),
                 f"{len(posts)} posts, {len(host.subscribers)} subscribers")
    after = host.configuration()
    checks.claim("Postfix's configuration is byte for byte what it was", after == before,
                 [name for name in before if after[name] != before[name]] or "")
    checks.claim("the breaker is no longer open", host.status_code() == CLOSED)
    until("page of the reset", 30, lambda: host.pages_of("reset"))
    checks.claim("the reset resolves the page",
                 host.pages_of("reset")[0]["body"]["status"] == "resolved")
    checks.figure("posts", len(posts))
    checks.figure("copies announced", announced)
    checks.figure("copies sent", sunk)
    checks.figure("copies bounced", bounced)
    checks.figure("copies still queued", queued)


def observed(host: WatchedHost, checks: Checks) -> None:
    """The same storm, not armed."""
    host.boot()
    host.prepare()
    before = host.configuration()
    host.install(checks)
    announce(host, checks)
    decisive, known = provoke(host)
    trip_page(host, checks, decisive)
    page = host.pages_of("trip")[0]
    checks.claim("the page says that mail is not halted", "NOT HALTED" in json.dumps(page))
    host.quiet(10)
    moving = [when for when in host.sent() if when > known]
    checks.claim("copies go on leaving", len(moving) >= 200, f"{len(moving)} since")
    checks.claim("nothing is on hold", host.queued("hold") == 0 and host.first_hold(0) is None)
    checks.claim("Postfix's configuration is untouched", host.configuration() == before)
    checks.claim("one page for the incident", len(host.pages_of("trip")) == 1)
