# SPDX-License-Identifier: Apache-2.0
#
# docs/first-hour.md, pasted block by block into a booted Debian, as it stands. What the page says that is
# printed must be printed.
"""The first hour, word by word."""

import pathlib
import re
import shutil
import subprocess

from checks import Checks
from machine import until
from mailhost import PAGE_PORT
from watched import CLOSED, WatchedHost

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/first-hour.md"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOOK = "hooks.example.org"
# Ends with 1 while there is a problem, as the page says.
MAY_COMPLAIN = ("listbreaker doctor\n", "listbreaker audit\n")


def blocks() -> list[tuple[str, list[str]]]:
    """Each block to be pasted, and the lines that it prints by the page."""
    found: list[tuple[str, list[str]]] = []
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "sh":
            found.append((text, []))
        else:
            found[-1][1].extend(text.splitlines())
    return found


def hook(host: WatchedHost) -> None:
    """https://hooks.example.org, with a certificate that the machine trusts, before the receiver of pages."""
    place = host.root / "srv/hook"
    place.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOOK}",
         "-addext", f"subjectAltName=DNS:{HOOK}", "-keyout", place / "key", "-out", place / "cert"],
        check=True, capture_output=True)
    with (host.root / "etc/ssl/certs/ca-certificates.crt").open("a") as trusted:
        trusted.write((place / "cert").read_text())
    with (host.root / "etc/hosts").open("a") as hosts:
        hosts.write(f"127.0.0.1 {HOOK}\n")
    host.write("etc/systemd/system/e2e-hook.service", (
        "[Service]\nExecStart=/usr/bin/python3 /usr/local/lib/e2e/receiver.py 443 /srv/e2e/pages "
        "/srv/hook/cert /srv/hook/key\n"))
    host.need("systemctl", "daemon-reload")
    host.need("systemctl", "start", "e2e-hook")
    until("listener on port 443", 30, lambda: ":443 " in host.need("ss", "-Hltn"))


def is_printed(line: str, output: str) -> bool:
    """Whether `line`, with `...` for anything, stands in the output, however many spaces it has."""
    parts = [re.escape(part) for part in re.split(r"\s*\.\.\.\s*", " ".join(line.split()))]
    said = [" ".join(each.split()) for each in output.splitlines()]
    return any(re.match(".*".join(parts), each) for each in said)


def firsthour(host: WatchedHost, checks: Checks) -> None:
    """The page, from its first block to its last."""
    host.boot()
    host.prepare()
    hook(host)
    shutil.copy(host.deb, host.root / "root" / host.deb.name)
    pasted = blocks()
    checks.claim("the page has blocks to paste", len(pasted) >= 8, len(pasted))
    for number, (text, expected) in enumerate(pasted, 1):
        done = host.run("bash", "-e", "-c", f"cd /root\n{text}", timeout=300)
        said = done.stdout + done.stderr
        taken = (0, 1) if text in MAY_COMPLAIN else (0,)
        checks.claim(f"block {number} does as it says: {text.splitlines()[0][:60]}",
                     done.returncode in taken, said.strip()[-900:])
        for line in expected:
            checks.claim(f"block {number} prints: {line[:60]}", is_printed(line, said),
                         said.strip()[-900:])
    kinds = [page["body"]["alerts"][0]["annotations"]["event"] for page in host.pages()]
    checks.claim("the trial and the drill paged by the webhook, and nothing else did",
                 kinds.count("test") >= 2 and set(kinds) == {"test"}, kinds)
    last = host.run("listbreaker", "doctor")
    checks.claim("afterwards doctor finds no problem", last.returncode == 0, last.stdout[-1500:])
    checks.claim("it is armed, and nothing is open", host.status_code() == CLOSED
                 and host.status().get("mode") == "armed")
    checks.claim("nothing is left in the queue", host.queued() == 0, host.queued())

    told = host.run("/usr/share/bug/listbreaker").stdout
    checks.claim("reportbug's script says how it stands, and names no list",
                 "settings: understood" in told and "state: half-open (mail flows" in told and "@" not in told, told)
    host.need("systemctl", "restart", "listbreakerd")
    rest = host.run("sh", "-c", "journalctl -u listbreakerd -o short | grep 'listbreakerd\\[' | "
                    "grep -vEf /etc/logcheck/ignore.d.server/listbreaker").stdout
    checks.claim("of the daemon's own lines logcheck mails the drill, and no start, stop or delivered page",
                 "drill" in rest and not any(word in rest for word in ("; closed (mail flows)", "stopping;", "delivered by")),
                 rest[-1500:])

    # What Debian's autopkgtest runs, on the package that is installed.
    shutil.copy(PAGE.parents[1] / "debian/tests/drill", host.root / "root/autopkgtest-drill")
    done = host.run("/root/autopkgtest-drill", timeout=300)
    checks.claim("the package's own autopkgtest passes", done.returncode == 0,
                 (done.stdout + done.stderr).strip()[-900:])
