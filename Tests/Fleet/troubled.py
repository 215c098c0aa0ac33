#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A host that stands still, one whose disk is full, and a broker that cannot write: what the others do, and what is lost. Three real
# hosts and two real mosquitto on loopback. The broker is refused every write to a file by its own limit
# (RLIMIT_FSIZE of 0, with the signal ignored, so that write(2) fails as on a full disk), while all goes through
# it alone; then it dies, and is asked for what it could not keep.
#
# usage: Tests/Fleet/troubled.py [--programs FOLDER]       needs mosquitto and openssl, as root; some 3 min

import argparse
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

from broker import Broker
from checks import TOP, check, lacks, outcome, until
from host import Host
from story import Story, playing

STILL = 20  # seconds


class FullBroker(Broker):
    """A broker on a full disk."""

    def start(self) -> None:
        """Starts it with no byte to write."""

        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

        self.process = subprocess.Popen(
            [*self.inside, "mosquitto", "-c", self.folder / "conf"], stderr=subprocess.DEVNULL, preexec_fn=limit
        )
        assert until(self.answers), f"{self.folder.name} does not listen"


def lag(story: Story, from_host: Host, address: str, *to: Host) -> float:
    """Seconds from a person's trip until the last of `to` holds the list; for ever where one does not."""
    begin = time.monotonic()
    from_host.command("trip", address, isNew=True)
    found = until(lambda: all(host.state(address) == "open" for host in to), 10)
    return time.monotonic() - begin if found else float("inf")


def stands_still(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """Daemon and carrier of a host are stopped, as by a hypervisor, and go on."""
    processes = [mx3.processes[name].pid for name in ("listbreakerd", "listbreaker-fleetd")]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        took = lag(story, mx1, "still@example.org", mx2)
        check("beside a host that stands still a trip reaches the others", took < 1, f"{took * 1000:.0f} ms")
        gone = until(lambda: all("mx3" not in h.fleet.get("hosts", ["mx3"]) for h in (mx1, mx2)), 30, 0.2)
        check("the others see that it is gone", bool(gone), str(mx1.fleet.get("hosts")))
        time.sleep(STILL)
    finally:
        back = time.monotonic()
        for process in processes:
            os.kill(process, signal.SIGCONT)
    found = until(lambda: mx3.state("still@example.org") == "open", 20)
    check("it goes on, and halts", bool(found), f"{time.monotonic() - back:.1f} s after it went on")
    there = until(lambda: mx3.is_heard(2) and "mx3" in mx1.fleet["hosts"], 40)
    check("and is there again", bool(there))


def full_disk(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """All goes through a broker that can write nothing; nothing is forgotten with it."""
    hosts = (mx1, mx2, mx3)
    full = story.brokers[1]
    took = lag(story, mx2, "full@example.org", mx1, mx3)
    check("a trip goes through a broker that cannot write", took < 1, f"{took * 1000:.0f} ms")
    said = story.reset(mx1, "still@example.org")
    found = until(lambda: all(h.state("still@example.org") == "half-open" for h in hosts), 5)
    check("so does a reset", said.returncode == 0 and bool(found), said.stdout + said.stderr)
    time.sleep(3)  # three times its autosave_interval
    kept = list(full.folder.glob("mosquitto.db"))
    check("it kept nothing", all(path.stat().st_size == 0 for path in kept), str(kept))
    full.kill()
    for host in hosts:
        until(lambda h=host: h.is_heard(0), 20)
    check("while it is away each host keeps what it knows", all(h.state("full@example.org") == "open" for h in hosts))
    full.start()
    for host in hosts:
        until(lambda h=host: h.is_heard(1), 40)
    mx4 = story.add("mx4")
    mx4.start()
    found = until(lambda: mx4.state("full@example.org") == "open", 60)
    check("back and empty, it has the open trip from the hosts: one that joins now halts", bool(found))
    check("and not the one that was reset", mx4.state("still@example.org") == "closed", mx4.state("still@example.org"))


def host_without_room(story: Story, mx1: Host) -> None:
    """The disk of a host is full: it halts all the same, says what it could not keep, and goes on when there is room."""
    mx5 = Host(story.folder, story.ca, "mx5", story.brokers, story.programs)
    state = mx5.folder / "state"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", state], check=True)
    story.hosts.append(mx5)
    try:
        mx5.start()
        until(lambda: mx5.is_heard(2), 40)
        filler = state / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
        address = "room@example.org"
        begin = time.monotonic()
        mx1.command("trip", address, isNew=True)
        at = until(lambda: Story.held(mx5, address, begin), 10)
        check("a host whose disk is full halts all the same", bool(at), f"{(at or 0) - begin:.3f} s")
        said = until(lambda: "no space left" in mx5.text.lower() or "disk is full" in mx5.text.lower(), 10)
        check("and says that it could not keep it", bool(said), mx5.text[-600:])
        filler.unlink()
        time.sleep(5)
        mx5.kill()
        mx5.start()
        found = until(lambda: mx5.state(address) == "open", 40)
        check("with room again it is kept: killed -9 and started, it is open", bool(found), mx5.state(address))
    finally:
        mx5.stop()
        story.hosts.remove(mx5)
        subprocess.run(["umount", state], check=True)


def main() -> int:
    """0 where all holds, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "debug")
    chosen = parser.parse_args()
    if lacks():
        return 77
    with playing("troubled", chosen.programs) as story:
        hosts = [story.add(f"mx{number}") for number in (1, 2, 3)]
        story.gather(*hosts)
        stands_still(story, *hosts)
        host_without_room(story, hosts[0])
        wrote = [path.stat().st_size for path in story.brokers[1].folder.glob("mosquitto.db")]
        check("a broker with room keeps what it hears", wrote != [] and wrote[0] > 0, str(wrote))
        for broker in story.brokers:
            broker.kill()
            broker.wipe()
        story.brokers[1].__class__ = FullBroker
        story.brokers[1].start()
        until(lambda: all(h.is_heard(1) for h in hosts), 60)
        full_disk(story, *hosts)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
