# SPDX-License-Identifier: Apache-2.0
#
# One storm on one list, from the announcement to the empty queue: the trip, with the daemon up or down
# when it began; Postfix restarted or the machine rebooted while it is open, or neither; the reset.
# Meanwhile others write personal mail twice a second.
"""A storm and its end."""

import datetime
import os

from checks import Checks
from listhost import BOOK, PERSONAL, POSTED, ROUTES, SENDER, TABLES, ListHost
from machine import until
from watched import CLOSED, OPEN

SETTINGS = """\
[Halt]
Scope=narrow
SweepInterval=5s
DiscardQuiet=15s
VerifyAfter=10s

[List {name}]
RegularPosters={sender}
"""
TRIPS = "AnnounceOnly=yes\n"
HOLDS = "SoftHoldStrangersPerHour=1\nStrangersPerHour=0\n"  # and never trips
SOFT = "SoftHoldSpan=1min\nSoftHoldQuiet=1min\n"
STORM = 15  # seconds for which it goes on while the breaker is open
QUIET = 6  # seconds in which what is under way ends


def prepare(host: ListHost, checks: Checks) -> None:
    """The list, the tables, the daemon."""
    host.boot()
    host.prepare()
    host.found()
    host.install(checks)
    done = host.run("listbreaker", "setup", "postfix", "--narrow", "--apply")
    checks.claim("setup postfix --narrow is done", done.returncode == 0, done.stderr.strip())
    host.need("postfix", "reload")
    settle(host, TRIPS)
    checks.claim("doctor knows of the narrowing",
                 "narrowing" in host.run("listbreaker", "doctor").stdout)
    host.gather()


def settle(host: ListHost, rules: str) -> None:
    """The list is watched by `rules`."""
    text = SETTINGS.format(name=host.address, sender=SENDER) + rules
    host.write("etc/listbreaker/listbreaker.conf.d/60-narrow.conf",
               text.replace("[Halt]\n", f"[Halt]\n{SOFT}") if rules == HOLDS else text)
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    answers(host)


def answers(host: ListHost) -> None:
    """Waits for the daemon."""
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))


