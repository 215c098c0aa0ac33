# SPDX-License-Identifier: Apache-2.0
#
# The machines of a fleet: a list host that sends through two relays, which expand the list as well for what
# comes in through them, and brokers, each a Debian of its own with Debian's mosquitto. Set up as docs/fleet.md
# says, in its words.
"""Mail hosts and brokers of one fleet."""

import json
import os
import pathlib
import shutil

from checks import Checks
from listhost import TABLES
from listhosts import AliasHost
from machine import Machine, until
from mailhost import MAIN_CF
from story import TRIPS, settle
from switch import Switch

NET = "10.98.0"
OPERATOR = "anna"
RATE = 1800  # copies a minute: `ReleaseRate=` of each host
CONNECT = 3  # seconds that the list host waits for a relay that does not answer
DELAY = 2  # seconds that the world beyond the relays takes for a message
NUMBERS = {"lists": 1, "mx1": 2, "mx2": 3, "b1": 11, "b2": 12}
BROKERS = [f"{name}.example.org" for name in ("b1", "b2")]
HOSTS = "127.0.0.1 localhost\n::1 localhost\n" + "".join(
    f"{NET}.{number} {name}.example.org {name}\n" for name, number in NUMBERS.items()) + "".join(
    f"{NET}.{NUMBERS[name]} relays.example.org\n" for name in ("mx1", "mx2"))

# What all three have: the list's own mail is sent under its domain, wherever it is expanded.
COMMON = MAIN_CF.replace("myhostname = lists.example.org", "myhostname = {name}.example.org").replace(
    "mydestination = $myhostname, localhost", "mydestination = lists.example.org, localhost").replace(
    "127.0.0.0/8", f"127.0.0.0/8 {NET}.0/24").replace("loopback-only", "all") + """\
myorigin = lists.example.org
local_recipient_maps =
header_checks = regexp:/etc/postfix/headers
"""
# The list host takes either relay, by chance, as smtp(8) does with two addresses of one name. Some forty at a
# time, each of which the relay makes wait for a second, so that all three have mail of the list in hand.
SENDS = """\
smtp_host_lookup = native
smtp_connect_timeout = {connect}s
smtp_destination_concurrency_limit = 40
"""
RELAYS = "smtpd_data_restrictions = sleep 1\n"


class Plugged(Machine):
    """A machine on a switch; also after a reboot."""

    site_switch: Switch

    def named(self, site: str, short: str) -> None:
        """Its name and those of the others."""
        self.short = short
        self.full = f"{short}.example.org"
        self.address_here = f"{NET}.{NUMBERS[short]}"
        self.write("etc/hostname", f"{short}\n")
        self.write("etc/hosts", HOSTS)

    def settle(self) -> None:
        """With the cable, before anything in it wants to be online."""
        self.site_switch.plug(self, self.address_here)
        super().settle()

    def put(self, source: pathlib.Path, target: str, mode: int = 0o644) -> None:
        """A file from outside, as an operator carries it there."""
        path = self.root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, path)
        path.chmod(mode)


class BrokerHost(Plugged):
    """A broker."""

    def __init__(self, cache: pathlib.Path, site: str, short: str, switch: Switch):
        super().__init__(cache, f"{site}-{short}", "mosquitto openssl libmosquitto1")
        self.site_switch = switch
        self.named(site, short)

    def serve(self, folder: pathlib.Path, checks: Checks) -> None:
        """What the authority made for it, into its places."""
        place = "etc/mosquitto/listbreaker"
        for source, target in (("ca.pem", "ca.pem"), ("listbreaker.acl", "listbreaker.acl"),
                               (f"brokers/{self.full}.pem", "broker.pem"),
                               (f"brokers/{self.full}.key", "broker.key")):
            self.put(folder / source, f"{place}/{target}", 0o600 if target.endswith("key") else 0o644)
        self.need("chown", "mosquitto", f"/{place}/broker.key")
        self.put(folder / "listbreaker.conf", "etc/mosquitto/conf.d/listbreaker.conf")
        self.need("systemctl", "restart", "mosquitto")
        there = until("broker", 30, lambda: ":8883 " in self.need("ss", "-Hltn"))
        checks.claim(f"{self.full}: Debian's mosquitto serves with what fleet init wrote", bool(there))


