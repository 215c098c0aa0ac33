# SPDX-License-Identifier: Apache-2.0
#
# The weekend that listbreaker exists for, by a clock that is put forward: a storm on Saturday at
# 02:00 with nobody there, a first target that is dead, a second that is slow, a third that takes the
# page; acknowledged on Sunday, reminded on Monday at 09:00, reset at 10:00. In the night between, the
# clock is changed. On Monday, with people there, what is doubtful is asked about first. What happened
# is read from the incident's own timeline and from the third target.
"""The scenario `weekend`."""

import datetime
import json

from checks import Checks
from machine import until
from mailhost import LIST, PAGE_PORT, SENDER
from storm import announce, provoke
from wallclock import WallClock, ZONE, changing_saturday, later, local
from watched import CLOSED, OPEN, WatchedHost, page_kind

SETTINGS = f"""\
[Attended]
Attended=Mon..Fri 09:00..17:00
TimeZone=Europe/Paris

[Paging]
RepeatInterval=3h
AcknowledgedInterval=1d
RetryLongest=1min

[Alert dead]
Script=/usr/share/listbreaker/alerts/webhook

[Alert slow]
Script=/usr/share/listbreaker/alerts/webhook
Timeout=2s
EscalateAfter=5min

[Alert third]
Script=/usr/share/listbreaker/alerts/webhook
EscalateAfter=10min

[Detection]
QueueStake=0
RoleCopies=2
PeopleTripMembers=0
UnknownTripMembers=0

[List {LIST}]
AnnounceOnly=yes
RegularPosters={SENDER}
"""
SECRETS = {"dead": "http://127.0.0.1:9/", "slow": f"http://127.0.0.1:{PAGE_PORT}/slow",
           "third": f"http://127.0.0.1:{PAGE_PORT}/page"}
# The list as one on which people may talk: of its rules only the doubtful head count is left.
TALK = """\
[Detection]
LearnedAnnounceAction=off
PeopleTripMembers=0
UnknownTripMembers=0
StrangersPerHour=0
StrangersPerSixHours=0
StrangersPerDay=0
SoftHoldStrangersPerHour=0
SoftHoldStrangersPerSixHours=0
SoftHoldStrangersPerDay=0

[List annonce@lists.example.org]
AnnounceOnly=no
PolicyPosters=2
PolicyReplies=2
PolicyCopies=1
StormTestFloor=100
"""
BAD = """\
[Alert noexec]
Script=/usr/local/lib/e2e/noexec
[Alert nosecret]
Script=/usr/share/listbreaker/alerts/webhook
[Alert bymail]
Script=/usr/local/lib/e2e/bymail
"""


def weekend(host: WatchedHost, checks: Checks) -> None:
    """From Saturday night to Monday morning."""
    clock = WallClock(host)
    saturday = changing_saturday()
    clock.put(later(saturday, minutes=-10))
    host.boot()
    host.prepare()
    host.install(checks)
    host.write("etc/listbreaker/listbreaker.conf.d/50-list.conf", SETTINGS)
    for target, url in SECRETS.items():
        host.write(f"etc/listbreaker/credentials/{target}.url", url + "\n", 0o600)
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    host.need("listbreaker", "arm")

    announce(host, checks)
    doctor(host, checks)
    clock.put(saturday)
    provoke(host)
    tripped = moment(incident(host)["tripped"])
    checks.claim("the storm trips on Saturday at 02:00", near(tripped, saturday, 180), tripped)
    circumstances(host, checks, later(local(saturday.date() + datetime.timedelta(days=2), 9)))

    expected = night(host, clock, checks, tripped)
    expected += sunday_and_monday(host, clock, checks, saturday)
    compare(checks, incident(host)["timeline"], expected)
    kinds = [page_kind(page) for page in host.pages()]
    checks.claim("the third target heard that the first does not answer",
                 "do not reach the target dead" in json.dumps(host.pages_of("undeliverable")))
    checks.claim("one page for the trip", kinds.count("trip") == 1)
    checks.claim("nothing was called blind, leaking or not halted",
                 not {"blind", "leaking", "halt-failed"} & set(kinds), sorted(set(kinds)))
    doubts(host, clock, checks)
    dead(host, clock, checks)
    checks.claim("journald dropped no line of the evidence", not host.suppressed())


# The parts of the weekend; each returns what its moments must be: when, event, target, and how the
# text begins.

Expected = tuple[datetime.datetime, str, str | None, str]


