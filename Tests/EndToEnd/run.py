#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The package in a booted Debian with Postfix, under a storm. Needs root, debootstrap and
# systemd-nspawn; sends nothing beyond the loopback of the machines it boots.
"""The scenarios; by default forged, observed, weekend, armed and the row of the table of list
software whose day it is. The others take longer.

`kills` may be followed by exim, opensmtpd or sendmail."""

import argparse
import os
import pathlib
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
for folder in ("hosts", "servers", "lists", "containers", "load", "sight", "fleet"):
    sys.path.append(str(pathlib.Path(__file__).resolve().parent / folder))

import beside  # noqa: E402
import campaign  # noqa: E402
import contained  # noqa: E402
import drilled  # noqa: E402
import escalate  # noqa: E402
import firsthour  # noqa: E402
import flood  # noqa: E402
import forgery  # noqa: E402
import instances  # noqa: E402
import listblock  # noqa: E402
import listscope  # noqa: E402
import mailmanlist  # noqa: E402
import mixedmail  # noqa: E402
import narrowagain  # noqa: E402
import oddlogs  # noqa: E402
import othermta  # noqa: E402
import otherstorm  # noqa: E402
import reassert  # noqa: E402
import rotated  # noqa: E402
import rsyslogged  # noqa: E402
import scripted  # noqa: E402
import senderscope  # noqa: E402
import shutdisk  # noqa: E402
import speed  # noqa: E402
import storm  # noqa: E402
import storms  # noqa: E402
import sympalist  # noqa: E402
import table  # noqa: E402
import weekend  # noqa: E402
from accounts import ROWS  # noqa: E402
from checks import Checks  # noqa: E402
from containerhost import ContainerHost  # noqa: E402
from eximhost import EximHost  # noqa: E402
from grounds import FleetGrounds  # noqa: E402
from listhosts import AliasHost  # noqa: E402
from machine import SUITES, Machine, Skipped  # noqa: E402
from mailmanhost import MailmanHost  # noqa: E402
from sendmailhost import SendmailHost  # noqa: E402
from smtpdhost import SmtpdHost  # noqa: E402
from sympahost import SympaHost  # noqa: E402
from watched import WatchedHost  # noqa: E402

SUBSCRIBERS = 3000
FEWER = {"weekend": 300, "listscope": 600, "listblock": 600, "senderscope": 300, "firsthour": 50,
         "exec": 1000, "shutdisk": 50, "flood": 50, "oddlogs": 10}  # where it is not the number that counts
DEFAULT = {"forged": forgery.forged, "observed": storm.observed, "weekend": weekend.weekend,
           "armed": storm.armed, "firsthour": firsthour.firsthour}
BY_HAND = {"trips": speed.trips, "freezes": speed.freezes, "bigqueue": speed.bigqueue,
           "kills": campaign.kills,
           "listscope": listscope.listscope, "senderscope": senderscope.senderscope,
           "listblock": listblock.listblock, "reassert": reassert.reassert,
           "unwatched": reassert.unwatched, "rotated": rotated.rotated,
           "multi": instances.multi, "drill": drilled.drill, "exec": scripted.scripted,
           "escalate": escalate.escalate, "shutdisk": shutdisk.shutdisk,
           "flood": flood.flood, "oddlogs": oddlogs.oddlogs}
