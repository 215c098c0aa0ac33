# SPDX-License-Identifier: Apache-2.0
#
# The real journald and the daemon as it is shipped, twice: a burst of a million lines, of which none
# may be lost and during which memory stays flat; and a daemon that is killed a thousand times under
# load, whose incidents at the end are those that an undisturbed reading of the same journal finds.
"""A burst of a million lines, and a thousand kills."""

import json
import os
import random
import subprocess
import time

from checks import Checks
from machine import until
from watched import CLOSED, OPEN, WatchedHost

LINES = int(os.environ.get("FLOOD_LINES", "1000000"))
KILLS = int(os.environ.get("FLOOD_KILLS", "1000"))
RATE = 300  # lines a second under the kills
STORMS = 100  # at most
EVERY = 20  # seconds between two storms
SPEAKER = "/usr/lib/postfix/sbin/speaker"
SEED = 1130


def resident(host: WatchedHost) -> int:
    """VmRSS of the daemon in MiB; 0 while it is down."""
    done = host.run("sh", "-c", "grep -h VmRSS /proc/$(pidof -s listbreakerd)/status")
    return int(done.stdout.split()[1]) // 1024 if done.returncode == 0 else 0


def speak(host: WatchedHost, *words: object) -> subprocess.Popen:
    """The speaker, at work."""
    command = [*host.enter(), SPEAKER, "-S", "/usr/local/lib/e2e/speaker.py", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def burst(host: WatchedHost, checks: Checks) -> None:
    """A million lines as fast as journald takes them."""
    before = host.status()["journal"]
    curve = [resident(host)]
    speaker = speak(host, 0, LINES, 0, 0)
    began = time.time()
    while speaker.poll() is None:
        host.quiet(2)
        curve.append(resident(host))
    told = json.loads(speaker.stdout.read())
    wanted = before["entries"] + told["sent"]
    until("reading of it all", 300, lambda: host.status()["journal"]["entries"] >= wanted, every=1)
    read = time.time() - began
    curve.append(resident(host))
    after = host.status()["journal"]
    checks.figure("flood: lines; s to send them; s until all were read",
                  f"{told['sent']}; {told['seconds']:.0f}; {read:.0f}")
    checks.figure("flood: VmRSS in MiB every 2 s", " ".join(map(str, curve)))
    checks.claim("every line of the burst is read, once, and believed",
                 after["events"] - before["events"] == told["sent"] and not after["forged"]
                 and after["suppressed"] == 0 and after["gaps"] == before["gaps"],
                 f"{after['events'] - before['events']} of {told['sent']}")
    settled = curve[len(curve) // 3:]
    checks.claim("memory stays flat: within 16 MiB after the first third",
                 max(settled) - min(settled) <= 16, f"{min(settled)} to {max(settled)} MiB")


def kills(host: WatchedHost, checks: Checks) -> None:
    """Killed, and killed again; the incidents and the lines at the end."""
    host.write("etc/systemd/system/listbreakerd.service.d/kills.conf", (
        "[Unit]\nStartLimitIntervalSec=0\nOnFailure=\n[Service]\nRestartSec=20ms\n"))
    host.need("systemctl", "daemon-reload")
    dice = random.Random(SEED)
    speaker = speak(host, 0, 0, RATE, EVERY)
    began, struck = time.time(), 0
    while struck < KILLS:
        process = host.run("pidof", "-s", "listbreakerd").stdout.strip()
        if process:
            host.quiet(dice.uniform(0, 0.6))
            struck += host.run("kill", "-9", process).returncode == 0
    took = time.time() - began
    host.write("srv/e2e/hush", "")
    told = json.loads(speaker.communicate(timeout=60)[0])
    until("daemon that answers", 60, lambda: host.status_code() in (CLOSED, OPEN))
    until("reading of it all", 300, lambda: (host.status()["journal"].get("lag_seconds") or 0) < 0.5, every=1)
    host.quiet(3)
    checks.figure("flood: kills; seconds; lines meanwhile; storms",
                  f"{struck}; {took:.0f}; {told['sent']}; {told['storms']}")
    tripped = json.loads(host.need("listbreaker", "incidents", "--json"))
    rows = tripped if isinstance(tripped, list) else tripped["incidents"]
    # The oldest of more than a hundred are not listed.
    found = sorted((row["tripped"], row["scope"], row["summary"]) for row in rows)
    replayed = host.run("listbreaker", "replay", "--directory", "/var/log/journal", "--json", timeout=300)
    events = [json.loads(line) for line in replayed.stdout.splitlines()]
    wanted = sorted((row["time"], row["list"], row["summary"]) for row in events if row["type"] == "trip")
    storms = sum(1 for _, name, _ in wanted if name.startswith("storm"))
    checks.claim("each storm tripped", storms == min(told["storms"], STORMS - 1) > 0,
                 f"{storms} of {told['storms']}")
    total = host.status()["total_incidents"]
    checks.claim("the incidents are those of an undisturbed reading, to the microsecond and the word",
                 total == len(wanted) and found == wanted[-len(found):],
                 f"{total} and {len(wanted)}; differ: {sorted(set(found) ^ set(wanted[-len(found):]))[:6]}")
    read = host.status()["journal"]["entries"]
    checks.claim("every line counted once", read == events[-1]["entries"], f"{read} {events[-1]['entries']}")


def flood(host: WatchedHost, checks: Checks) -> None:
    """The burst, then the kills."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.write("etc/systemd/journald.conf.d/size.conf",
               "[Journal]\nSystemMaxUse=6G\nSystemMaxFileSize=512M\n")
    host.write("etc/listbreaker/listbreaker.conf.d/70-storms.conf", "".join(
        f"[List storm{number:02}@lists.example.org]\nAnnounceOnly=yes\n"
        "RegularPosters=nobody@example.org\n" for number in range(1, STORMS)))
    host.need("sh", "-c", f"cp $(readlink -f /usr/bin/python3) {SPEAKER}")
    host.need("systemctl", "restart", "systemd-journald")
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    if LINES:
        burst(host, checks)
    if KILLS:
        kills(host, checks)
