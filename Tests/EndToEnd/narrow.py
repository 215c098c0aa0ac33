# SPDX-License-Identifier: Apache-2.0
#
# A list storms and its mail is stopped as a whole while personal mail goes on: freeze, narrow, thaw.
# Twice: with a fast relay, and given back; with one that takes a second, and discarded. Everything is
# counted at the relay, the queue files and the quarantine.
"""Freeze, narrow, thaw."""

import collections
import os

from checks import Checks
from machine import until
from mlmmjhost import BOOK, LIST, PERSONAL, POSTED, SENDER, TABLES, ListHost
from watched import CLOSED, OPEN

SETTINGS = f"""\
[Halt]
Scope=narrow
SweepInterval=5s
VerifyAfter=10s

[List {LIST}]
AnnounceOnly=yes
RegularPosters={SENDER}
"""
STORM = 15  # seconds for which it goes on while the breaker is open


def prepare(host: ListHost, checks: Checks) -> None:
    """The list, the tables, the daemon."""
    host.boot()
    host.prepare()
    host.found()
    host.write("etc/postfix/headers", "/^(Message-ID|In-Reply-To|References):/ INFO\n")
    main = host.read("etc/postfix/main.cf").decode()
    host.write("etc/postfix/main.cf", main + "header_checks = regexp:/etc/postfix/headers\n")
    host.install(checks)
    done = host.run("listbreaker", "setup", "postfix", "--narrow", "--apply")
    checks.claim("setup postfix --narrow is done", done.returncode == 0, done.stderr.strip())
    host.need("postfix", "reload")
    host.write("etc/listbreaker/listbreaker.conf.d/60-narrow.conf", SETTINGS)
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    checks.claim("doctor knows of the narrowing",
                 "narrowing" in host.run("listbreaker", "doctor").stdout)
    host.gather()


