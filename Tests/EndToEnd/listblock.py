# SPDX-License-Identifier: Apache-2.0
#
# A list is open and held, and then nobody of us is there: daemon and actuator killed and kept from
# returning. Postfix itself holds what comes for the list, while a second list and personal mail go
# out. Started again, both take in what was held, and a reset gives all of it back, each copy once.
"""The block that holds while we are down."""

from checks import Checks
from listscope import CREW, MEMBERS, Post, arrived, held, prepare, whole
from machine import until
from mailhost import LIST, SENDER
from watched import OPEN, WatchedHost

UNITS = ("listbreakerd", "listbreaker-actuator")
SUBMIT = """\
import smtplib, sys
with smtplib.SMTP("127.0.0.1", 25) as door:
    door.sendmail(sys.argv[1], sys.argv[2], sys.stdin.read())
"""


class Submitted(Post):
    """A message that came by SMTP, not through sendmail."""

    def give(self, host: WatchedHost, text: str) -> None:
        """Speaks SMTP."""
        host.need("python3", "-c", SUBMIT, self.sender, self.to, text=text)


def down(host: WatchedHost) -> None:
    """kill -9 of both, and no return; the sockets go too."""
    for unit in UNITS:  # the restart is cancelled by the stop below
        host.run("systemctl", "kill", "--signal=KILL", "--kill-whom=all", unit)
    host.run("systemctl", "stop", "listbreaker-actuator.socket", *UNITS)
    for unit in UNITS:
        until(f"dead {unit}", 30, lambda unit=unit: host.run(
            "systemctl", "is-active", unit).stdout.strip() in ("inactive", "failed"))


def listblock(host: WatchedHost, checks: Checks) -> None:
    """The whole story."""
    prepare(host, checks)
    original = host.configuration()
    size = len(host.subscribers)
    shown = host.need("listbreaker", "setup", "postfix", "--list-block")
    checks.claim("setup postfix --list-block only shows", host.configuration() == original
                 and "--apply" in shown)
    host.need("listbreaker", "setup", "postfix", "--list-block", "--apply")
    host.need("postfix", "reload")
    before = host.configuration()

    print(" 1. a storm on one list", flush=True)
    posts = [Post(host, LIST, SENDER, size), Submitted(host, CREW, SENDER, len(MEMBERS))]
    until("announcements", 120, lambda: whole(host, *posts), every=1)
    posts.append(Submitted(host, LIST, "stranger1@example.com", size))
    posts.append(Submitted(host, LIST, "stranger2@example.com", size))
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    until("tables that hold the list", 30,
          lambda: LIST.encode() in host.read("etc/postfix/listbreaker_posts"))
    host.quiet(12)  # trivial-rewrite(8) looks for changed tables every ten seconds

    print(" 2. daemon and actuator are dead", flush=True)
    down(host)
    alone = [Submitted(host, LIST, SENDER, size), Post(host, LIST, SENDER, size)]
    others = [Submitted(host, CREW, SENDER, len(MEMBERS)), Post(host, CREW, SENDER, len(MEMBERS))]
    others += [Submitted(host, f"person{number}@example.com", "clerk@lists.example.org", 1)
               for number in range(5)]
    others += [Post(host, f"person{number}@example.com", "clerk@lists.example.org", 1)
               for number in range(5, 10)]
    until("other mail", 120, lambda: whole(host, *others), every=1)
    host.need("postqueue", "-f", user="nobody")
    host.need("systemctl", "restart", "postfix")
    host.quiet(20)
    checks.claim("with both dead the list's new posts stay, flushed and after a restart of Postfix",
                 arrived(host, *alone) == [0, 0], arrived(host, *alone))
    checks.claim("the second list and personal mail go out, each once", whole(host, *others),
                 arrived(host, *others))

    print(" 3. both are back", flush=True)
    host.need("systemctl", "start", "listbreaker-actuator.socket", "listbreakerd", timeout=120)
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    until("posts that are ours", 60, lambda: {post.id for post in alone} <= {
        post["message_id"] for post in held(host, LIST)}, every=1)
    checks.claim("what was held meanwhile is ours now", True,
                 ", ".join(post["subject"][:20] for post in held(host, LIST)))
    checks.claim("nothing of the other list is held", held(host, CREW) == [])
    checks.claim("Postfix's configuration is untouched", host.configuration() == before)

    print(" 4. the reset", flush=True)
    done = host.run("listbreaker", "reset", LIST, "--held", "release", "--rate", "60000/min",
                    "--reason", "the list is closed to strangers")
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip())
    until("tables without the list", 30,
          lambda: LIST.encode() not in host.read("etc/postfix/listbreaker_posts"))
    until("every copy", 300, lambda: whole(host, *posts, *alone, *others), every=1)
    until("empty queue", 60, lambda: host.queued() == 0, every=1)
    checks.claim("all that was held is out, each copy once", True)

    print(" 5. the undoing", flush=True)
    host.need("listbreaker", "setup", "postfix", "--list-block", "--undo")
    host.need("postfix", "reload")
    checks.claim("undone, Postfix's configuration is byte for byte what it was",
                 host.configuration() == original)
    later = [Submitted(host, CREW, SENDER, len(MEMBERS))]
    until("mail afterwards", 60, lambda: whole(host, *later), every=1)
    copies = host.delivered()
    announced = sum(post.copies for post in [*posts, *alone, *others, *later])
    checks.claim("announced = delivered",
                 copies.total() == announced and host.queued() == 0 and host.bounced() == 0,
                 f"{announced} announced, {copies.total()} delivered, {host.queued()} queued, "
                 f"{host.bounced()} bounced")
    checks.claim("no copy twice", set(copies.values()) == {1},
                 sum(1 for times in copies.values() if times > 1))
    checks.claim("journald dropped no line of the evidence", not host.suppressed())
    checks.figure("listblock: copies announced", announced)
