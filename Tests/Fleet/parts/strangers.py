# SPDX-License-Identifier: Apache-2.0
#
# What a host's certificate may not say, and certificates of somebody else's authority.

import subprocess
import time

from broker import publish
from checks import CA, check, until
from host import Host
from records import trip_text
from story import Story


def rights(story: Story, mx1: Host, mx2: Host, mx3: Host) -> None:
    """What a host's certificate may not say, and what the hosts do not believe."""
    broker, now = story.brokers[0], int(time.time())
    said = publish(broker, story.ca, "mx4", f"lb/trip/mx1/90.0.{now}", trip_text(f"mx1/90.0.{now}", "x@example.org"))
    check("a host cannot speak for another", "Not authorized" in said, said[-200:])
    text = (
        "listbreaker-reset 1\noperator: anna\nid: 1\nverb: reset\ntime: 1\nheld: keep\nreason: x\n"
        f"name: mx1/90.0.{now}\n"
    )
    said = publish(broker, story.ca, "mx4", "lb/reset/anna/1", text)
    check("a host cannot reset", "Not authorized" in said, said[-200:])
    said = publish(broker, story.ca, "anna", "lb/reset/otto/1", text.replace("anna", "otto"), "operators")
    check("an operator cannot reset for another", "Not authorized" in said, said[-200:])
    mine = f"lb/trip/mx4/91.0.{now}"
    publish(broker, story.ca, "mx4", mine, trip_text(f"mx1/91.0.{now}", "x@example.org"))
    publish(broker, story.ca, "mx4", f"lb/trip/mx4/92.0.{now}", "\x1b[2Jnonsense\n" * 9)
    publish(broker, story.ca, "mx4", f"lb/trip/mx4/93.0.{now}", trip_text(f"mx4/93.0.{now}", "x@example.com"))
    publish(
        broker, story.ca, "mx4", f"lb/trip/mx4/94.0.{now}",
        trip_text(f"mx4/94.0.{now}", "late@example.org", time.time() - 3600),
    )  # fmt: skip
    for number in range(5):
        name = f"mx4/{95 + number}.0.{now}"
        publish(broker, story.ca, "mx4", f"lb/trip/{name}", trip_text(name, f"flood{number}@example.org"))
    until(lambda: "flood4@example.org" in str(mx2.fleet), 10)
    time_is_up = until(lambda: "had trips of 3 lists within the hour" in mx2.text, 5)
    states = [mx2.state(f"flood{n}@example.org") for n in range(5)]
    check("trips of three lists an hour of one host are acted on", states.count("open") == 3, str(states))
    check("and the rest is said", bool(time_is_up))
    check("a record under another's name is refused", "bears another name than its topic" in mx2.text)
    check("nonsense is refused", mx2.text.count("it is passed over") >= 2, str(mx2.text.count("passed over")))
    check("a list of a foreign domain is not held", mx2.state("x@example.com") == "closed")
    check("an old trip stays its host's", mx2.state("late@example.org") == "closed")
    check("nobody tripped in another's name", mx2.state("x@example.org") == "closed")


def wrong_authority(story: Story) -> None:
    """A certificate of somebody else's authority: alone, and never dead."""
    other = story.folder / "other"
    subprocess.run([CA, "init", other], check=True, stdout=subprocess.DEVNULL)
    mx5 = Host(story.folder, other, "mx5", story.brokers, story.programs)
    story.hosts.append(mx5)
    mx5.start()
    alone = until(lambda: "no broker is connected:" in str(mx5.fleet.get("alone")) and mx5.fleet["alone"], 30)
    check("with another authority's certificate a host is alone", bool(alone), str(alone))
    said = story.listbreaker(mx5, "trip", "alone@example.org", "--new", "--fleet", "--reason", "a test")
    check("trip --fleet says so, and ends with 4", said.returncode == 4 and "no other host hears" in said.stderr, said.stderr)
    check("it trips all the same", mx5.state("alone@example.org") == "open")
    check("its carrier lives", mx5.processes["listbreaker-fleetd"].poll() is None)
