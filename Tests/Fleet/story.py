# SPDX-License-Identifier: Apache-2.0
#
# A fleet, and what is done to it by hand.

import contextlib
import pathlib
import shutil
import subprocess
import tempfile

import checks
from broker import Broker
from checks import CA, check, until
from host import Host


class Story:
    """The fleet, and what happens to it."""

    def __init__(self, folder: pathlib.Path, programs: pathlib.Path, rounds: int):
        self.folder, self.programs, self.rounds = folder, programs, rounds
        self.ca = folder / "ca"
        subprocess.run([CA, "init", self.ca], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([CA, "operator", self.ca, "anna"], check=True, stdout=subprocess.DEVNULL)
        for name in ("j1", "j2", "j3", "p1", "p2", "p3", "p4"):
            for verb in ("host", "judge"):
                subprocess.run([CA, verb, self.ca, name], check=True, stdout=subprocess.DEVNULL)
        self.brokers = [Broker(folder, self.ca, name) for name in ("b1", "b2")]
        self.hosts: list[Host] = []

    def add(self, name: str, more: str = "") -> Host:
        """One more host."""
        host = Host(self.folder, self.ca, name, self.brokers, self.programs, more)
        self.hosts.append(host)
        return host

    def gather(self, *hosts: Host) -> None:
        """Starts them, and waits until they reach all brokers and see each other."""
        for host in hosts:
            host.start()
        brokers = len(self.brokers)
        there = until(
            lambda: all(h.is_heard(brokers) and len(h.fleet["hosts"]) == len(hosts) for h in hosts), 60
        )
        check(f"{len(hosts)} hosts reach {brokers} brokers, and see each other", bool(there))

    def reset(self, host: Host, address: str, who: str = "anna") -> subprocess.CompletedProcess:
        """An operator's reset of the fleet, said on that host."""
        return subprocess.run(
            [
                self.programs / "listbreaker-fleetd", "reset", address, "--held", "release",
                "--reason", "dealt with", "--operator", who, "--fleet", host.folder / "fleet.conf",
                "--certificate", self.ca / "operators" / f"{who}.pem",
                "--key", self.ca / "operators" / f"{who}.key",
            ],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    @staticmethod
    def owners(host: Host) -> set[str]:
        """The hosts whose trips keep the list open."""
        lines = [line for line in host.fleet["open"] if line["name"] == "annonce@example.org"]
        return {trip["incident"].split("/")[0] for line in lines for trip in line["trips"]}

    def listbreaker(self, host: Host, *words: str, who: str = "") -> subprocess.CompletedProcess:
        """`listbreaker` on that host, with the operator's certificate where `who` is given."""
        signed = [
            "--operator", who, "--certificate", self.ca / "operators" / f"{who}.pem",
            "--key", self.ca / "operators" / f"{who}.key", "--fleet-settings", host.folder / "fleet.conf",
        ] if who else []  # fmt: skip
        asked = [] if words[0] == "fleet" else ["--socket", host.folder / "control.sock"]
        return subprocess.run(
            [self.programs / "listbreaker", *words, *signed, *asked],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def kept(self, topic: str, who: str, form: str = "%p") -> str:
        """What the first broker keeps under a topic, as that host may read it, a line each."""
        outcome = subprocess.run(
            [
                "mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", str(self.brokers[0].port),
                "--cafile", self.ca / "ca.pem", "--cert", self.ca / "hosts" / f"{who}.pem",
                "--key", self.ca / "hosts" / f"{who}.key", "-t", topic, "-W", "2", "-F", form,
            ],
            capture_output=True, timeout=40, check=False,
        )  # fmt: skip
        return outcome.stdout.decode(errors="replace")

    def shown(self, host: Host) -> subprocess.CompletedProcess:
        """What `listbreaker status --fleet` says."""
        return subprocess.run(
            [self.programs / "listbreaker", "status", "--fleet", "--socket", host.folder / "control.sock"],
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip

    @staticmethod
    def ordered(host: Host, verb: str, since: float) -> float | None:
        """When the actuator was first asked for `verb`."""
        return next((at for at, what, _ in list(host.orders) if what == verb and at >= since), None)

    @staticmethod
    def held(host: Host, address: str, since: float) -> float | None:
        """When the actuator was first asked to hold the list `address`."""
        return next(
            (at for at, what, line in list(host.orders) if at >= since and what == "hold-list" and address in line),
            None,
        )

    def stop(self) -> None:
        """Ends all that was started."""
        for host in self.hosts:
            host.stop()
        for broker in self.brokers:
            broker.kill()


@contextlib.contextmanager
def playing(name: str, programs: pathlib.Path, rounds: int = 0, keep: bool = False):
    """A story whose brokers run; what it started is ended, and its logs stay where something failed."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"listbreaker-{name}-"))
    story = Story(folder, programs.resolve(), rounds)
    try:
        for broker in story.brokers:
            broker.start()
        yield story
    except BaseException:
        keep = True
        raise
    finally:
        story.stop()
        if checks.failures or keep:
            print(f"logs stay in {folder}")
        else:
            shutil.rmtree(folder)
