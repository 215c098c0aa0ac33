# SPDX-License-Identifier: Apache-2.0
#
# What became of every copy and every personal message, by the books of those who took it: the world's behind
# each relay, and the relays' own logs for what the list host gave them.
"""The accounts of a fleet."""

import collections
import re
import statistics

from listhost import BOOK, CAME, PERSONAL, POSTED

CLIENT = re.compile(r"^([0-9A-Za-z]+): client=lists\.example\.org\[")


class Books:
    """Read once all is over."""

    def __init__(self, play):
        self.play, self.checks, self.hosts = play, play.checks, play.site.hosts
        self.relays = self.hosts[1:]
        self.posted = [row["id"] for host in self.hosts for row in host.rows(POSTED)]
        taken = {host.short: host.rows(BOOK) for host in self.relays}
        self.own = {who: [row for row in rows if "person" not in row["to"]] for who, rows in taken.items()}
        self.personal = {who: [row for row in rows if "person" in row["to"]] for who, rows in taken.items()}

    def judge(self) -> None:
        """Says what was found."""
        self.judge_halts()
        self.judge_copies()
        self.judge_personal()
        spreads = sorted(storm.spread() * 1000 for storm in self.play.storms if len(storm.halted) == 3
                         and storm.spread() < 10)
        for name, value in (("median", statistics.median(spreads)), ("slowest", spreads[-1])):
            self.checks.figure(f"ms from the deciding line to the last host's halt, {name} of "
                               f"{len(spreads)} trips", f"{value:.0f}")
        self.checks.figure("each", " ".join(f"{value:.0f}" for value in spreads))
        for host in self.hosts:
            self.checks.claim(f"{host.short}: nothing bounced", host.bounced() == 0, host.bounced())
            self.checks.claim(f"{host.short}: journald dropped no line of the evidence", not host.suppressed())

    def given(self) -> list[float]:
        """When the list host began to give each message of the list to a relay, by the relay's log."""
        times = []
        for relay in self.relays:
            began: dict[str, float] = {}
            for line in relay.log():
                if found := CLIENT.match(line.text):
                    began[found[1]] = line.time
                elif (found := CAME.match(line.text)) and found[1] in began:
                    when = began.pop(found[1])
                    if found[2] in self.posted:
                        times.append(when)
        return times

    def judge_halts(self) -> None:
        """Between halt and reset nothing of the list leaves any host."""
        begun = {who: [row["began"] for row in rows] for who, rows in self.own.items()}
        begun["lists"] = self.given()
        for number, storm in enumerate(self.play.storms, 1):
            for who, since in storm.halted.items():
                late = [when for when in begun[who] if since + storm.flight < when < storm.reset]
                flying = sum(1 for when in begun[who] if since < when <= since + storm.flight)
                before = sum(1 for when in begun[who] if when <= since)
                self.checks.claim(
                    f"storm {number}: of the list nothing leaves {who} once it has halted", not late,
                    f"{len(late)}; {flying} within {storm.flight} s after the halt, {before} before")

    def judge_copies(self) -> None:
        """Announced = sent + held + saved, each copy in one place."""
        members = self.play.site.members
        places: dict[str, collections.Counter] = collections.defaultdict(collections.Counter)
        sent = 0
        for rows in self.own.values():
            for row in rows:
                places[row["id"]][row["to"]] += 1
                sent += 1
        unopened, saved = set(), 0
        for host in self.hosts:
            for envelope in host.saved():
                identity = envelope.get("messageID") or ""
                if host.address in envelope["recipients"]:
                    unopened.add(identity)
                else:
                    places[identity].update(envelope["recipients"])
                    saved += len(envelope["recipients"])
        held = sum(host.queued() for host in self.hosts)
        short = {one: (len(places[one]), max(places[one].values(), default=0)) for one in self.posted
                 if not (one in unopened and not places[one])
                 and (len(places[one]) != members or set(places[one].values()) != {1})}
        announced = sum(members for one in self.posted if one not in unopened)
        self.checks.claim("announced = sent + held + saved over all hosts, each copy in one place",
                          not short and announced == sent + held + saved,
                          f"{len(self.posted)} posts, {announced} announced, {sent} sent, {held} held, "
                          f"{saved} saved; not so: {list(short.items())[:4]} of {len(short)}")
        stray = set(places) - set(self.posted)
        self.checks.claim("nothing else left from the list", not stray, list(stray)[:3])
        self.checks.figure("copies announced, sent, saved", f"{announced}, {sent}, {saved}")

    def judge_personal(self) -> None:
        """Personal mail through all hosts: each once, and soon where nothing was cut."""
        came = collections.Counter(row["id"] for rows in self.personal.values() for row in rows)
        first = {row["id"]: row["began"] for rows in self.personal.values() for row in rows}
        for host in self.hosts:
            given = host.rows(PERSONAL)
            wrong = [one for one in given if came[one["id"]] != 1]
            self.checks.claim(f"personal mail through {host.short} is all delivered, each once",
                              bool(given) and not wrong, f"{len(given)} sent, {len(wrong)} not once")
            waits = [first[one["id"]] - one["time"] for one in given if one["id"] in first
                     and any(storm.tripped < one["time"] < storm.reset - 3 for storm in self.play.storms
                             if len(storm.halted) == 3 and storm.spread() < 10)]
            self.checks.claim(f"through {host.short}, while the list is halted, within 10 s",
                              bool(waits) and max(waits) < 10,
                              f"{len(waits)} messages, the slowest after {max(waits, default=-1):.1f} s")
