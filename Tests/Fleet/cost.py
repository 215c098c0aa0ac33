#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# What a fleet costs a host's own decisions: `.ci/live` in turn without a fleet and in one, with a real carrier
# and two real brokers that take what it tells. From a storm's decisive line to the order, processor time and
# memory of listbreakerd; each as the median of the rounds, and their ratio.
#
# usage: Tests/Fleet/cost.py [--programs FOLDER] [--rounds N] [--trips N]       as root, on a quiet machine; needs
#        mosquitto and openssl; some 3 min a round

import argparse
import pathlib
import re
import statistics
import subprocess
import sys

from checks import CA, TOP, check, lacks, outcome
from story import Story, playing

SAID = {
    "p50, ms": r"p50 ([\d.]+)", "p90, ms": r"p90 ([\d.]+)", "p99, ms": r"p99 ([\d.]+)",
    "processor at 100 lines/s, %": r"100 lines/s: processor ([\d.]+)", "memory, MiB": r"([\d.]+) MiB",
}  # fmt: skip


def measured(story: Story, trips: int, *more) -> dict[str, float]:
    """One run of the live figures."""
    run = subprocess.run(
        [
            TOP / ".ci/live", "--programs", story.programs, "--rest", "100", "--seconds", "20", "--storm", "1000",
            "--trips", str(trips), *more,
        ],
        capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    return {name: float(re.search(form, run.stdout)[1]) for name, form in SAID.items()}


def compared(story: Story, rounds: int, trips: int) -> None:
    """Runs in turn; prints what came of it."""
    settings = story.folder / "fleet.conf"
    subprocess.run([CA, "host", story.ca, "mx1"], check=True, stdout=subprocess.DEVNULL)
    settings.write_text(
        "[Fleet]\nHost=mx1\nDomains=example.org example.com\n"
        f"Brokers={' '.join(f'{b.address}:{b.port}' for b in story.brokers)}\n"
        f"Authority={story.ca}/ca.pem\nCertificate={story.ca}/hosts/mx1.pem\nKey={story.ca}/hosts/mx1.key\n"
        f"Socket={story.folder}/fleet.sock\nUser=root\n"
    )
    alone: list[dict[str, float]] = []
    within: list[dict[str, float]] = []
    for _ in range(rounds):
        alone.append(measured(story, trips))
        with open(story.folder / "carrier.log", "a") as log:
            carrier = subprocess.Popen(
                [story.programs / "listbreaker-fleetd", "--fleet", settings], stdout=log, stderr=log
            )
            try:
                within.append(measured(story, trips, "--fleet", settings))
                check("the carrier lives", carrier.poll() is None)
            finally:
                carrier.terminate()
                carrier.wait()
    heard = (story.folder / "carrier.log").read_text()
    check("and reached both brokers each time", heard.count(": connected") >= 2 * rounds, heard[-800:])
    for name in SAID:
        one, other = (statistics.median(run[name] for run in runs) for runs in (alone, within))
        print(f"{name:30} {one:8.2f} alone {other:8.2f} in a fleet, {other / one:.3f} times", flush=True)


def main() -> int:
    """Compares; 0 where it could be measured, 77 where something that it needs is missing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, default=TOP / ".build" / "release")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--trips", type=int, default=50)
    chosen = parser.parse_args()
    if lacks():
        return 77
    with playing("cost", chosen.programs, 0, False) as story:
        compared(story, chosen.rounds, chosen.trips)
    return outcome()


if __name__ == "__main__":
    sys.exit(main())
