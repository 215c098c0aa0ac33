# SPDX-License-Identifier: Apache-2.0
#
# Somebody as privileged as we are is in the way: the hold queue takes nothing, so that the list's
# mail cannot be held and the queue is halted; the halted services are opened over and over, so
# that copies keep leaving and the mail server itself is stopped. The reset starts it again, and
# every copy is counted at the relay.
"""From the list to the queue to the mail server."""

from checks import Checks
from listscope import Post, arrived, whole
from machine import until
from mailhost import LIST, SENDER
from watched import CLOSED, OPEN, WatchedHost

ROUNDS = 300  # of a second: longer than two steps of half a minute take
HOLD = "/var/spool/postfix/hold"
SETTINGS = """\
[Halt]
Scope=list
Escalate=stop
SweepInterval=10s
VerifyAfter=10s
"""


def server(host: WatchedHost) -> str:
    """What systemd says of Postfix."""
    return host.run("systemctl", "is-active", host.server_unit()).stdout.strip()


def summaries(host: WatchedHost) -> list[str]:
    """What each page says first."""
    return [alert.get("annotations", {}).get("summary", "")
            for page in host.pages() for alert in (page.get("body") or {}).get("alerts", [])]


def escalate(host: WatchedHost, checks: Checks) -> None:
    """The whole story."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.write("etc/listbreaker/listbreaker.conf.d/60-escalate.conf", SETTINGS)
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    host.need("listbreaker", "arm", "--reason", "how far it goes")
    before, size = host.configuration(), len(host.subscribers)

    posts = [Post(host, LIST, SENDER, size)]
    until("announcement", 300, lambda: whole(host, *posts), every=1)
    host.need("chown", "root:root", HOLD)
    host.need("chmod", "700", HOLD)
    posts += [Post(host, LIST, f"stranger{number}@example.com", size) for number in range(4)]
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    checks.claim("the queue is not halted at first", not host.status()["queue"]["is_halted"])
    host.need("systemd-run", "--unit=opener", "sh", "/usr/local/lib/e2e/opener.sh", str(ROUNDS))
    try:
        until("halted queue", 180, lambda: host.status()["queue"]["halt"] != "flowing", every=0.5)
        checks.claim("the list cannot be held: the whole queue is halted", True)
        checks.claim("for the same incident", len(host.status()["incidents"]) == 1)
        until("stopped mail server", 180, lambda: server(host) == "inactive", every=0.5)
        checks.claim("copies leave still: the mail server is stopped", True)
    finally:
        host.run("systemctl", "stop", "opener")
    host.quiet(2)  # what was in flight has ended: the relay takes a second for a copy
    left = sum(arrived(host, *posts))
    host.quiet(15)
    checks.claim("nothing leaves then", sum(arrived(host, *posts)) == left, left)
    checks.figure("escalate: copies that left before the mail server was stopped", left - size)
    told = summaries(host)
    for words in ("the whole outbound queue is halted now", "the mail server is being stopped"):
        checks.claim(f"a page says so: {words}", any(words in each for each in told),
                     "; ".join(told))
    host.need("chown", "postfix:root", HOLD)
    done = host.run("listbreaker", "reset", LIST, "--held", "release", "--rate", "0",
                    "--reason", "the person was spoken to", timeout=300)
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip())
    until("started mail server", 60, lambda: server(host) == "active")
    until("every copy", 600, lambda: whole(host, *posts), every=2)
    copies = host.delivered()
    checks.claim("every copy is delivered once", set(copies.values()) == {1}
                 and host.queued() == 0 and host.bounced() == 0,
                 f"{copies.total()} delivered, {host.queued()} queued, {host.bounced()} bounced")
    checks.claim("Postfix's configuration is byte for byte what it was",
                 host.configuration() == before)
