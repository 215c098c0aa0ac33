#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A fleet of three hosts and two brokers on loopback: real mosquitto with mutual TLS and the ACL that
# listbreaker-fleet-ca writes, real listbreakerd and listbreaker-fleetd, each host with a journal, a state
# and an actuator of its own that takes notes. One storm; what the others do, and how soon; brokers killed
# and wiped; one reset; and who may not say what. Nothing leaves loopback.
#
# usage: Tests/Fleet/fleet.py [--programs FOLDER] [--rounds N] [--part PART] [--whole]   needs mosquitto and openssl; some 4 min

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
REMOTE = "/lib/systemd/systemd-journal-remote"
CA = TOP / "fleet" / "listbreaker-fleet-ca"
failures = 0


def check(what: str, holds: bool, more: str = "") -> None:
    """Says whether `what` holds; the program fails in the end where it does not."""
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'NOT OK'}: {what}{': ' + more if more else ''}", flush=True)


def until(condition, within: float = 20.0, every: float = 0.005):
    """What `condition` gives when it is true; the last that it gave when the time is over."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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


REPORT = """{"verb":"status","isHalted":false,"held":0,"heldTotal":0,"copies":0,"left":0,"messages":[],
"posts":[],"blocked":[],"services":[],"changed":[],"notes":[],"steps":[],"errors":[]}"""


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


def trip_text(name: str, address: str, when: float | None = None) -> str:
    """A trip's record."""
    micros = int((when or time.time()) * 1_000_000)
    return (
        f"listbreaker-trip 1\nname: {name}\nscope: list\nlist: {address}\ntime: {micros}\n"
        "mode: armed\nrule: storm\nevidence: a test\n"
    )


