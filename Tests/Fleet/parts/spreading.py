# SPDX-License-Identifier: Apache-2.0
#
# One storm that one host sees: what the others do, and how soon; brokers killed and wiped; one reset.

import statistics
import time

from parts.apart import crash, cut_off, wiped_after_reset
from checks import check, until
from host import Host
from parts.orders import armed, commands
from story import Story
from parts.strangers import rights, wrong_authority


def spread(story: Story) -> None:
    """All but what is judged together, in order."""
    mx1, mx2, mx3 = (story.add(f"mx{n}") for n in (1, 2, 3))
    for host in story.hosts:
        host.start()
    check("three hosts reach two brokers", all(until(lambda h=h: h.is_heard(2), 40) for h in story.hosts))
    here = until(lambda: len(mx1.fleet.get("hosts", [])) == 3)
    check("each sees the others", bool(here), str(mx1.fleet.get("hosts")))
    storm(story, mx1, mx2, mx3)
    killed_broker(story, mx1, mx2, mx3)
    wiped(story, mx1, mx2, mx3)
    one_reset(story, mx1, mx2, mx3)
    commands(story, mx1, mx2, mx3)
    armed(story, mx1, mx2, mx3)
    how_soon(story, mx1, mx2, mx3)
    rights(story, mx1, mx2, mx3)
    cut_off(story, mx1, mx2, mx3)
    wiped_after_reset(story, mx1, mx2, mx3)
    crash(story, mx2, mx3)
    wrong_authority(story)
    for host in story.hosts:
        host.stop()
    story.hosts.clear()


def storm(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """A storm that one host sees; the others hold the list's mail."""
    until(lambda: mx1.post("news@example.org") or mx1.state() == "closed", 2, 0.5)
    begin = time.monotonic()
    until(lambda: mx1.post(f"p{mx1.serial}@example.net") or mx1.state() == "open", 30, 0.3)
    check("the storm trips its host", mx1.state() == "open")
    found = all(until(lambda h=h: h.state() == "open", 5) for h in (mx2, mx3))
    check("the others adopt it", found, f"{mx2.state()}, {mx3.state()}")
    own = story.ordered(mx1, "hold-list", begin)
    for host in (mx2, mx3):
        at = until(lambda h=host: story.ordered(h, "hold-list", begin), 5)
        late = at - own if at and own else None
        check(f"{host.name} holds the list within a second of its host", late is not None and late < 1, f"{late}")
        check("and holds nothing else", not story.ordered(host, "halt", begin))
    order = next((line for _, verb, line in mx2.orders if verb == "hold-list"), "")
    check("it knows the list's sender by the other's word", "owner-annonce@example.org" in order, order[:300])
    line = mx2.fleet["open"][0]
    shown = story.shown(mx2)
    told = "OPEN: annonce@example.org" in shown.stdout and "mx1/1 at" in shown.stdout
    check("listbreaker status --fleet shows it, and ends with 3", told and shown.returncode == 3, shown.stdout + shown.stderr)
    check("and says whose trip it is", [t["incident"] for t in line["trips"]] == ["mx1/1"], str(line)[:300])


def killed_broker(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """One broker is killed: nobody notices but in the status."""
    story.brokers[0].kill()
    mx1.command("trip", "second@example.org", isNew=True)
    found = until(lambda: all(h.state("second@example.org") == "open" for h in (mx2, mx3)), 5)
    check("a trip spreads with one of two brokers killed -9", bool(found))
    check("and that is told", bool(until(lambda: mx2.is_heard(1), 25)), str(mx2.fleet.get("brokers")))
    story.brokers[0].start()
    check("it comes back", bool(until(lambda: all(h.is_heard(2) for h in story.hosts), 40)))


def wiped(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """Both brokers lose all: everything stays open, and the hosts fill them again."""
    for broker in story.brokers:
        broker.kill()
        broker.wipe()
    check("all brokers gone: each is alone", bool(until(lambda: all(h.is_heard(0) for h in story.hosts), 30)))
    check("and says so", "no broker is connected" in str(mx2.fleet.get("alone")), str(mx2.fleet.get("alone")))
    shown = story.shown(mx2)
    told = "THIS HOST IS ALONE" in shown.stdout and shown.returncode == 4
    check("also to listbreaker status --fleet, which ends with 4", told, shown.stdout + shown.stderr)
    for broker in story.brokers:
        broker.start()
    until(lambda: all(h.is_heard(2) for h in story.hosts), 40)
    states = [h.state(a) for h in story.hosts for a in ("annonce@example.org", "second@example.org")]
    check("all brokers wiped: everything stays open", states == ["open"] * 6, str(states))
    mx4 = story.add("mx4")
    mx4.start()
    found = until(lambda: len(mx4.fleet.get("open", [])) == 2, 30)
    check("a host that joins now learns all from the refilled brokers", bool(found), str(mx4.fleet)[:300])
    check("and holds", bool(until(lambda: mx4.state() == "open", 5)))


def one_reset(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """Once for all."""
    outcome = story.reset(mx3, "annonce@example.org")
    check("an operator resets the fleet once", outcome.returncode == 0, outcome.stdout + outcome.stderr)
    found = until(lambda: all(h.state() == "half-open" for h in story.hosts), 5)
    check("every host lets the list flow", bool(found), str([h.state() for h in story.hosts]))
    check("the other list stays open", mx2.state("second@example.org") == "open")
    outcome = story.reset(mx1, "second@example.org")
    found = until(lambda: all(h.state("second@example.org") == "half-open" for h in story.hosts), 5)
    check("the other list too, when it is reset", bool(found), outcome.stdout + outcome.stderr)
    # The hosts say their open trips again on each connect; nothing that was reset may come back.
    story.brokers[1].kill()
    story.brokers[1].start()
    until(lambda: all(h.is_heard(2) for h in story.hosts), 40)
    check("nothing opens again", all(h.state() == "half-open" for h in story.hosts))
    outcome = story.reset(mx1, "annonce@example.org")
    check("a second reset has nothing to do", outcome.returncode == 1, outcome.stderr.strip())


def how_soon(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """From a person's trip on one host to the order at the others' actuators.

    Three trips an hour of one host count, so hosts of their own do the tripping.
    """
    tellers = [story.add(f"t{number}") for number in range((story.rounds + 2) // 3)]
    for host in tellers:
        host.start()
    until(lambda: all(h.is_heard(2) for h in tellers), 40)
    lags = []
    missed = 0
    for number in range(story.rounds):
        teller = tellers[number // 3]
        address = f"l{number}@example.org"
        begin = time.monotonic()
        teller.command("trip", address, isNew=True)
        for host in (mx1, mx2, mx3):
            at = until(lambda h=host, b=begin, a=address: story.held(h, a, b), 5)
            missed += at is None
            if at:
                lags.append((at - begin) * 1000)
    lags.sort()
    check(
        f"{story.rounds} trips reach three other hosts' actuators within a second",
        not missed and bool(lags) and lags[-1] < 1000,
        f"missed {missed}; ms: median {statistics.median(lags):.1f}, "
        f"p99 {lags[int(len(lags) * 0.99)]:.1f}, max {lags[-1]:.1f}" if lags else "none",
    )  # fmt: skip
    for host in tellers:
        host.stop()
        story.hosts.remove(host)
