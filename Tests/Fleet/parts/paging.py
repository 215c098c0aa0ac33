# SPDX-License-Identifier: Apache-2.0
#
# One page for one storm, whoever dies meanwhile.

import os
import signal
import time

from broker import publish
from checks import check, until
from host import Host
from story import Story


def gathered(story: Story, judges: list[str], others: list[str]) -> list[Host]:
    """Hosts of these names, which reach all brokers and know who judges."""
    hosts = [story.add(name, "Judge=yes\n") for name in judges] + [story.add(name) for name in others]
    for host in hosts:
        host.start()
    known = until(lambda: all(h.is_heard(2) and h.fleet.get("judges") == judges for h in hosts), 60)
    check("each host knows the judges", bool(known), str([h.fleet.get("judges") for h in hosts]))
    return hosts


def paged(story: Story) -> None:
    """One page for one storm: from the first judge that lives, under a name that all share."""
    p1, p2, q1, q2 = hosts = gathered(story, ["p1", "p2"], ["q1", "q2"])

    def keys(address: str, event: str = "trip") -> dict[str, list[str]]:
        return {h.name: found for h in hosts if (found := h.pages(address, event))}

    def storm(teller: Host, address: str) -> float:
        begin = time.monotonic()
        teller.command("trip", address, isNew=True)
        until(lambda: keys(address), 30, 0.02)
        return time.monotonic() - begin

    storm(q1, "paged1@example.org")
    time.sleep(22)
    found = keys("paged1@example.org")
    one = list(found) == ["p1"] and len(found["p1"]) == 1
    check("a trip of any host is paged once, by the first judge", one, str(found))
    check("its key names the trip", "fleet/q1/" in str(found), str(found))
    check("the others held it", all(h.state("paged1@example.org") == "open" for h in hosts))
    story.reset(q2, "paged1@example.org")
    found = until(lambda: keys("paged1@example.org", "reset"), 10, 0.1)
    check("one reset resolves it, under the same key", list(found or {}) == ["p1"], str(found))
    # The first judge hears nothing and pages nobody, but its carrier still says that it is there.
    os.kill(p1.processes["listbreakerd"].pid, signal.SIGSTOP)
    took = storm(q1, "paged2@example.org")
    found = keys("paged2@example.org")
    check("where the first judge hangs the second pages, when its turn comes", list(found) == ["p2"] and took > 4, f"{found} after {took:.1f} s")
    p1.kill()
    took = storm(q1, "paged3@example.org")
    time.sleep(22)
    found = {a: keys(a) for a in ("paged2@example.org", "paged3@example.org")}
    one = all(list(f) == ["p2"] and len(f["p2"]) == 1 for f in found.values())
    check("where it is killed -9 too, and each exactly once", one, f"{found}; {took:.1f} s")
    # Back again it must not page of what was paged.
    p1.start()
    until(lambda: p1.is_heard(2) and p1.state("paged3@example.org") == "open", 40)
    time.sleep(12)
    check("back again it pages of none of it", not p1.pages("paged2@example.org") and not p1.pages("paged3@example.org"), str([keys("paged2@example.org"), keys("paged3@example.org")]))
    # No judge left: who trips pages.
    for judge in (p1, p2):
        judge.kill()
    until(lambda: q2.fleet.get("judges") == [] and q1.fleet.get("judges") == [], 40)
    took = storm(q2, "paged4@example.org")
    time.sleep(12)
    found = keys("paged4@example.org")
    check("without judges who tripped pages, and nobody else", list(found) == ["q2"] and len(found["q2"]) == 1, f"{found}; {took:.1f} s")
    said = publish(story.brokers[0], story.ca, "q1", "lb/paged/q2/q2/9.0.9", "listbreaker-paged 1\n")
    check("a host cannot say that another paged", "uthorized" in said, said[-200:])
    for host in hosts:
        host.stop()
    story.hosts.clear()


def turns(story: Story) -> None:
    """kill -9 within a page's turn: one page at least, two at most, all under one key."""
    p3, p4, q3, q4 = hosts = gathered(story, ["p3", "p4"], ["q3", "q4"])

    def paged(address: str) -> list[tuple[str, str]]:
        return [(h.name, key) for h in hosts for key in h.pages(address)]

    def window(number: int, when: str, which: tuple[str, ...], back_after: float) -> None:
        """The first judge dies `when`; what is paged while it is away, and when it is back."""
        address = f"turn{number}@example.org"
        (p3.folder / when).touch()
        # Three trips an hour of one host are acted on.
        teller = q3 if number <= 3 else q4
        teller.command("trip", address, isNew=True)
        died = until(lambda: p3.processes["listbreakerd"].poll() is not None, 20)
        p3.kill(*which)
        away = []
        if back_after:
            time.sleep(back_after)
        else:
            until(lambda: any(name == "p4" for name, _ in paged(address)), 60, 0.1)
            away = paged(address)
        p3.start(*which)
        until(lambda: p3.is_heard(2), 40)
        time.sleep(45)
        found = paged(address)
        told = f"{when}, {' '.join(which)}: {away} while it was away, {found} in the end"
        check("the first judge was killed in its turn", bool(died))
        if not back_after:
            check("the second one pages in its place", any(name == "p4" for name, _ in away), told)
        check("one page at least and two at most", 1 <= len(found) <= 2, told)
        check("all under one key", len({key for _, key in found}) == 1, told)
        story.reset(q3, address)
        time.sleep(3)

    both = ("listbreakerd", "listbreaker-fleetd")
    window(1, "die-unsent", both, 0)
    window(2, "die-unsent", both[:1], 0)
    window(3, "die-sent", both[:1], 0)
    # As systemd starts it again.
    window(4, "die-sent", both[:1], 1)
    window(5, "die-unsent", both[:1], 1)

    def marks() -> list[str]:
        """Under which topics marks of these trips are kept; those of hosts that are gone do not matter."""
        topics = story.kept("lb/paged/#", "q3", "%t").split()
        return [topic for topic in topics if topic.split("/")[3] in ("q3", "q4")]

    gone = until(lambda: not marks(), 30, 1)
    check("no mark of what was reset stays at the brokers", bool(gone), str(marks()))
    for host in hosts:
        host.stop()
    story.hosts.clear()