class Story:
    """What happens, and when; what came of it is read from the books afterwards."""

    def __init__(self, host: ListHost, delay: float, start: str, middle: str, ending: str):
        self.host, self.delay = host, delay
        self.start, self.middle, self.ending = start, middle, ending
        self.name = " ".join(word for word in (
            host.name.removeprefix("table-"), f"{delay} s", start, middle, ending) if word)
        self.posts = len(host.rows(POSTED))
        self.personal = len(host.rows(PERSONAL))
        self.copies = len(host.rows(BOOK))
        self.start_time = host.now()
        self.saved = len(host.saved())
        self.fresh: set[str] = set()  # posts of after the reset
        self.answer = None  # what the reset said
        self.passed = ""  # the post that was let go while the list was stopped
        self.passed_at = float("inf")
        self.passing: dict = {}  # what came of it
        status = host.status()
        self.before_us = self.said_sent(status)
        # One that trips again on probation goes on counting; its windows begin with its reset.
        self.held_before = {one["number"]: one for one in status["incidents"]}
        self.reset_before = max((datetime.datetime.fromisoformat(one["reset"].replace("Z", "+00:00"))
                                 .timestamp() for one in status["incidents"] if one.get("reset")),
                                default=0.0)
        self.figures: dict = {}  # what status said, and what was so, in one quiet moment
        self.last_reset = 0.0
        self.stopped_mail = (0, 0)  # messages on hold at that moment, the least and the most

    def play(self) -> None:
        """All of it."""
        self.host.relay(self.delay)
        if self.start == "soft":
            settle(self.host, HOLDS)
            self.soften()
            return settle(self.host, TRIPS)
        self.storm()
        if self.middle == "pass":
            self.let_go()
        elif self.middle:
            self.interrupt()
        self.end()

    def storm(self) -> None:
        """Until it has been open for a while."""
        host = self.host
        host.need("listbreaker", "arm", "--reason", "a storm is to come")
        if self.start == "down":
            host.need("systemctl", "stop", "listbreakerd", timeout=120)
        host.turn("personal")
        host.turn("regular")
        until("announcement", 30, lambda: len(host.rows(POSTED)) > self.posts)
        host.turn("regular", False)
        until("first copies", 60, lambda: len(host.rows(BOOK)) > self.copies + 50)
        host.turn("robots")
        host.turn("strangers")
        if self.start == "down":
            until("a storm that nobody sees", 60,
                  lambda: len(host.rows(POSTED)) >= self.posts + 4)
            host.need("systemctl", "start", "listbreakerd", timeout=120)
        until("tables", 90, lambda: b"listbreaker:\n" in host.read(TABLES))
        # They are written while the queue manager stands still.
        self.stopped = os.stat(host.root / TABLES).st_ctime
        until("open breaker", 30, lambda: host.status_code() == OPEN)
        if self.ending != "discard":
            # What strangers posted would be a storm again when it goes out.
            for name in ("robots", "strangers"):
                host.turn(name, False)
            host.turn("regular")
        host.quiet(STORM)
        for name in ("robots", "strangers", "regular"):
            host.turn(name, False)

    def soften(self) -> None:
        """A soft hold that comes to nothing: what it kept goes out by itself."""
        host = self.host
        host.need("listbreaker", "arm", "--reason", "a doubt is to come")
        host.turn("personal")
        host.turn("regular")
        until("announcement", 30, lambda: len(host.rows(POSTED)) > self.posts)
        host.turn("regular", False)
        until("first copies", 60, lambda: len(host.rows(BOOK)) > self.copies + 50)
        host.turn("strangers")
        until("routes", 90, lambda: b"listbreaker:\n" in host.read(ROUTES))
        self.stopped = os.stat(host.root / ROUTES).st_ctime
        known = len(host.rows(POSTED))
        until("two more posts", 30, lambda: len(host.rows(POSTED)) >= known + 2)
        host.turn("strangers", False)
        # What is under way ends, and what was deferred is swept; the hold is for a minute.
        host.quiet(QUIET + self.delay)
        self.shown = self.compare()
        until("end of the soft hold", 150, lambda: b"listbreaker:\n" not in host.read(ROUTES))
        lifted = os.stat(host.root / ROUTES).st_ctime
        self.before = [row for row in self.own() if row["began"] < lifted]
        self.posted = {row["id"] for row in host.rows(POSTED)[self.posts:]}
        until("every copy", 400, lambda: not self.missing(self.posted), every=3)
        host.turn("personal", False)
        until("empty queue", 120, lambda: host.queued() == 0, every=1)
        host.quiet(3)

    def let_go(self) -> None:
        """One post goes while the list stays stopped: all that is left of it. The first of which a part
        has left; where the relay was quick that is not the announcement."""
        host = self.host
        # The sweep must have seen some of it, and mlmmj may still be handing it over.
        host.quiet(6)
        parts = {row["id"]: self.missing({row["id"]}) for row in host.rows(POSTED)[self.posts:]}
        self.passed = next((one for one, left in parts.items()
                            if 0 < left < len(host.subscribers)),
                           next(one for one, left in parts.items() if left))
        left = parts[self.passed]
        self.passed_at = host.now()
        done = host.run("listbreaker", "held", "release", self.passed, "--rate", "60000/min",
                        "--reason", "this one is fine", "--no-wait")
        until("every copy of the post that was let go", 300,
              lambda: not self.missing({self.passed}), every=1)
        host.quiet(QUIET)
        status = host.status()
        self.passing = {
            "left": left, "said": (done.stdout + done.stderr).strip(), "code": done.returncode,
            "open": host.status_code() == OPEN, "halted": status["queue"]["is_halted"],
            "incidents": [(one.get("let_go"), one["leaked"], one["reach"])
                          for one in status["incidents"] if one["state"] == "open"],
            "others": sum(1 for one in self.own()
                          if one["id"] != self.passed and one["began"] > self.passed_at)}

    def interrupt(self) -> None:
        """Postfix is restarted, or the machine rebooted, with nothing under way that would be cut."""
        host = self.host
        host.turn("personal", False)
        until("manager with nothing in hand", 240, lambda: not host.at_work(), every=1)
        until("nothing under way", 60, lambda: host.queued("active", "incoming") == 0)
        host.quiet(self.delay + 1)
        if self.middle == "reboot":
            host.reboot()
            host.gather()
            answers(host)
        else:
            host.need("systemctl", "restart", host.server_unit(), timeout=120)
        until("Postfix", 60, lambda: host.run("postfix", "status").returncode == 0)
        host.turn("personal")
        host.turn("strangers" if self.ending == "discard" else "regular")
        host.run("sendmail", "-q", user="nobody")
        host.quiet(STORM)
        for name in ("strangers", "regular"):
            host.turn(name, False)

    def end(self) -> None:
        """The reset, and until nothing moves."""
        host = self.host
        if self.ending != "discard":
            # Otherwise what the manager has in hand is what a discard must stop as well.
            until("manager with nothing in hand", 240, lambda: not host.at_work(), every=1)
        host.quiet(QUIET)
        self.shown = self.compare()
        self.before = self.own()
        self.posted = {row["id"] for row in host.rows(POSTED)[self.posts:]}
        # The few strangers' posts that go out now are a storm again, which stops the release.
        host.need("listbreaker", "observe", "--reason", "what was held goes out")
        self.reset_at = host.now()
        self.answer = self.reset()
        if self.ending == "keep":
            host.quiet(QUIET)
            self.kept = [one for one in host.queue() if one["queue_name"] == "hold"]
            host.run("listbreaker", "held", "release", host.address, "--rate", "60000/min",
                     "--reason", "they may go now", "--no-wait")
        if self.ending == "discard":
            self.post_anew()

        def is_free() -> bool:
            if host.queued("hold") == 0 and b"listbreaker:\n" not in host.read(TABLES):
                return True
            if host.status_code() == OPEN:
                # Tripped again while it only observes: that demanded nothing, and a reset gives nothing.
                self.reset()
                host.run("listbreaker", "held", "release", host.address, "--rate", "60000/min",
                         "--reason", "it is over", "--no-wait")
            return False

        until("nothing on hold", 420, is_free, every=2)
        if self.ending == "discard":
            until("manager with nothing in hand", 240, lambda: not host.at_work(), every=1)
            self.post_anew()
        host.quiet(2)
        wanted = self.fresh if self.ending == "discard" else self.posted
        until("every copy", 600, lambda: not self.missing(wanted), every=3)
        host.turn("personal", False)
        until("empty queue", 120, lambda: host.queued() == 0, every=1)
        host.quiet(3)

    def post_anew(self) -> None:
        """A post of the regular's, which is to reach everybody."""
        host = self.host
        # In the second of the reset it would be the storm's: a queue file knows its second alone.
        host.quiet(1.1)
        known = len(host.rows(POSTED))
        host.turn("regular")
        until("post of after the reset", 60, lambda: len(host.rows(POSTED)) > known)
        host.turn("regular", False)
        host.quiet(3)
        self.fresh |= {row["id"] for row in host.rows(POSTED)[known:]}

    def reset(self):
        """What is held goes out, or away, or stays."""
        self.last_reset = self.host.now()
        return self.host.run("listbreaker", "reset", self.host.address, "--held", self.ending, "--rate",
                             "60000/min", "--reason", "it is over", "--yes")

    def own(self) -> list[dict]:
        """The copies of this storm that the relay took."""
        return [row for row in self.host.rows(BOOK)[self.copies:] if "person" not in row["to"]]

    def said_sent(self, status: dict) -> int:
        """Copies of the list that were sent within a day, by `status`."""
        return sum(window["copies_sent"] for each in status.get("lists", [])
                   if each["list"] == self.host.address
                   for window in each["windows"] if window["seconds"] == 86400)

    def compare(self) -> dict:
        """What `status` says, and what the relay and the queue have at that moment.

        While a manager hands over, that moment is a while: the figure must be one that was true within it.
        """
        host = self.host
        earlier = self.on_hold()
        status = host.status()
        now = self.on_hold()
        self.stopped_mail = (min(earlier, now), max(earlier, now))
        said = status["queue"]["held"]
        held = sum(one["held"] - self.held_before.get(one["number"], {"held": 0})["held"]
                   for one in status["incidents"] if one["state"] == "open")
        self.figures = {
            "copies sent": (self.said_sent(status) - self.before_us, len(self.own())),
            "messages on hold": (said, min(max(said, earlier), now))}
        if held and not self.passed:
            # Nothing was given back yet, and nothing else is held.
            self.figures["messages held by the incident"] = (held, min(max(held, earlier), now))
        return status

    def on_hold(self) -> int:
        """Messages on hold, by the queue."""
        return sum(1 for one in self.host.queue() if one["queue_name"] == "hold")

    def missing(self, wanted: set[str]) -> int:
        """Copies of posts `wanted` that have not come."""
        came = {(row["id"], row["to"]) for row in self.own()}
        return len(wanted) * len(self.host.subscribers) - sum(
            1 for one, who in came if one in wanted)
