# SPDX-License-Identifier: Apache-2.0
#
# Storms on a fleet of booted Debians: at the list host and at each relay, over and over; with a relay that is
# cut off and another that reboots meanwhile; a release that all hosts share, and a stranger in the middle of
# it. Personal mail goes through all of it. What came of it all is in books.py.
"""A fleet of mail hosts, under storms."""

import dataclasses
import datetime
import time

from books import Books
from checks import Checks
from grounds import FleetGrounds
from listhost import BOOK, POSTED
from machine import until
from members import CONNECT, RATE, FleetHost
from story import QUIET
from watched import CLOSED, OPEN

ROUNDS = 2  # storms of each host
SLOW = 20  # seconds that the world takes for a message while relays are to fill up
REASON = "the list is closed to strangers"


@dataclasses.dataclass
class Storm:
    """One of them, by the clock that all machines have."""

    origin: str
    tripped: float  # the journal's time of the line that decided
    halted: dict[str, float]  # since when each host's queue manager knows
    reset: float = 0
    flight: float = 1  # seconds in which what the queue managers had handed over before begins

    def spread(self) -> float:
        """Seconds from the line that decided until the last of the others had halted."""
        return max(when for who, when in self.halted.items() if who != self.origin) - self.tripped


class Play:
    """The whole story."""

    def __init__(self, site: FleetGrounds, checks: Checks):
        self.site, self.checks = site, checks
        self.lists, self.mx1, self.mx2 = site.hosts
        self.address = self.lists.address
        self.storms: list[Storm] = []

    def tell(self) -> None:
        """From the first package to the empty queues."""
        self.site.found(self.checks)
        self.arm()
        for host in self.site.hosts:
            host.turn("personal")
        for number in range(ROUNDS):
            for origin in self.site.hosts:
                print(f" storm {number + 1} at {origin.short}", flush=True)
                self.announce(self.lists)
                self.storm(origin, self.site.hosts)
                self.site.lists.quiet(QUIET)
                self.reset("discard")
        print(" one relay cut off, the other rebooted", flush=True)
        self.cut_off()
        print(" a release that three hosts share", flush=True)
        self.share()
        Books(self).judge()

    def arm(self) -> None:
        """A canary first, then the rest."""
        for pattern in ("mx1*", "*"):
            done = self.lists.run("listbreaker", "arm", "--fleet", "--hosts", pattern, "--reason", "tried")
            self.checks.claim(f"arm --fleet --hosts '{pattern}'", done.returncode == 0,
                              (done.stdout + done.stderr).strip()[-300:])
            modes = [host.status().get("mode") for host in self.site.hosts]
            wanted = ["observe", "armed", "observe"] if pattern != "*" else ["armed"] * 3
            self.checks.claim("it arms those and no others", modes == wanted, modes)

    def announce(self, *hosts: FleetHost, waits: bool = True) -> None:
        """The regular poster writes through each of `hosts`; then the relays have begun to deliver that,
        unless nobody `waits` for it."""
        known = {host.short: len(host.rows(POSTED)) for host in hosts}
        for host in hosts:
            host.turn("regular")
        for host in hosts:
            until("announcement", 30, lambda host=host: len(host.rows(POSTED)) > known[host.short], every=0.05)
            host.turn("regular", False)
        for host in hosts if waits else ():
            mine = host.rows(POSTED)[known[host.short]:]
            for relay in (self.mx1, self.mx2) if host is self.lists else (host,):
                until("first copies", 60, lambda relay=relay, mine=mine: sum(
                    1 for row in relay.rows(BOOK) if row["id"] == mine[0]["id"]) > 20)
        self.lists.quiet(3)

    def storm(self, origin: FleetHost, others: list[FleetHost]) -> Storm:
        """Strangers write through `origin` until the queues of all who hear it are halted."""
        origin.turn("strangers")
        return self.halted(origin, others)

    def halted(self, origin: FleetHost, others: list[FleetHost]) -> Storm:
        """Waits for the halt of each, and notes when it was."""
        since: dict[str, float] = {}

        def all_are() -> bool:
            for host in others:
                if host.short not in since and (when := host.narrowed()):
                    since[host.short] = when
            return len(since) == len(others)

        try:
            until("halt on all hosts", 60, all_are, every=0.02)
        finally:
            origin.turn("strangers", False)
        found = Storm(origin.short, self.tripped(origin), since)
        self.checks.claim(f"a storm at {origin.short} halts the others within a second", found.spread() <= 1,
                          f"{found.spread() * 1000:.0f} ms after the line that decided; {self.relative(found)}")
        self.storms.append(found)
        return found

    @staticmethod
    def relative(storm: Storm) -> str:
        """When each host halted, in milliseconds since the trip."""
        return ", ".join(f"{who} {(when - storm.tripped) * 1000:.0f}" for who, when in storm.halted.items())

    def tripped(self, origin: FleetHost) -> float:
        """Event time of its newest trip that is open."""
        trips = [trip for scope in origin.fleet().get("open", []) for trip in scope["trips"]
                 if trip["name"].startswith(f"{origin.full}/")]
        self.checks.claim(f"{origin.short} tripped by itself", bool(trips),
                          trips[-1]["rule"] if trips else origin.fleet().get("open"))
        times = [datetime.datetime.fromisoformat(trip["time"]).timestamp() for trip in trips]
        return max(times, default=time.time())

    def reset(self, held: str) -> None:
        """Said once, on the list host; all resume."""
        self.storms[-1].reset = time.time()
        self.say_reset(held)
        codes = until("reset on all hosts", 30, lambda: [
            host.status_code() for host in self.site.hosts] == [CLOSED] * 3)
        self.checks.claim("one reset is heard by all", bool(codes))
        until("nothing of the list on hold", 180, lambda: all(
            host.unbound() for host in self.site.hosts), every=1)

    def say_reset(self, held: str) -> None:
        """In the operator's name."""
        done = self.lists.run("listbreaker", "reset", self.address, "--fleet", "--held", held, "--yes",
                              "--reason", REASON, timeout=180)
        self.checks.claim(f"reset --fleet --held {held}", done.returncode == 0,
                          (done.stdout + done.stderr).strip()[-400:] if done.returncode else "")

    def cut_off(self) -> None:
        """The list host storms while one relay hears nothing; the other is rebooted meanwhile."""
        checks, relay = self.checks, self.mx2
        self.announce(self.lists)
        until("mail in the relay", 60, lambda: relay.queued() > 40)
        self.site.switch.cut(relay)
        cut = time.time()
        storm = self.storm(self.lists, [self.lists, self.mx1])
        storm.flight += CONNECT  # what was handed over waits so long for the relay that is gone
        checks.claim("the relay that is cut off is not halted", relay.status_code() == CLOSED)
        self.reboot(storm)
        # Of those about it only what it says itself is asked: its own journal, its own socket.
        alone = until("word of being alone", 60, lambda: relay.fleet().get("alone"))
        checks.claim("it says that it is alone", bool(alone), alone)
        went_on = sum(1 for row in relay.rows(BOOK) if row["began"] > storm.tripped)
        checks.claim("and went on meanwhile", went_on > 0, f"{went_on} messages")
        back = time.time()
        self.site.switch.mend(relay)
        storm.halted[relay.short] = until("halt of the relay that is back", 60, relay.narrowed, every=0.02)
        late = storm.halted[relay.short] - back
        checks.claim("back, it halts", late < 20, f"{late:.1f} s after its link, cut for {back - cut:.0f} s")
        checks.figure("s from a relay's link until it has halted", f"{late:.1f}")
        self.lists.quiet(QUIET)
        self.reset("discard")

    def reboot(self, storm: Storm) -> None:
        """A relay reboots while it is open."""
        host = self.mx1
        for each in (host, self.lists):
            each.turn("personal", False)
        self.lists.quiet(QUIET)
        until("nothing under way", 60, lambda: host.queued("active", "incoming") == 0)
        host.reboot()
        host.gather()
        until("daemon after the reboot", 60, lambda: host.status_code() in (CLOSED, OPEN))
        until("Postfix", 60, lambda: host.run("postfix", "status").returncode == 0)
        self.checks.claim("rebooted, it is open and its queue manager halted",
                          host.status_code() == OPEN and host.narrowed() is not None)
        host.run("sendmail", "-q", user="nobody")
        for each in (host, self.lists):
            each.turn("personal")
        there = until("rebooted relay in the fleet", 60, lambda: host.hears(2, 2), every=0.5)
        self.checks.claim("and back in the fleet", bool(there))
        self.lists.quiet(QUIET)

    def share(self) -> None:
        """What two of three hosts hold goes out, together at the rate of one; then a stranger writes.

        The world is so slow that the relays have nearly all of it, a message a copy: one to many goes as a
        whole, and a rate could not be seen.
        """
        self.still(False)
        for relay in (self.mx1, self.mx2):
            relay.relay(SLOW)
        for _ in range(3):
            self.announce(self.lists, waits=False)
        until("mail in the relays", 180, lambda: self.lists.queued() == 0, every=1)
        done = self.mx1.run("listbreaker", "trip", self.address, "--fleet", "--reason", "by hand")
        self.checks.claim("trip --fleet", done.returncode == 0, (done.stdout + done.stderr).strip()[-300:])
        storm = self.halted(self.mx1, self.site.hosts)
        # What was under way ends, and each host has had the time to say what it holds.
        self.lists.quiet(SLOW + QUIET)
        for relay in (self.mx1, self.mx2):
            relay.relay(0.2)
        self.still(True)
        held = {host.short: host.queued("hold") for host in self.site.hosts}
        storm.reset = self.released = time.time()
        self.say_reset("release")
        self.lists.quiet(max(0, self.released + 60 - time.time()))
        left = {host.short: host.queued("hold") for host in self.site.hosts}
        self.checks.claim("after a minute more is to come on both relays", left["mx1"] > 0 and left["mx2"] > 0,
                          f"messages on hold: {held}, now {left}")
        self.judge_rate()
        stop = self.storm(self.mx2, self.site.hosts)
        self.lists.quiet(10)
        stop.reset = time.time()
        self.say_reset("discard")
        until("nothing of the list on hold", 240, lambda: all(
            host.unbound() for host in self.site.hosts), every=1)
        self.still(False)

    def still(self, writes: bool) -> None:
        """Personal mail goes on, or ends and is all delivered."""
        for host in self.site.hosts:
            host.turn("personal", writes)
        if not writes:
            until("empty queues", 120, lambda: not any(host.queued() for host in self.site.hosts), every=1)
            self.lists.quiet(QUIET)

    def judge_rate(self) -> None:
        """What the world took of the list in the first minute: a batch of 5 s goes at once."""
        copies = [row for relay in (self.mx1, self.mx2) for row in relay.rows(BOOK)
                  if "person" not in row["to"] and self.released < row["began"] <= self.released + 60]
        most = RATE * 65 // 60
        self.checks.claim(f"three hosts release at {RATE} copies a minute together", len(copies) <= most,
                          f"{len(copies)} in the first minute; with the first batch {most}")
        self.checks.claim("and release at all", len(copies) >= RATE // 3, len(copies))
        self.checks.figure("copies released in a minute by three hosts", len(copies))


def fleet(site: FleetGrounds, checks: Checks) -> None:
    """The scenario."""
    Play(site, checks).tell()
