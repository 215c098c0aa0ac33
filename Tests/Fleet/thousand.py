#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A thousand relays on one broker: how soon each hears of each of a thousand trips, while 5,000 facts a second flow to a
# real judge. The relays are a thousand connections with mutual TLS by mosquitto's own client, which stamps what it
# hears; the broker is a real mosquitto with the shipped limits and rights. Trips are said by ten hosts, each with its own
# certificate, by Eclipse Paho; a fleet's real members (one judge, one host) hear them too.
#
# usage: Tests/Fleet/thousand.py [--programs FOLDER] [--relays N] [--trips N]   needs mosquitto, mosquitto-clients,
#        openssl, python3-paho-mqtt; some 6 min

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

from busy import Sender, flood
from checks import CA, TOP, check, lacks, outcome, until
from fifty import resident
from host import Host
from records import trip_text
from story import Story, playing

TELLERS = 10
RATE = 4  # trips a second


class Relay:
    """A connection that notes when it heard of which trip."""

    def __init__(self, story: Story, number: int, log):
        broker = story.brokers[0]
        self.process = subprocess.Popen(
            [
                "mosquitto_sub", "-V", "mqttv5", "-h", broker.address, "-p", str(broker.port), "-i", f"relay{number}",
                "-q", "1", "--cafile", story.ca / "ca.pem", "--cert", story.ca / "hosts" / "p1.pem",
                "--key", story.ca / "hosts" / "p1.key", "-R", "-t", "lb/trip/#", "-F", f"{number} %U %t",
            ],
            stdout=log, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def connected(story: Story) -> int:
    """Relays that the broker let in."""
    return sum("connected" in line and " as relay" in line for line in story.brokers[0].log.splitlines())


def tell(tellers: list[Sender], trips: int) -> dict[str, float]:
    """Says so many trips; when each was said, by its topic."""
    said = {}
    start = int(time.time())
    due = time.monotonic()
    for number in range(trips):
        teller = tellers[number % len(tellers)]
        name = f"{teller.name}/{number + 1}.0.{start}"
        said[f"lb/trip/{name}"] = time.time()
        teller.clients[0].publish(f"lb/trip/{name}", trip_text(name, f"l{number}@example.org"), qos=1, retain=True)
        due += 1 / RATE
        time.sleep(max(0.0, due - time.monotonic()))
    return said


def heard(log: pathlib.Path, said: dict[str, float]) -> list[float]:
    """Milliseconds from each trip to each relay that heard of it, sorted."""
    lags = []
    for line in log.read_text().splitlines():
        _, at, topic = line.split(" ", 2)
        if topic in said:
            lags.append((float(at) - said[topic]) * 1000)
    return sorted(lags)


def held_lists(host: Host) -> set[str]:
    """Lists that its actuator was told to hold."""
    lines = [line for _, verb, line in host.orders if verb == "hold-list"]
    return {address for line in lines for address in re.findall(r"l[0-9]+@example\.org", line)}


def play(story: Story, relays: int, trips: int) -> None:
    """Relays, trips and facts; what came of it."""
    log = story.folder / "heard"
    with log.open("a") as out:
        there = [Relay(story, number, out) for number in range(relays)]
    tellers = [Sender(story, f"t{number}", TELLERS + number) for number in range(TELLERS)]
    senders = [Sender(story, f"f{number}", number) for number in range(4)]
    try:
        listens = until(lambda: connected(story) >= relays, 240, 1)
        check(f"{relays} relays are connected", bool(listens), f"{connected(story)}")
        time.sleep(5)  # one that does not listen yet would be seen to miss trips
        seconds = trips // RATE + 8
        said = flood(senders, 5_000, seconds, lambda: tell(tellers, trips))
        told = sum(s.told for s in senders)
        lags = until(lambda: len(found := heard(log, said)) >= relays * trips and found, 30, 2) or heard(log, said)
        late = lags[-(-len(lags) * 999 // 1000) - 1]
        words = f"median {lags[len(lags) // 2]:.0f} ms, p99.9 {late:.0f} ms, most {lags[-1]:.0f} ms"
        memory = resident(story.brokers[0].process, "VmHWM") / 1024
        print(f"{told / seconds:.0f} facts a second; load {os.getloadavg()[0]:.1f}", flush=True)
        check("every relay hears of every trip, once", len(lags) == relays * trips, f"{len(lags)} of {relays * trips}")
        check("p99.9 from a trip to each of them is at most a second", late <= 1000, words)
        check("the broker needs less than 100 MB", memory < 100e6 / 1048576, f"{memory:.1f} MiB at most")
    finally:
        for sender in senders + tellers:
            sender.stop()
        for relay in there:
            relay.process.kill()
        for relay in there:
            relay.process.wait()


def main() -> int:
    """0 where all holds, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "release")
    parser.add_argument("--relays", type=int, default=1000)
    parser.add_argument("--trips", type=int, default=1000)
    chosen = parser.parse_args()
    if lacks("paho"):
        return 77
    with playing("thousand", chosen.programs) as story:
        judge = story.add("j1", "Judge=yes\n")
        member = story.add("mx1")
        story.gather(judge, member)
        play(story, chosen.relays, chosen.trips)
        check("the judge took all facts", judge.fleet["judge"].get("lost") == 0)
        enough = until(lambda: len(held_lists(member)) >= min(3 * TELLERS, chosen.trips), 20, 0.5)
        check("a member acts on three trips of each host, and on no more", bool(enough) and len(held_lists(member)) <= 3 * TELLERS)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
