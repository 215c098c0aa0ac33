# SPDX-License-Identifier: Apache-2.0
#
# One list storms and its mail alone goes on hold, while a second list and personal mail go out in
# the same minutes; a soft hold that comes to nothing; held mail looked at, discarded, restored and
# given back metered, through two kills of the daemon. Every copy is counted at the relay.
"""The scope of one list."""

import collections
import email.utils
import json
import threading

from checks import Checks
from machine import until
from mailhost import LIST, MAIN_CF, SENDER
from watched import CLOSED, OPEN, WatchedHost

CREW = "crew@lists.example.org"
MEMBERS = [f"member{number:03}@example.org" for number in range(1, 101)]
IN_FLIGHT = 100  # Postfix's default_process_limit
SETTINGS = f"""\
[Halt]
Scope=list
SoftHoldSpan=1min
SweepInterval=10s
VerifyAfter=10s

[List {CREW}]
Scope=list
SoftHoldStrangersPerHour=2
"""


def prepare(host: WatchedHost, checks: Checks) -> None:
    """A host with two lists, armed."""
    host.write("etc/postfix/main.cf", MAIN_CF + "header_checks = regexp:/etc/postfix/headers\n")
    host.write("etc/postfix/headers", "/^(Message-ID|In-Reply-To|References):/ INFO\n")
    host.write("etc/postfix/crew", "".join(f"{who}\n" for who in MEMBERS))
    host.write("etc/aliases", "annonce: :include:/etc/postfix/annonce\n"
                              "owner-annonce: postmaster\n"
                              "crew: :include:/etc/postfix/crew\nowner-crew: postmaster\n"
                              "postmaster: root\nnews: root\n")
    host.boot()
    host.prepare()
    host.install(checks)
    host.write("etc/listbreaker/listbreaker.conf.d/60-scope.conf", SETTINGS)
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    host.need("listbreaker", "arm", "--reason", "the scope of one list")


class Post:
    """What was given in: one message, and how many copies it must become."""

    def __init__(self, host: WatchedHost, to: str, sender: str, copies: int,
                 answers: "Post | None" = None):
        self.id = email.utils.make_msgid(domain="example.net")
        self.to, self.sender, self.copies = to, sender, copies
        self.give(host, (
            f"From: {sender}\nTo: {to}\nSubject: for {to} \x1b[2Jby {sender}\n"
            f"Message-ID: {self.id}\n"
            + (f"In-Reply-To: {answers.id}\nReferences: {answers.id}\n" if answers else "")
            + "\nHello.\n"))

    def give(self, host: WatchedHost, text: str) -> None:
        """Through sendmail."""
        host.need("sendmail", "-i", "-f", self.sender, self.to, text=text)


def arrived(host: WatchedHost, *posts: Post) -> list[int]:
    """How many subscribers got each of `posts`."""
    seen: collections.Counter = collections.Counter(
        message for message, _ in host.delivered())
    return [seen[post.id] for post in posts]


def whole(host: WatchedHost, *posts: Post) -> bool:
    """Whether each of `posts` reached everybody."""
    return arrived(host, *posts) == [post.copies for post in posts]


def kill(host: WatchedHost) -> None:
    """kill -9 of the daemon, and its return."""
    first = host.daemon()
    host.need("kill", "-9", str(first))
    until("daemon after kill -9", 30, lambda: host.daemon() not in (0, first))
    until("answer after kill -9", 30, lambda: host.status_code() in (CLOSED, OPEN))


def held(host: WatchedHost, name: str) -> list[dict]:
    """What `listbreaker held` says of a list."""
    return json.loads(host.need("listbreaker", "held", name, "--json"))["posts"]


def ask(host: WatchedHost, verb: str) -> dict:
    """What the actuator answers root."""
    return json.loads(host.need("python3", "-c", (
        "import socket, sys\n"
        "road = socket.socket(socket.AF_UNIX)\n"
        "road.connect('/run/listbreaker-actuator/socket')\n"
        "road.sendall(sys.argv[1].encode())\n"
        "print(road.makefile().readline())"), json.dumps({"verb": verb}) + "\n"))


def last_resort(host: WatchedHost, checks: Checks) -> None:
    """The mail server itself is stopped, and started again by the resume."""
    def state() -> str:
        return host.run("systemctl", "is-active", host.server_unit()).stdout.strip()

    report = ask(host, "stop")
    until("stopped Postfix", 30, lambda: state() == "inactive")
    checks.claim("told to stop, the actuator stops Postfix", not report["errors"],
                 report["errors"] or "")
    report = ask(host, "resume")
    until("started Postfix", 30, lambda: state() == "active")
    checks.claim("the resume starts it again", not report["errors"], report["errors"] or "")


