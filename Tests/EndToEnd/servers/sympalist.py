# SPDX-License-Identifier: Apache-2.0
#
# A list of Sympa storms: Postfix holds its mail, and then Sympa itself holds its posts; a reset gives
# back what its configuration said. The daemon killed, the configuration changed by another hand.
"""The further stop at Sympa."""

from checks import Checks
from listscope import Post, arrived, whole
from machine import until
from sympahost import TALK, SympaHost
from watched import CLOSED, OPEN

PRESS = "press@example.com"
SETTINGS = f"""\
[Halt]
Scope=list
SweepInterval=10s
VerifyAfter=10s

[Manager]
Script=sympa

[List {TALK}]
AnnounceOnly=yes
RegularPosters={PRESS}
"""
DROP_IN = """\
[Service]
SupplementaryGroups=sympa
ReadWritePaths=/var/lib/sympa/list_data
"""


def prepare(host: SympaHost, checks: Checks) -> None:
    """The list, and the daemon armed and allowed to write the list's directory."""
    host.boot()
    host.prepare()
    host.found()
    host.install(checks)
    host.write("etc/listbreaker/credentials/sympa.domain", "lists.example.org\n", 0o600)
    host.write("etc/listbreaker/listbreaker.conf.d/60-manager.conf", SETTINGS)
    host.write("etc/systemd/system/listbreakerd.service.d/sympa.conf", DROP_IN)
    host.need("systemctl", "daemon-reload")
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    host.need("listbreaker", "arm", "--reason", "the list manager")


def manager(host: SympaHost) -> dict:
    """What `status` says of the list at Sympa."""
    return next((each for each in host.status().get("manager") or [] if each["list"] == TALK), {})


def sympa(host: SympaHost, checks: Checks) -> None:
    """The whole story."""
    prepare(host, checks)
    size = len(host.subscribers)
    before = host.settings()

    print(" 1. a storm on a list of Sympa", flush=True)
    posts = [Post(host, TALK, PRESS, size)]
    until("announcement", 120, lambda: whole(host, *posts), every=1)
    for number in (1, 2):
        posts.append(Post(host, TALK, f"stranger{number}@example.com", size))
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    until("status", 60, lambda: manager(host).get("state") == "stopped")
    checks.claim("after the trip Sympa's list is moderated",
                 "\nsend listbreaker\n" in host.settings()[0])
    held = host.held_there()
    posts.append(Post(host, TALK, PRESS, size))
    until("post held by Sympa", 60, lambda: host.held_there() == held + 1, every=1)
    first = host.daemon()
    host.need("kill", "-9", str(first))
    until("daemon after kill -9", 30, lambda: host.daemon() not in (0, first))
    until("answer after kill -9", 30, lambda: host.status_code() == OPEN)
    host.quiet(10)
    checks.claim("a post meanwhile is one held post at Sympa, and reaches nobody",
                 host.held_there() == held + 1 and arrived(host, posts[-1]) == [0])
    checks.claim("its author is not told",
                 not [who for _, who in host.delivered() if who == PRESS])

    print(" 2. the reset", flush=True)
    host.need("listbreaker", "reset", TALK, "--held", "release", "--rate", "60000/min",
              "--reason", "the list is moderated now")
    until("restored settings", 60, lambda: host.settings()[0] == before[0])
    checks.claim("the reset restores the configuration, byte for byte", True)
    until("held mail", 120, lambda: whole(host, *posts[:3 - held]), every=1)
    posts.append(Post(host, TALK, PRESS, size))
    until("a post after the reset", 120, lambda: whole(host, posts[-1]), every=1)
    checks.claim("a post after the reset reaches everybody", True)
    checks.claim("nothing is left of the stop", not list(host.control.glob("*halt*"))
                 and not list((host.root / "var/lib/listbreaker/manager/sympa").glob("*@*")))
    checks.figure("sympa: posts held there", host.held_there())
