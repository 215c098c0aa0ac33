# SPDX-License-Identifier: Apache-2.0
#
# A list of Mailman 3 storms: Postfix holds its mail, and then Mailman itself holds its posts and tells
# nobody; a reset gives back what the switches were. Mailman turned by another hand, the daemon
# killed, Mailman down at a trip.
"""The further stop at Mailman 3."""

from checks import Checks
from listscope import Post, arrived, whole
from machine import until
from mailmanhost import OWNER, TALK, TALK_ID, MailmanHost
from watched import CLOSED, OPEN

PRESS = "press@example.com"
SETTINGS = f"""\
[Halt]
Scope=list
SweepInterval=10s
VerifyAfter=10s

[Manager]
Script=mailman3

[List {TALK}]
AnnounceOnly=yes
RegularPosters={PRESS}
"""
STOPPED = (True, False, False)


def prepare(host: MailmanHost, checks: Checks) -> None:
    """The list, and the daemon armed."""
    host.boot()
    host.prepare()
    host.found()
    host.install(checks)
    host.write("etc/listbreaker/credentials/mailman3.password", host.password + "\n", 0o600)
    host.write("etc/listbreaker/listbreaker.conf.d/60-manager.conf", SETTINGS)
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    host.need("listbreaker", "arm", "--reason", "the list manager")


def manager(host: MailmanHost) -> dict:
    """What `status` says of the list at Mailman."""
    return next((each for each in host.status().get("manager") or [] if each["list"] == TALK), {})


def kill(host: MailmanHost) -> None:
    """kill -9 of the daemon, and its return."""
    first = host.daemon()
    host.need("kill", "-9", str(first))
    until("daemon after kill -9", 30, lambda: host.daemon() not in (0, first))
    until("answer after kill -9", 30, lambda: host.status_code() in (CLOSED, OPEN))


def mailman(host: MailmanHost, checks: Checks) -> None:
    """The whole story."""
    prepare(host, checks)
    size = len(host.subscribers)
    before = host.switches()

    print(" 1. a storm on a list of Mailman", flush=True)
    posts = [Post(host, TALK, PRESS, size)]
    until("announcement", 120, lambda: whole(host, *posts), every=1)
    for number in (1, 2):
        posts.append(Post(host, TALK, f"stranger{number}@example.com", size))
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    until("stopped Mailman", 60, lambda: host.switches() == STOPPED)
    checks.claim("after the trip all three switches are set", host.switches() == STOPPED)
    until("status", 30, lambda: manager(host).get("state") == "stopped")
    posts.append(Post(host, TALK, PRESS, size))
    until("post held by Mailman", 60, lambda: len(host.held_there()) == 1, every=1)
    kill(host)
    host.quiet(10)
    checks.claim("a post meanwhile is one held post at Mailman, and reaches nobody",
                 len(host.held_there()) == 1 and arrived(host, posts[-1]) == [0])
    copies = host.delivered()
    checks.claim("neither author nor owner is told",
                 not [who for _, who in copies if who in (PRESS, OWNER)]
                 and not [each for each in host.queue() if each["recipients"]
                          and each["recipients"][0]["address"] in (PRESS, OWNER)])
    checks.claim("after kill -9 it still stands", host.switches() == STOPPED
                 and host.status_code() == OPEN)

    print(" 2. another hand, and the reset", flush=True)
    host.switch(respond_to_post_requests="True")
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("remark in status", 60, lambda: "somebody else" in (manager(host).get("remark") or ""))
    checks.claim("what another hand turned is reported, and left",
                 host.switches() == (True, False, True), manager(host)["remark"])
    host.switch(respond_to_post_requests="False")
    done = host.run("listbreaker", "reset", TALK, "--held", "release", "--rate", "60000/min",
                    "--reason", "the list is moderated now")
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip())
    until("restored switches", 60, lambda: host.switches() == before)
    checks.claim("the reset restores all three to what they were", host.switches() == before, before)
    until("held mail", 120, lambda: whole(host, *posts[:-1]), every=1)
    held = host.held_there()[0]
    host.ask(f"lists/{TALK_ID}/held/{held['request_id']}", {"action": "accept"})
    until("released post", 120, lambda: whole(host, *posts), every=1)
    checks.claim("the post that Mailman held goes out when a moderator lets it", True)

    print(" 3. a trip while Mailman is down", flush=True)
    host.need("systemctl", "stop", "mailman3", timeout=120)
    host.need("listbreaker", "trip", TALK, "--reason", "Mailman is down")
    until("verified halt", 60,
          lambda: "verified" in host.status()["incidents"][-1]["halt"], every=1)
    checks.claim("the halt stands without Mailman", host.status_code() == OPEN)
    until("page", 90, lambda: host.pages_of("manager-failed"), every=1)
    checks.claim("status and a page say that Mailman was not stopped",
                 manager(host).get("state") == "failed", manager(host).get("remark"))
    checks.claim("the password is in no page and no log",
                 host.password not in str(host.pages()) and host.password not in host.need(
                     "journalctl", "-o", "export", "--no-pager", "-u", "listbreakerd"))
    host.need("systemctl", "start", "mailman3", timeout=120)
    until("stopped Mailman", 180, lambda: host.switches() == STOPPED, every=1)
    until("resolved page", 60, lambda: len(host.pages_of("manager-failed")) > 1, every=1)
    host.need("listbreaker", "reset", TALK, "--held", "release", "--reason", "it was a trial")
    until("restored switches", 60, lambda: host.switches() == before)
    checks.claim("once Mailman is back it is stopped, and restored by the reset", True)
    checks.claim("nothing is left of it", not list((host.root / "var/lib/listbreaker/manager/mailman3").glob("*@*")))

    copies = host.delivered()
    expected = {(post.id, who) for post in posts for who in host.subscribers}
    counted = {key: times for key, times in copies.items() if key in expected}
    checks.claim("each copy of each post arrived once",
                 set(counted) == expected and set(counted.values()) == {1}
                 and host.bounced() == 0, f"{len(counted)} of {len(expected)}")
    checks.claim("nothing is queued", host.queued() == 0, host.queued())
    checks.figure("mailman: copies announced", len(expected))