def listscope(host: WatchedHost, checks: Checks) -> None:
    """The whole story."""
    prepare(host, checks)
    before = host.configuration()
    size = len(host.subscribers)

    print(" 1. two announcements", flush=True)
    posts = [Post(host, LIST, SENDER, size), Post(host, CREW, SENDER, len(MEMBERS))]
    until("announcements", 120, lambda: whole(host, *posts), every=1)
    checks.claim("neither trips anything", host.status_code() == CLOSED)

    print(" 2. a storm on one list, other mail beside it", flush=True)
    posts.append(Post(host, LIST, "stranger1@example.com", size))
    until("first stranger's copies", 60, lambda: arrived(host, posts[-1])[0] > 0)
    others = []

    def meanwhile() -> None:
        others.append(Post(host, CREW, SENDER, len(MEMBERS)))
        for number in range(10):
            others.append(Post(host, f"person{number}@example.com", "clerk@lists.example.org", 1))

    posts.append(Post(host, LIST, "stranger2@example.com", size))
    beside = threading.Thread(target=meanwhile)
    beside.start()
    until("open breaker", 60, lambda: host.status_code() == OPEN)
    beside.join()
    kill(host)
    checks.claim("after kill -9 it is open", host.status_code() == OPEN)
    posts.append(Post(host, LIST, "stranger3@example.com", size))
    others.append(Post(host, CREW, SENDER, len(MEMBERS)))
    until("other mail", 120, lambda: whole(host, *others), every=1)
    checks.claim("the second list and personal mail went out meanwhile, each once",
                 whole(host, *others), arrived(host, *others))
    until("verified hold", 60,
          lambda: "verified" in host.status()["incidents"][-1]["halt"], every=1)
    status = host.status()
    checks.claim("the queue is not halted", not status["queue"]["is_halted"],
                 status["queue"]["halt"])
    checks.claim("Postfix's configuration is untouched", host.configuration() == before)
    late = arrived(host, posts[-1])[0]
    checks.claim("of a post while open at most the deliveries in flight left",
                 late <= 2 * IN_FLIGHT, f"{late} of {size}")
    checks.figure("listscope: copies that left of a post while open", late)
    checks.claim("one page for the trip", len(host.pages_of("trip")) == 1)

    print(" 3. what is held", flush=True)
    listed = held(host, LIST)
    names = {post["message_id"] for post in listed}
    checks.claim("held mail is listed by post", {posts[-1].id} <= names <= {p.id for p in posts},
                 ", ".join(f"{post['post']} {post['copies']}" for post in listed))
    shown = host.need("listbreaker", "held", LIST)
    checks.claim("a hostile subject is harmless", "\x1b" not in shown and "stranger3@" in shown,
                 shown.splitlines()[-3])
    checks.claim("nothing of the other list is held", held(host, CREW) == [])
    victim = next(post for post in listed if post["message_id"] == posts[-1].id)
    host.need("listbreaker", "held", "discard", victim["post"], "--yes", "--reason", "spam")
    until("discarded post", 60,
          lambda: victim["message_id"] not in {post["message_id"] for post in held(host, LIST)})

    print(" 4. the reset, metered", flush=True)
    done = host.run("listbreaker", "reset", LIST, "--held", "release", "--rate", "6000/min",
                    "--reason", "the list is closed to strangers")
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip())
    kill(host)
    until("empty queue", 180, lambda: host.queued() == 0, every=1)
    checks.claim("the breaker is half-open",
                 [each["state"] for each in host.status()["lists"] if each["list"] == LIST]
                 == ["half-open"])
    done = host.run("listbreaker", "held", "restore", victim["post"])
    checks.claim("the discarded post is restored", done.returncode == 0,
                 (done.stdout + done.stderr).strip())
    until("every copy", 180, lambda: whole(host, *posts, *others), every=1)

    print(" 5. a soft hold that comes to nothing", flush=True)
    pages = len(host.pages())
    soft = [Post(host, CREW, SENDER, len(MEMBERS))]
    soft += [Post(host, CREW, f"guest{number}@example.com", len(MEMBERS), soft[0])
             for number in (1, 2)]

    def crew() -> dict:
        return next(each for each in host.status()["lists"] if each["list"] == CREW)

    until("soft hold", 60, lambda: crew().get("soft_hold"))
    soft.append(Post(host, CREW, "guest1@example.com", len(MEMBERS), soft[0]))
    until("held copies", 30, lambda: (crew().get("held") or 0) > 0)
    checks.claim("its new copies are on hold", host.queued("hold") > 0, host.queued("hold"))
    checks.claim("status is closed all the while", host.status_code() == CLOSED)
    until("end of the soft hold", 120, lambda: not crew().get("soft_hold"), every=1)
    until("released copies", 120, lambda: whole(host, *soft), every=1)
    checks.claim("a soft hold pages nobody", len(host.pages()) == pages, len(host.pages()) - pages)

    print(" 6. the last resort", flush=True)
    last_resort(host, checks)

    copies = host.delivered()
    everything = [*posts, *others, *soft]
    announced = sum(post.copies for post in everything)
    checks.claim("announced = delivered, after the restoration",
                 copies.total() == announced and host.queued() == 0 and host.bounced() == 0,
                 f"{announced} announced, {copies.total()} delivered, {host.queued()} queued, "
                 f"{host.bounced()} bounced")
    checks.claim("no copy twice", set(copies.values()) == {1},
                 sum(1 for times in copies.values() if times > 1))
    checks.claim("Postfix's configuration is byte for byte what it was",
                 host.configuration() == before)
    checks.claim("journald dropped no line of the evidence", not host.suppressed())
    checks.figure("listscope: copies announced", announced)
