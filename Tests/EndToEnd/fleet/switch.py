# SPDX-License-Identifier: Apache-2.0
#
# The cable between booted machines: a bridge in a network namespace that nothing else is in, and a pair of
# virtual Ethernet devices to each machine. It has no way out; it is gone with its namespace.
"""A network of booted machines, and nobody else."""

import os
import subprocess

from machine import Machine

DEVICE = "fleet0"  # as the machine sees it


class Switch:
    """One network; each machine that is plugged in has an address of it."""

    def __init__(self, name: str):
        self.name = f"listbreaker-{name}-{os.getpid()}"

    def make(self) -> None:
        """An empty one."""
        self.ip("netns", "add", self.name, inside=False)
        self.ip("link", "set", "lo", "up")
        self.ip("link", "add", "br0", "type", "bridge")
        self.ip("link", "set", "br0", "up")

    def plug(self, machine: Machine, address: str) -> None:
        """Gives a machine that was booted just now its cable."""
        port = self.port(machine)
        # A machine's end goes with it when it reboots, and takes ours along; that may not be seen yet.
        self.ip("link", "del", port, must=False)
        self.ip("link", "add", port, "type", "veth", "peer", "name", DEVICE, "netns", str(machine.leader()))
        self.ip("link", "set", port, "master", "br0", "up")
        machine.need("ip", "addr", "add", f"{address}/24", "dev", DEVICE)
        machine.need("ip", "link", "set", DEVICE, "up")

    def cut(self, machine: Machine) -> None:
        """Pulls the cable: nothing that is sent arrives, and nobody is told."""
        self.ip("link", "set", self.port(machine), "down")

    def mend(self, machine: Machine) -> None:
        """Puts it back."""
        self.ip("link", "set", self.port(machine), "up")

    def remove(self) -> None:
        """After the machines have ended."""
        self.ip("netns", "del", self.name, inside=False, must=False)

    @staticmethod
    def port(machine: Machine) -> str:
        """Our end of its cable; a name of a device has at most 15 letters."""
        return f"p-{machine.name.rpartition('-')[2]}"[:15]

    def ip(self, *words: str, inside: bool = True, must: bool = True) -> None:
        """ip(8), in the namespace unless said otherwise."""
        place = ["-n", self.name] if inside else []
        subprocess.run(["ip", *place, *words], check=must, capture_output=not must)
