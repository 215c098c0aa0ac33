# SPDX-License-Identifier: Apache-2.0
#
# MTA=exec: the same storm on a host whose mail a script of the site halts. What the script does is
# its own affair (here: a Postfix, by hold and retry(8)); shown is that the daemon and the actuator
# call it at the trip, ask it at each sweep, call it again at boot and at the reset, and believe
# nothing but its status.
"""A halt by a script of the site."""

import pathlib
import time

from checks import Checks
from machine import until
from mailhost import LIST
from storm import announce, provoke, trip_page
from watched import CLOSED, OPEN, WatchedHost

SCRIPT = "/etc/listbreaker/halt-mail"
SETTINGS = f"[Halt]\nMTA=exec\nScript={SCRIPT}\nSweepInterval=5s\nVerifyAfter=10s\n"
FLIGHT = 3.0  # seconds in which what was under way may still land; the relay takes one


def verb(host: WatchedHost, name: str) -> int:
    """Exit status of the script."""
    return host.run(SCRIPT, name).returncode


def calm(host: WatchedHost, checks: Checks, what: str, since: float) -> None:
    """Nothing left since `since`."""
    host.run("postqueue", "-f", user="nobody")
    host.quiet(4)
    left = [when for when in host.sent() if when > since]
    checks.claim(f"nothing leaves through {what}", not left, f"{len(left)} copies")


def scripted(host: WatchedHost, checks: Checks) -> None:
    """Trip, script, reboot, reset."""
    host.boot()
    host.prepare()
    host.write("etc/listbreaker/listbreaker.conf.d/60-script.conf", SETTINGS)
    here = pathlib.Path(__file__).parent
    host.write(SCRIPT[1:], (here / "inside/halt-mail").read_text(encoding="utf-8"), 0o755)
    host.install(checks)
    before = host.configuration()
    host.need("listbreaker", "arm", "--reason", "a script halts")
    checks.claim("the script says that mail flows", verb(host, "status") == 3)
    announce(host, checks)

    decisive, known = provoke(host)
    until("halt", 60, lambda: host.status()["queue"]["halt"] in ("halted", "verified"))
    answered = time.time()
    checks.claim("the script halted at the trip", verb(host, "status") == 0)
    checks.figure("exec: s from the decisive line to the halt as status tells it",
                  f"{answered - decisive:.1f}")
    trip_page(host, checks, decisive)
    host.quiet(FLIGHT)
    landed = time.time()
    checks.figure("exec: copies that left after the trip was known",
                  sum(1 for when in host.sent() if when > known))
    host.post("late@example.net", "Re: Release 4 is here")
    calm(host, checks, "a flush and another reply", landed)
    until("verified halt", 60, lambda: host.status()["queue"]["halt"] == "verified")
    host.need("systemctl", "restart", "postfix")
    calm(host, checks, "a restart of Postfix", landed)

    # Somebody undoes it by hand; what has not been held yet may leave until the next sweep.
    host.need("postconf", "-X", "default_transport")
    until("halt by the sweep", 30, lambda: verb(host, "status") == 0)
    checks.claim("what a person undid is done again at the sweep", True)
    host.quiet(FLIGHT)
    landed = time.time()
    host.reboot()
    until("answer after the reboot", 60, lambda: host.status_code() in (CLOSED, OPEN))
    checks.claim("after the reboot it is open and halted",
                 host.status_code() == OPEN and verb(host, "status") == 0)
    calm(host, checks, "a reboot", landed)

    host.hasten()
    done = host.run("listbreaker", "reset", LIST, "--held", "release", "--reason", "over",
                    timeout=300)
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip()[-500:])
    until("resume by the script", 60, lambda: verb(host, "status") == 3)
    until("empty queue", 600, lambda: host.queued() == 0, every=2)
    copies = host.delivered()
    posts = host.expansions()
    announced = sum(int(line.text.split("nrcpt=")[1].split()[0]) for line in posts)
    checks.claim("every copy announced was sent, and once",
                 copies.total() == len(copies) == announced and not host.bounced(),
                 f"{announced} announced, {copies.total()} sent, {host.bounced()} bounced")
    checks.claim("Postfix's configuration is byte for byte what it was",
                 host.configuration() == before)
