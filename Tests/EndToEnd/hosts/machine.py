# SPDX-License-Identifier: Apache-2.0
#
# A Debian that is booted, not simulated: debootstrap makes a tree once, each machine is a copy of it
# under systemd-nspawn with a network of its own that has a loopback and nothing else. It ends only
# what it started, by process id.
"""Booted Debian machines."""

import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

PACKAGES = (
    "systemd systemd-sysv dbus postfix curl libsqlite3-0 libstdc++6 ca-certificates procps "
    "iproute2 util-linux python3"
).split()
SUITES = ("bookworm", "trixie")  # Debian 12 and 13
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
}


class MachineError(Exception):
    """The machine cannot be made, booted or spoken to."""


class Skipped(Exception):
    """What the scenario needs cannot be had here; nothing was found out."""


def until(what: str, seconds: float, condition, every: float = 0.1):
    """Polls `condition` until it yields something true; says what did not come true in time."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise MachineError(f"cannot go on: no {what} within {seconds:.0f} s")
        time.sleep(every)


def tree(cache: pathlib.Path, suite: str, mta: str = "postfix") -> pathlib.Path:
    """The tree that machines of this Debian with this mail server (its packages) are copied from;
    made once, about a minute."""
    packages = [word for name in PACKAGES
                for word in (mta.split() if name == "postfix" else [name])]
    key = hashlib.sha256(" ".join([suite, *packages]).encode()).hexdigest()[:12]
    made = cache / f"tree-{key}"
    if made.is_dir():
        return made
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = cache / f"unfinished-{os.getpid()}"
    log = cache / "debootstrap.log"
    print(f"making a {suite} tree in {made} (about a minute)", flush=True)
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", suite]
    for attempt in (1, 2, 3):
        shutil.rmtree(unfinished, ignore_errors=True)
        with log.open("w") as out:
            done = subprocess.run([*command, unfinished], stdout=out, stderr=out, check=False)
        if done.returncode == 0:
            break
        if attempt == 3:
            raise MachineError(f"cannot make a tree: debootstrap failed; see {log}")
        time.sleep(5)
    unfinished.rename(made)
    return made


class Machine:
    """One booted copy of the tree."""

    suite = SUITES[0]  # which Debian; run.py --suite
    options: tuple[str, ...] = ()  # further ones of systemd-nspawn

    def __init__(self, cache: pathlib.Path, name: str, mta: str = "postfix"):
        self.name = name
        self.root = cache / f"machine-{name}"
        self.console = cache / f"machine-{name}.console"
        self.process: subprocess.Popen | None = None
        if self.root.exists():
            shutil.rmtree(self.root)
        origin = tree(cache, self.suite, mta)
        subprocess.run(["cp", "-a", "--reflink=auto", origin, self.root], check=True)
        (self.root / "var/log/journal").mkdir(exist_ok=True)
        for identity in ("etc/machine-id", "var/lib/dbus/machine-id"):
            (self.root / identity).unlink(missing_ok=True)
        self.write("etc/machine-id", hashlib.md5(name.encode()).hexdigest() + "\n")
        self.write("etc/hostname", "lists\n")
        self.write("etc/hosts", "127.0.0.1 localhost lists.example.org lists\n::1 localhost\n")

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """Writes a file inside the machine."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        target.chmod(mode)

    def read(self, path: str) -> bytes:
        """A file inside the machine, byte for byte."""
        return (self.root / path).read_bytes()

    # Life

    def boot(self) -> None:
        """Boots and waits until systemd has reached its goal."""
        with self.console.open("a") as out:
            self.process = subprocess.Popen(
                ["systemd-nspawn", "-D", self.root, "-M", f"listbreaker-e2e-{self.name}",
                 "--register=no", "--keep-unit", "--private-network", "--console=pipe",
                 *self.options, "-b"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            )
        until("init in the machine", 60, self.leader)
        self.settle()

    def leader(self) -> int | None:
        """Process id, outside, of the machine's init."""
        if self.process is None or self.process.poll() is not None:
            raise MachineError(f"cannot go on: the machine ended; see {self.console}")
        me = self.process.pid
        try:
            children = pathlib.Path(f"/proc/{me}/task/{me}/children").read_text().split()
            for child in children:
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        except FileNotFoundError:
            pass
        return None

    def settle(self) -> None:
        """Waits until the start-up transaction is over."""
        until("D-Bus in the machine", 60, lambda: self.run("systemctl", "list-jobs").returncode == 0)
        self.run("ip", "link", "set", "lo", "up")
        self.run("systemctl", "is-system-running", "--wait", timeout=180)

    def reboot(self) -> None:
        """Reboots and waits for the new start-up to be over.

        systemd-nspawn --keep-unit leaves with 133 and expects to be started again.
        """
        self.run("systemctl", "reboot")
        try:
            left = self.process.wait(120)
        except subprocess.TimeoutExpired:
            left = None
        if left != 133:
            raise MachineError(f"cannot reboot: systemd-nspawn said {left}; see {self.console}")
        self.boot()

    def stop(self) -> None:
        """Powers off; after 30 s, pulls the plug."""
        if self.process is None or self.process.poll() is not None:
            return
        leader = self.leader()
        self.run("systemctl", "poweroff", "--force")
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            if leader is not None:
                os.kill(leader, signal.SIGKILL)
            self.process.kill()
            self.process.wait(30)

    def discard(self) -> None:
        """Stops and forgets the machine; a failed one is kept for whoever looks into it."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        self.console.unlink(missing_ok=True)

    # Commands

    def enter(self) -> list[str]:
        """The words in front of a command that is to run inside."""
        leader = until("init in the machine", 60, self.leader)
        return ["nsenter", "-t", str(leader), "-a"]

    def run(self, *words: str, user: str | None = None, text: str | None = None,
            timeout: float = 60) -> subprocess.CompletedProcess:
        """Runs a command inside, as root or `user`; never throws for its exit status."""
        command = self.enter()
        if user:
            command += ["runuser", "-u", user, "--"]
        try:
            return subprocess.run(
                [*command, *words], input=text, stdin=None if text else subprocess.DEVNULL,
                capture_output=True, text=True, errors="replace", env=ENVIRONMENT,
                timeout=timeout, check=False,
            )
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, 124, "", f"no answer within {timeout} s")

    def need(self, *words: str, **options) -> str:
        """Runs a command inside that must succeed; its standard output."""
        done = self.run(*words, **options)
        if done.returncode != 0:
            raise MachineError(
                f"cannot run '{' '.join(words)}': exit {done.returncode}: "
                f"{(done.stderr or done.stdout).strip()[-2000:]}")
        return done.stdout
