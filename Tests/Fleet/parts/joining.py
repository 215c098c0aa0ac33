# SPDX-License-Identifier: Apache-2.0
#
# `listbreaker fleet init` and `fleet join`, with what openssl and mosquitto say to it.

import pathlib
import shutil
import subprocess

from checks import CA, check, until
from story import Story


def joins(story: Story) -> None:
    """`listbreaker fleet init` and `fleet join`, with what openssl and mosquitto say to it."""
    programs = story.folder / "bin"
    programs.mkdir()
    for source in (story.programs / "listbreaker", CA):
        shutil.copy(source, programs / source.name)

    def fleet(*words) -> subprocess.CompletedProcess:
        return subprocess.run(
            [programs / "listbreaker", "fleet", *words], capture_output=True, text=True, timeout=60, check=False
        )

    new = story.folder / "authority"
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
    fleet("init", story.ca, "--host", "n3", "--host", "n4")
    n3 = story.add("n3")
    given = story.folder / "given"
    given.mkdir()
    target = story.folder / "etc"
    (n3.folder / "fleet.conf").unlink()
    words = ["join", "n3", "--from", given, "--domain", "example.org", "--into", target, "--user", "root"]
    words += ["--fleet-settings", n3.folder / "fleet.conf"]
    for broker in story.brokers:
        words += ["--broker", f"127.0.0.1:{broker.port}"]

    def give(authority: pathlib.Path, pem: pathlib.Path, key: pathlib.Path) -> None:
        for source, name in ((authority, "ca.pem"), (pem, "n3.pem"), (key, "n3.key")):
            shutil.copy(source, given / name)

    hosts = story.ca / "hosts"
    for what, parts, complaint in (
        ("with another host's key", (story.ca / "ca.pem", hosts / "n3.pem", hosts / "n4.key"), "is not the key of"),
        ("with another host's certificate", (story.ca / "ca.pem", hosts / "n4.pem", hosts / "n4.key"), "is not n3's"),
        ("with another authority", (new / "ca.pem", hosts / "n3.pem", hosts / "n3.key"), "is not of the authority"),
    ):
        give(*parts)
        said = fleet(*words)
        check(f"fleet join {what} is refused", said.returncode == 1 and complaint in said.stderr, said.stdout + said.stderr)
    give(story.ca / "ca.pem", hosts / "n3.pem", hosts / "n3.key")
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
    story.hosts.clear()
