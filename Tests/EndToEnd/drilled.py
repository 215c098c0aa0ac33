# SPDX-License-Identifier: Apache-2.0
#
# A drill on a host that has mail of its own: the drill passes, and that mail never notices.
"""The drill."""

import json

from checks import Checks
from machine import until
from watched import CLOSED, WatchedHost


def drill(host: WatchedHost, checks: Checks) -> None:
    """Refused, passed, refused, passed."""
    host.boot()
    host.need("postconf", "relayhost=")  # as on a host that delivers by itself
    host.write("etc/postfix/transport", "example.net smtp:[127.0.0.1]:2525\n")
    host.need("postconf", "transport_maps=texthash:/etc/postfix/transport")
    host.prepare()
    host.write("etc/listbreaker/listbreaker.conf.d/60-drill.conf", "[Halt]\nVerifyAfter=2s\n")
    host.install(checks)
    refused = host.run("listbreaker", "drill")
    checks.claim("in observe mode a drill is refused",
                 refused.returncode == 1 and "observe" in refused.stderr, refused.stderr.strip())
    host.need("listbreaker", "arm")
    before = host.configuration()

    done = host.run("listbreaker", "drill", "--json", timeout=200)
    report = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    steps = {each["name"]: each for each in report.get("steps", [])}
    checks.claim("the drill passes", done.returncode == 0 and report.get("passed"),
                 (done.stderr.strip()[-500:], report.get("end")))
    checks.claim("each step is reported", list(steps) == [
        "look", "trip", "post", "hold", "verify", "page", "reset"], list(steps))
    for name, each in steps.items():
        checks.figure(f"drill: ms of {name}", f"{each['milliseconds']:.0f}")
    checks.claim("it pages as a trial and as nothing else",
                 [host.pages_of(kind) for kind in ("trip", "reset")] == [[], []]
                 and len(host.pages_of("test")) == 1, len(host.pages()))
    checks.claim("nothing is left in the queue", host.queued() == 0, host.queued())
    checks.claim("Postfix's configuration is untouched", host.configuration() == before)
    checks.claim("nothing is open", host.status_code() == CLOSED)

    # Real mail beside a second drill.
    for number in range(5):
        host.need("sendmail", "-i", "-f", "news@lists.example.org", f"real{number}@example.net",
                  text=f"Subject: x\nMessage-ID: <real{number}>\n\nHello.\n")
    again = host.run("listbreaker", "drill", "--no-page", timeout=200)
    checks.claim("a second drill passes", again.returncode == 0,
                 (again.stdout + again.stderr).strip()[-700:])
    until("real mail", 60, lambda: len(host.delivered()) == 5)
    checks.claim("real mail goes out meanwhile, once", set(host.delivered().values()) == {1})

    host.need("listbreaker", "trip", "--queue", "--reason", "in earnest")
    refused = host.run("listbreaker", "drill")
    checks.claim("while something is open a drill is refused", refused.returncode == 1
                 and "open" in refused.stderr, refused.stderr.strip())
    host.need("listbreaker", "reset", "--queue", "--held", "release", "--reason", "over")