OTHERS = {  # the host, its subscribers, the scenario
    "exim": (EximHost, 300, othermta.exim),
    "opensmtpd": (SmtpdHost, 3000, othermta.opensmtpd),
    "sendmail": (SendmailHost, 300, othermta.sendmail),
    "kills-exim": (EximHost, 10, campaign.other_kills),
    "kills-opensmtpd": (SmtpdHost, 10, campaign.other_kills),
    "kills-sendmail": (SendmailHost, 10, campaign.other_kills),
    "contained": (ContainerHost, 300, contained.contained),
    "mailman": (MailmanHost, 100, mailmanlist.mailman),
    "sympa": (SympaHost, 100, sympalist.sympa),
    "mixed-exim": (EximHost, 40, mixedmail.mixed),
    "mixed-opensmtpd": (SmtpdHost, 40, mixedmail.mixed),
    "mixed-sendmail": (SendmailHost, 40, mixedmail.mixed),
    "beside-exim": (EximHost, 200, beside.beside),
    "beside-opensmtpd": (SmtpdHost, 1000, beside.beside),
    "beside-sendmail": (SendmailHost, 200, beside.beside),
    "narrowagain": (AliasHost, 400, narrowagain.narrowagain),
    "rsyslog": (rsyslogged.RsyslogHost, 10, rsyslogged.rsyslog),
    "multinarrow": (AliasHost, 400, instances.multinarrow),
    "eximstorm": (otherstorm.WatchedExim, 200, otherstorm.storm),
    "opensmtpdstorm": (otherstorm.WatchedSmtpd, 2000, otherstorm.storm),
    "sendmailstorm": (otherstorm.WatchedSendmail, 200, otherstorm.storm),
    "fleet": (FleetGrounds, 800, storms.fleet),
}
SCENARIOS = {name: (WatchedHost, FEWER.get(name, SUBSCRIBERS), body)
             for name, body in (DEFAULT | BY_HAND).items()} | OTHERS | {
                 f"table-{name}": (kind, members, table.table)
                 for name, (kind, members, _) in table.ROWS.items()}


def named(words: list[str]) -> list[str]:
    """The scenarios that the words mean: `kills exim` is one."""
    names: list[str] = []
    for word in words:
        if names and names[-1] == "kills" and f"kills-{word}" in SCENARIOS:
            names[-1] = f"kills-{word}"
        else:
            names.append(word)
    return names


def arguments() -> argparse.Namespace:
    """What is to be run, and on which Debian."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite", choices=SUITES, default=SUITES[0], help="the Debian to boot")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(["table", *SCENARIOS]))
    parser.add_argument("--all", action="store_true", help="the whole table, not today's share")
    parser.add_argument("--row", type=int, help="of the table's scenarios that row alone, from 0")
    asked = parser.parse_args()
    if asked.row is not None:
        table.TODAY |= dict.fromkeys(table.ROWS, asked.row)
    asked.scenarios = [name for word in named(asked.scenarios or [*DEFAULT, "table"]) for name in (
        table.chosen(asked.all) if word == "table" else [word])]
    if unknown := [name for name in asked.scenarios if name not in SCENARIOS]:
        parser.error(f"no scenario '{unknown[0]}'")
    return asked


def main() -> int:
    """Runs the scenarios; 0 when every claim held."""
    asked = arguments()
    Machine.suite = asked.suite
    top = pathlib.Path(__file__).resolve().parents[2]
    if os.geteuid() != 0:
        print("cannot boot a Debian: root is needed for debootstrap and systemd-nspawn",
              file=sys.stderr)
        return 77
    packages = sorted((top / ".build/deb").glob("listbreaker_*.deb"))
    if not packages:
        print("cannot install the package: there is none; run 'make deb'", file=sys.stderr)
        return 69
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no machine is left behind
    checks = Checks()
    for name in asked.scenarios:
        print(f"{name} ({asked.suite}):", flush=True)
        began = time.monotonic()
        failed = checks.failed
        host = None
        try:
            kind, subscribers, scenario = SCENARIOS[name]
            host = kind(top / ".build-e2e", name, subscribers, packages[-1])
            scenario(host, checks)
        except Skipped as reason:
            print(f"  SKIPPED  {name}: {reason}", flush=True)
        except Exception as error:  # whatever it is, the other scenario runs and the count tells
            traceback.print_exc()
            checks.claim(f"the scenario '{name}' runs to its end", False, error)
            if host is not None and host.process is not None and host.process.poll() is None:
                print(host.run("journalctl", "-u", "listbreaker*", "-n", "60", "--no-pager").stdout)
                print(host.run("listbreaker", "status").stdout)
        finally:
            if host is not None:
                host.discard() if checks.failed == failed else host.stop()
        checks.figure(f"{name}: seconds", f"{time.monotonic() - began:.0f}")
    table.show(ROWS, checks)
    print("\nfigures")
    print(checks.table())
    print()
    checks.write(top / ".build/ci/e2e.summary")
    print(checks.summary())
    return 0 if checks.failed == 0 else 1


sys.exit(main())
