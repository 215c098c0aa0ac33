#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A judge beside many facts: four senders tell 10,000 facts a second for a minute through two real brokers, which a
# real judge hears twice. Whether trips still reach it, how soon, and what it costs; then five times as many, which
# is more than it takes. The senders speak MQTT by Eclipse Paho with certificates of hosts.
#
# usage: Tests/Fleet/busy.py [--programs FOLDER] [--seconds N]   needs mosquitto, openssl, python3-paho-mqtt; some 4 min

import argparse
import hashlib
import os
import pathlib
import signal
import ssl
import statistics
import subprocess
import sys
import threading
import time

from checks import CA, TOP, check, lacks, outcome, until
from fifty import resident
from host import Host
from story import Story, playing

LISTS = 2000
BATCH = 40  # facts; the longest record has 64 or 8 KiB


class Sender:
    """A host that tells facts of lists of its own: posts of one of two known people, and copies of them."""

    def __init__(self, story: Story, name: str, share: int):
        import paho.mqtt.client as mqtt

        self.name, self.share, self.number, self.told = name, share, 0, 0
        self.start = time.time_ns()
        subprocess.run([CA, "host", story.ca, name], check=True, stdout=subprocess.DEVNULL)
        self.clients = []
        for broker in story.brokers:
            client = mqtt.Client(client_id=f"{name}-{broker.port}", protocol=mqtt.MQTTv5)
            client.tls_set(
                str(story.ca / "ca.pem"), str(story.ca / "hosts" / f"{name}.pem"),
                str(story.ca / "hosts" / f"{name}.key"), tls_version=ssl.PROTOCOL_TLS_CLIENT,
            )  # fmt: skip
            client.tls_insecure_set(True)
            client.connect(broker.address, broker.port)
            client.loop_start()
            self.clients.append(client)

    def batch(self) -> str:
        """The next one."""
        self.number += 1
        now = time.time_ns() // 1000
        lines = [f"listbreaker-facts 1\nstart: {self.start}\nnumber: {self.number}\nsent: {now}\n"]
        place = self.share * LISTS + self.number % LISTS
        address = f"busy{place}@example.org"
        digest = hashlib.sha256(f"{self.name}.{self.number}".encode()).hexdigest()[:32]
        person = f"person{self.number // LISTS % 2}.{place}@example.net"
        lines.append(
            f"fact: post home {now} {address} {digest} - - hl {now // 1_000_000 * 1_000_000} - 50 4A{self.number} {person}\n"
        )
        lines += [f"fact: copies home {now} {address} {digest} 50\n"] * (BATCH - 1)
        self.told += BATCH
        return "".join(lines)

    def tell(self, rate: int, until_when: float) -> None:
        """So many facts a second until then."""
        due = time.monotonic()
        while due < until_when:
            text = self.batch()
            for client in self.clients:
                client.publish(f"lb/facts/{self.name}", text, qos=0)
            due += BATCH / rate
            if (rest := due - time.monotonic()) > 0:
                time.sleep(rest)

    def stop(self) -> None:
        """Ends its connections."""
        for client in self.clients:
            client.disconnect()
            client.loop_stop()


def lags(story: Story, tellers: list[Host], judge: Host, rounds: int) -> list[float]:
    """Milliseconds from a trip on one host to the order on the judge's; each is reset afterwards."""
    found = []
    for number in range(rounds):
        teller = tellers[number % len(tellers)]
        address = f"trip{number // len(tellers) % 3}.{teller.name}@example.org"
        begin = time.monotonic()
        teller.command("trip", address, isNew=True)
        at = until(lambda a=address, b=begin: Story.held(judge, a, b), 15)
        found.append((at - begin) * 1000 if at else float("inf"))
        story.reset(teller, address)
        until(lambda a=address: all(h.state(a) == "half-open" for h in (judge, *tellers)), 15)
    return sorted(found)


def words(values: list[float]) -> str:
    """Median and most."""
    return f"median {statistics.median(values):.0f} ms, most {values[-1]:.0f} ms of {len(values)}"