class FleetHost(Plugged, AliasHost):
    """A mail host of the fleet."""

    packages = "postfix openssl libmosquitto1"

    def __init__(self, cache: pathlib.Path, site: str, short: str, members: int,
                 package: pathlib.Path, switch: Switch):
        super().__init__(cache, f"{site}-{short}", members, package)
        self.site_switch = switch
        self.named(site, short)
        text = COMMON.format(name=short)
        if short == "lists":
            text = text.replace("relayhost = [127.0.0.1]:2525", "relayhost = [relays.example.org]:25")
            text += SENDS.format(connect=CONNECT)
        else:
            text += RELAYS
        self.write("etc/postfix/main.cf", text)
        self.carrier = next(package.parent.glob("listbreaker-fleet_*.deb"))

    def ready(self, checks: Checks) -> None:
        """The list, both packages, and Postfix set up to be narrowed."""
        self.prepare()
        self.found()
        self.install(checks)
        self.put(self.carrier, "root/listbreaker-fleet.deb")
        done = self.run("dpkg", "--install", "/root/listbreaker-fleet.deb", timeout=120)
        checks.claim(f"{self.short}: the carrier's package installs beside it", done.returncode == 0,
                     done.stderr.strip()[-300:] if done.returncode else "")
        self.need("listbreaker", "setup", "postfix", "--narrow", "--apply")
        self.need("postfix", "reload")
        self.write("etc/listbreaker/listbreaker.conf.d/70-rate.conf", f"[Halt]\nReleaseRate={RATE}\n")
        settle(self, TRIPS)
        self.relay(DELAY)
        self.gather()

    def join(self, folder: pathlib.Path, judges: tuple[str, ...], checks: Checks) -> None:
        """As docs/fleet.md has it."""
        for source in ("ca.pem", f"hosts/{self.full}.pem", f"hosts/{self.full}.key"):
            self.put(folder / source, f"root/{self.short}/{pathlib.Path(source).name}", 0o600)
        words = [word for name in BROKERS for word in ("--broker", name)]
        done = self.run("listbreaker", "fleet", "join", self.full, "--from", f"/root/{self.short}",
                        "--domain", "example.org", *words, *["--judge"] * (self.full in judges))
        checks.claim(f"{self.short}: fleet join", done.returncode == 0, done.stderr.strip()[-300:])
        for kind in ("pem", "key"):
            self.put(folder / f"operators/{OPERATOR}.{kind}",
                     f"etc/listbreaker/fleet/operators/{OPERATOR}.{kind}", 0o600)
        self.need("systemctl", "restart", "listbreakerd", timeout=120)
        self.need("systemctl", "enable", "--now", "listbreaker-fleetd")

    def fleet(self) -> dict:
        """What `status --fleet --json` says."""
        try:
            return json.loads(self.run("listbreaker", "status", "--fleet", "--json").stdout)
        except ValueError:
            return {}

    def hears(self, hosts: int, brokers: int) -> bool:
        """Whether it is connected to so many brokers, and sees so many hosts, itself among them."""
        fleet = self.fleet()
        return len(fleet.get("hosts", [])) == hosts and brokers == sum(
            1 for one in fleet.get("brokers", []) if one["is_connected"])

    def narrowed(self) -> float | None:
        """Since when the list is told from everybody else; nil: it is not. The tables are written while
        the queue manager stands still, and the time is the kernel's."""
        path = self.root / TABLES
        return os.stat(path).st_ctime if b"listbreaker:\n" in path.read_bytes() else None

    def unbound(self) -> bool:
        """Whether nothing of the list is stopped or on hold."""
        return self.narrowed() is None and self.queued("hold") == 0