def night(host: WatchedHost, clock: WallClock, checks: Checks,
          tripped: datetime.datetime) -> list[Expected]:
    """The page on its way, and reminders through both nights."""
    expected: list[Expected] = [(tripped, "tripped", None, ""), (tripped, "page", None, "trip"),
                                (tripped, "halted", None, ""),
                                (tripped, "not-delivered", "dead", "trip, try 1")]
    wait(host, "try of the dead target", lambda: seen(host, "not-delivered", "dead"))
    host.quiet(3)  # what was under way when the halt came ends
    clock.put(later(tripped, minutes=1))
    wait(host, "verified halt", lambda: seen(host, "verified"))
    expected.append((later(tripped, minutes=1), "verified", None, ""))

    checks.claim("the slow one is not tried before its five minutes",
                 not seen(host, "not-delivered", "slow"))
    clock.put(later(tripped, minutes=5))
    wait(host, "try of the slow target", lambda: seen(host, "not-delivered", "slow"))
    expected.append((later(tripped, minutes=5), "not-delivered", "slow", "trip, try 1"))

    checks.claim("the third one is not told before its ten minutes", not host.pages_of("trip"))
    clock.put(later(tripped, minutes=10))
    wait(host, "page at the third target", lambda: host.pages_of("trip"))
    wait(host, "note of it", lambda: told(host) == 1)
    expected.append((later(tripped, minutes=10), "delivered", "third", "trip"))

    until_then = local(tripped.date() + datetime.timedelta(days=1), 20)
    when, count = tripped, 0
    while (when := later(when, hours=3)) < until_then:
        count += 1
        clock.put(when)
        wait(host, f"reminder {count}", lambda: len(host.pages_of("reminder")) >= count)
        wait(host, "note of it", lambda: told(host) > count)
        expected += [(when, "page", None, "reminder"), (when, "delivered", "third", "reminder")]
    checks.figure("weekend: reminders until somebody answered", count)
    return expected


def sunday_and_monday(host: WatchedHost, clock: WallClock, checks: Checks,
                      saturday: datetime.datetime) -> list[Expected]:
    """Acknowledged, quiet, reminded, reset, closed."""
    sunday = saturday.date() + datetime.timedelta(days=1)
    monday = saturday.date() + datetime.timedelta(days=2)
    taken, before = local(sunday, 20, 15), told(host)
    clock.put(taken)
    host.need("listbreaker", "ack", "1")
    wait(host, "word of it at the third target", lambda: host.pages_of("acknowledged"))
    wait(host, "note of it", lambda: told(host) == before + 1)
    reminders = len(host.pages_of("reminder"))
    for quiet in (local(sunday, 23, 30), local(monday, 4), local(monday, 8, 58)):
        clock.put(quiet)
        host.quiet(3)
    checks.claim("nobody is reminded in the night after the acknowledgement",
                 len(host.pages_of("reminder")) == reminders)
    morning, done = local(monday, 9), local(monday, 10)
    clock.put(morning)
    wait(host, "Monday's reminder", lambda: len(host.pages_of("reminder")) > reminders)
    wait(host, "note of it", lambda: told(host) == before + 2)
    checks.claim("mail was halted all the time", host.status_code() == OPEN)

    clock.put(done)
    host.hasten()
    host.need("listbreaker", "reset", LIST, "--held", "release", "--reason", "closed to strangers",
              timeout=300)
    until("empty queue", 300, lambda: host.queued() == 0, every=2)
    wait(host, "end of the page", lambda: host.pages_of("reset"))
    wait(host, "note of it", lambda: told(host) == before + 3)
    checks.claim("every post reaches every subscriber once",
                 set(host.delivered().values()) == {1}
                 and len(host.delivered()) == len(host.expansions()) * len(host.subscribers))
    over = later(done, hours=1, minutes=2)
    clock.put(over)
    wait(host, "closed incident", lambda: seen(host, "closed"))
    return [
        (taken, "acknowledged", None, ""), (taken, "delivered", "third", "acknowledged"),
        (morning, "page", None, "reminder"), (morning, "delivered", "third", "reminder"),
        (done, "reset", None, ""), (done, "page", None, "reset"),
        (done, "delivered", "third", "reset"), (done, "resumed", None, ""),
        (over, "closed", None, ""),
    ]


