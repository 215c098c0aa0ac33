# SPDX-License-Identifier: Apache-2.0
#
# Seeded kills of the daemon or the actuator, at least two hundred with Postfix and sixty with each other
# mail server, and then every message is counted: who was written to got one copy, or has one on hold,
# in the queue or saved; nobody has two.
"""The kill campaign."""

import collections
import json
import subprocess

from checks import Checks
from machine import until
from mailhost import MailHost
from otherhost import OtherHost
from speed import many_lists, waiting
from watched import WatchedHost

SEED = 0x6B696C6C
ROUNDS = 32
LEAST = 200  # kills
OTHER_ROUNDS = 30
OTHER_LEAST = 200  # kills, where the mail server is not Postfix
LISTS = 60
STATE = "var/lib/listbreaker-actuator"


def people_of(host: MailHost) -> collections.Counter:
    """How often each person has a copy: taken by the relay, queued or on hold, or saved."""
    places: collections.Counter = collections.Counter()
    for (_, who), times in host.delivered().items():
        places[who, "sent"] += times
    for message in host.queue():
        where = "held" if message["queue_name"] == "hold" else "queued"
        places.update((who, where) for who in {each["address"] for each in message["recipients"]})
    for path in (host.root / STATE / "primary/quarantine").glob("*.json"):
        for who in json.loads(path.read_text())["recipients"]:
            places[who, "saved"] += 1
    # A restore that was cut short: it is on its way, or it is kept here and nobody has it.
    for path in (host.root / STATE / "primary/quarantine").glob("*.sending"):
        for who in json.loads(path.read_text())["recipients"]:
            if not any(places[who, where] for where in ("sent", "queued", "held")):
                places[who, "saved"] += 1
    for line in host.log():
        if "status=bounced" in line.text and "@example.net>" in line.text:
            places[line.text.split("to=<")[1].split(">")[0], "bounced"] += 1
    return places


def judge(done: subprocess.CompletedProcess, checks: Checks, least: int) -> list[str]:
    """Whether the campaign ran, and struck where it matters; who was written to."""
    notes = [json.loads(line) for line in done.stdout.splitlines()]
    struck = [note for note in notes if "target" in note]
    for note in notes:
        if note["step"] == "error":
            print(f"  asked again: {note['request']['verb']}: {note['errors']}", flush=True)
    finished = bool(notes) and notes[-1]["step"] == "done"
    checks.claim("the campaign runs to its end", done.returncode == 0 and finished,
                 done.stderr.strip()[-1500:] if done.returncode else f"seed {SEED:#x}")
    checks.claim(f"at least {least} kills", len(struck) >= least, len(struck))
    for (step, target), count in sorted(collections.Counter(
            (note["step"], note["target"]) for note in struck).items()):
        checks.figure(f"kills: {target} in {step}", count)
    found = collections.Counter(note["found"] for note in struck)
    print("  what the killed had left: "
          + "; ".join(f"{what} {count}" for what, count in found.most_common()), flush=True)
    checks.claim("some kills fell into an unfinished hold, saving, and giving back", all(
        any(word in note["found"] for note in struck for word in words)
        for words in (["hold-unfinished"], ["saving"], ["resuming", "sending"])))
    return notes[-1]["written"] if finished else []


def count(places: collections.Counter, written: list[str], checks: Checks) -> collections.Counter:
    """Whether everybody who was written to is somewhere, once; how many are where."""
    sums = collections.Counter()
    for (_, where), times in places.items():
        sums[where] += times
    each = collections.Counter()
    for (who, _), times in places.items():
        each[who] += times
    lost = [who for who in written if each[who] == 0]
    twice = [who for who in written if each[who] > 1]
    checks.claim("announced = sent + bounced + held + queued + saved",
                 len(written) == sum(sums.values()),
                 f"{len(written)} = " + " + ".join(f"{count} {where}" for where, count in
                                                   sorted(sums.items())))
    checks.claim("nobody's copy is lost", not lost, lost[:10] or len(written))
    checks.claim("nobody's copy is doubled", not twice,
                 [(who, [where for (one, where) in places if one == who]) for who in twice[:10]]
                 or "0 doubled")
    checks.claim("nothing bounced", sums["bounced"] == 0, sums["bounced"])
    return sums


