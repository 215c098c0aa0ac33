# SPDX-License-Identifier: Apache-2.0
#
# Others' mail in the moments of our halt and of our resume, where the mail server is not Postfix: two
# personal messages a second go on through five halts and resumes of the queue, each in the middle of
# a list's fan-out, and through five holds of one list's message. At the relay each must arrive, and once; how
# long none did, and how late each came, are the figures.
"""What others have under way when mail is halted and resumed."""

import json
import time

from checks import Checks
from machine import until
from otherhost import LIST, SENDER, OtherHost

ROUNDS = 5
PERSONAL = "srv/e2e/personal.sent"
WAIT = 3.0  # seconds for which mail stays halted


def beside(host: OtherHost, checks: Checks) -> None:
    """The queue's halts, then one list's holds, then the count."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.write("etc/systemd/system/e2e-crowd.service", (
        "[Service]\nExecStart=/usr/bin/python3 /usr/local/lib/e2e/crowd.py "
        f"/srv/e2e {LIST} {SENDER} nobody@example.net\n"))
    host.need("systemctl", "daemon-reload")
    host.need("systemctl", "start", "e2e-crowd")
    host.write("srv/e2e/personal.on", "")
    host.quiet(8)
    calm = gap(host, time.time() - 6, time.time())
    checks.figure(f"{host.name}: longest gap between personal messages before any halt, s", f"{calm:.2f}")

    posts = 0
    spans: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        posts += 1
        in_the_middle(host, posts)
        asked = time.time()
        halted = host.ask("halt")
        checks.claim(f"halt {posts} is done", halted.get("isHalted") is True, halted.get("errors"))
        host.quiet(WAIT)
        resumed = host.ask("resume", held="release")
        spans.append((asked, time.time()))
        checks.claim(f"resume {posts} is done", not resumed.get("errors")
                     and resumed.get("isHalted") is False, resumed.get("errors"))
        host.quiet(6)
    stood = [gap(host, end, end + 6) for _, end in spans]
    checks.figure(f"{host.name}: s without personal mail after each resume",
                  " ".join(f"{each:.2f}" for each in stood))

    held: list[float] = []
    for _ in range(ROUNDS if host.kind != "opensmtpd" else 0):
        posts += 1
        in_the_middle(host, posts)
        asked = time.time()
        report = host.ask("hold-ids", list=LIST, ids=list_ids(host))
        checks.claim(f"one list is held ({posts})", report.get("held", 0) >= 1, report.get("errors"))
        host.quiet(4)
        held.append(gap(host, asked - 0.5, asked + 4))
        host.ask("release", list=LIST)
        host.quiet(1)
    if held:
        checks.figure(f"{host.name}: longest gap between personal messages around each hold of one list, s",
                      " ".join(f"{each:.2f}" for each in held))

    (host.root / "srv/e2e/personal.on").unlink()
    # The relay is not started anew while it has copies in hand: those would come twice.
    until("the last post's copies", 120, lambda: sum(
        1 for subject, _ in host.copies() if subject == f"post {posts}") == len(host.subscribers), every=1)
    sent = rows(host, PERSONAL)
    unaided = arrived(host, sent, 60)
    checks.figure(f"{host.name}: personal messages sent; not come 60 s after the last without a further run",
                  f"{len(sent)} {unaided}")
    if unaided or host.queued():
        host.settle_queue()
    until("empty queue", 300, lambda: host.queued() == 0, every=1)
    copies = [row["id"] for row in host.book()]
    mine = {row["id"]: copies.count(row["id"]) for row in sent}
    checks.claim("every personal message came, and once",
                 set(mine.values()) == {1}, f"{len(mine)} sent, "
                 f"{sum(1 for each in mine.values() if each == 0)} lost, "
                 f"{sum(1 for each in mine.values() if each > 1)} doubled")
    late = sorted(row["came"] - when for row in host.book()
                  if (when := {each["id"]: each["time"] for each in sent}.get(row["id"])))
    outside = sorted(row["came"] - each["time"] for each in sent for row in host.book()
                     if row["id"] == each["id"] and not any(
                         start - 1 <= each["time"] <= end + 0.5 for start, end in spans))
    checks.figure(f"{host.name}: s from sent to come: p50, worst; of those not sent while halted",
                  f"{late[len(late) // 2]:.2f} {late[-1]:.2f}; {outside[-1]:.2f}")
    list_copies = host.copies()
    mailed = {key: times for key, times in list_copies.items() if key[0].startswith("post ")}
    checks.claim("every copy of the list came, and once",
                 len(mailed) == posts * len(host.subscribers) and set(mailed.values()) == {1},
                 f"{posts} posts, {sum(mailed.values())} copies, {len(mailed)} different")


def in_the_middle(host: OtherHost, number: int) -> None:
    """Another post is half delivered."""
    until("the copies of the post before", 120, lambda: sum(
        1 for row in host.book() if row["subject"] == f"post {number - 1}")
        >= (len(host.subscribers) if number > 1 else 0), every=0.5)
    before = host.book()
    host.post(f"post {number}")
    until("part of a fan-out", 60, lambda: sum(
        1 for row in host.book()[len(before):] if row["subject"] == f"post {number}") >= 10, every=0.02)


def list_ids(host: OtherHost) -> list[str]:
    """IDs of what is queued for subscribers, as the log would name them."""
    found: list[str] = []
    if host.kind == "exim":
        for line in host.need("exim4", "-bpru").splitlines():
            if line[:10].strip():
                identity = line.split()[2]
            elif "@example.net" in line or LIST in line:
                found.append(identity)
    else:
        for path in (host.root / "var/spool/mqueue").glob("qf*"):
            if "@example.net" in path.read_text("latin-1"):
                found.append(path.name[2:])
    return sorted(set(found))


def rows(host: OtherHost, path: str) -> list[dict]:
    """A file of the crowd's."""
    return [json.loads(line) for line in host.read(path).splitlines()]


def arrived(host: OtherHost, sent: list[dict], seconds: float) -> int:
    """How many of `sent` have not come after `seconds` at most."""
    deadline = time.monotonic() + seconds
    while True:
        missing = {row["id"] for row in sent} - {row["id"] for row in host.book()}
        if not missing or time.monotonic() > deadline:
            return len(missing)
        time.sleep(0.5)


def gap(host: OtherHost, start: float, end: float) -> float:
    """The longest time within which no personal message came to the relay."""
    times = [start, *sorted(row["came"] for row in host.book()
                            if start < row["came"] < end and row["subject"] == "hello"), end]
    return max(later - earlier for earlier, later in zip(times, times[1:]))
