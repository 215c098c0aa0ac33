#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# From a trip on one host to the last of fifty: how long. Fifty real listbreakerd and listbreaker-fleetd on
# loopback, each with a journal and a state of its own, three real mosquitto with mutual TLS, one of which is
# killed -9 in the middle. A halt is the order to hold the list at a host's actuator, which here only takes
# notes: what Postfix needs for it is measured elsewhere (docs/halting.md). Each host trips twice: of
# three lists an hour of one host trips are acted on.
#
# usage: Tests/Fleet/fifty.py [--programs FOLDER] [--hosts N] [--trips N]       some 3 min on two cores

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from broker import Broker
from checks import CA, TOP, until
from host import Host


def resident(process: subprocess.Popen, name: str) -> int:
    """KiB of memory of a process, by a line of its status."""
    lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


def measure(hosts: list[Host], brokers: list[Broker], trips: int) -> tuple[list[float], int]:
    """Milliseconds from the command until the last host was ordered to hold, and halts that never came."""
    lags, missed = [], 0
    for number in range(trips):
        if number == trips // 2:
            brokers[1].kill()
            print(f"broker {brokers[1].folder.name} killed -9 before trip {number + 1}", flush=True)
        address = f"l{number}@example.org"

        def ordered(host: Host, address: str = address) -> float | None:
            found = (at for at, verb, line in list(host.orders) if verb == "hold-list" and address in line)
            return next(found, None)

        begin = time.monotonic()
        hosts[number % len(hosts)].command("trip", address, isNew=True)
        until(lambda: all(ordered(host) for host in hosts), 15, 0.02)
        times = [at for host in hosts if (at := ordered(host))]
        missed += len(hosts) - len(times)
        lags.append((max(times) - begin) * 1000 if len(times) == len(hosts) else float("inf"))
    return lags, missed


def main() -> int:
    """0 where none was missed and the 99th percentile is at most a second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "debug")
    parser.add_argument("--hosts", type=int, default=50)
    parser.add_argument("--trips", type=int, default=100)
    chosen = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="listbreaker-fifty-"))
    hosts: list[Host] = []
    brokers: list[Broker] = []
    try:
        subprocess.run([CA, "init", folder / "ca"], check=True, stdout=subprocess.DEVNULL)
        for number in range(3):
            brokers.append(Broker(folder, folder / "ca", f"b{number}"))
            brokers[-1].start()
        for number in range(chosen.hosts):
            hosts.append(Host(folder, folder / "ca", f"h{number}", brokers, chosen.programs.resolve()))
            hosts[-1].start()
        there = until(lambda: all(h.is_heard(3) for h in hosts), 180, 1)
        print(f"{len(hosts)} hosts hear three brokers: {bool(there)}; load {os.getloadavg()[0]:.1f}", flush=True)
        lags, missed = measure(hosts, brokers, chosen.trips)
        memory = [resident(h.processes["listbreaker-fleetd"], "VmHWM") for h in hosts]
        own = [resident(h.processes["listbreaker-fleetd"], "RssAnon") for h in hosts]
        half = len(lags) // 2
        for what, part in (("all brokers", lags[:half]), ("one of three killed", lags[half:]), ("in all", lags)):
            part = sorted(part)
            print(
                f"{what}: {len(part)} trips, last of {len(hosts)} after median {statistics.median(part):.0f} ms, "
                f"p99 {part[max(0, -(-len(part) * 99 // 100) - 1)]:.0f} ms, max {part[-1]:.0f} ms"
            )
        print(
            f"missed {missed}; carrier: most {max(memory) / 1024:.1f} MiB resident, of which "
            f"{max(own) / 1024:.1f} its own; load {os.getloadavg()[0]:.1f}"
        )
        lags.sort()
        return 0 if there and not missed and lags[-(-len(lags) * 99 // 100) - 1] <= 1000 else 1
    finally:
        for host in hosts:
            host.stop()
        for broker in brokers:
            broker.kill()
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