def doubts(host: WatchedHost, clock: WallClock, checks: Checks) -> None:
    """Monday noon: a doubtful verdict is asked about, let pass, asked about again, and halts."""
    host.write("etc/listbreaker/listbreaker.conf.d/60-talk.conf", TALK)
    host.need("systemctl", "reload", "listbreakerd")
    clock.put(later(clock.now(), minutes=58))  # noon
    talk(host, clock, "one", "two", "three")
    wait(host, "question", lambda: host.status()["doubts"])
    doubt = host.status()["doubts"][0]
    checks.claim("a doubtful verdict in attended hours halts nothing yet",
                 host.status_code() == CLOSED and doubt["rule"] == "policy", doubt)
    checks.claim("it waits for five minutes",
                 near(moment(doubt["ends"]), later(moment(doubt["paged"]), minutes=5), 1))
    first = host.daemon()
    host.need("kill", "-9", str(first))
    until("daemon after kill -9", 60, lambda: host.daemon() not in (0, first)
          and host.status_code() in (CLOSED, OPEN))
    checks.claim("kill -9 forgets neither question nor deadline",
                 [one["ends"] for one in host.status()["doubts"]] == [doubt["ends"]])
    host.need("listbreaker", "hold-off", LIST, "--for", "1h", "--reason", "the canteen's menu")
    clock.put(later(moment(doubt["ends"]), minutes=1))
    talk(host, clock, "four")
    host.quiet(3)
    checks.claim("a person's hold-off lets it pass, beyond the deadline",
                 host.status_code() == CLOSED and not host.status()["doubts"]
                 and host.status()["hold_offs"][0]["reason"] == "the canteen's menu")

    clock.put(later(clock.now(), hours=2))
    talk(host, clock, "five", "six", "seven")
    wait(host, "second question", lambda: host.status()["doubts"])
    clock.put(moment(host.status()["doubts"][0]["ends"]))
    wait(host, "trip without an answer", lambda: host.status_code() == OPEN)
    known = json.loads(host.need("listbreaker", "incidents", "2", "--json"))["incidents"][0]
    checks.claim("without an answer it halts, and says so", known["attendance"] == "unanswered",
                 known["attendance"])
    clock.put(later(clock.now(), minutes=11))
    wait(host, "trip at the third target", lambda: len(host.pages_of("trip")) >= 2)
    summary = host.pages_of("trip")[-1]["body"]["alerts"][0]["annotations"]["summary"]
    checks.claim("its page says when it was asked", "not answered" in summary, summary)


def dead(host: WatchedHost, clock: WallClock, checks: Checks) -> None:
    """Settings that a restart cannot read: rejected on reload, and paged when it cannot start."""
    host.write("etc/listbreaker/listbreaker.conf.d/70-wrong.conf", "[Halt]\nMode=maybe\n")
    host.run("systemctl", "reload", "listbreakerd")
    # A reload is not waited for; the clock may jump only when the page's ten minutes have begun.
    wait(host, "first try of the page", lambda: "page 'settings-rejected'" in host.run(
        "journalctl", "-u", "listbreakerd", "-n", "100", "--no-pager").stdout)
    clock.put(later(clock.now(), minutes=11))
    wait(host, "page of the rejected settings", lambda: host.pages_of("settings-rejected"))
    checks.claim("settings rejected on reload page, and the old ones stay",
                 host.status_code() == OPEN)
    host.run("systemctl", "restart", "listbreakerd", timeout=120)
    wait(host, "page that the daemon failed", lambda: host.pages_of("daemon-failed"))
    summary = host.pages_of("daemon-failed")[0]["body"]["alerts"][0]["annotations"]["summary"]
    checks.claim("a daemon that cannot start pages, and says why",
                 "70-wrong.conf:2:6" in summary and "does not watch" in summary, summary)
    explained = host.run("journalctl", "-x", "-u", "listbreakerd-failed", "--no-pager").stdout
    checks.claim("journalctl -x explains it", "The watchdog does not run." in explained)


def talk(host: WatchedHost, clock: WallClock, *people: str) -> None:
    """People who never posted before post to the list, one after another, ten seconds apart."""
    for person in people:
        posts = len(host.expansions())
        clock.put(later(clock.now(), seconds=10))
        host.post(f"{person}@example.net", "Re: Release 4 is here")
        until("fan-out", 60, lambda posts=posts: len(host.expansions()) > posts)
    host.quiet(1)


# Checks