class Round:
    """One storm, from the announcement to the empty queue."""

    def __init__(self, host: ListHost, checks: Checks, delay: float, ending: str):
        self.host, self.checks, self.ending = host, checks, ending
        self.name = f"{host.name} {host.suite}, {delay} s, {ending}"
        host.relay(delay)
        self.posts = len(host.rows(POSTED))
        self.personal = len(host.rows(PERSONAL))
        self.copies = len(host.rows(BOOK))

    def storm(self) -> None:
        """Until it has been open for a while."""
        host = self.host
        host.need("listbreaker", "arm", "--reason", "a storm is to come")
        host.turn("personal")
        host.turn("regular")
        until("announcement", 30, lambda: len(host.rows(POSTED)) > self.posts)
        host.turn("regular", False)
        until("first copies", 60, lambda: len(host.rows(BOOK)) > self.copies + 50)
        host.turn("robots")
        host.turn("strangers")
        until("open breaker", 60, lambda: host.status_code() == OPEN)
        until("tables", 30, lambda: b"listbreaker:\n" in host.read(TABLES))
        # They are written while the queue manager stands still.
        self.stopped = os.stat(host.root / TABLES).st_ctime
        if self.ending == "release":
            # What strangers posted would be a storm again when it goes out.
            for name in ("robots", "strangers"):
                host.turn(name, False)
            host.turn("regular")
        host.quiet(STORM)
        for name in ("robots", "strangers", "regular"):
            host.turn(name, False)
        host.quiet(10)
        # What the manager has in hand at a discard cannot be discarded: it is not there yet.
        until("manager with nothing in hand", 240, host.is_idle, every=1)
        host.quiet(6)

    def end(self) -> None:
        """The reset, and until nothing moves."""
        host = self.host
        self.shown = host.status()
        rows = host.rows(BOOK)
        self.before = [row for row in rows[self.copies:] if "person" not in row["to"]]
        # The few strangers' posts that go out now are a storm again, which stops the release.
        host.need("listbreaker", "observe", "--reason", "what was held goes out")
        done = self.reset()
        self.checks.claim(f"{self.name}: reset is done", done.returncode == 0,
                          (done.stdout + done.stderr).strip()[-200:])

        def is_free() -> bool:
            if host.queued("hold") == 0:
                return True
            if host.status_code() == OPEN:
                # Tripped again while it only observes: that demanded nothing, and a reset gives nothing.
                self.reset()
                host.run("listbreaker", "held", "release", LIST, "--rate", "60000/min",
                         "--reason", "it is over", "--no-wait")
            return False

        until("nothing on hold", 420, is_free, every=2)
        host.quiet(2)
        if self.ending == "release":
            until("every copy", 600, lambda: not self.missing(), every=3)
        host.turn("personal", False)
        until("empty queue", 120, lambda: host.queued() == 0, every=1)
        host.quiet(3)

    def reset(self):
        """What is held goes out, or away."""
        return self.host.run("listbreaker", "reset", LIST, "--held", self.ending, "--rate",
                             "60000/min", "--reason", "it is over", "--yes")

    def own(self) -> list[dict]:
        """The copies of this round's list that the relay took."""
        return [row for row in self.host.rows(BOOK)[self.copies:] if "person" not in row["to"]]

    def missing(self) -> int:
        """Copies of posts that were given in and have not come."""
        got = collections.Counter(row["id"] for row in self.own())
        wanted = {row["id"] for row in self.host.rows(POSTED)[self.posts:]}
        return sum(len(self.host.subscribers) - got[each] for each in wanted)

    def judge(self) -> None:
        """What the relay, the queue and the quarantine say."""
        host, checks, name = self.host, self.checks, self.name
        late = {(row["began"], row["from"]) for row in self.before if row["began"] > self.stopped}
        thawed = [row for row in self.before if row["began"] > self.stopped + 2]
        flying = {(row["began"], row["from"]) for row in self.before
                  if row["began"] <= self.stopped < row["came"]}
        checks.claim(f"{name}: at most 3 deliveries of the list begin after the stop",
                     len(late) <= 3, len(late))
        checks.claim(f"{name}: none after the thaw", not thawed, len(thawed))
        checks.claim(f"{name}: the queue was not halted", not self.shown["queue"]["is_halted"])
        sent = host.rows(PERSONAL)[self.personal:]
        came = {row["to"]: row for row in host.rows(BOOK) if "person" in row["to"]}
        counted = collections.Counter(row["to"] for row in host.rows(BOOK) if "person" in row["to"])
        lost = [row for row in sent if row["to"] not in came]
        waits = [came[row["to"]]["began"] - row["time"] for row in sent if row["to"] in came
                 and self.stopped - 1 < row["time"] < self.stopped + STORM]
        begun = sorted(row["began"] for row in came.values()
                       if self.stopped - 5 < row["began"] < self.stopped + 10)
        still = max((two - one for one, two in zip(begun, begun[1:])), default=99)
        checks.claim(f"{name}: personal mail is all delivered, each once",
                     not lost and all(counted[row["to"]] == 1 for row in sent),
                     f"{len(sent)} sent, {len(lost)} lost")
        checks.claim(f"{name}: it stands still for at most 2 s", still <= 2.5,
                     f"{still:.2f} s between two begun deliveries, of one in 0.5 s; slowest "
                     f"{max(waits, default=0):.2f} s")
        own = self.own()
        pairs = collections.Counter((row["id"], row["to"]) for row in own)
        checks.claim(f"{name}: no copy twice", set(pairs.values()) <= {1},
                     sum(1 for times in pairs.values() if times > 1))
        posted = {row["id"] for row in host.rows(POSTED)[self.posts:]}
        if self.ending == "release":
            checks.claim(f"{name}: announced = sent", len(pairs) == len(posted) *
                         len(host.subscribers) and {one for one, _ in pairs} == posted,
                         f"{len(posted)} posts, {len(pairs)} copies")
        else:
            after = [row for row in own[len(self.before):] if row["began"] > self.stopped]
            checks.claim(f"{name}: after the discard nothing of the storm leaves", not after,
                         len(after))
            whole = collections.defaultdict(set)
            for one, who in pairs:
                whole[one].add(who)
            unopened = set()
            for envelope in host.saved():
                identity = envelope.get("messageID") or ""
                if LIST in envelope["recipients"]:
                    unopened.add(identity)
                else:
                    whole[identity].update(envelope["recipients"])
            short = [each for each in posted
                     if len(whole[each]) != len(host.subscribers)
                     and not (each in unopened and not whole[each])]
            checks.claim(f"{name}: announced = sent + saved", not short,
                         f"{len(posted)} posts, {len(pairs)} copies sent, {len(host.saved())} saved;"
                         f" short: {[(len(whole[each]), each in unopened) for each in short][:5]}")
        checks.claim(f"{name}: nothing bounced", host.bounced() == 0, host.bounced())
        checks.figure(f"{name}: copies before the stop, under way, begun after, after the thaw",
                      f"{len([r for r in self.before if r['came'] <= self.stopped])}, {len(flying)}, "
                      f"{len(late)}, {len(thawed)}")
        checks.figure(f"{name}: personal mail, sent, lost, longest gap, slowest",
                      f"{len(sent)}, {len(lost)}, {still:.2f} s, {max(waits, default=0):.2f} s")
        checks.figure(f"{name}: posts, copies that left in all", f"{len(posted)}, {len(pairs)}")


def narrow(host: ListHost, checks: Checks) -> None:
    """The whole story."""
    prepare(host, checks)
    for delay, ending in ((0.05, "release"), (1, "discard")):
        print(f" a storm, a relay that takes {delay} s, reset --held {ending}", flush=True)
        story = Round(host, checks, delay, ending)
        story.storm()
        story.end()
        story.judge()
    checks.claim("journald dropped no line of the evidence", not host.suppressed())
