# SPDX-License-Identifier: Apache-2.0
#
# A reply storm on a host whose mail server is not Postfix, with the daemon armed: announcement,
# replies of strangers, trip, halt, page, restart of the mail server, reset. What left is counted at
# the relay; everything else is asked of the command line, as an operator would.
"""A storm, a trip and a reset on other mail servers."""

import json
import time

from checks import Checks
from eximhost import EximHost
from machine import until
from mailhost import PAGE_PORT
from otherhost import LIST, OtherHost
from othermta import FLIGHT
from sendmailhost import SendmailHost
from smtpdhost import SmtpdHost
from watched import CLOSED, OPEN, Watched

REPLIES = 8  # at most; the second one's fan-out is enough on a list for announcements
SUBJECT = "Release 4 is here"


class WatchedOther(Watched, OtherHost):
    """A host with the daemon, a receiver of pages, and strangers who reply."""

    def __init__(self, *words):
        super().__init__(*words)
        self.write("etc/systemd/system/e2e-receiver.service", (
            "[Service]\nExecStart=/usr/bin/python3 /usr/local/lib/e2e/receiver.py "
            f"{PAGE_PORT} /srv/e2e/pages\n[Install]\nWantedBy=multi-user.target\n"))
        self.replies = 0

    def prepare(self) -> None:
        """The receiver stands before anything can be paged."""
        super().prepare()
        self.need("systemctl", "start", "e2e-receiver")

    def reply(self) -> None:
        """One more stranger asks to be taken off, to everyone."""
        self.replies += 1
        self.need("python3", "/usr/local/lib/e2e/stranger.py", LIST, str(self.replies), SUBJECT)

    def pages(self) -> list[dict]:
        """The pages that came, oldest first."""
        try:
            return [json.loads(line) for line in self.read("srv/e2e/pages").splitlines()]
        except FileNotFoundError:
            return []


class WatchedExim(WatchedOther, EximHost):
    """Exim, watched."""


class WatchedSmtpd(WatchedOther, SmtpdHost):
    """OpenSMTPD, watched."""


class WatchedSendmail(WatchedOther, SendmailHost):
    """Sendmail, watched; with a list manager, since its log does not name an alias's list."""

    def configure(self) -> None:
        """The list is a program's; strangers' domains exist."""
        super().configure()
        self.write(self.aliases, (
            'annonce: "|/usr/bin/python3 /usr/local/lib/e2e/explode.py annonce lists.example.org '
            '/etc/annonce"\nannonce-bounces: postmaster\npostmaster: root\nnews: root\n'
            "root: mailuser\n"))
        hosts = self.read("etc/hosts").decode()
        self.write("etc/hosts", hosts + "192.0.2.1 example.com example.net\n")


def discard(host: WatchedOther, subjects: list[str]) -> int:
    """Throws held posts away; of how many there are saved copies."""
    held = json.loads(host.need("listbreaker", "held", "--json"))["posts"]
    for post in held:
        if post["subject"] in subjects:
            host.need("listbreaker", "held", "discard", post["post"], "--yes")
    until("end of the discarding", 120, lambda: not [
        post for post in json.loads(host.need("listbreaker", "held", "--json"))["posts"]
        if post["subject"] in subjects], every=1)
    saved = list((host.root / "var/lib/listbreaker-actuator").glob("*/quarantine/*.eml"))
    texts = [path.read_bytes() for path in saved]
    return sum(1 for subject in subjects if any(subject.encode() in text for text in texts))


