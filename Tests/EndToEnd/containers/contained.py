# SPDX-License-Identifier: Apache-2.0
#
# A storm on a list whose Postfix runs in a container of podman, with the log and the halt as the manual
# has them for containers: TrustedContainers=, or /dev/log and TrustedUnits=, and MTA=exec with the script
# that is shipped. Every copy is counted at the relay.
"""A Postfix in a container, three ways."""

import collections
import time

from checks import Checks
from containerhost import ContainerHost
from machine import until
from mailhost import LIST, SENDER
from watched import CLOSED, OPEN

SCRIPT = "etc/listbreaker/halt-container"
EXAMPLE = "usr/share/doc/listbreaker/examples/halt-container"
HALT = f"[Halt]\nMTA=exec\nScript=/{SCRIPT}\nSweepInterval=5s\nVerifyAfter=10s\n"
LOG = {
    "driver": "[Journal]\nTrustedContainers=mail\n",
    "init": "[Journal]\nTrustedContainers=mail\n",
    "devlog": "[Journal]\nTrustedUnits=mailbox.service\nTrustedUsers={user}\n",
}
RELAY = 0.3  # seconds a copy
POOL = 100  # default_process_limit; two more may be connected already


def begun(host: ContainerHost, since: float) -> list[float]:
    """When each delivery that began after `since` did."""
    return sorted(row["began"] for row in host.rows("srv/e2e/book") if row["began"] > since)


def calm(host: ContainerHost, checks: Checks, what: str, since: float) -> None:
    """Nothing began since `since`, for some seconds and after a flush."""
    host.inside("postqueue", "-f")
    host.quiet(4)
    late = begun(host, since)
    checks.claim(f"nothing begins to leave through {what}", not late, f"{len(late)} copies")


def found(host: ContainerHost, way: str) -> None:
    """The container, a relay with an empty book, and the settings for it."""
    host.start(way)
    (host.root / "srv/e2e/book").unlink(missing_ok=True)
    host.relay(RELAY)
    user = host.inside("id", "-u", "postfix").stdout.strip()
    host.write("etc/listbreaker/listbreaker.conf.d/60-container.conf",
               LOG[way].format(user=user) + HALT)


def story(host: ContainerHost, checks: Checks, way: str) -> None:
    """Announcement, storm, trip, restart of the container, reset."""
    print(f" {way}", flush=True)
    host.run("systemctl", "stop", "listbreakerd")
    found(host, way)
    host.need("systemctl", "start", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    before = host.inside("cat", "/etc/postfix/main.cf").stdout
    host.need("listbreaker", "arm")

    host.post(SENDER, "Release 4 is here")
    members = len(host.subscribers)
    until("whole announcement", 120, lambda: len(host.rows("srv/e2e/book")) >= members)
    until("announcement in the log", 20, lambda: host.status()["journal"]["events"] >= members)
    sight = host.status()["journal"]
    # Of a program of the start that was gone at once, journald may not know the unit.
    checks.claim("the container's lines are believed", sight.get("believed", 1) == 1
                 and not set(sight["forged"]) - {"unproven"} and not sight.get("blind"), sight)
    doctor = host.run("listbreaker", "doctor")
    print(doctor.stdout, flush=True)
    for number in range(4):
        host.post(f"who{number}@example.net", "Re: Release 4 is here")
        time.sleep(0.3)
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    known = time.time()
    until("halt", 60, lambda: host.status()["queue"]["halt"] in ("halted", "verified"))
    halted = time.time()
    checks.figure(f"contained {way}: s from the trip known to the halt as status tells it",
                  f"{halted - known:.1f}")
    checks.figure(f"contained {way}: copies begun after the halt was known", len(begun(host, halted)))
    checks.figure(f"contained {way}: copies begun after the trip was known", len(begun(host, known)))
    checks.claim("the script says that it is halted", host.run(f"/{SCRIPT}", "status").returncode == 0)
    host.post("late@example.net", "Re: Release 4 is here")
    calm(host, checks, "a flush and another reply", halted)
    until("verified halt", 60, lambda: host.status()["queue"]["halt"] == "verified")
    began = time.time()
    host.again(way)
    host.post("later@example.net", "Re: Release 4 is here")
    calm(host, checks, "a restart of the container", began)
    waiting = {message["queue_name"] for message in host.queue()}
    checks.claim("what waits is on hold, or will be with the next sweep", waiting <= {"hold", "deferred"},
                 waiting)

    done = host.run("listbreaker", "reset", LIST, "--held", "release", "--reason", "over", timeout=300)
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip()[-500:])
    until("resume by the script", 60,
          lambda: host.run(f"/{SCRIPT}", "status").returncode == 3)
    until("empty queue", 300, lambda: host.queue() == [], every=1)
    copies = collections.Counter((row["id"], row["to"]) for row in host.rows("srv/e2e/book"))
    posts = len({identity for identity, _ in copies})
    checks.claim("every post reached every subscriber, and once",
                 posts == 7 and copies.total() == len(copies) == posts * members,
                 f"{posts} posts, {copies.total()} copies, {len(copies)} different")
    after = host.inside("cat", "/etc/postfix/main.cf").stdout
    checks.claim("Postfix's configuration is byte for byte what it was", after == before)


def contained(host: ContainerHost, checks: Checks) -> None:
    """Each way in turn."""
    host.boot()
    found(host, next(iter(LOG)))
    host.inside("sendmail", "postmaster", text="Subject: a line for the log\n\nhere\n")
    host.install(checks)
    host.need("install", "-m", "755", f"/{EXAMPLE}", f"/{SCRIPT}")
    host.need("systemctl", "start", "podman.socket")
    for way in LOG:
        story(host, checks, way)