def flood(senders: list[Sender], rate: int, seconds: int, during) -> object:
    """What `during` gives, called three seconds after so many facts a second began."""
    end = time.monotonic() + seconds
    threads = [threading.Thread(target=s.tell, args=(rate // len(senders), end)) for s in senders]
    for thread in threads:
        thread.start()
    time.sleep(3)
    given = during()
    for thread in threads:
        thread.join()
    return given


def stands_still(host: Host, seconds: int) -> None:
    """Stops its daemon for so long."""
    process = host.processes["listbreakerd"].pid
    os.kill(process, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(process, signal.SIGCONT)


def pages_of(host: Host) -> str:
    """All that its alert script was called with."""
    path = host.folder / "pages"
    return path.read_text() if path.exists() else ""


def tell_of_it(story: Story, judge: Host, tellers: list[Host], seconds: int) -> None:
    """Before, during and after."""
    daemon, carrier = (judge.processes[name] for name in ("listbreakerd", "listbreaker-fleetd"))
    senders = [Sender(story, f"f{number}", number) for number in range(4)]
    quiet = lags(story, tellers, judge, 9)
    print(f"without facts: {words(quiet)}; daemon {resident(daemon, 'VmRSS') / 1024:.1f} MiB", flush=True)
    try:
        busy = flood(senders, 10_000, seconds, lambda: lags(story, tellers, judge, 9))
        told = sum(s.told for s in senders)
        print(
            f"{told} facts told, {told / seconds:.0f} a second, to each of two brokers; daemon "
            f"{resident(daemon, 'VmRSS') / 1024:.1f} MiB, carrier {resident(carrier, 'VmHWM') / 1024:.1f} MiB at most, "
            f"load {os.getloadavg()[0]:.1f}", flush=True,
        )  # fmt: skip
        check("a trip reaches a judge that hears 10,000 facts a second within a second", busy[-1] < 1000, words(busy))
        lost = judge.fleet["judge"].get("lost")
        check("and took all of them", lost == 0, f"{lost} batches lost")
        more = flood(senders, 50_000, 20, lambda: lags(story, tellers, judge, 3))
        told = sum(s.told for s in senders) - told
        print(
            f"{told} more facts, {told / 20:.0f} a second; daemon {resident(daemon, 'VmRSS') / 1024:.1f} MiB, "
            f"carrier {resident(carrier, 'VmHWM') / 1024:.1f} MiB at most", flush=True,
        )  # fmt: skip
        check("and one that hears five times as many, within two seconds", more[-1] < 2000, words(more))
        still = flood(senders, 50_000, 16, lambda: stands_still(judge, 6) or lags(story, tellers, judge, 3))
        check("one that stood still meanwhile hears of trips as soon as it goes on", still[-1] < 2000, words(still))
        lost = judge.fleet["judge"].get("lost", 0)
        shown = until(lambda: (text := story.shown(judge).stdout) and "FACTS LOST" in text and text, 20, 0.5)
        paged = until(lambda: "came faster" in judge.text and "blind" in pages_of(judge), 20, 0.5)
        carrier_most = resident(carrier, "VmHWM") / 1024
        check("what found no room is counted, said and paged", bool(lost and shown and paged), f"{lost} batches lost")
        check("and the carrier stays small", carrier_most < 64, f"{carrier_most:.1f} MiB at most")
        check("nothing tripped by itself", judge.state("queue") == "closed" and "busy" not in str(judge.fleet["open"]))
    finally:
        for sender in senders:
            sender.stop()
    after = lags(story, tellers, judge, 3)
    check("afterwards it is as before", after[-1] < 1000, words(after))


def main() -> int:
    """0 where all holds, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "release")
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args()
    if lacks("paho"):
        return 77
    with playing("busy", chosen.programs) as story:
        judge = story.add("j1", "Judge=yes\n")
        with (judge.folder / "conf").open("a") as settings:
            settings.write(f"[Traffic]\nMaximumLists={5 * LISTS}\n")
        tellers = [story.add(f"mx{number}") for number in (1, 2, 3)]
        story.gather(judge, *tellers)
        tell_of_it(story, judge, tellers, chosen.seconds)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
