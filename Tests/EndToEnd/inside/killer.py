#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Kills the daemon or the actuator (SIGKILL) at seeded moments of trip, re-hold, hold-ids, discard,
# reset, release and restore, and goes on as an operator would: waits for what systemd starts again,
# and asks again. It judges nothing; it prints one JSON line a kill, with the traces that the killed
# command had left, and who was written to. Counting is done outside, by other witnesses.
"""usage: killer.py SEED ROUNDS LISTS"""

import json
import os
import pathlib
import subprocess
import sys

import striking
from striking import ask, direct, run, sure, until

chance = striking.chance(int(sys.argv[1]))
rounds, lists = int(sys.argv[2]), int(sys.argv[3])
QUEUE = pathlib.Path("/var/spool/postfix")


def state():
    """Where things stand, for whoever wonders why it does not go on."""
    return f"status: {status()}"


striking.state = state


def status():
    """The daemon's view; empty while it is down."""
    try:
        return json.loads(run("listbreaker", "status", "--json").stdout)["queue"]
    except (ValueError, KeyError):
        return {}


def message(name, subject="campaign", recipients=1):
    """Mails `recipients` people who are written to once in their lives."""
    people = [f"{name}-{number}@example.net" for number in range(recipients)]
    sent = run("sendmail", "-i", "-f", "news@lists.example.org", *people,
               text=f"Subject: {subject}\nMessage-ID: <{name}@example.net>\n\nHello.\n")
    if sent.returncode:
        sys.exit(f"cannot mail: {sent.stderr}")
    written.extend(people)


def names(queue):
    """Queue IDs in one of Postfix's queues; not of files that a killed program left unfinished,
    which are not executable and which Postfix removes by itself later."""
    return {entry.name for folder, _, _ in os.walk(QUEUE / queue) for entry in os.scandir(folder)
            if entry.is_file() and entry.stat().st_mode & 0o100}


def traces():
    """How far a killed command had come."""
    main = pathlib.Path("/etc/postfix/main.cf").read_text("utf-8", "replace")
    return " ".join(filter(None, (
        "gate" if (QUEUE / "private/smtp").stat().st_mode & 0o777 == 0 else "",
        "block" if "# listbreaker" in main else "",
        *striking.traces("primary"),
    ))) or "nothing"


def strike(step, target, start, longest, shortest=0):
    """Starts something, and kills `target` a random moment later."""
    striking.strike(step, target, start, chance.uniform(shortest, longest), traces)
    until("answer of the daemon", lambda: "halt" in status())


def command(*words):
    """Starts `listbreaker WORDS`."""
    return lambda: subprocess.Popen(
        ["listbreaker", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def trip(name):
    """As an operator trips a list; again when the answer was lost."""
    run("listbreaker", "trip", name, "--reason", "campaign")


def reset_all(held):
    """Resets whatever is open."""
    for _ in range(20):
        report = json.loads(run("listbreaker", "status", "--json").stdout or "{}")
        still = [each["scope"] for each in report.get("incidents", []) if each["state"] == "open"]
        if not still:
            return
        for scope in still:
            words = ["--queue"] if scope == "queue" else [scope]
            run("listbreaker", "reset", *words, "--held", held, "--reason", "campaign")


written = []
kept_saved = set()
for number in range(rounds):
    first, second = (f"many{(2 * number + which) % lists:02}@lists.example.org" for which in (0, 1))
    either = lambda: chance.choice(["daemon", "actuator"])  # noqa: E731
    tag = f"k{number:03}"
    message(f"{tag}-filter", subject="quarantine")
    for each in range(8):
        message(f"{tag}-early{each}", recipients=chance.randint(1, 3))

    strike("trip", either(), command("trip", first, "--reason", "campaign"), 0.15)
    trip(first)
    until("halt", lambda: status()["halt"] in ("halted", "verified"))
    for each in range(3):
        message(f"{tag}-late{each}", recipients=chance.randint(1, 3))
    until("late mail", lambda: not names("maildrop") and not names("incoming")
          and not names("active"))

    strike("re-hold", either(), command("trip", second, "--reason", "campaign"), 0.15)
    sure(verb="rehold")
    message(f"{tag}-named")
    until("named mail", lambda: names("deferred"))
    named = sorted(names("deferred"))
    strike("hold-ids", "actuator", direct(verb="hold-ids", ids=named), 0.04)
    sure(verb="hold-ids", ids=named)

    ours = [each["id"] for each in sure(verb="held", limit=1000)["messages"]]
    chosen = chance.sample(ours, min(2, len(ours)))
    strike("discard", "actuator", direct(verb="discard", ids=chosen), 0.06)
    if chance.random() < 0.8:
        sure(verb="discard", ids=chosen)
    held = chance.choice(["keep", "release"])
    words = ["reset", first, "--held", held, "--reason", "campaign"]
    run("listbreaker", "reset", second, "--held", held, "--reason", "campaign")
    strike(f"reset --held {held}", either(), command(*words), 0.12, 0.01)
    reset_all(held)
    until("flowing mail", lambda: status()["halt"] == "flowing")
    if held == "keep":
        strike("release", "actuator", direct(verb="release", limit=2), 0.05)
        strike("release", "actuator", direct(verb="release"), 0.06)
    sure(verb="release")
    back = chance.sample(chosen, 1)
    strike("restore", "actuator", direct(verb="restore", ids=back), 0.04)
    ask(verb="restore", ids=back)
    kept_saved.update(set(chosen) - set(back))

print(json.dumps({"step": "done", "written": written}), flush=True)
