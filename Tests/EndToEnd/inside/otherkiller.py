#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The campaign of kills where the mail server is not Postfix: the actuator is killed (SIGKILL) at seeded
# moments of halt, re-hold, hold-ids, discard, resume, release and restore, and asked again. Counting is
# done outside, by other witnesses.
"""usage: otherkiller.py SEED ROUNDS exim|opensmtpd|sendmail"""

import json
import pathlib
import sys

import striking
from striking import ask, direct, run, sure, until

chance = striking.chance(int(sys.argv[1]))
rounds, server = int(sys.argv[2]), sys.argv[3]


def waiting_exim():
    """IDs of what is queued and not on hold."""
    return [line.split()[2] for line in run("exim4", "-bpru").stdout.splitlines()
            if line[:10].strip() and "*** frozen ***" not in line]


def waiting_sendmail():
    """IDs of what is queued and not on hold."""
    return [path.name[2:] for path in pathlib.Path("/var/spool/mqueue").glob("qf*")]


def waiting_opensmtpd():
    """IDs of what is queued for other hosts and not on hold; smtpd's own notice of a delay, which may
    be all that is left of a message, is nobody's to hold."""
    def is_outbound(folder):
        try:
            return any("type: mta" in path.read_text().splitlines() for path in folder.iterdir()
                       if path.name != "message")
        except FileNotFoundError:
            return False

    def is_open(path):
        try:
            return path.stat().st_mode & 0o777 != 0
        except FileNotFoundError:
            return False

    return [path.parent.name for path in pathlib.Path("/var/spool/smtpd/queue").glob("*/*/message")
            if is_open(path) and is_outbound(path.parent)]


waiting = {"exim": waiting_exim, "sendmail": waiting_sendmail,
           "opensmtpd": waiting_opensmtpd}[server]
# The longest moment in ms for each step, somewhat above what the step takes.
LONGEST = {"halt": 200, "re-hold": 150, "hold-ids": 80, "discard": 60, "resume": 250,
           "release": 80, "restore": 80}


def message(name, recipients=1):
    """Mails `recipients` people who are written to once in their lives."""
    people = [f"{name}-{number}@example.net" for number in range(recipients)]
    text = f"Subject: campaign\nMessage-ID: <{name}@example.net>\n\nHello.\n"
    # OpenSMTPD is started anew to give mail back, and takes nothing meanwhile.
    until("taken mail", lambda: run("sendmail", "-i", "-f", "news@lists.example.org", *people,
                                    text=text).returncode == 0)
    written.extend(people)


def strike(step, **request):
    """Asks, and kills the actuator a random moment later."""
    striking.strike(step, "actuator", direct(**request), chance.uniform(0, LONGEST[step] / 1000),
                    lambda: " ".join(striking.traces(server)) or "nothing")


def ours():
    """IDs of what we hold."""
    return [each["id"] for each in sure(verb="held", limit=1000)["messages"]]


def empty():
    """Nothing waits, and nothing of ours is on hold."""
    return not waiting() and ask(verb="status")["heldTotal"] == 0


written = []
for number in range(rounds):
    tag = f"k{number:03}"
    for each in range(6):
        message(f"{tag}-early{each}", recipients=chance.randint(1, 3))
    strike("halt", verb="halt")
    until("halt", lambda: sure(verb="halt")["isHalted"])
    for each in range(3):
        message(f"{tag}-late{each}", recipients=chance.randint(1, 3))
    strike("re-hold", verb="rehold")
    sure(verb="rehold")
    message(f"{tag}-named")
    named = until("named mail", waiting)
    strike("hold-ids", verb="hold-ids", ids=named)
    # What is just being received or routed cannot be held yet.
    until("held mail", lambda: not sure(verb="hold-ids", ids=named)["errors"] and not waiting())

    held = ours()
    chosen = chance.sample(held, min(3, len(held)))
    strike("discard", verb="discard", ids=chosen)
    if chance.random() < 0.8:
        sure(verb="discard", ids=chosen)
    way = chance.choice(["keep", "release"])
    strike("resume", verb="resume", held=way)
    until("flowing mail", lambda: not (answer := sure(verb="resume", held=way))["errors"]
          and not answer["isHalted"])
    if way == "keep":
        strike("release", verb="release", limit=2)
        strike("release", verb="release")
    until("release", lambda: not sure(verb="release")["errors"])
    back = chance.sample(chosen, min(2, len(chosen)))
    strike("restore", verb="restore", ids=back)
    sure(verb="restore", ids=back)
    # What a killed command let go waits for the mail server's next look at its queue.
    until("release", lambda: not sure(verb="release")["errors"])
print(json.dumps({"step": "done", "written": written}), flush=True)