def kills(host: WatchedHost, checks: Checks) -> None:
    """Kills, and counts."""
    host.boot()
    many_lists(host, LISTS)
    host.write("etc/postfix/quarantine", "/^Subject: quarantine/ HOLD\n")
    host.prepare()
    host.need("postconf", "header_checks=regexp:/etc/postfix/quarantine")
    host.install(checks)
    # systemd gives up on what dies five times; here it dies two hundred times on purpose.
    for unit in ("listbreakerd", "listbreaker-actuator"):
        host.write(f"etc/systemd/system/{unit}.service.d/campaign.conf",
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=50ms\n")
    host.write("etc/systemd/system/listbreaker-actuator.socket.d/campaign.conf",
               "[Unit]\nStartLimitIntervalSec=0\n[Socket]\nTriggerLimitIntervalSec=0\n")
    host.need("systemctl", "daemon-reload")
    host.need("systemctl", "restart", "postfix", "listbreakerd")
    host.need("listbreaker", "arm")
    before = host.configuration()
    done = host.run("python3", "/usr/local/lib/e2e/killer.py", str(SEED), str(ROUNDS), str(LISTS),
                    timeout=3000)
    written = judge(done, checks, LEAST)
    filtered = [who for who in written if "-filter-" in who]
    moving = ("maildrop", "incoming", "active", "deferred")
    host.need("postqueue", "-f")
    until("empty queue", 300, lambda: not any(waiting(host, queue) for queue in moving), every=1)
    places = people_of(host)
    sums = count(places, written, checks)
    still = [who for who in filtered if places[who, "held"] == 1]
    checks.claim("what a content filter holds is still on hold, all of it, and nothing else",
                 len(still) == len(filtered) == sums["held"],
                 f"{len(still)} of {len(filtered)}; {sums['held']} held in all")
    checks.claim("Postfix's configuration is byte for byte what it was",
                 host.configuration() == before)
    checks.figure("kills: announced", len(written))
    for where in ("sent", "held", "queued", "saved", "bounced"):
        checks.figure(f"kills: {where}", sums[where])


def places_of(host: OtherHost) -> collections.Counter:
    """As `people_of`, where the mail server is not Postfix."""
    places: collections.Counter = collections.Counter()
    for copy in host.book():
        places[copy["to"], "sent"] += 1
    for held, people in host.waiting():
        places.update((who, "held" if held else "queued") for who in people)
    for path in (host.root / STATE).glob("*/quarantine/*.json"):
        for who in json.loads(path.read_text())["recipients"]:
            places[who, "saved"] += 1
    return places


def other_kills(host: OtherHost, checks: Checks) -> None:
    """Kills, and counts."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.hasten(0.05)
    for unit in ("listbreaker-actuator", host.unit):
        host.write(f"etc/systemd/system/{unit}.service.d/campaign.conf",
                   "[Unit]\nStartLimitIntervalSec=0\n")
    host.write("etc/systemd/system/listbreaker-actuator.socket.d/campaign.conf",
               "[Unit]\nStartLimitIntervalSec=0\n[Socket]\nTriggerLimitIntervalSec=0\n")
    host.need("systemctl", "daemon-reload")
    foreign = host.hold_foreign("not ours")
    before = host.configuration()
    done = host.run("python3", "/usr/local/lib/e2e/otherkiller.py", str(SEED), str(OTHER_ROUNDS),
                    host.kind, timeout=3000)
    written = judge(done, checks, OTHER_LEAST) + foreign
    # The sink stays as it is: started anew, it would count a copy whose delivery it cut short.
    status = host.ask("status")
    host.settle_queue()
    until("empty queue", 600, lambda: host.queued() <= len(foreign), every=2)
    unsettled = [path.name for path in (host.root / STATE).glob("*/quarantine/*.*")
                 if path.suffix in (".saving", ".sending", ".freeing")]
    checks.claim("no message is left half-way between queue and quarantine", not unsettled,
                 unsettled[:10])
    sums = count(places_of(host), written, checks)
    checks.claim("nobody is told of a failure", host.failures() == 0, host.failures())
    checks.claim("what an administrator holds is still on hold, and nothing else",
                 sums["held"] == len(foreign) and status.get("foreign") == len(foreign), status)
    after = host.configuration()
    checks.claim("the configuration is byte for byte what it was", after == before,
                 [name for name in before if after[name] != before[name]] or "")
    checks.figure(f"{host.name}: announced", len(written))
    for where in ("sent", "held", "queued", "saved"):
        checks.figure(f"{host.name}: {where}", sums[where])
