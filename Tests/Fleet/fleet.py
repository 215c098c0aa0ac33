#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A fleet of three hosts and two brokers on loopback: real mosquitto with mutual TLS and the ACL that
# listbreaker-fleet-ca writes, real listbreakerd and listbreaker-fleetd, each host with a journal, a state
# and an actuator of its own that takes notes. One storm; what the others do, and how soon; brokers killed
# and wiped; one reset; and who may not say what. Nothing leaves loopback.
#
# usage: Tests/Fleet/fleet.py [--programs FOLDER] [--rounds N] [--part PART] [--whole]   needs mosquitto and openssl; some 4 min

import argparse
import pathlib
import sys

from checks import TOP, lacks, outcome
from parts.joining import joins
from parts.judging import judged, remembered
from parts.paging import paged, turns
from parts.spreading import spread
from story import playing

PARTS = {part.__name__: part for part in (spread, joins, paged, turns, judged, remembered)}


def main() -> int:
    """Runs the parts; 0 where all holds, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "debug")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--part", choices=PARTS, help="only that part")
    parser.add_argument("--whole", action="store_true", help="also the five windows of a page's turn, a minute each")
    parser.add_argument("--keep", action="store_true", help="leave the folder behind")
    chosen = parser.parse_args()
    if lacks():
        return 77
    with playing("fleet", chosen.programs, chosen.rounds, chosen.keep) as story:
        for name, part in PARTS.items():
            if chosen.part == name or not chosen.part and (name != "turns" or chosen.whole):
                part(story)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
