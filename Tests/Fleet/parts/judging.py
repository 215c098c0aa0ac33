# SPDX-License-Identifier: Apache-2.0
#
# Judges of what all hosts see.

import subprocess
import time

from broker import publish
from checks import CA, check, until
from host import Host
from records import facts_text
from story import Story


def judged(story: Story) -> None:
    """A storm dealt over five hosts, two of which judge; and one host beside them that sees all of it."""
    solo = Host(story.folder, story.ca, "solo", [], story.programs)
    (solo.folder / "fleet.conf").unlink()
    names = ("j1", "j2", "k1", "k2", "k3")
    dealt = [story.add(name, "Judge=yes\n" if name in ("j1", "j2") else "") for name in names]
    for host in (solo, *dealt):
        host.start()
    check("five hosts reach two brokers", all(until(lambda h=h: h.is_heard(2), 40) for h in dealt))
    heard = until(lambda: dealt[0].fleet.get("judge", {}).get("hosts") == 5, 30)
    check("a judge hears all five", bool(heard), str(dealt[0].fleet.get("judge")))
    check("who is none says so", "judge" not in dealt[2].fleet, str(dealt[2].fleet))
    for host in (solo, *dealt):
        host.post("news@example.org")
    alone, together = deal(dealt, solo, "p")
    check("dealt over five hosts it trips at the post where one log trips", alone == together and alone, f"{alone}, {together}")
    found = until(lambda: all(h.state() == "open" for h in dealt), 3)
    check("and all five hold the list", bool(found), str([h.state() for h in dealt]))
    owners = story.owners(dealt[3])
    check("by the judges' word alone", bool(owners) and owners <= {"j1", "j2"}, str(owners))
    judge_rights(story, dealt)
    outcome = story.reset(dealt[4], "annonce@example.org")
    found = until(lambda: all(h.state() == "half-open" for h in dealt), 5)
    check("one reset lets it flow", bool(found), str([h.state() for h in dealt]) + outcome.stderr)
    time.sleep(3)
    check("and no judge trips on what is over", all(h.state() == "half-open" for h in dealt))
    dealt[0].kill()
    _, together = deal(dealt[1:], None, "q")
    found = until(lambda: all(h.state() == "open" for h in dealt[1:]), 3)
    check("with one of two judges killed -9 the next storm is seen", bool(together and found), str(together))
    owners = story.owners(dealt[3])
    check("by the other", owners == {"j2"}, str(owners))
    # The brokers keep a trip for who comes later, until somebody resets it.
    story.reset(dealt[4], "annonce@example.org")
    for host in (solo, *dealt):
        host.stop()
    story.hosts.clear()


def remembered(story: Story) -> None:
    """A judge that is killed -9 within a storm goes on where it was; damage costs its memory alone."""
    solo = Host(story.folder, story.ca, "solo2", [], story.programs)
    (solo.folder / "fleet.conf").unlink()
    dealt = [story.add(name, "Judge=yes\n" if name == "j3" else "") for name in ("j3", "m1", "m2", "m3")]
    judge, *tellers = dealt
    for host in (solo, *dealt):
        host.start()
    check("four hosts reach two brokers", all(until(lambda h=h: h.is_heard(2), 40) for h in dealt))
    until(lambda: judge.fleet.get("judge", {}).get("hosts") == 4, 30)
    for host in (solo, *tellers):
        host.post("news@example.org")
    saved = judge.folder / "state" / "judge.db"
    until(saved.exists, 10)
    alone, together = deal(tellers, solo, "r", range(1, 2))
    check("one post of a storm trips nobody yet", alone == together == 0, f"{alone}, {together}")
    time.sleep(3)
    judge.kill()
    judge.start()
    check("the judge is killed -9 and started", bool(until(lambda: judge.is_heard(2), 40)))
    check("and says from when its memory is", "the judge knows what it knew at" in judge.text)
    alone, together = deal(tellers, solo, "r", range(2, 13))
    check("the storm trips at the post where one log trips", alone == together and alone, f"{alone}, {together}")
    check("and all hold the list", bool(until(lambda: all(h.state() == "open" for h in dealt), 3)))
    judge.kill()
    saved.write_bytes(b"not a database at all" * 99)
    judge.start()
    found = until(lambda: judge.is_heard(2), 40)
    told = "cannot read what the judge knew from" in judge.text and saved.with_name("judge.db.damaged").exists()
    check("damage to its memory is said and set aside", bool(found) and told, judge.text[-500:])
    check("and costs nothing else", judge.state() == "open" and judge.state("queue") == "closed")
    for host in (solo, *dealt):
        host.stop()
    story.hosts.clear()


def deal(hosts: list[Host], solo: Host | None, who: str, numbers=range(1, 11)) -> tuple[int, int]:
    """Posts by strangers with these numbers, one after another to each host in turn, and all to `solo`.

    After how many `solo`, and the first of the hosts, is open; 0: never.
    """
    alone, together = 0, 0
    for number in numbers:
        hosts[number % len(hosts)].post(f"{who}{number}@example.net")
        if solo:
            solo.post(f"{who}{number}@example.net")
            alone = alone or (number if until(lambda: solo.state() == "open", 1.5, 0.05) else 0)
        # A host tells within a second, and a busy machine takes its time.
        together = together or (number if until(lambda: hosts[0].state() == "open", 4, 0.05) else 0)
        if together and (alone or not solo):
            break
    return alone, together


def judge_rights(story: Story, hosts: list[Host]) -> None:
    """Who may say and hear facts; and a clock that is off."""
    judge = hosts[0]
    answer = publish(story.brokers[0], story.ca, "k1", "lb/facts/k2", facts_text(1, 0))
    check("a host cannot tell facts for another", "uthorized" in answer, answer[-200:])
    answer = subprocess.run(
        [
            "mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", str(story.brokers[0].port),
            "--cafile", story.ca / "ca.pem", "--cert", story.ca / "hosts" / "k1.pem",
            "--key", story.ca / "hosts" / "k1.key", "-t", "lb/facts/#", "-C", "1", "-W", "12",
        ],
        capture_output=True, timeout=40, check=False,
    )  # fmt: skip
    check("who is no judge hears none", answer.stdout == b"", answer.stdout.decode()[:200])
    subprocess.run([CA, "host", story.ca, "late"], check=True, stdout=subprocess.DEVNULL)
    # For some seconds after its start a judge doubts no clock.
    for number in range(1, 31):
        publish(story.brokers[0], story.ca, "late", "lb/facts/late", facts_text(number, -86400))
        found = until(lambda: judge.fleet.get("judge", {}).get("clocks"), 1)
        if found:
            break
    check("a clock that is a day behind is named", "late is 86" in str(found), str(found))
    publish(story.brokers[0], story.ca, "late", "lb/facts/late", "listbreaker-facts 1\nstart: x\n")
    check("what is malformed is refused and said", bool(until(lambda: "did not take lb/facts/late" in judge.text, 5)))
