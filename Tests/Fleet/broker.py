# SPDX-License-Identifier: Apache-2.0
#
# A real mosquitto with mutual TLS, and saying something to it.

import pathlib
import socket
import subprocess

from checks import CA, free_port, until


class Broker:
    """One mosquitto."""

    def __init__(
        self, folder: pathlib.Path, ca: pathlib.Path, name: str, address: str = "127.0.0.1", inside=(), port: int = 0
    ):
        self.folder, self.address, self.inside = folder / name, address, inside
        self.folder.mkdir()
        self.port = port or free_port()
        subprocess.run([CA, "broker", ca, name, address], check=True, stdout=subprocess.DEVNULL)
        text = (ca / "listbreaker.conf").read_text()
        for old, new in {
            "listener 8883": f"listener {self.port} {address}",
            "/etc/mosquitto/listbreaker/ca.pem": str(ca / "ca.pem"),
            "/etc/mosquitto/listbreaker/broker": str(ca / "brokers" / name),
            "/etc/mosquitto/listbreaker/listbreaker.acl": str(ca / "listbreaker.acl"),
            "autosave_interval 5": "autosave_interval 1",
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        text += f"persistence_location {self.folder}/\nuser root\nlog_dest file {self.folder}/log\n"
        (self.folder / "conf").write_text(text)
        self.process = None

    def start(self) -> None:
        """Starts it, and waits until it listens."""
        self.process = subprocess.Popen(
            [*self.inside, "mosquitto", "-c", self.folder / "conf"], stderr=subprocess.DEVNULL
        )
        assert until(self.answers), f"{self.folder.name} does not listen: {self.log}"

    def answers(self) -> bool:
        """Whether it listens."""
        with socket.socket() as probe:
            return probe.connect_ex((self.address, self.port)) == 0

    def kill(self) -> None:
        """kill -9."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def wipe(self) -> None:
        """Forgets all that it kept."""
        for path in self.folder.glob("mosquitto.db*"):
            path.unlink()

    @property
    def log(self) -> str:
        """What it logged."""
        path = self.folder / "log"
        return path.read_text() if path.exists() else ""


def publish(broker: Broker, ca: pathlib.Path, who: str, topic: str, text: str, kind: str = "hosts") -> str:
    """Says `text` under `topic` with that certificate, by mosquitto's own client; what it complained of."""
    outcome = subprocess.run(
        [
            "mosquitto_pub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", str(broker.port),
            "--cafile", ca / "ca.pem", "--cert", ca / kind / f"{who}.pem",
            "--key", ca / kind / f"{who}.key", "-q", "1", "-r", "-t", topic, "-s", "-d",
        ],
        input=text.encode(), capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    return (outcome.stdout + outcome.stderr).decode(errors="replace")