def facts_text(number: int, ahead: int) -> str:
    """A batch without facts, by a clock that is so many seconds ahead."""
    return f"listbreaker-facts 1\nstart: 7\nnumber: {number}\nsent: {int((time.time() + ahead) * 1_000_000)}\n"


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

    def run(self) -> None:
        """All but what is judged together, in order."""
        mx1, mx2, mx3 = (self.add(f"mx{n}") for n in (1, 2, 3))
        for host in self.hosts:
            host.start()
        check("three hosts reach two brokers", all(until(lambda h=h: h.is_heard(2), 40) for h in self.hosts))
        here = until(lambda: len(mx1.fleet.get("hosts", [])) == 3)
        check("each sees the others", bool(here), str(mx1.fleet.get("hosts")))
        self.storm(mx1, mx2, mx3)
        self.killed_broker(mx1, mx2, mx3)
        self.wiped(mx1, mx2, mx3)
        self.one_reset(mx1, mx2, mx3)
        self.commands(mx1, mx2, mx3)
        self.armed(mx1, mx2, mx3)
        self.how_soon(mx1, mx2, mx3)
        self.rights(mx1, mx2, mx3)
        self.cut_off(mx1, mx2, mx3)
        self.wiped_after_reset(mx1, mx2, mx3)
        self.crash(mx2, mx3)
        self.wrong_authority()
        for host in self.hosts:
            host.stop()
        self.hosts.clear()

    def joins(self) -> None:
        """`listbreaker fleet init` and `fleet join`, with what openssl and mosquitto say to it."""
        programs = self.folder / "bin"
        programs.mkdir()
        for source in (self.programs / "listbreaker", CA):
            shutil.copy(source, programs / source.name)

        def fleet(*words) -> subprocess.CompletedProcess:
            return subprocess.run(
                [programs / "listbreaker", "fleet", *words], capture_output=True, text=True, timeout=60, check=False
            )

        new = self.folder / "authority"
        said = fleet("init", new, "--broker", "b1.example.org", "--host", "n1", "--judge", "n1", "--operator", "eva")
        keys = [new / "ca.key", new / "brokers/b1.example.org.key", new / "hosts/n1.key", new / "operators/eva.key"]
        made = said.returncode == 0 and all(key.stat().st_mode & 0o7777 == 0o600 for key in keys)
        check("listbreaker fleet init makes authority and keys, for their owner alone", made, said.stdout + said.stderr)
        text = (new / "listbreaker.acl").read_text()
        check("and the rights of judge and operator", "user n1\ntopic read lb/facts/#" in text and "lb/reset/eva/#" in text)
        before = {key: key.read_bytes() for key in keys}
        said = fleet("init", new, "--host", "n1", "--host", "n2", "--judge", "n1", "--operator", "eva")
        same = said.returncode == 0 and before == {key: key.read_bytes() for key in keys}
        check("again it adds, and leaves what is there", same and (new / "hosts/n2.key").exists(), said.stdout + said.stderr)

        # A host of the fleet that runs here.
        fleet("init", self.ca, "--host", "n3", "--host", "n4")
        n3 = self.add("n3")
        given = self.folder / "given"
        given.mkdir()
        target = self.folder / "etc"
        (n3.folder / "fleet.conf").unlink()
        words = ["join", "n3", "--from", given, "--domain", "example.org", "--into", target, "--user", "root"]
        words += ["--fleet-settings", n3.folder / "fleet.conf"]
        for broker in self.brokers:
            words += ["--broker", f"127.0.0.1:{broker.port}"]

        def give(authority: pathlib.Path, pem: pathlib.Path, key: pathlib.Path) -> None:
            for source, name in ((authority, "ca.pem"), (pem, "n3.pem"), (key, "n3.key")):
                shutil.copy(source, given / name)

        hosts = self.ca / "hosts"
        for what, parts, complaint in (
            ("with another host's key", (self.ca / "ca.pem", hosts / "n3.pem", hosts / "n4.key"), "is not the key of"),
            ("with another host's certificate", (self.ca / "ca.pem", hosts / "n4.pem", hosts / "n4.key"), "is not n3's"),
            ("with another authority", (new / "ca.pem", hosts / "n3.pem", hosts / "n3.key"), "is not of the authority"),
        ):
            give(*parts)
            said = fleet(*words)
            check(f"fleet join {what} is refused", said.returncode == 1 and complaint in said.stderr, said.stdout + said.stderr)
        give(self.ca / "ca.pem", hosts / "n3.pem", hosts / "n3.key")
        said = fleet(*words, "--user", "nobody-of-that-name")
        check("fleet join for a user who is not there is refused", said.returncode == 1 and "no user" in said.stderr, said.stdout + said.stderr)
        check("and nothing was put in its place", not target.exists() and not (n3.folder / "fleet.conf").exists())
        said = fleet(*words)
        mode = (target / "host.key").stat().st_mode & 0o7777 if (target / "host.key").exists() else 0
        check("fleet join puts certificate, key and settings in their places", said.returncode == 0 and mode == 0o600, f"{mode:o} {said.stdout}{said.stderr}")
        said = fleet(*words)
        check("and replaces nothing", said.returncode == 1 and "is there already" in said.stderr, said.stderr)
        with (n3.folder / "fleet.conf").open("a") as settings:
            settings.write(f"Socket={n3.folder}/fleet.sock\n")
        n3.start()
        check("a host that joined so is heard by real brokers", bool(until(lambda: n3.is_heard(2), 40)), str(n3.fleet))
        n3.stop()
        self.hosts.clear()

    def paged(self) -> None:
        """One page for one storm: from the first judge that lives, under a name that all share."""
        names = ("p1", "p2", "q1", "q2")
        p1, p2, q1, q2 = hosts = [
            self.add(name, "Judge=yes\n" if name.startswith("p") else "") for name in names
        ]
        for host in hosts:
            host.start()
        known = until(lambda: all(h.is_heard(2) and h.fleet.get("judges") == ["p1", "p2"] for h in hosts), 60)
        check("each host knows the judges", bool(known), str([h.fleet.get("judges") for h in hosts]))

        def keys(address: str, event: str = "trip") -> dict[str, list[str]]:
            return {h.name: found for h in hosts if (found := h.pages(address, event))}

        def storm(teller: Host, address: str) -> float:
            begin = time.monotonic()
            teller.command("trip", address, isNew=True)
            until(lambda: keys(address), 30, 0.02)
            return time.monotonic() - begin

        storm(q1, "paged1@example.org")
        time.sleep(22)
        found = keys("paged1@example.org")
        one = list(found) == ["p1"] and len(found["p1"]) == 1
        check("a trip of any host is paged once, by the first judge", one, str(found))
        check("its key names the trip", "fleet/q1/" in str(found), str(found))
        check("the others held it", all(h.state("paged1@example.org") == "open" for h in hosts))
        self.reset(q2, "paged1@example.org")
        found = until(lambda: keys("paged1@example.org", "reset"), 10, 0.1)
        check("one reset resolves it, under the same key", list(found or {}) == ["p1"], str(found))
        # The first judge hears nothing and pages nobody, but its carrier still says that it is there.
        os.kill(p1.processes["listbreakerd"].pid, signal.SIGSTOP)
        took = storm(q1, "paged2@example.org")
        found = keys("paged2@example.org")
        check("where the first judge hangs the second pages, when its turn comes", list(found) == ["p2"] and took > 4, f"{found} after {took:.1f} s")
        p1.kill()
        took = storm(q1, "paged3@example.org")
        time.sleep(22)
        found = {a: keys(a) for a in ("paged2@example.org", "paged3@example.org")}
        one = all(list(f) == ["p2"] and len(f["p2"]) == 1 for f in found.values())
        check("where it is killed -9 too, and each exactly once", one, f"{found}; {took:.1f} s")
        # Back again it must not page of what was paged.
        p1.start()
        until(lambda: p1.is_heard(2) and p1.state("paged3@example.org") == "open", 40)
        time.sleep(12)
        check("back again it pages of none of it", not p1.pages("paged2@example.org") and not p1.pages("paged3@example.org"), str([keys("paged2@example.org"), keys("paged3@example.org")]))
        # No judge left: who trips pages.
        for judge in (p1, p2):
            judge.kill()
        until(lambda: q2.fleet.get("judges") == [] and q1.fleet.get("judges") == [], 40)
        took = storm(q2, "paged4@example.org")
        time.sleep(12)
        found = keys("paged4@example.org")
        check("without judges who tripped pages, and nobody else", list(found) == ["q2"] and len(found["q2"]) == 1, f"{found}; {took:.1f} s")
        said = publish(self.brokers[0], self.ca, "q1", "lb/paged/q2/q2/9.0.9", "listbreaker-paged 1\n")
        check("a host cannot say that another paged", "uthorized" in said, said[-200:])
        for host in hosts:
            host.stop()
        self.hosts.clear()

    def turns(self) -> None:
        """kill -9 within a page's turn: one page at least, two at most, all under one key."""
        names = ("p3", "p4", "q3", "q4")
        p3, p4, q3, q4 = hosts = [
            self.add(name, "Judge=yes\n" if name.startswith("p") else "") for name in names
        ]
        for host in hosts:
            host.start()
        known = until(lambda: all(h.is_heard(2) and h.fleet.get("judges") == ["p3", "p4"] for h in hosts), 60)
        check("each host knows the judges", bool(known), str([h.fleet.get("judges") for h in hosts]))

        def paged(address: str) -> list[tuple[str, str]]:
            return [(h.name, key) for h in hosts for key in h.pages(address)]

        def story(number: int, when: str, which: tuple[str, ...], back_after: float) -> None:
            """The first judge dies `when`; what is paged while it is away, and when it is back."""
            address = f"turn{number}@example.org"
            (p3.folder / when).touch()
            # Three trips an hour of one host are acted on.
            teller = q3 if number <= 3 else q4
            teller.command("trip", address, isNew=True)
            died = until(lambda: p3.processes["listbreakerd"].poll() is not None, 20)
            p3.kill(*which)
            away = []
            if back_after:
                time.sleep(back_after)
            else:
                until(lambda: any(name == "p4" for name, _ in paged(address)), 60, 0.1)
                away = paged(address)
            p3.start(*which)
            until(lambda: p3.is_heard(2), 40)
            time.sleep(45)
            found = paged(address)
            told = f"{when}, {' '.join(which)}: {away} while it was away, {found} in the end"
            check("the first judge was killed in its turn", bool(died))
            if not back_after:
                check("the second one pages in its place", any(name == "p4" for name, _ in away), told)
            check("one page at least and two at most", 1 <= len(found) <= 2, told)
            check("all under one key", len({key for _, key in found}) == 1, told)
            self.reset(q3, address)
            time.sleep(3)

        both = ("listbreakerd", "listbreaker-fleetd")
        story(1, "die-unsent", both, 0)
        story(2, "die-unsent", both[:1], 0)
        story(3, "die-sent", both[:1], 0)
        # As systemd starts it again.
        story(4, "die-sent", both[:1], 1)
        story(5, "die-unsent", both[:1], 1)

        def marks() -> list[str]:
            """Under which topics marks of these trips are kept; those of hosts that are gone do not matter."""
            topics = self.kept("lb/paged/#", "q3", "%t").split()
            return [topic for topic in topics if topic.split("/")[3] in ("q3", "q4")]

        gone = until(lambda: not marks(), 30, 1)
        check("no mark of what was reset stays at the brokers", bool(gone), str(marks()))
        for host in hosts:
            host.stop()
        self.hosts.clear()

    def judged(self) -> None:
        """A storm dealt over five hosts, two of which judge; and one host beside them that sees all of it."""
        solo = Host(self.folder, self.ca, "solo", [], self.programs)
        (solo.folder / "fleet.conf").unlink()
        names = ("j1", "j2", "k1", "k2", "k3")
        dealt = [self.add(name, "Judge=yes\n" if name in ("j1", "j2") else "") for name in names]
        for host in (solo, *dealt):
            host.start()
        check("five hosts reach two brokers", all(until(lambda h=h: h.is_heard(2), 40) for h in dealt))
        heard = until(lambda: dealt[0].fleet.get("judge", {}).get("hosts") == 5, 30)
        check("a judge hears all five", bool(heard), str(dealt[0].fleet.get("judge")))
        check("who is none says so", "judge" not in dealt[2].fleet, str(dealt[2].fleet))
        for host in (solo, *dealt):
            host.post("news@example.org")
        alone, together = self.deal(dealt, solo, "p")
        check("dealt over five hosts it trips at the post where one log trips", alone == together and alone, f"{alone}, {together}")
        found = until(lambda: all(h.state() == "open" for h in dealt), 3)
        check("and all five hold the list", bool(found), str([h.state() for h in dealt]))
        owners = self.owners(dealt[3])
        check("by the judges' word alone", bool(owners) and owners <= {"j1", "j2"}, str(owners))
        self.judge_rights(dealt)
        outcome = self.reset(dealt[4], "annonce@example.org")
        found = until(lambda: all(h.state() == "half-open" for h in dealt), 5)
        check("one reset lets it flow", bool(found), str([h.state() for h in dealt]) + outcome.stderr)
        time.sleep(3)
        check("and no judge trips on what is over", all(h.state() == "half-open" for h in dealt))
        dealt[0].kill()
        _, together = self.deal(dealt[1:], None, "q")
        found = until(lambda: all(h.state() == "open" for h in dealt[1:]), 3)
        check("with one of two judges killed -9 the next storm is seen", bool(together and found), str(together))
        owners = self.owners(dealt[3])
        check("by the other", owners == {"j2"}, str(owners))
        # The brokers keep a trip for who comes later, until somebody resets it.
        self.reset(dealt[4], "annonce@example.org")
        for host in (solo, *dealt):
            host.stop()
        self.hosts.clear()

    def remembered(self) -> None:
        """A judge that is killed -9 within a storm goes on where it was; damage costs its memory alone."""
        solo = Host(self.folder, self.ca, "solo2", [], self.programs)
        (solo.folder / "fleet.conf").unlink()
        dealt = [self.add(name, "Judge=yes\n" if name == "j3" else "") for name in ("j3", "m1", "m2", "m3")]
        judge, *tellers = dealt
        for host in (solo, *dealt):
            host.start()
        check("four hosts reach two brokers", all(until(lambda h=h: h.is_heard(2), 40) for h in dealt))
        until(lambda: judge.fleet.get("judge", {}).get("hosts") == 4, 30)
        for host in (solo, *tellers):
            host.post("news@example.org")
        saved = judge.folder / "state" / "judge.db"
        until(saved.exists, 10)
        alone, together = self.deal(tellers, solo, "r", range(1, 2))
        check("one post of a storm trips nobody yet", alone == together == 0, f"{alone}, {together}")
        time.sleep(3)
        judge.kill()
        judge.start()
        check("the judge is killed -9 and started", bool(until(lambda: judge.is_heard(2), 40)))
        check("and says from when its memory is", "the judge knows what it knew at" in judge.text)
        alone, together = self.deal(tellers, solo, "r", range(2, 13))
        check("the storm trips at the post where one log trips", alone == together and alone, f"{alone}, {together}")
        check("and all hold the list", bool(until(lambda: all(h.state() == "open" for h in dealt), 3)))
        judge.kill()
        saved.write_bytes(b"not a database at all" * 99)
        judge.start()
        found = until(lambda: judge.is_heard(2), 40)
        told = "cannot read what the judge knew from" in judge.text and saved.with_name("judge.db.damaged").exists()
        check("damage to its memory is said and set aside", bool(found) and told, judge.text[-500:])
        check("and costs nothing else", judge.state() == "open" and judge.state("queue") == "closed")
        for host in (solo, *dealt):
            host.stop()
        self.hosts.clear()

    @staticmethod
    def owners(host: Host) -> set[str]:
        """The hosts whose trips keep the list open."""
        lines = [line for line in host.fleet["open"] if line["name"] == "annonce@example.org"]
        return {trip["incident"].split("/")[0] for line in lines for trip in line["trips"]}

    @staticmethod
    def deal(hosts: list[Host], solo: Host | None, who: str, numbers=range(1, 11)) -> tuple[int, int]:
        """Posts by strangers with these numbers, one after another to each host in turn, and all to `solo`.

        After how many `solo`, and the first of the hosts, is open; 0: never.
        """
        alone, together = 0, 0
        for number in numbers:
            hosts[number % len(hosts)].post(f"{who}{number}@example.net")
            if solo:
                solo.post(f"{who}{number}@example.net")
                alone = alone or (number if until(lambda: solo.state() == "open", 1.5, 0.05) else 0)
            # A host tells within a second, and a busy machine takes its time.
            together = together or (number if until(lambda: hosts[0].state() == "open", 4, 0.05) else 0)
            if together and (alone or not solo):
                break
        return alone, together

    def judge_rights(self, hosts: list[Host]) -> None:
        """Who may say and hear facts; and a clock that is off."""
        judge = hosts[0]
        answer = publish(self.brokers[0], self.ca, "k1", "lb/facts/k2", facts_text(1, 0))
        check("a host cannot tell facts for another", "uthorized" in answer, answer[-200:])
        answer = subprocess.run(
            [
                "mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", str(self.brokers[0].port),
                "--cafile", self.ca / "ca.pem", "--cert", self.ca / "hosts" / "k1.pem",
                "--key", self.ca / "hosts" / "k1.key", "-t", "lb/facts/#", "-C", "1", "-W", "12",
            ],
            capture_output=True, timeout=40, check=False,
        )  # fmt: skip
        check("who is no judge hears none", answer.stdout == b"", answer.stdout.decode()[:200])
        subprocess.run([CA, "host", self.ca, "late"], check=True, stdout=subprocess.DEVNULL)
        # For some seconds after its start a judge doubts no clock.
        for number in range(1, 31):
            publish(self.brokers[0], self.ca, "late", "lb/facts/late", facts_text(number, -86400))
            found = until(lambda: judge.fleet.get("judge", {}).get("clocks"), 1)
            if found:
                break
        check("a clock that is a day behind is named", "late is 86" in str(found), str(found))
        publish(self.brokers[0], self.ca, "late", "lb/facts/late", "listbreaker-facts 1\nstart: x\n")
        check("what is malformed is refused and said", bool(until(lambda: "did not take lb/facts/late" in judge.text, 5)))

    def storm(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """A storm that one host sees; the others hold the list's mail."""
        until(lambda: mx1.post("news@example.org") or mx1.state() == "closed", 2, 0.5)
        begin = time.monotonic()
        until(lambda: mx1.post(f"p{mx1.serial}@example.net") or mx1.state() == "open", 30, 0.3)
        check("the storm trips its host", mx1.state() == "open")
        found = all(until(lambda h=h: h.state() == "open", 5) for h in (mx2, mx3))
        check("the others adopt it", found, f"{mx2.state()}, {mx3.state()}")
        own = self.ordered(mx1, "hold-list", begin)
        for host in (mx2, mx3):
            at = until(lambda h=host: self.ordered(h, "hold-list", begin), 5)
            late = at - own if at and own else None
            check(f"{host.name} holds the list within a second of its host", late is not None and late < 1, f"{late}")
            check("and holds nothing else", not self.ordered(host, "halt", begin))
        order = next((line for _, verb, line in mx2.orders if verb == "hold-list"), "")
        check("it knows the list's sender by the other's word", "owner-annonce@example.org" in order, order[:300])
        line = mx2.fleet["open"][0]
        shown = self.shown(mx2)
        told = "OPEN: annonce@example.org" in shown.stdout and "mx1/1 at" in shown.stdout
        check("listbreaker status --fleet shows it, and ends with 3", told and shown.returncode == 3, shown.stdout + shown.stderr)
        check("and says whose trip it is", [t["incident"] for t in line["trips"]] == ["mx1/1"], str(line)[:300])

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

    def commands(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """What people type: `trip`, `reset` and `incidents` with --fleet, and `fleet forget`."""
        t9 = self.add("t9")
        t9.start()
        until(lambda: t9.is_heard(2) and len(mx2.fleet["hosts"]) == len(self.hosts), 40)
        address = "typed@example.org"
        said = self.listbreaker(t9, "trip", address, "--new", "--fleet", "--reason", "a test")
        check("listbreaker trip --fleet says that others hear", "told to the fleet as t9/1" in said.stdout and said.returncode == 0, said.stdout + said.stderr)
        found = until(lambda: all(h.state(address) == "open" for h in (t9, mx1, mx2, mx3)), 5)
        check("and they hold it", bool(found))
        said = self.listbreaker(mx2, "reset", address, "--fleet", "--reason", "done", who="anna")
        check("a reset of the fleet without --held is refused", said.returncode == 64 and mx2.state(address) == "open", said.stderr)
        said = self.listbreaker(mx2, "reset", "t9/77", "--fleet", "--held", "keep", "--reason", "done", who="anna")
        check("one of nothing too", said.returncode == 1 and "is not open in the fleet" in said.stderr, said.stderr)
        said = self.listbreaker(
            mx2, "reset", "t9/1", "--fleet", "--held", "release", "--rate", "600/min", "--reason", "done", who="anna"
        )
        found = until(lambda: all(h.state(address) == "half-open" for h in (t9, mx1, mx2, mx3)), 5)
        check("listbreaker reset --fleet by the name of a trip resets all hosts", said.returncode == 0 and bool(found), said.stdout + said.stderr)
        share = 600 // len(mx2.fleet["hosts"])
        word = f"of 600 copies a minute, which the fleet gives back of {address}, {share} are this host's"
        found = until(lambda: all(word in h.text for h in (t9, mx1, mx2, mx3)), 5)
        check("each at its share of the rate, before anybody can have said what it holds", bool(found), word)
        said = self.listbreaker(mx3, "incidents", "--fleet", "--json")
        rows = {i["incident"]: i for i in json.loads(said.stdout or '{"incidents":[]}')["incidents"]}
        row = rows.get("t9/1", {})
        check("listbreaker incidents --fleet names who reset it, on any host", row.get("reset_by") == "anna" and row.get("reason") == "done", said.stdout[:300] + said.stderr)
        said = self.listbreaker(mx3, "incidents", "--fleet")
        check("also as a table", "t9/1" in said.stdout and "anna" in said.stdout, said.stdout[:400])
        said = self.listbreaker(mx3, "metrics")
        told = f"\nlistbreaker_fleet_hosts {len(self.hosts)}\n" in said.stdout
        told = told and '\nlistbreaker_fleet_brokers{connected="true"} 2\n' in said.stdout
        check("listbreaker metrics counts hosts and brokers", told, "".join(l for l in said.stdout.splitlines(True) if "fleet" in l))
        # A host that is gone for good, with something open.
        t9.command("trip", "left@example.org", isNew=True)
        until(lambda: mx1.state("left@example.org") == "open", 5)
        t9.stop()
        self.hosts.remove(t9)
        said = self.listbreaker(mx1, "fleet", "forget", "t9", "--reason", "sold", who="anna")
        found = until(lambda: all(h.state("left@example.org") == "half-open" for h in (mx1, mx2, mx3)), 5)
        check("listbreaker fleet forget resets what a host left open", said.returncode == 0 and bool(found), said.stdout + said.stderr)
        said = self.listbreaker(mx1, "fleet", "forget", "t9", "--reason", "sold", who="anna")
        check("a second time there is nothing to do", said.returncode == 1 and "no trip of t9" in said.stderr, said.stderr)

    def armed(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """Canaries first: an operator arms some hosts, each answers, and only they halt mail."""
        c1, c2, d1 = new = [self.add(name) for name in ("c1", "c2", "d1")]
        for host in new:
            conf = host.folder / "conf"
            conf.write_text(conf.read_text().replace("Mode=armed", "Mode=observe"))
            host.start()

        def modes(host: Host) -> dict[str, str]:
            return {m["host"]: m["mode"] for m in host.fleet.get("modes", [])}

        everybody = {h.name: "armed" for h in (mx1, mx2, mx3)} | {h.name: "observe" for h in new}
        found = until(lambda: all(everybody.items() <= modes(h).items() for h in (mx1, c1, d1)), 40)
        check("each host says whether it halts mail, and all hear it", bool(found), str([modes(h) for h in (mx1, c1, d1)]))
        until(lambda: {"c1", "c2", "d1"} <= set(mx2.fleet.get("hosts", [])), 20)
        said = self.listbreaker(mx2, "arm", "--fleet", "--hosts", "c*", "--reason", "canaries", who="anna")
        done = said.returncode == 0 and "c1: armed" in said.stdout and "c2: armed" in said.stdout
        check("arm --fleet --hosts arms those, and waits for their answers", done, said.stdout + said.stderr)
        shown = self.shown(mx3).stdout
        check("status --fleet shows who is armed and who only watches", "only watching: d1\n" in shown and " c2 " in shown, shown)
        c1.command("trip", "canary@example.org", isNew=True)
        found = until(lambda: c2.state("canary@example.org") == "open", 5)
        ordered = until(lambda: self.held(c2, "canary@example.org", 0), 5)
        check("an armed one holds mail", bool(found and ordered))
        time.sleep(1)
        check("one that only watches holds none", not self.held(d1, "canary@example.org", 0))
        self.reset(mx1, "canary@example.org")
        # What a person says on a host later stands, also when the order is heard again.
        c2.ask({"verb": "observe", "isQueue": False, "reason": "not yet"})
        until(lambda: modes(mx1).get("c2") == "observe", 5)
        check("a person's later word on a host is told", modes(mx1).get("c2") == "observe", str(modes(mx1)))
        for host in (c1, c2):
            host.kill()
            host.start()
        until(lambda: c1.is_heard(2) and c2.is_heard(2), 40)
        time.sleep(2)
        found = (modes(mx1).get("c1"), modes(mx1).get("c2"))
        check("and an order is obeyed once, also over kill -9", found == ("armed", "observe"), str(found))
        # Who joins later begins by watching, whatever was ordered.
        c3 = self.add("c3")
        conf = c3.folder / "conf"
        conf.write_text(conf.read_text().replace("Mode=armed", "Mode=observe"))
        c3.start()
        until(lambda: modes(mx1).get("c3"), 40)
        time.sleep(1)
        check("a host that joins later is not armed by it", modes(mx1).get("c3") == "observe", str(modes(mx1)))
        said = self.listbreaker(mx1, "observe", "--fleet", "--hosts", "c1", "--reason", "back", who="anna")
        check("observe --fleet takes it back", said.returncode == 0 and modes(mx1).get("c1") == "observe", said.stdout + said.stderr)
        said = self.listbreaker(mx1, "arm", "--fleet", "--hosts", "zz*", "--reason", "x", who="anna")
        check("a name that nobody has is refused", said.returncode == 1 and "no host that is there" in said.stderr, said.stderr)
        until(lambda: "c3" in mx1.fleet.get("hosts", []), 20)
        c3.kill("listbreakerd")
        said = self.listbreaker(mx1, "arm", "--fleet", "--hosts", "c1", "--hosts", "c3", "--reason", "x", who="anna")
        check("who does not answer is named", said.returncode == 1 and "c3: no answer" in said.stdout, said.stdout + said.stderr)
        # Rights.
        now = time.time_ns() // 1000
        order = f"listbreaker-order 1\noperator: %s\nid: 9\nmode: armed\ntime: {now}\nreason: x\nhost: d1\n"
        broker = self.brokers[0]
        said = publish(broker, self.ca, "c1", "lb/order/anna/9", order % "anna")
        check("a host cannot arm another", "uthorized" in said, said[-200:])
        said = publish(broker, self.ca, "c1", "lb/order/c1/9", order % "c1")
        check("nor in its own name", "uthorized" in said, said[-200:])
        said = publish(broker, self.ca, "c1", "lb/mode/d1", f"listbreaker-mode 1\nmode: armed\ntime: {now}\n")
        check("nor say that another is armed", "uthorized" in said, said[-200:])
        publish(broker, self.ca, "anna", "lb/order/anna/9", order % "otto", "operators")
        publish(broker, self.ca, "anna", "lb/order/anna/10", "listbreaker-order 1\nmode: on\n", "operators")
        time.sleep(2)
        check("an order under another's name, or malformed, arms nobody", modes(mx1).get("d1") == "observe", str(modes(mx1)))
        for host in (*new, c3):
            host.stop()
            self.hosts.remove(host)

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

    def killed_broker(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """One broker is killed: nobody notices but in the status."""
        self.brokers[0].kill()
        mx1.command("trip", "second@example.org", isNew=True)
        found = until(lambda: all(h.state("second@example.org") == "open" for h in (mx2, mx3)), 5)
        check("a trip spreads with one of two brokers killed -9", bool(found))
        check("and that is told", bool(until(lambda: mx2.is_heard(1), 25)), str(mx2.fleet.get("brokers")))
        self.brokers[0].start()
        check("it comes back", bool(until(lambda: all(h.is_heard(2) for h in self.hosts), 40)))

    def wiped(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """Both brokers lose all: everything stays open, and the hosts fill them again."""
        for broker in self.brokers:
            broker.kill()
            broker.wipe()
        check("all brokers gone: each is alone", bool(until(lambda: all(h.is_heard(0) for h in self.hosts), 30)))
        check("and says so", "no broker is connected" in str(mx2.fleet.get("alone")), str(mx2.fleet.get("alone")))
        shown = self.shown(mx2)
        told = "THIS HOST IS ALONE" in shown.stdout and shown.returncode == 4
        check("also to listbreaker status --fleet, which ends with 4", told, shown.stdout + shown.stderr)
        for broker in self.brokers:
            broker.start()
        until(lambda: all(h.is_heard(2) for h in self.hosts), 40)
        states = [h.state(a) for h in self.hosts for a in ("annonce@example.org", "second@example.org")]
        check("all brokers wiped: everything stays open", states == ["open"] * 6, str(states))
        mx4 = self.add("mx4")
        mx4.start()
        found = until(lambda: len(mx4.fleet.get("open", [])) == 2, 30)
        check("a host that joins now learns all from the refilled brokers", bool(found), str(mx4.fleet)[:300])
        check("and holds", bool(until(lambda: mx4.state() == "open", 5)))

    def one_reset(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """Once for all."""
        outcome = self.reset(mx3, "annonce@example.org")
        check("an operator resets the fleet once", outcome.returncode == 0, outcome.stdout + outcome.stderr)
        found = until(lambda: all(h.state() == "half-open" for h in self.hosts), 5)
        check("every host lets the list flow", bool(found), str([h.state() for h in self.hosts]))
        check("the other list stays open", mx2.state("second@example.org") == "open")
        outcome = self.reset(mx1, "second@example.org")
        found = until(lambda: all(h.state("second@example.org") == "half-open" for h in self.hosts), 5)
        check("the other list too, when it is reset", bool(found), outcome.stdout + outcome.stderr)
        # The hosts say their open trips again on each connect; nothing that was reset may come back.
        self.brokers[1].kill()
        self.brokers[1].start()
        until(lambda: all(h.is_heard(2) for h in self.hosts), 40)
        check("nothing opens again", all(h.state() == "half-open" for h in self.hosts))
        outcome = self.reset(mx1, "annonce@example.org")
        check("a second reset has nothing to do", outcome.returncode == 1, outcome.stderr.strip())

    def how_soon(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """From a person's trip on one host to the order at the others' actuators.

        Three trips an hour of one host count, so hosts of their own do the tripping.
        """
        tellers = [self.add(f"t{number}") for number in range((self.rounds + 2) // 3)]
        for host in tellers:
            host.start()
        until(lambda: all(h.is_heard(2) for h in tellers), 40)
        lags = []
        missed = 0
        for number in range(self.rounds):
            teller = tellers[number // 3]
            address = f"l{number}@example.org"
            begin = time.monotonic()
            teller.command("trip", address, isNew=True)
            for host in (mx1, mx2, mx3):
                at = until(lambda h=host, b=begin, a=address: self.held(h, a, b), 5)
                missed += at is None
                if at:
                    lags.append((at - begin) * 1000)
        lags.sort()
        check(
            f"{self.rounds} trips reach three other hosts' actuators within a second",
            not missed and bool(lags) and lags[-1] < 1000,
            f"missed {missed}; ms: median {statistics.median(lags):.1f}, "
            f"p99 {lags[int(len(lags) * 0.99)]:.1f}, max {lags[-1]:.1f}" if lags else "none",
        )  # fmt: skip
        for host in tellers:
            host.stop()
            self.hosts.remove(host)

    @staticmethod
    def held(host: Host, address: str, since: float) -> float | None:
        """When the actuator was first asked to hold the list `address`."""
        return next(
            (at for at, what, line in list(host.orders) if at >= since and what == "hold-list" and address in line),
            None,
        )

    def rights(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """What a host's certificate may not say, and what the hosts do not believe."""
        broker, now = self.brokers[0], int(time.time())
        said = publish(broker, self.ca, "mx4", f"lb/trip/mx1/90.0.{now}", trip_text(f"mx1/90.0.{now}", "x@example.org"))
        check("a host cannot speak for another", "Not authorized" in said, said[-200:])
        text = (
            "listbreaker-reset 1\noperator: anna\nid: 1\nverb: reset\ntime: 1\nheld: keep\nreason: x\n"
            f"name: mx1/90.0.{now}\n"
        )
        said = publish(broker, self.ca, "mx4", "lb/reset/anna/1", text)
        check("a host cannot reset", "Not authorized" in said, said[-200:])
        said = publish(broker, self.ca, "anna", "lb/reset/otto/1", text.replace("anna", "otto"), "operators")
        check("an operator cannot reset for another", "Not authorized" in said, said[-200:])
        mine = f"lb/trip/mx4/91.0.{now}"
        publish(broker, self.ca, "mx4", mine, trip_text(f"mx1/91.0.{now}", "x@example.org"))
        publish(broker, self.ca, "mx4", f"lb/trip/mx4/92.0.{now}", "\x1b[2Jnonsense\n" * 9)
        publish(broker, self.ca, "mx4", f"lb/trip/mx4/93.0.{now}", trip_text(f"mx4/93.0.{now}", "x@example.com"))
        publish(
            broker, self.ca, "mx4", f"lb/trip/mx4/94.0.{now}",
            trip_text(f"mx4/94.0.{now}", "late@example.org", time.time() - 3600),
        )  # fmt: skip
        for number in range(5):
            name = f"mx4/{95 + number}.0.{now}"
            publish(broker, self.ca, "mx4", f"lb/trip/{name}", trip_text(name, f"flood{number}@example.org"))
        until(lambda: "flood4@example.org" in str(mx2.fleet), 10)
        time_is_up = until(lambda: "had trips of 3 lists within the hour" in mx2.text, 5)
        states = [mx2.state(f"flood{n}@example.org") for n in range(5)]
        check("trips of three lists an hour of one host are acted on", states.count("open") == 3, str(states))
        check("and the rest is said", bool(time_is_up))
        check("a record under another's name is refused", "bears another name than its topic" in mx2.text)
        check("nonsense is refused", mx2.text.count("it is passed over") >= 2, str(mx2.text.count("passed over")))
        check("a list of a foreign domain is not held", mx2.state("x@example.com") == "closed")
        check("an old trip stays its host's", mx2.state("late@example.org") == "closed")
        check("nobody tripped in another's name", mx2.state("x@example.org") == "closed")

    def cut_off(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """A host whose carrier is gone decides alone; a reset meanwhile does not name its trip."""
        mx3.kill("listbreaker-fleetd")
        mx1.command("trip", "cut@example.org", isNew=True)
        until(lambda: mx2.state("cut@example.org") == "open", 5)
        check("a host without a carrier hears nothing", mx3.state("cut@example.org") == "closed")
        mx3.command("trip", "cut@example.org", isNew=True)
        check("and trips by itself", mx3.state("cut@example.org") == "open")
        self.reset(mx1, "cut@example.org")
        until(lambda: mx2.state("cut@example.org") == "half-open", 5)
        mx3.start("listbreaker-fleetd")
        found = until(lambda: mx1.state("cut@example.org") == "open", 15)
        check("back again, its trip is news: it was named by nobody", bool(found))
        check("and is open there", mx3.state("cut@example.org") == "open")
        self.reset(mx1, "cut@example.org")
        found = until(lambda: all(h.state("cut@example.org") == "half-open" for h in (mx1, mx2, mx3)), 5)
        check("one more reset names it", bool(found), str([h.state("cut@example.org") for h in self.hosts]))

    def wiped_after_reset(self, mx1: Host, mx2: Host, mx3: Host) -> None:
        """All brokers lose a reset: nothing opens again, and only who was cut off needs one more."""
        address = "wiped@example.org"
        t8 = self.add("t8")
        t8.start()
        until(lambda: t8.is_heard(2), 40)
        t8.command("trip", address, isNew=True)
        until(lambda: all(h.state(address) == "open" for h in (mx1, mx2, mx3)), 5)
        mx3.kill("listbreaker-fleetd")
        self.reset(mx1, address)
        hearing = (t8, mx1, mx2)
        until(lambda: all(h.state(address) == "half-open" for h in hearing), 5)
        for broker in self.brokers:
            broker.kill()
            broker.wipe()
            broker.start()
        until(lambda: all(h.is_heard(2) for h in hearing), 40)
        mx3.start("listbreaker-fleetd")
        until(lambda: mx3.is_heard(2), 40)
        t7 = self.add("t7")
        t7.start()
        until(lambda: t7.is_heard(2), 40)
        time.sleep(3)
        states = [h.state(address) for h in (*hearing, t7)]
        check("brokers that lost a reset open nothing again", states == ["half-open"] * 3 + ["closed"], str(states))
        check("who was cut off meanwhile stays open", mx3.state(address) == "open", mx3.state(address))
        said = self.reset(mx3, address)
        found = until(lambda: mx3.state(address) == "half-open", 5)
        check("one more reset, said there, closes it", said.returncode == 0 and bool(found), said.stdout + said.stderr)
        check("and opens nothing", [h.state(address) for h in (*hearing, t7)] == ["half-open"] * 3 + ["closed"])
        for host in (t7, t8):
            host.stop()
            self.hosts.remove(host)

    def crash(self, mx2: Host, mx3: Host) -> None:
        """kill -9 of daemon and carrier: what was adopted is there, what was reset stays so."""
        mx3.command("trip", "crash@example.org", isNew=True)
        until(lambda: mx2.state("crash@example.org") == "open", 5)
        mx2.kill()
        mx2.start()
        found = until(lambda: mx2.state("crash@example.org") == "open", 20)
        check("killed -9 and started, it is open", bool(found))
        check("what was reset stays so", mx2.state("cut@example.org") != "open", mx2.state("cut@example.org"))
        mx2.kill("listbreakerd")
        mx3.command("trip", "while@example.org", isNew=True)
        mx2.start("listbreakerd")
        found = until(lambda: mx2.state("while@example.org") == "open", 20)
        check("what tripped while its daemon was away is adopted when it is back", bool(found))

    def wrong_authority(self) -> None:
        """A certificate of somebody else's authority: alone, and never dead."""
        other = self.folder / "other"
        subprocess.run([CA, "init", other], check=True, stdout=subprocess.DEVNULL)
        mx5 = Host(self.folder, other, "mx5", self.brokers, self.programs)
        self.hosts.append(mx5)
        mx5.start()
        alone = until(lambda: "no broker is connected:" in str(mx5.fleet.get("alone")) and mx5.fleet["alone"], 30)
        check("with another authority's certificate a host is alone", bool(alone), str(alone))
        said = self.listbreaker(mx5, "trip", "alone@example.org", "--new", "--fleet", "--reason", "a test")
        check("trip --fleet says so, and ends with 4", said.returncode == 4 and "no other host hears" in said.stderr, said.stderr)
        check("it trips all the same", mx5.state("alone@example.org") == "open")
        check("its carrier lives", mx5.processes["listbreaker-fleetd"].poll() is None)

    def stop(self) -> None:
        """Ends all that was started."""
        for host in self.hosts:
            host.stop()
        for broker in self.brokers:
            broker.kill()


def main() -> int:
    """Runs the story; 0 where all holds, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "debug")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--part", choices=("spread", "joins", "paged", "turns", "judged", "remembered"), help="only that part")
    parser.add_argument("--whole", action="store_true", help="also the five windows of a page's turn, a minute each")
    parser.add_argument("--keep", action="store_true", help="leave the folder behind")
    chosen = parser.parse_args()
    for need in ("mosquitto", "mosquitto_pub", "openssl", REMOTE):
        if not shutil.which(need, path=os.environ.get("PATH", "") + ":/usr/sbin"):
            print(f"there is no {need}: .ci/install journal test")
            return 77
    os.environ["PATH"] += ":/usr/sbin"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="listbreaker-fleet-"))
    story = Story(folder, chosen.programs.resolve(), chosen.rounds)
    try:
        for broker in story.brokers:
            broker.start()
        if not chosen.part or chosen.part == "spread":
            story.run()
        if not chosen.part or chosen.part == "joins":
            story.joins()
        if not chosen.part or chosen.part == "paged":
            story.paged()
        if chosen.whole or chosen.part == "turns":
            story.turns()
        if not chosen.part or chosen.part == "judged":
            story.judged()
        if not chosen.part or chosen.part == "remembered":
            story.remembered()
    finally:
        story.stop()
        if failures or chosen.keep:
            print(f"logs stay in {folder}")
        else:
            shutil.rmtree(folder)
    print(f"{failures} failed" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