def doctor(host: WatchedHost, checks: Checks) -> None:
    """What doctor says of targets that answer and of those that cannot."""
    found = json.loads(host.run("listbreaker", "doctor", "--page", "--json").stdout)["findings"]
    text = {one["check"]: f"{one['level']}: {one['text']}" for one in found}
    alerts = [f"alert {name}" for name in SECRETS]
    checks.claim("doctor finds scripts and secrets of all three",
                 all(text.get(name, "").startswith("ok") for name in alerts),
                 [text.get(name) for name in alerts])
    trial = text.get("trial page", "")
    checks.claim("doctor --page tells who answers", trial.startswith("problem")
                 and "third: delivered" in trial and "dead: delivered" not in trial
                 and "slow: delivered" not in trial, trial)
    host.write("usr/local/lib/e2e/noexec", "#!/bin/sh\n", 0o644)
    host.write("usr/local/lib/e2e/bymail", "#!/bin/sh\nsendmail -t\n", 0o755)
    host.write("root/bad.conf", BAD)
    bad = json.loads(host.run("listbreaker", "doctor", "--config", "/root/bad.conf",
                              "--json").stdout)["findings"]
    text = {one["check"]: f"{one['level']}: {one['text']}" for one in bad}
    for name, words in (("noexec", "may run it"), ("nosecret", "is missing"),
                        ("bymail", "is halted too")):
        checks.claim(f"doctor finds what is wrong with '{name}'",
                     words in text.get(f"alert {name}", ""), text.get(f"alert {name}"))


def circumstances(host: WatchedHost, checks: Checks, monday: datetime.datetime) -> None:
    """What the incident says of who was there, and of what would have left."""
    known = incident(host)
    checks.claim("the incident says that the rule leaves no doubt",
                 known.get("attendance") == "sure", known.get("attendance"))
    checks.claim("attended hours begin on Monday at 09:00 by the new clock",
                 moment(known["next_attended"]) == monday, known.get("next_attended"))
    checks.claim("the forecast reaches until then",
                 known.get("forecast", "").endswith(known["next_attended"]), known.get("forecast"))


def compare(checks: Checks, timeline: list[dict], expected: list[Expected]) -> None:
    """Each expected moment in its minute or the next, and of trips, pages and resets no other."""
    for when, event, target, text in expected:
        found = [entry for entry in timeline
                 if entry["event"] == event and entry.get("target") == target
                 and entry["text"].startswith(text) and near(moment(entry["time"]), when, 119)]
        shown = f"{when:%a %H:%M} {event} {target or ''} {text}".strip()
        checks.claim(f"timeline: {shown}", len(found) == 1 or event == "not-delivered" and found,
                     len(found) if len(found) != 1 else "")
    for event, target in (("tripped", None), ("halted", None), ("page", None), ("leaking", None),
                          ("delivered", "third"), ("delivered", "dead"), ("delivered", "slow"),
                          ("acknowledged", None), ("reset", None), ("resumed", None),
                          ("closed", None)):
        wanted = sum(1 for one in expected if one[1:3] == (event, target))
        wanted += (event, target) == ("page", None)  # of the acknowledgement
        got = sum(1 for entry in timeline
                  if entry["event"] == event and entry.get("target") == target)
        checks.claim(f"timeline: {wanted} times {event} {target or ''}".strip(), got == wanted, got)
    times = [moment(entry["time"]) for entry in timeline]
    checks.claim("timeline: in the order of time", times == sorted(times))
    for entry in timeline:
        if entry["event"] != "not-delivered":
            print(f"        {moment(entry['time']):%a %H:%M:%S}  {entry['event']}"
                  f" {entry.get('target') or ''}  {entry['text'][:60]}")


def incident(host: WatchedHost) -> dict:
    """Incident 1, as `listbreaker incidents --json` prints it."""
    return json.loads(host.need("listbreaker", "incidents", "1", "--json"))["incidents"][0]


def seen(host: WatchedHost, event: str, target: str | None = None) -> bool:
    """Whether the timeline has such a moment."""
    return any(entry["event"] == event and entry.get("target") == target
               for entry in incident(host)["timeline"])


def told(host: WatchedHost) -> int:
    """Pages that the third target took, as the timeline has them: the target has a page a moment
    before that is noted, and a clock put forward between would be in the note."""
    return sum(1 for entry in incident(host)["timeline"]
               if (entry["event"], entry.get("target")) == ("delivered", "third"))


def wait(host: WatchedHost, what: str, condition) -> None:
    """Waits, in real time, for what the clock has brought."""
    until(what, 90, condition, every=0.3)


def moment(text: str) -> datetime.datetime:
    """An RFC 3339 time on the wall of Paris."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZONE)


def near(when: datetime.datetime, expected: datetime.datetime, seconds: float) -> bool:
    """Whether `when` is at `expected` or at most so much after it."""
    return -1 <= (when.timestamp() - expected.timestamp()) <= seconds
