#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Trips that come at the same moment: two lists on two hosts, and one list on five hosts at once, with a judge
# and without. Each list has one page under one key, and one reset names all of its trips. Five real hosts and
# two real mosquitto on loopback.
#
# usage: Tests/Fleet/together.py [--programs FOLDER]       needs mosquitto and openssl; some 3 min

import argparse
import pathlib
import sys
import threading
import time

from checks import TOP, check, lacks, outcome, until
from host import Host
from story import Story, playing

TURN = 25  # seconds in which every host had its turn to page


def at_once(*calls) -> None:
    """Calls all of them in the same moment, and waits for all."""
    gate = threading.Barrier(len(calls))

    def one(call) -> None:
        gate.wait()
        call()

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def tripped(hosts: list[Host], address: str, event: str = "trip") -> list[tuple[str, str]]:
    """Who paged about a list, under which key."""
    return [(host.name, key) for host in hosts for key in host.pages(address, event)]


def is_open(hosts: list[Host], address: str, state: str = "open") -> bool:
    """Whether its breaker is so at each of them."""
    return all(host.state(address) == state for host in hosts)


def one_reset(story: Story, hosts: list[Host], address: str, paged: list[tuple[str, str]]) -> None:
    """One reset, and what it resolves."""
    said = story.reset(hosts[-1], address)
    found = until(lambda: is_open(hosts, address, "half-open"), 10)
    told = str([h.state(address) for h in hosts]) + said.stdout + said.stderr
    check(f"one reset lets {address} flow everywhere", said.returncode == 0 and bool(found), told)
    resolved = until(lambda: tripped(hosts, address, "reset"), 20, 0.1)
    check("and resolves its page, under the same key", resolved == paged, f"{resolved}, {paged}")
    time.sleep(5)
    check("nothing opens again", is_open(hosts, address, "half-open"), str([h.state(address) for h in hosts]))


def two_lists(story: Story, hosts: list[Host]) -> None:
    """Two hosts trip a list each, in the same moment."""
    addresses = ["left@example.org", "right@example.org"]
    at_once(*(lambda h=h, a=a: h.command("trip", a, isNew=True) for h, a in zip(hosts[-2:], addresses)))
    for address in addresses:
        check(f"{address} is open everywhere", bool(until(lambda a=address: is_open(hosts, a), 10)))
    time.sleep(TURN)
    found = {address: tripped(hosts, address) for address in addresses}
    check("each list has one page", all(len(pages) == 1 for pages in found.values()), str(found))
    keys = {key for pages in found.values() for _, key in pages}
    check("under a key of its own", len(keys) == 2, str(keys))
    one_reset(story, hosts, addresses[0], found[addresses[0]])
    check("the other stays open", is_open(hosts, addresses[1]), str([h.state(addresses[1]) for h in hosts]))
    one_reset(story, hosts, addresses[1], found[addresses[1]])


def one_list(story: Story, hosts: list[Host], address: str) -> None:
    """All hosts trip the same list in the same moment."""
    at_once(*(lambda h=h: h.command("trip", address, isNew=True) for h in hosts))
    check(f"{address}, tripped by five at once, is open everywhere", bool(until(lambda: is_open(hosts, address), 10)))
    time.sleep(TURN)
    found = tripped(hosts, address)
    check("it has one page", len(found) == 1, str(found))
    check("under one key", len({key for _, key in found}) == 1, str(found))
    one_reset(story, hosts, address, found)


def main() -> int:
    """0 where all holds, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "debug")
    chosen = parser.parse_args()
    if lacks():
        return 77
    with playing("together", chosen.programs) as story:
        hosts = [story.add("p1", "Judge=yes\n"), *(story.add(f"mx{number}") for number in (1, 2, 3, 4))]
        story.gather(*hosts)
        two_lists(story, hosts)
        one_list(story, hosts, "same@example.org")
        hosts[0].stop()
        story.hosts.remove(hosts[0])
        hosts = hosts[1:]
        gone = until(lambda: all(h.fleet.get("judges") == [] for h in hosts), 40)
        check("the judge is gone, and the hosts know", bool(gone))
        one_list(story, hosts, "alone@example.org")
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
