#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of daemons, carriers, judge and brokers within a trip, its adoption and its reset, at seeded moments:
# what was answered with yes is so on every host in the end, nothing is open on one host and closed on another,
# and a list's mail is let go by nobody before its reset. Four real hosts and two real mosquitto on loopback.
#
# usage: Tests/Fleet/killed.py [--programs FOLDER] [--rounds N] [--seed N]     needs mosquitto and openssl; some 7 min

import argparse
import pathlib
import random
import sys
import threading
import time

from broker import Broker
from checks import TOP, check, lacks, outcome, until
from host import Host
from story import Story, playing

PROGRAMS = ("listbreakerd", "listbreaker-fleetd")
# Longer than all that happens after a trip's word is out.
WINDOW = 0.4


class Kills:
    """Who dies in a round, and when."""

    def __init__(self, chance: random.Random, hosts: list[Host], brokers: list[Broker]):
        one = [("host", host, program) for host in hosts for program in PROGRAMS]
        all_of = one + [("broker", broker, "") for broker in brokers]
        self.victims = chance.sample(all_of, chance.choice((1, 1, 2, 3)))
        self.delay, self.away = chance.uniform(0, WINDOW), chance.uniform(0, 2)

    def __str__(self) -> str:
        who = " ".join(f"{victim.folder.name}:{program or 'broker'}" for _, victim, program in self.victims)
        return f"{who} {self.delay * 1000:.0f} ms after it, for {self.away:.1f} s"

    def act(self) -> None:
        """Kills them all, and starts them again as systemd would."""
        time.sleep(self.delay)
        for kind, victim, program in self.victims:
            victim.kill(program) if kind == "host" else victim.kill()
        time.sleep(self.away)
        for kind, victim, program in self.victims:
            victim.start(program) if kind == "host" else victim.start()


def answered(call) -> tuple[threading.Thread, list]:
    """A call on a thread of its own, and where its answer comes."""
    answers: list = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


class Campaign:
    """A fleet, and rounds of trip and reset with somebody killed in each."""

    def __init__(self, story: Story, hosts: list[Host], seed: int):
        self.story, self.hosts, self.chance = story, hosts, random.Random(seed)
        self.wrong: list[str] = []

    def states(self, address: str) -> list[str]:
        """The breaker of the list on each host."""
        return [host.state(address) for host in self.hosts]

    def alike(self, address: str, *wanted: str) -> bool:
        """Whether it comes to one of `wanted` on every host, all of which hear both brokers."""
        return bool(
            until(
                lambda: all(h.is_heard(2) for h in self.hosts) and set(self.states(address)) <= set(wanted)
                and ("open" not in wanted or len(set(self.states(address))) == 1),
                60, 0.2,
            )
        )  # fmt: skip

    def note(self, number: int, what: str, kills: Kills, address: str) -> None:
        """Something that does not hold."""
        self.wrong.append(f"round {number}, {kills}: {what}: {self.states(address)}")
        print(self.wrong[-1], flush=True)

    def round(self, number: int) -> None:
        """A trip with kills, and its reset with others."""
        teller = self.hosts[number % len(self.hosts)]
        # Of three lists an hour of one host trips are acted on, ten openings of each.
        address = f"l{number // len(self.hosts) % 3}.{teller.name}@example.org"
        begin = time.monotonic()
        kills = Kills(self.chance, self.hosts, self.story.brokers)
        thread, answers = answered(lambda: teller.command("trip", address, isNew=True))
        kills.act()
        thread.join()
        said = bool(answers[0] and answers[0]["ok"])
        if not self.alike(address, "open", "half-open", "closed"):
            self.note(number, "hosts differ after a trip", kills, address)
        if said and self.states(address)[0] != "open":
            self.note(number, "a trip that was answered is not open", kills, address)
        if self.states(address)[0] != "open":
            teller.command("trip", address, isNew=True)
            if not self.alike(address, "open"):
                self.note(number, "a trip after it is not open everywhere", kills, address)
        for host in self.hosts:
            verbs = [
                verb for at, verb, line in list(host.orders)
                if at >= begin and verb in ("release", "resume", "restore", "pass") and address in line
            ]  # fmt: skip
            if verbs:
                self.note(number, f"{host.name} let mail go before the reset: {verbs}", kills, address)
        self.reset(number, address)

    def reset(self, number: int, address: str) -> None:
        """The reset of a list that is open, with kills."""
        kills = Kills(self.chance, self.hosts, self.story.brokers)
        asked = self.chance.choice(self.hosts)
        thread, answers = answered(lambda: self.story.reset(asked, address))
        kills.act()
        thread.join()
        until(lambda: all(h.is_heard(2) for h in self.hosts), 60, 0.2)
        if answers[0].returncode != 0 and "open" in self.states(address):
            if not until(lambda: self.story.reset(asked, address).returncode == 0, 30, 1):
                self.note(number, "a second reset fails", kills, address)
        if not self.alike(address, "half-open", "closed"):
            self.note(number, "not reset everywhere", kills, address)
        time.sleep(1.5)
        if "open" in self.states(address):
            self.note(number, "open again", kills, address)


def main() -> int:
    """0 where all holds, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "debug")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=20261130)
    chosen = parser.parse_args()
    if lacks():
        return 77
    with playing("killed", chosen.programs) as story:
        hosts = [story.add("j1", "Judge=yes\n"), *(story.add(f"mx{number}") for number in (1, 2, 3))]
        story.gather(*hosts)
        campaign = Campaign(story, hosts, chosen.seed)
        for number in range(chosen.rounds):
            campaign.round(number)
        check(f"{chosen.rounds} rounds, seed {chosen.seed}: all hosts alike, as was answered", not campaign.wrong)
        crashed = [h.name for h in hosts if "Fatal" in h.text or "crashed" in h.text]
        check("nobody ended by itself", not crashed, str(crashed))
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
