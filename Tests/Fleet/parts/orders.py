# SPDX-License-Identifier: Apache-2.0
#
# What operators say to the fleet by `listbreaker`: trips, resets, and who is to be armed.

import json
import time

from broker import publish
from checks import check, until
from host import Host
from story import Story


def commands(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """What people type: `trip`, `reset` and `incidents` with --fleet, and `fleet forget`."""
    t9 = story.add("t9")
    t9.start()
    until(lambda: t9.is_heard(2) and len(mx2.fleet["hosts"]) == len(story.hosts), 40)
    address = "typed@example.org"
    said = story.listbreaker(t9, "trip", address, "--new", "--fleet", "--reason", "a test")
    check("listbreaker trip --fleet says that others hear", "told to the fleet as t9/1" in said.stdout and said.returncode == 0, said.stdout + said.stderr)
    found = until(lambda: all(h.state(address) == "open" for h in (t9, mx1, mx2, mx3)), 5)
    check("and they hold it", bool(found))
    said = story.listbreaker(mx2, "reset", address, "--fleet", "--reason", "done", who="anna")
    check("a reset of the fleet without --held is refused", said.returncode == 64 and mx2.state(address) == "open", said.stderr)
    said = story.listbreaker(mx2, "reset", "t9/77", "--fleet", "--held", "keep", "--reason", "done", who="anna")
    check("one of nothing too", said.returncode == 1 and "is not open in the fleet" in said.stderr, said.stderr)
    said = story.listbreaker(
        mx2, "reset", "t9/1", "--fleet", "--held", "release", "--rate", "600/min", "--reason", "done", who="anna"
    )
    found = until(lambda: all(h.state(address) == "half-open" for h in (t9, mx1, mx2, mx3)), 5)
    check("listbreaker reset --fleet by the name of a trip resets all hosts", said.returncode == 0 and bool(found), said.stdout + said.stderr)
    share = 600 // len(mx2.fleet["hosts"])
    word = f"of 600 copies a minute, which the fleet gives back of {address}, {share} are this host's"
    found = until(lambda: all(word in h.text for h in (t9, mx1, mx2, mx3)), 5)
    check("each at its share of the rate, before anybody can have said what it holds", bool(found), word)
    said = story.listbreaker(mx3, "incidents", "--fleet", "--json")
    rows = {i["incident"]: i for i in json.loads(said.stdout or '{"incidents":[]}')["incidents"]}
    row = rows.get("t9/1", {})
    check("listbreaker incidents --fleet names who reset it, on any host", row.get("reset_by") == "anna" and row.get("reason") == "done", said.stdout[:300] + said.stderr)
    said = story.listbreaker(mx3, "incidents", "--fleet")
    check("also as a table", "t9/1" in said.stdout and "anna" in said.stdout, said.stdout[:400])
    said = story.listbreaker(mx3, "metrics")
    told = f"\nlistbreaker_fleet_hosts {len(story.hosts)}\n" in said.stdout
    told = told and '\nlistbreaker_fleet_brokers{connected="true"} 2\n' in said.stdout
    check("listbreaker metrics counts hosts and brokers", told, "".join(l for l in said.stdout.splitlines(True) if "fleet" in l))
    # A host that is gone for good, with something open.
    t9.command("trip", "left@example.org", isNew=True)
    until(lambda: mx1.state("left@example.org") == "open", 5)
    t9.stop()
    story.hosts.remove(t9)
    said = story.listbreaker(mx1, "fleet", "forget", "t9", "--reason", "sold", who="anna")
    found = until(lambda: all(h.state("left@example.org") == "half-open" for h in (mx1, mx2, mx3)), 5)
    check("listbreaker fleet forget resets what a host left open", said.returncode == 0 and bool(found), said.stdout + said.stderr)
    said = story.listbreaker(mx1, "fleet", "forget", "t9", "--reason", "sold", who="anna")
    check("a second time there is nothing to do", said.returncode == 1 and "no trip of t9" in said.stderr, said.stderr)


def armed(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """Canaries first: an operator arms some hosts, each answers, and only they halt mail."""
    c1, c2, d1 = new = [story.add(name) for name in ("c1", "c2", "d1")]
    for host in new:
        conf = host.folder / "conf"
        conf.write_text(conf.read_text().replace("Mode=armed", "Mode=observe"))
        host.start()

    def modes(host: Host) -> dict[str, str]:
        return {m["host"]: m["mode"] for m in host.fleet.get("modes", [])}

    everybody = {h.name: "armed" for h in (mx1, mx2, mx3)} | {h.name: "observe" for h in new}
    found = until(lambda: all(everybody.items() <= modes(h).items() for h in (mx1, c1, d1)), 40)
    check("each host says whether it halts mail, and all hear it", bool(found), str([modes(h) for h in (mx1, c1, d1)]))
    until(lambda: {"c1", "c2", "d1"} <= set(mx2.fleet.get("hosts", [])), 20)
    said = story.listbreaker(mx2, "arm", "--fleet", "--hosts", "c*", "--reason", "canaries", who="anna")
    done = said.returncode == 0 and "c1: armed" in said.stdout and "c2: armed" in said.stdout
    check("arm --fleet --hosts arms those, and waits for their answers", done, said.stdout + said.stderr)
    shown = story.shown(mx3).stdout
    check("status --fleet shows who is armed and who only watches", "only watching: d1\n" in shown and " c2 " in shown, shown)
    c1.command("trip", "canary@example.org", isNew=True)
    found = until(lambda: c2.state("canary@example.org") == "open", 5)
    ordered = until(lambda: story.held(c2, "canary@example.org", 0), 5)
    check("an armed one holds mail", bool(found and ordered))
    time.sleep(1)
    check("one that only watches holds none", not story.held(d1, "canary@example.org", 0))
    story.reset(mx1, "canary@example.org")
    # What a person says on a host later stands, also when the order is heard again.
    c2.ask({"verb": "observe", "isQueue": False, "reason": "not yet"})
    until(lambda: modes(mx1).get("c2") == "observe", 5)
    check("a person's later word on a host is told", modes(mx1).get("c2") == "observe", str(modes(mx1)))
    for host in (c1, c2):
        host.kill()
        host.start()
    until(lambda: c1.is_heard(2) and c2.is_heard(2), 40)
    time.sleep(2)
    found = (modes(mx1).get("c1"), modes(mx1).get("c2"))
    check("and an order is obeyed once, also over kill -9", found == ("armed", "observe"), str(found))
    # Who joins later begins by watching, whatever was ordered.
    c3 = story.add("c3")
    conf = c3.folder / "conf"
    conf.write_text(conf.read_text().replace("Mode=armed", "Mode=observe"))
    c3.start()
    until(lambda: modes(mx1).get("c3"), 40)
    time.sleep(1)
    check("a host that joins later is not armed by it", modes(mx1).get("c3") == "observe", str(modes(mx1)))
    said = story.listbreaker(mx1, "observe", "--fleet", "--hosts", "c1", "--reason", "back", who="anna")
    check("observe --fleet takes it back", said.returncode == 0 and modes(mx1).get("c1") == "observe", said.stdout + said.stderr)
    said = story.listbreaker(mx1, "arm", "--fleet", "--hosts", "zz*", "--reason", "x", who="anna")
    check("a name that nobody has is refused", said.returncode == 1 and "no host that is there" in said.stderr, said.stderr)
    until(lambda: "c3" in mx1.fleet.get("hosts", []), 20)
    c3.kill("listbreakerd")
    said = story.listbreaker(mx1, "arm", "--fleet", "--hosts", "c1", "--hosts", "c3", "--reason", "x", who="anna")
    check("who does not answer is named", said.returncode == 1 and "c3: no answer" in said.stdout, said.stdout + said.stderr)
    # Rights.
    now = time.time_ns() // 1000
    order = f"listbreaker-order 1\noperator: %s\nid: 9\nmode: armed\ntime: {now}\nreason: x\nhost: d1\n"
    broker = story.brokers[0]
    said = publish(broker, story.ca, "c1", "lb/order/anna/9", order % "anna")
    check("a host cannot arm another", "uthorized" in said, said[-200:])
    said = publish(broker, story.ca, "c1", "lb/order/c1/9", order % "c1")
    check("nor in its own name", "uthorized" in said, said[-200:])
    said = publish(broker, story.ca, "c1", "lb/mode/d1", f"listbreaker-mode 1\nmode: armed\ntime: {now}\n")
    check("nor say that another is armed", "uthorized" in said, said[-200:])
    publish(broker, story.ca, "anna", "lb/order/anna/9", order % "otto", "operators")
    publish(broker, story.ca, "anna", "lb/order/anna/10", "listbreaker-order 1\nmode: on\n", "operators")
    time.sleep(2)
    check("an order under another's name, or malformed, arms nobody", modes(mx1).get("d1") == "observe", str(modes(mx1)))
    for host in (*new, c3):
        host.stop()
        story.hosts.remove(host)