def storm(host: WatchedOther, checks: Checks) -> None:
    """Announcement, storm, trip, reset."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.write("etc/listbreaker/listbreaker.conf.d/60-sweep.conf",
               "[Halt]\nSweepInterval=5s\nVerifyAfter=10s\n")
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    before = host.configuration()
    host.need("listbreaker", "arm", "--reason", "a storm is coming")
    members = len(host.subscribers)

    print(" 1. the announcement", flush=True)
    host.post(SUBJECT)
    until("whole announcement", 180, lambda: len(host.book()) >= members, every=0.5)
    checks.claim("the announcement reaches every subscriber once, and trips nothing",
                 len(host.copies()) == members and host.status_code() == CLOSED,
                 f"{len(host.copies())} copies")

    print(" 2. the storm", flush=True)
    began = time.time()
    while host.status_code() != OPEN and host.replies < REPLIES:
        host.reply()
        deadline = time.time() + 5
        while host.status_code() != OPEN and time.time() < deadline:
            time.sleep(0.1)
    known = time.time()
    checks.claim("the storm trips the breaker", host.status_code() == OPEN,
                 f"{host.replies} replies, {known - began:.1f} s")
    checks.figure(f"{host.name}: replies before the trip", host.replies)
    checks.figure(f"{host.name}: copies of replies before the trip was known",
                  len(host.book()) - members)
    until("halt", 30, lambda: host.status()["queue"]["halt"] in ("halted", "verified"))
    halted = time.time()
    host.quiet(FLIGHT)
    checks.figure(f"{host.name}: copies that left after the trip was known", host.since(known))
    checks.figure(f"{host.name}: s from the trip to the verified halt",
                  f"{halted - known:.1f}")
    landed = halted + FLIGHT
    host.quiet(max(0, landed - time.time()))

    print(" 3. halted", flush=True)
    early = host.replies
    for _ in range(3):
        host.reply()
    host.post("personal", "someone@example.net")
    host.flush()
    host.need("systemctl", "restart", host.unit, timeout=120)
    host.flush()
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("verified halt", 60, lambda: host.status().get("queue", {}).get("halt") == "verified")
    checks.claim("nothing leaves: replied to, flushed, restarted", host.since(landed) == 0,
                 f"{host.since(landed)} copies; status says verified")
    until("page", 30, lambda: host.pages_of("trip"))
    page = json.dumps(host.pages_of("trip")[0]["body"])
    checks.claim("one page, which names the list", len(host.pages_of("trip")) == 1 and LIST in page,
                 host.pages_of("trip")[0]["body"]["alerts"][0]["annotations"]["summary"])
    checks.figure(f"{host.name}: s from the trip to the page",
                  f"{host.pages_of('trip')[0]['came'] - known:.1f}")
    checks.claim("nobody is told that mail is not halted",
                 not any("NOT HALTED" in json.dumps(page) for page in host.pages()))
    done = host.run("listbreaker", "ack", "1")
    checks.claim("a person acknowledges", done.returncode == 0, done.stderr.strip())

    print(" 4. the reset", flush=True)
    # Replies that came while mail was halted are new posts when they are let go, and would trip again.
    gone = discard(host, [f"Re: {SUBJECT} ({number})"
                          for number in range(early + 1, host.replies + 1)])
    checks.claim("the replies that came since are discarded, with saved copies", gone == 3, gone)
    host.hasten()
    done = host.run("listbreaker", "reset", LIST, "--held", "release", "--reason", "list closed",
                    timeout=180)
    checks.claim("reset is done", done.returncode == 0, (done.stdout + done.stderr).strip()[-500:])
    until("empty queue", 400, lambda: host.queued() == 0, every=1)
    copies = host.copies()
    announced = (1 + early) * members + 1
    checks.claim("every copy of what was released was sent, and once",
                 copies.total() == len(copies) == announced,
                 f"{announced} announced, {copies.total()} sent, "
                 f"{copies.total() - len(copies)} doubled")
    after = host.configuration()
    checks.claim("the configuration is byte for byte what it was", after == before,
                 [name for name in before if after[name] != before[name]] or "")
    checks.claim("the breaker is no longer open", host.status_code() == CLOSED)
    until("page of the reset", 30, lambda: host.pages_of("reset"))
    checks.claim("the reset resolves the page",
                 host.pages_of("reset")[0]["body"]["status"] == "resolved")
