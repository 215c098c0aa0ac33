# SPDX-License-Identifier: Apache-2.0
#
# Hosts that are cut off or killed, and what they know when they are back.

import time

from checks import check, until
from host import Host
from story import Story


def cut_off(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """A host whose carrier is gone decides alone; a reset meanwhile does not name its trip."""
    mx3.kill("listbreaker-fleetd")
    mx1.command("trip", "cut@example.org", isNew=True)
    until(lambda: mx2.state("cut@example.org") == "open", 5)
    check("a host without a carrier hears nothing", mx3.state("cut@example.org") == "closed")
    mx3.command("trip", "cut@example.org", isNew=True)
    check("and trips by itself", mx3.state("cut@example.org") == "open")
    story.reset(mx1, "cut@example.org")
    until(lambda: mx2.state("cut@example.org") == "half-open", 5)
    mx3.start("listbreaker-fleetd")
    found = until(lambda: mx1.state("cut@example.org") == "open", 15)
    check("back again, its trip is news: it was named by nobody", bool(found))
    check("and is open there", mx3.state("cut@example.org") == "open")
    story.reset(mx1, "cut@example.org")
    found = until(lambda: all(h.state("cut@example.org") == "half-open" for h in (mx1, mx2, mx3)), 5)
    check("one more reset names it", bool(found), str([h.state("cut@example.org") for h in story.hosts]))


def wiped_after_reset(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """All brokers lose a reset: nothing opens again, and only who was cut off needs one more."""
    address = "wiped@example.org"
    t8 = story.add("t8")
    t8.start()
    until(lambda: t8.is_heard(2), 40)
    t8.command("trip", address, isNew=True)
    until(lambda: all(h.state(address) == "open" for h in (mx1, mx2, mx3)), 5)
    mx3.kill("listbreaker-fleetd")
    story.reset(mx1, address)
    hearing = (t8, mx1, mx2)
    until(lambda: all(h.state(address) == "half-open" for h in hearing), 5)
    for broker in story.brokers:
        broker.kill()
        broker.wipe()
        broker.start()
    until(lambda: all(h.is_heard(2) for h in hearing), 40)
    mx3.start("listbreaker-fleetd")
    until(lambda: mx3.is_heard(2), 40)
    t7 = story.add("t7")
    t7.start()
    until(lambda: t7.is_heard(2), 40)
    time.sleep(3)
    states = [h.state(address) for h in (*hearing, t7)]
    check("brokers that lost a reset open nothing again", states == ["half-open"] * 3 + ["closed"], str(states))
    check("who was cut off meanwhile stays open", mx3.state(address) == "open", mx3.state(address))
    said = story.reset(mx3, address)
    found = until(lambda: mx3.state(address) == "half-open", 5)
    check("one more reset, said there, closes it", said.returncode == 0 and bool(found), said.stdout + said.stderr)
    check("and opens nothing", [h.state(address) for h in (*hearing, t7)] == ["half-open"] * 3 + ["closed"])
    for host in (t7, t8):
        host.stop()
        story.hosts.remove(host)


def crash(story: Story, mx2: Host, mx3: Host) -> None:
    """kill -9 of daemon and carrier: what was adopted is there, what was reset stays so."""
    mx3.command("trip", "crash@example.org", isNew=True)
    until(lambda: mx2.state("crash@example.org") == "open", 5)
    mx2.kill()
    mx2.start()
    found = until(lambda: mx2.state("crash@example.org") == "open", 20)
    check("killed -9 and started, it is open", bool(found))
    check("what was reset stays so", mx2.state("cut@example.org") != "open", mx2.state("cut@example.org"))
    mx2.kill("listbreakerd")
    mx3.command("trip", "while@example.org", isNew=True)
    mx2.start("listbreakerd")
    found = until(lambda: mx2.state("while@example.org") == "open", 20)
    check("what tripped while its daemon was away is adopted when it is back", bool(found))
