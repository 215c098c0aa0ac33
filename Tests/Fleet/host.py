# SPDX-License-Identifier: Apache-2.0
#
# A mail host of a fleet on loopback: a journal, listbreakerd, listbreaker-fleetd, and an actuator that takes notes.

import json
import pathlib
import socket
import subprocess
import threading
import time

from checks import CA, REMOTE, until

REPORT = """{"verb":"status","isHalted":false,"held":0,"heldTotal":0,"copies":0,"left":0,"messages":[],
"posts":[],"blocked":[],"services":[],"changed":[],"notes":[],"steps":[],"errors":[]}"""


class Host:
    """A mail host: a journal, listbreakerd, listbreaker-fleetd, and an actuator that takes notes."""

    def __init__(
        self, folder: pathlib.Path, ca: pathlib.Path, name: str, brokers, programs, more: str = "", inside=()
    ):
        self.folder, self.ca, self.name, self.programs = folder / name, ca, name, programs
        self.inside = inside
        for part in ("journal", "state"):
            (self.folder / part).mkdir(parents=True)
        if not (ca / "hosts" / f"{name}.pem").exists():
            subprocess.run([CA, "host", ca, name], check=True, stdout=subprocess.DEVNULL)
        script = self.folder / "page"
        script.write_text(
            "#!/bin/sh\n"
            # Ends the daemon before the page is sent, or right after it.
            f"cd {self.folder}\n"
            "die() { rm $1; kill -9 $(cat pid); exit 1; }\n"
            '[ "$LISTBREAKER_EVENT" != trip ] || [ ! -e die-unsent ] || die die-unsent\n'
            f'printf "%s\\t%s\\t%s\\n" "$LISTBREAKER_EVENT" "$LISTBREAKER_LIST" '
            f'"$LISTBREAKER_DEDUP_KEY" >>{self.folder}/pages\n'
            '[ "$LISTBREAKER_EVENT" != trip ] || [ ! -e die-sent ] || die die-sent\n'
        )
        script.chmod(0o755)
        (self.folder / "conf").write_text(
            f"[Alert notes]\nScript={script}\n[Halt]\nMode=armed\nScope=list\nActuatorSocket={self.folder}/actuator.sock\n"
            "[List annonce@example.org]\nAnnounceOnly=yes\nRegularPosters=news@example.org\n"
        )
        self.say_fleet(brokers, ca / "ca.pem", more)
        self.orders: list[tuple[float, str, str]] = []
        self.serial = 0
        self.processes: dict[str, subprocess.Popen] = {}
        threading.Thread(target=self.act, daemon=True).start()
        self.journal = subprocess.Popen(
            [REMOTE, "-o", f"{self.folder}/journal/live.journal", "-"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.log_line("postfix/smtpd", "0000: client=mx.example.net[192.0.2.25]")

    def say_fleet(self, brokers, authority, more: str = "") -> None:
        """Writes fleet.conf."""
        (self.folder / "fleet.conf").write_text(
            f"[Fleet]\nHost={self.name}\nDomains=example.org\n"
            f"Brokers={' '.join(f'{b.address}:{b.port}' for b in brokers)}\n"
            f"Authority={authority}\nCertificate={self.ca}/hosts/{self.name}.pem\n"
            f"Key={self.ca}/hosts/{self.name}.key\nSocket={self.folder}/fleet.sock\nUser=root\n{more}"
        )

    def act(self) -> None:
        """The actuator: answers, and notes when it was asked for what."""
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(self.folder / "actuator.sock"))
        server.listen(16)
        while True:
            client, _ = server.accept()
            line = b""
            while not line.endswith(b"\n"):
                part = client.recv(65536)
                if not part:
                    break
                line += part
            if line:
                request = json.loads(line)
                self.orders.append((time.monotonic(), request["verb"], line.decode()))
                report = json.loads(REPORT)
                report["verb"] = request["verb"]
                client.sendall(json.dumps(report).encode() + b"\n")
            client.close()

    def start(self, *which: str) -> None:
        """Starts the programs that are named, or both; systemd-journal-remote has made the journal by then."""
        assert until((self.folder / "journal" / "live.journal").exists), f"{self.name} has no journal"
        log = open(self.folder / "log", "a")  # noqa: SIM115 # belongs to the programs
        commands = {
            "listbreakerd": [
                "--config", f"{self.folder}/conf", "--state-directory", f"{self.folder}/state",
                "--control-socket", f"{self.folder}/control.sock", "--journal-directory",
                f"{self.folder}/journal", "--fleet", f"{self.folder}/fleet.conf", "--believe-untrusted",
            ],
            "listbreaker-fleetd": ["--fleet", f"{self.folder}/fleet.conf"],
        }  # fmt: skip
        for name in which or commands:
            self.processes[name] = subprocess.Popen(
                [*self.inside, self.programs / name, *commands[name]], stdout=log, stderr=log
            )
        if "listbreakerd" in self.processes:
            (self.folder / "pid").write_text(f"{self.processes['listbreakerd'].pid}\n")

    def kill(self, *which: str) -> None:
        """kill -9 of the programs that are named, or of both."""
        for name in which or list(self.processes):
            process = self.processes.pop(name, None)
            if process:
                process.kill()
                process.wait()

    def log_line(self, program: str, message: str) -> None:
        """One line into the journal."""
        now = time.time_ns() // 1000
        fields = [
            f"__REALTIME_TIMESTAMP={now}", f"__MONOTONIC_TIMESTAMP={now - 1_790_000_000_000_000}",
            "_BOOT_ID=6e0a2f4b8c1d4e5f9a7b3c2d1e0f4a5b", "_TRANSPORT=syslog", "_UID=0", "_PID=411",
            "SYSLOG_PID=411", "SYSLOG_FACILITY=2", "_MACHINE_ID=2b1c7d3e4f5a4b6c8d9e0f1a2b3c4d5e",
            f"SYSLOG_IDENTIFIER={program}", f"MESSAGE={message}",
        ]  # fmt: skip
        self.journal.stdin.write(("\n".join(fields) + "\n\n").encode())
        self.journal.stdin.flush()

    def post(self, poster: str) -> None:
        """One post to annonce@, announced to 3,000."""
        self.serial += 1
        parent, child = f"4A{100_000 + self.serial}", f"4B{100_000 + self.serial}"
        ident = f"<{self.serial}.{self.name}.{poster}>"
        for program, line in (
            ("smtpd", f"{parent}: client=mx.example.net[192.0.2.25]"),
            ("cleanup", f"{parent}: message-id={ident}"),
            ("qmgr", f"{parent}: from=<{poster}>, size=2381, nrcpt=1 (queue active)"),
            ("cleanup", f"{child}: message-id={ident}"),
            ("qmgr", f"{child}: from=<owner-annonce@example.org>, size=2520, nrcpt=3000 (queue active)"),
            (
                "local",
                f"{parent}: to=<annonce@example.org>, relay=local, delay=0.4, delays=0.1/0/0/0.3, "
                f"dsn=2.0.0, status=sent (forwarded as {child})",
            ),
            ("qmgr", f"{parent}: removed"),
        ):
            self.log_line(f"postfix/{program}", line)

    def ask(self, request: dict, name: str = "control.sock"):
        """The daemon's answer; None where it gives none."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(15)
                client.connect(str(self.folder / name))
                client.sendall(json.dumps(request).encode() + b"\n")
                answer = b""
                while part := client.recv(65536):
                    answer += part
                return json.loads(answer)
        except (OSError, ValueError):
            return None

    @property
    def fleet(self) -> dict:
        """The fleet as this host sees it."""
        return (self.ask({"verb": "status"}, "fleet.sock") or {}).get("status", {})

    def state(self, address: str = "annonce@example.org") -> str:
        """`open`, `half-open` or `closed`: the breaker of a list here."""
        answer = self.ask({"verb": "status", "isQueue": False})
        report = json.loads(answer["body"]) if answer and answer.get("body") else {"incidents": []}
        states = [i["state"] for i in report["incidents"] if i["scope"] == address]
        return states[-1] if states else "closed"

    def command(self, verb: str, address: str, **more) -> dict:
        """Gives a command as a person does."""
        return self.ask({"verb": verb, "list": address, "isQueue": False, "reason": "a test", **more})

    def pages(self, address: str, event: str = "trip") -> list[str]:
        """Keys of the pages about a list that its alert script was called with."""
        path = self.folder / "pages"
        rows = [line.split("\t") for line in path.read_text().splitlines()] if path.exists() else []
        return [row[2] for row in rows if row[1] == address and row[0] == event]

    @property
    def text(self) -> str:
        """What its programs said."""
        return (self.folder / "log").read_text()

    def is_heard(self, brokers: int) -> bool:
        """Whether it is connected to so many brokers, and its daemon knows."""
        fleet = self.fleet
        count = sum(b["isConnected"] for b in fleet.get("brokers", []))
        return count == brokers and (brokers == 0 or "alone" not in fleet)

    def stop(self) -> None:
        """Ends all that it started."""
        self.kill()
        self.journal.stdin.close()
        self.journal.wait()
