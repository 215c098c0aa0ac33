# SPDX-License-Identifier: Apache-2.0
#
# A sender that is no list goes over its ceiling and its mail alone goes on hold, while a list and
# personal mail go out in the same minutes; what is announced beforehand goes out whole. Every copy is
# counted at the relay.
"""The scope of one sender."""

import threading

from checks import Checks
from listscope import Post, arrived, held, kill, prepare, whole
from mailhost import LIST, SENDER
from machine import until
from watched import CLOSED, OPEN, WatchedHost

THIEF = "clerk@lists.example.org"
BILLING = "billing@lists.example.org"
NAME = f"sender:{THIEF}"
CEILING = 100
SETTINGS = f"""\
[Halt]
SenderScope=list
SweepInterval=10s
VerifyAfter=10s

[Detection]
SenderMessagesPerHour={CEILING}
SenderKnownAfter=0
SenderKnownDays=0
"""


def senderscope(host: WatchedHost, checks: Checks) -> None:
    """The whole story."""
    prepare(host, checks)
    host.write("etc/listbreaker/listbreaker.conf.d/60-scope.conf", SETTINGS)
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    size = len(host.subscribers)

    print(" 1. a mailing that was announced", flush=True)
    host.need("listbreaker", "expect", BILLING, "--copies", "150", "--until",
              "2030-01-01T00:00:00Z")
    bills = [Post(host, f"customer{number}@example.com", BILLING, 1) for number in range(150)]
    until("invoices", 120, lambda: whole(host, *bills), every=1)
    checks.claim("invoices that were announced trip nothing", host.status_code() == CLOSED)

    print(" 2. an account over its ceiling, a list and personal mail beside it", flush=True)
    others: list[Post] = []

    def meanwhile() -> None:
        others.append(Post(host, LIST, SENDER, size))
        for number in range(10):
            others.append(Post(host, f"person{number}@example.com", "desk@lists.example.org", 1))

    beside = threading.Thread(target=meanwhile)
    spam = []
    for number in range(3 * CEILING):
        spam.append(Post(host, f"victim{number}@example.net", THIEF, 1))
        if number == CEILING:
            beside.start()
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    beside.join()
    until("other mail", 120, lambda: whole(host, *others), every=1)
    checks.claim("a list and personal mail went out meanwhile", whole(host, *others))
    until("verified hold", 60,
          lambda: "verified" in host.status()["incidents"][-1]["halt"], every=1)
    status = host.status()
    checks.claim("the queue is not halted", not status["queue"]["is_halted"],
                 status["queue"]["halt"])
    checks.claim("the breaker bears the sender's name",
                 status["incidents"][-1]["scope"] == NAME, status["incidents"][-1]["scope"])
    left = sum(arrived(host, *spam))
    checks.claim("most of what came after the trip is held", left <= 2 * CEILING, f"{left} left")
    checks.figure("senderscope: messages of the account that left", left)
    checks.claim("one page for the trip", len(host.pages_of("trip")) == 1)

    print(" 3. what is held, and what comes", flush=True)
    kill(host)
    late = Post(host, "late@example.net", THIEF, 1)
    until("held mail of the sender", 60,
          lambda: late.id in {post["message_id"] for post in held(host, NAME)}, every=1)
    checks.claim("nothing of the list is held", held(host, LIST) == [])

    print(" 4. the reset", flush=True)
    done = host.run("listbreaker", "reset", NAME, "--held", "release", "--rate", "6000/min",
                    "--reason", "password changed")
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip())
    everything = [*bills, *others, *spam, late]
    until("every copy", 180, lambda: whole(host, *everything), every=1)
    copies = host.delivered()
    announced = sum(post.copies for post in everything)
    checks.claim("announced = delivered, each once",
                 copies.total() == announced and set(copies.values()) == {1}
                 and host.queued() == 0,
                 f"{announced} announced, {copies.total()} delivered, {host.queued()} queued")
