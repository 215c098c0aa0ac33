# SPDX-License-Identifier: Apache-2.0
#
# A machine in which Postfix runs in a container of podman (runc, vfs), and listbreaker beside it. The
# image is the tree that machines are made of, imported; nothing is pulled. The relay and the receiver
# of pages run in the machine, whose network the container shares: a loopback and nothing else.
"""A host with Postfix in a container."""

import email.utils
import json
import pathlib
import subprocess

from listhost import ListHost
from machine import ENVIRONMENT, MachineError, Skipped, tree, until
from mailhost import LIST, MAIN_CF

NAME = "mail"
IMAGE = "localhost/postfix:tree"
UNIT = "mailbox"
# How Postfix's log gets out, and what is process 1.
WAYS = {
    "driver": (["--log-driver", "journald"], ["/usr/sbin/postfix", "start-fg"], "/dev/stdout"),
    "init": (["--log-driver", "journald"],
             ["/bin/sh", "-c", "trap 'postfix stop' TERM; postfix start-fg & wait"], "/dev/stdout"),
    "devlog": (["--log-driver", "none", "--cgroups=split",
                "--volume", "/run/systemd/journal/dev-log:/dev/log"],
               ["/usr/sbin/postfix", "start-fg"], ""),
}
# What a host allows that is itself a guest: no limit above its own, nothing of the kernel's keys.
ENGINE = """\
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
keyring = false
pids_limit = 0
default_ulimits = ["nofile=1024:1024", "nproc=4000:4000"]
"""


class ContainerHost(ListHost):
    """podman in the machine instead of Postfix."""

    address = LIST
    options = ("--capability=all", "--system-call-filter=bpf add_key keyctl @mount")

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int, package: pathlib.Path):
        super().__init__(cache, name, subscribers, package)
        self.image = self.root / "srv/image.tar"
        done = subprocess.run(
            ["tar", "-C", tree(cache, self.suite), "--exclude=./usr/share", "--exclude=./var/cache",
             "--exclude=./var/lib/apt", "--exclude=./proc", "--exclude=./sys", "--exclude=./dev",
             "-cf", self.image, "."], check=False)
        if done.returncode != 0:
            raise MachineError("cannot make an image of the tree")
        self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.write("etc/resolv.conf", pathlib.Path("/etc/resolv.conf").read_text("utf-8"))
        for words in ("apt-get -q update", "apt-get -q purge -y postfix",
                      "apt-get -q install -y --no-install-recommends podman runc conmon"):
            done = subprocess.run(
                ["chroot", self.root, *words.split()], check=False,
                capture_output=True, text=True, stdin=subprocess.DEVNULL,
                env=ENVIRONMENT | {"DEBIAN_FRONTEND": "noninteractive"})
            if done.returncode != 0:
                raise Skipped(f"podman cannot be installed: {done.stderr.strip()[-300:]}")
        for path in ("usr/sbin/policy-rc.d", "etc/resolv.conf"):
            (self.root / path).unlink()
        self.write("etc/containers/storage.conf", (
            '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\n'
            'graphroot = "/var/lib/containers/storage"\n'))
        self.write("etc/containers/containers.conf", ENGINE)

    def boot(self) -> None:
        """Boots; the old hierarchy of cgroups, where there is one, is made writable for the engine."""
        super().boot()
        self.need("sh", "-c", "while read -r _ place kind options _; do case $kind,$options in "
                  "cgroup,ro,*) mount -o remount,bind,rw $place;; esac; done </proc/self/mounts")
        if self.image.exists():
            self.need("sh", "-c", f"podman import - {IMAGE} </srv/image.tar", timeout=300)
            self.image.unlink()
        done = self.run("podman", "run", "--rm", "--network", "host", IMAGE, "true")
        if done.returncode != 0:
            raise Skipped(f"podman cannot run a container in a machine: {done.stderr.strip()[-300:]}")

    def start(self, way: str) -> None:
        """A new container, by one of the ways; any other is gone."""
        options, command, log = WAYS[way]
        self.run("podman", "rm", "--force", NAME)
        self.write("srv/postfix/main.cf", MAIN_CF + (f"maillog_file = {log}\n" if log else ""))
        self.write("srv/postfix/annonce", "".join(f"{who}\n" for who in self.subscribers))
        self.write("srv/postfix/aliases", self.read("etc/aliases").decode())
        self.need("podman", "create", "--name", NAME, "--network", "host", *options, IMAGE, *command)
        for name, place in (("main.cf", "etc/postfix"), ("annonce", "etc/postfix"), ("aliases", "etc")):
            self.need("podman", "cp", f"/srv/postfix/{name}", f"{NAME}:/{place}/{name}")
        self.up(way)
        self.inside("newaliases")

    def up(self, way: str) -> None:
        """Starts the container; one that speaks to /dev/log in a unit of its own, by which it is known."""
        command = ["podman", "start", NAME]
        if way == "devlog":
            command = ["systemd-run", "--collect", f"--unit={UNIT}", "podman", "start", "--attach", NAME]
        self.need(*command)
        until("Postfix in the container", 60, lambda: self.inside("postfix", "status").returncode == 0)

    def again(self, way: str) -> None:
        """Stops the container and starts it again."""
        self.need("podman", "stop", NAME)
        self.run("systemctl", "stop", UNIT)
        self.up(way)

    def inside(self, *words: str, text: str | None = None) -> subprocess.CompletedProcess:
        """Runs a command in the container."""
        return self.run("podman", "exec", *(["--interactive"] if text else []), NAME, *words, text=text)

    def post(self, sender: str, subject: str) -> None:
        """Gives one message for the list to the container's sendmail."""
        done = self.inside("sendmail", "-i", "-f", sender, LIST, text=(
            f"From: {sender}\nTo: {LIST}\nSubject: {subject}\n"
            f"Message-ID: {email.utils.make_msgid(domain='example.net')}\n\nTo all.\n"))
        if done.returncode != 0:
            raise MachineError(f"cannot post: {done.stderr}")

    def queue(self) -> list[dict]:
        """What is queued in the container."""
        return [json.loads(line) for line in self.inside("postqueue", "-j").stdout.splitlines()]

    def stop(self) -> None:
        """Ends the container first: its cgroups are not the machine's."""
        if self.process is not None and self.process.poll() is None:
            self.run("podman", "rm", "--force", "--all", timeout=60)
        super().stop()
        for place in pathlib.Path("/sys/fs/cgroup").glob("*/libpod_parent"):
            subprocess.run(["find", place, "-depth", "-type", "d", "-empty", "-exec", "rmdir", "{}", ";"],
                           check=False, stderr=subprocess.DEVNULL)
