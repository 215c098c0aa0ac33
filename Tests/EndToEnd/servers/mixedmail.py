# SPDX-License-Identifier: Apache-2.0
#
# Mail of a storm beside everybody else's, and messages that are both at once, where the mail server is
# not Postfix: halted, told apart as the daemon does it at a reset, the list's discarded, the rest given
# back. At the relay none of the storm may arrive and all of the others' must; what is both stays on
# hold until a person has said what is to become of it.
"""Whose mail it is, on other mail servers."""

from checks import Checks
from machine import until
from otherhost import LIST, OtherHost

STORM = 3
OTHERS = 5
SENDERS = [f"owner-{LIST}"]  # what only the list's copies have


def mixed(host: OtherHost, checks: Checks) -> None:
    """Told apart, discarded, given back."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.hasten()
    members = len(host.subscribers)
    checks.claim("mail is halted", host.ask("halt").get("isHalted") is True)
    for number in range(STORM):
        host.post(f"storm {number}")
    for number in range(OTHERS):
        host.post(f"other {number}", f"someone{number}@example.net")
    host.post_both("both", "both@example.net")

    def is_held() -> bool:
        report = host.ask("rehold")
        return not report.get("errors") and all(is_held for is_held, _ in host.waiting()) and (
            len(host.waiting()) >= STORM + OTHERS + 1)

    until("held mail", 60, is_held, every=1)
    told = host.ask("hold-list", list=LIST, senders=SENDERS)
    checks.claim("the list's mail is told from the rest", not told.get("errors"), told)
    posts = host.ask("held-posts").get("posts", [])
    print("  held: " + "; ".join(
        f"{post['list'] or '-'} {post['subject']} {post['messages']} message(s) {post['copies']} "
        f"copies, undecided {post.get('undecided')}" for post in posts), flush=True)
    own = [post["subject"] for post in posts if post["list"] == LIST]
    checks.claim("every post of the storm is the list's",
                 all(f"storm {number}" in own for number in range(STORM)), own)
    checks.claim("nobody else's is", not any(name.startswith("other") for name in own), own)

    gone = host.ask("discard", list=LIST)
    checks.claim("the list's mail is discarded",
                 not gone.get("errors") and gone.get("discarded", 0) >= STORM, gone)
    opened = host.ask("resume", held="keep")
    checks.claim("mail flows again", not opened.get("errors") and not opened.get("isHalted"), opened)

    def is_given_back() -> bool:
        given = host.ask("release", sparesUndecided=True)
        return not given.get("errors") and given.get("left") == 0

    until("given back mail", 60, is_given_back, every=1)
    until("others' mail", 120, lambda: sum(
        1 for subject, _ in host.copies() if subject.startswith("other")) == OTHERS, every=1)
    host.quiet(5)
    copies = host.copies()
    checks.claim("all of the others' arrives, each once",
                 all(copies[f"other {number}", f"someone{number}@example.net"] == 1
                     for number in range(OTHERS)), copies.total())
    leaked = {key for key in copies if key[0].startswith("storm")}
    checks.claim("none of the storm does", not leaked, len(leaked))
    both = {who for subject, who in copies if subject == "both"}
    checks.claim("of what is both, no copy of the list's leaves unasked",
                 not both & set(host.subscribers), len(both))
    shown = [post for post in host.ask("held-posts").get("posts", []) if post["subject"] == "both"]
    if "both@example.net" in both:
        # The server made two messages of it: the other's own has left.
        checks.claim("the other's copy of it came once", copies["both", "both@example.net"] == 1)
        checks.claim("and the list's was discarded with the rest", not shown, shown)
    else:
        checks.claim("it stays on hold, and is shown as undecided",
                     [post.get("undecided") for post in shown] == [1], shown)
        given = host.ask("release", list=LIST, post=shown[0]["messageID"])
        checks.claim("a person lets it go", given.get("released") == 1, given)
        until("every copy of it", 120, lambda: len(
            [who for subject, who in host.copies() if subject == "both"]) == members + 1, every=1)
        copies = host.copies()
        checks.claim("and everybody has it once", set(copies.values()) == {1}, copies.total())
    status = host.ask("status")
    checks.claim("nothing of ours is left on hold", status.get("heldTotal") == 0, status)
    saved = list((host.root / "var/lib/listbreaker-actuator").glob("*/quarantine/*.eml"))
    texts = [path.read_bytes() for path in saved]
    checks.claim("what was discarded is saved", all(
        any(f"Subject: storm {number}".encode() in text for text in texts)
        for number in range(STORM)), len(saved))
    checks.figure(f"{host.name}: storm, others, sent", f"{STORM * members} {OTHERS} {copies.total()}")
