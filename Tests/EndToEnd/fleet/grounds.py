# SPDX-License-Identifier: Apache-2.0
#
# Five booted Debians on one switch, as one thing that run.py starts and ends: a list host, two relays and
# two brokers. The list host stands for them where one is spoken to.
"""The whole fleet."""

import concurrent.futures
import pathlib
import subprocess

from checks import Checks
from machine import until
from members import BROKERS, OPERATOR, BrokerHost, FleetHost
from switch import Switch

JUDGES = ("mx1.example.org", "mx2.example.org")


class FleetGrounds:
    """The machines, made and not yet booted."""

    def __init__(self, cache: pathlib.Path, name: str, members: int, package: pathlib.Path):
        self.switch = Switch(name)
        self.members = members
        self.hosts = [FleetHost(cache, name, short, members, package, self.switch)
                      for short in ("lists", "mx1", "mx2")]
        self.lists, self.mx1, self.mx2 = self.hosts
        self.brokers = [BrokerHost(cache, name, short, self.switch) for short in ("b1", "b2")]
        self.package = package

    # What run.py asks of a machine

    @property
    def process(self) -> subprocess.Popen | None:
        """The list host's."""
        return self.lists.process

    def run(self, *words: str) -> subprocess.CompletedProcess:
        """On each mail host; all that they say."""
        said = "".join(f"--- {host.short}\n{host.run(*words).stdout}" for host in self.hosts
                       if host.process is not None and host.process.poll() is None)
        return subprocess.CompletedProcess(words, 0, said, "")

    def stop(self) -> None:
        """All end, then the cable goes."""
        self.each(lambda machine: machine.stop(), [*self.hosts, *self.brokers])
        self.switch.remove()

    def discard(self) -> None:
        """Nothing is left."""
        self.each(lambda machine: machine.discard(), [*self.hosts, *self.brokers])
        self.switch.remove()

    # Together

    def each(self, work, machines=None) -> list:
        """Does `work` with each mail host at the same time."""
        machines = machines or self.hosts
        with concurrent.futures.ThreadPoolExecutor(len(machines)) as pool:
            return list(pool.map(work, machines))

    def found(self, checks: Checks) -> None:
        """Boots, installs, and makes a fleet of them, as docs/fleet.md tells."""
        self.switch.make()
        self.each(lambda machine: machine.boot(), [*self.hosts, *self.brokers])
        self.each(lambda host: host.ready(checks))
        authority = self.authority(checks)
        for broker in self.brokers:
            broker.serve(authority, checks)
        for host in self.hosts:
            host.join(authority, JUDGES, checks)
        there = until("three hosts and two brokers", 90,
                      lambda: all(host.hears(3, 2) for host in self.hosts), every=1)
        checks.claim("each host reaches both brokers and sees the others", bool(there))

    def authority(self, checks: Checks) -> pathlib.Path:
        """`listbreaker fleet init`, on a machine that is none of the mail hosts; the folder."""
        first = self.brokers[0]
        first.put(self.package, "root/listbreaker.deb")
        first.put(self.hosts[0].carrier, "root/listbreaker-fleet.deb")
        first.need("dpkg", "--install", "/root/listbreaker.deb", "/root/listbreaker-fleet.deb",
                   timeout=120)
        words = [word for name in BROKERS for word in ("--broker", name)]
        words += [word for host in self.hosts for word in ("--host", host.full)]
        words += [word for name in JUDGES for word in ("--judge", name)]
        done = first.run("listbreaker", "fleet", "init", "/root/fleet", *words, "--operator", OPERATOR)
        checks.claim("fleet init makes authority, rights and certificates", done.returncode == 0,
                     done.stderr.strip()[-300:])
        return first.root / "root/fleet"
