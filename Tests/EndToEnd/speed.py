# SPDX-License-Identifier: Apache-2.0
#
# How fast: fifty storms on fifty lists, each halted with a thousand messages queued, and one with
# twenty thousand. The witnesses know nothing of listbreaker: the time at which the kernel noted the
# change of a socket's mode (the gate), and postsuper's own line in the log (the hold). The first is
# what ends the leaving of copies; the second is what keeps them from ageing.
"""The speed of a halt."""

import math
import os
import re
import time
from pathlib import Path

from checks import Checks
from kernelwitness import STOP, KernelWitness
from machine import until
from mailhost import ACTIVE, SENT, SPOOL, MailHost
from watched import CLOSED, OPEN, WatchedHost

TRIPS = 50
MEMBERS = 150
PARKED = 1000
# Postfix's default_process_limit, and the two connections that qmgr(8) may have made to a service all
# of whose processes are busy (QMGR_TRANSPORT_MAX_PEND): they wait behind the gate that then closes.
IN_FLIGHT = 100 + 2
LIMIT_MS = 50  # what a halt may take, at the 99th percentile
TICK_MS = 4  # resolution of the kernel's time of change of a socket
PLACED = re.compile(r"Placed on hold: (\d+) message")


def address(number: int) -> str:
    """The posting address of one of the many lists."""
    return f"many{number:02}@lists.example.org"


def many_lists(host: MailHost, count: int) -> None:
    """Aliases and settings of `count` announcement lists, beside the host's own."""
    host.write("etc/postfix/many", "".join(f"m{each:04}@example.net\n" for each in range(MEMBERS)))
    aliases = host.read("etc/aliases").decode()
    settings = ["[Halt]\nVerifyAfter=1s\n[Detection]\nQueueStake=0\n"]
    for number in range(count):
        aliases += f"many{number:02}: :include:/etc/postfix/many\nowner-many{number:02}: postmaster\n"
        settings.append(f"[List {address(number)}]\nAnnounceOnly=yes\nRegularPosters=news@lists.example.org\n")
    host.write("etc/aliases", aliases)
    host.write("etc/listbreaker/listbreaker.conf.d/60-many.conf", "\n".join(settings))


def park(host: MailHost, count: int) -> None:
    """Queues `count` messages to a host that nobody answers at."""
    host.write("etc/postfix/transport", "parked.example.net smtp:[127.0.0.1]:2599\n")
    host.need("postconf", "transport_maps=texthash:/etc/postfix/transport")
    host.need("postfix", "reload")
    host.need("smtp-source", "-c", "-d", "-m", str(count), "-s", "10", "-f", "shop@example.org",
              "-t", "buyer@parked.example.net", "127.0.0.1:25", timeout=600)
    until("parked mail", 600, lambda: waiting(host, "incoming") + waiting(host, "active") == 0,
          every=1)


def waiting(host: MailHost, queue: str) -> int:
    """Messages in a queue, counted in the file system; not what a killed program left half done,
    which is not executable and which Postfix removes by itself later."""
    return len(names(host, queue))


def names(host: MailHost, queue: str) -> set[str]:
    """Their queue IDs."""
    return {name for folder, _, files in os.walk(host.root / "var/spool/postfix" / queue)
            for name in files if is_whole(os.path.join(folder, name))}


def is_whole(path: str) -> bool:
    """Whether it is a queue file that is finished; false when it is gone meanwhile."""
    try:
        return os.stat(path).st_mode & 0o100 != 0
    except FileNotFoundError:
        return False


class Gate:
    """The socket that a halt closes first."""

    def __init__(self, host: MailHost):
        self.path = host.root / "var/spool/postfix/private/smtp"

    def is_closed(self) -> bool:
        """Whether nobody may hand a delivery over."""
        return self.path.stat().st_mode & 0o777 == 0

    def time(self) -> float:
        """When it was closed or opened last."""
        return self.path.stat().st_ctime_ns / 1e9


def percentile(values: list[float], percent: float) -> float:
    """By nearest rank: of fifty, the 99th is the slowest."""
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def storm(host: WatchedHost, name: str, tag: str) -> tuple[float, float, float, int, int]:
    """One storm on the list `name`: times of the decisive line, the gate and the end of the hold,
    messages held, and copies that left after the gate was closed."""
    gate, began = Gate(host), time.time()
    host.need("python3", "/usr/local/lib/e2e/strangers.py", name, tag, "1.5")
    until("closed gate", 30, gate.is_closed, every=0.02)
    owner = "owner-" + name

    def evidence() -> tuple[list, list]:
        lines = host.log(began)
        fans = [line for line in lines
                if (found := ACTIVE.match(line.text)) and found[2] == owner
                and int(found[3]) >= MEMBERS]
        # The first command may be about the active queue alone; the parked are in the second.
        holds = [line for line in lines
                 if (found := PLACED.search(line.text)) and int(found[1]) >= PARKED]
        return (fans, holds) if len(fans) >= 2 and holds else ([], [])

    until("hold in the log", 60, lambda: evidence()[1], every=0.3)
    fans, holds = evidence()
    decisive, hold = fans[1].time, holds[0]
    until("halt", 60, lambda: host.status()["queue"]["halt"] not in ("halting", "flowing"),
          every=0.2)
    host.quiet(1.2)  # what was in flight has ended: the relay takes a second for a copy
    closed = gate.time()
    left = sum(1 for line in host.log(closed) if line.time > closed + TICK_MS / 1000
               and SENT.match(line.text))
    return decisive, closed, hold.time, int(PLACED.search(hold.text)[1]), left


def let_go(host: WatchedHost, name: str) -> None:
    """Resets, all held mail at once, and waits until mail flows and nothing is on hold."""
    host.need("listbreaker", "reset", name, "--held", "release", "--rate", "0",
              "--reason", "measured", timeout=300)
    until("flowing mail", 300, lambda: host.status()["queue"]["halt"] == "flowing", every=0.2)
    until("empty hold queue", 300, lambda: waiting(host, "hold") == 0, every=0.2)


def delivered_once(host: WatchedHost, checks: Checks, posts: int) -> None:
    """What was announced has been delivered, once."""
    until("empty lists", 600, lambda: all(
        message["sender"].startswith("shop@") for message in host.queue()), every=2)
    copies = host.delivered()
    checks.claim("every copy of every storm is delivered once",
                 len(copies) == posts * MEMBERS and set(copies.values()) == {1},
                 f"{len(copies)} of {posts * MEMBERS}, "
                 f"{sum(1 for times in copies.values() if times > 1)} doubled")


def trips(host: WatchedHost, checks: Checks) -> None:
    """Fifty trips with a thousand messages queued."""
    host.boot()
    many_lists(host, TRIPS)
    host.prepare()
    host.install(checks)
    host.need("listbreaker", "arm")
    park(host, PARKED)
    gates, holds, leaks, fewest = [], [], [], PARKED
    for number in range(TRIPS):
        decisive, gate, hold, held, left = storm(host, address(number), f"t{number}")
        gates.append((gate - decisive) * 1000)
        holds.append((hold - decisive) * 1000)
        leaks.append(left)
        fewest = min(fewest, held)
        print(f"  trip {number + 1:2}: gate {gates[-1]:6.1f} ms, hold {holds[-1]:6.1f} ms, "
              f"{held} held, {left} copies left", flush=True)
        let_go(host, address(number))
    checks.claim("each trip found the queued messages", fewest >= PARKED, fewest)
    checks.claim(f"{TRIPS} trips: from the decisive line to the closed gate, p99 within {LIMIT_MS} ms",
                 percentile(gates, 99) <= LIMIT_MS, f"{percentile(gates, 99):.1f} ms")
    checks.claim("no trip leaks more copies than were in flight", max(leaks) <= IN_FLIGHT, max(leaks))
    for name, values in (("gate", gates), ("postsuper done", holds)):
        checks.figure(f"trips: ms from decisive line to {name}, p50",
                      f"{percentile(values, 50):.1f}")
        checks.figure(f"trips: ms from decisive line to {name}, p99",
                      f"{percentile(values, 99):.1f}")
    checks.figure("trips: most copies left after a closed gate", max(leaks))
    delivered_once(host, checks, 2 * TRIPS)
    checks.claim("journald dropped no line of the evidence", not host.suppressed())


TABLES = "etc/postfix/listbreaker_narrow_transport"
STOP_MS = 15  # from the decisive line until the queue manager stands still, at the 99th percentile
THAW_MS = (500, 2000)  # for which it does, at the 50th and the 99th
# Seconds for which nothing comes to the relay while something is queued for it, at most, after the last
# reload. It takes a second for a copy; a message that the new queue manager had to pass over would
# wait for 300 s, or for new mail.
STANDSTILL = 12


def managers(host: MailHost) -> set[int]:
    """Process ids, outside, of the machine's queue managers."""
    found = set()
    inside = os.readlink(f"/proc/{host.leader()}/ns/pid")
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if ((path / "comm").read_text() == "qmgr\n"
                    and os.readlink(path / "ns/pid") == inside):
                found.add(int(path.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def settled_manager(host: MailHost) -> int:
    """The one queue manager, once it has been that for a second: a reload replaces it when it gets
    round to that."""
    def one() -> set[int]:
        found = managers(host)
        host.quiet(1)
        return found if len(found) == 1 and managers(host) == found else set()

    return until("one queue manager that stays", 60, one).pop()


def frozen(host: WatchedHost, kernel: KernelWitness, name: str,
           tag: str) -> tuple[float, float, float]:
    """One storm on the list `name`, which is narrowed: times of the decisive line, of the signal that
    stopped the queue manager, and of its successor's start."""
    manager, began = settled_manager(host), time.time()
    kernel.forget()
    host.need("python3", "/usr/local/lib/e2e/strangers.py", name, tag, "1.5")
    stopped = until("stopped queue manager", 30, lambda: kernel.signals(STOP).get(manager), every=0.1)
    # Another machine's would be started in another namespace.
    thawed = until("another queue manager", 30, lambda: min((
        at for pid, at in kernel.starts().items()
        if at > stopped and pid in managers(host)), default=None), every=0.1)

    def fans() -> list:
        return [line.time for line in host.log(began)
                if (found := ACTIVE.match(line.text)) and found[2] == "owner-" + name
                and int(found[3]) >= MEMBERS]

    until("decisive line in the log", 60, lambda: len(fans()) >= 2, every=0.3)
    until("open breaker", 30, lambda: host.status_code() == OPEN, every=0.2)
    return fans()[1], stopped, thawed


def arrivals(host: MailHost) -> list[float]:
    """When each copy came, as the relay's files say."""
    return [path.stat().st_mtime for path in (host.root / SPOOL / "copies").iterdir()]


def freezes(host: WatchedHost, checks: Checks) -> None:
    """Fifty trips that stop their list alone, with a thousand messages queued; the kernel is the
    witness of when the queue stands still."""
    host.boot()
    many_lists(host, TRIPS)
    host.prepare()
    park(host, PARKED)
    host.install(checks)
    host.need("listbreaker", "setup", "postfix", "--narrow", "--apply")
    host.need("postfix", "reload")
    host.need("systemctl", "restart", "listbreakerd", timeout=120)
    until("daemon that answers", 30, lambda: host.status_code() in (CLOSED, OPEN))
    host.need("listbreaker", "arm")
    stops, stills = [], []
    with KernelWitness() as kernel:
        for number in range(TRIPS):
            decisive, stopped, thawed = frozen(host, kernel, address(number), f"f{number}")
            stops.append((stopped - decisive) * 1000)
            stills.append((thawed - stopped) * 1000)
            print(f"  trip {number + 1:2}: stopped {stops[-1]:6.1f} ms after the decisive line, stood "
                  f"still for {stills[-1]:6.1f} ms; load {os.getloadavg()[0]:.1f}", flush=True)
            host.need("listbreaker", "reset", address(number), "--held", "release", "--rate", "0",
                      "--reason", "measured", timeout=300)
            until("empty tables", 300, lambda: b"listbreaker:\n" not in host.read(TABLES), every=0.2)
            until("empty hold queue", 300, lambda: waiting(host, "hold") == 0, every=0.2)
    reset = time.time()
    checks.claim(f"{TRIPS} trips: from the decisive line to a queue that stands still, p99 within "
                 f"{STOP_MS} ms", percentile(stops, 99) <= STOP_MS, f"{percentile(stops, 99):.1f} ms")
    checks.claim(f"it stands still for {THAW_MS[0]} ms at the median, {THAW_MS[1]} ms at p99, at most",
                 percentile(stills, 50) <= THAW_MS[0] and percentile(stills, 99) <= THAW_MS[1],
                 f"{percentile(stills, 50):.0f} ms, {percentile(stills, 99):.0f} ms")
    for name, values in (("stopped", stops), ("stood still", stills)):
        for percent in (50, 99):
            checks.figure(f"freezes: ms {name}, p{percent}", f"{percentile(values, percent):.1f}")
    delivered_once(host, checks, 2 * TRIPS)
    came = sorted(moment for moment in arrivals(host) if moment > reset)
    still = max((later - sooner for sooner, later in zip([reset, *came], came)), default=0.0)
    checks.claim(f"what was under way at a reload goes on: of {len(came)} copies after the last reset each "
                 f"came within {STANDSTILL} s of the one before", still <= STANDSTILL, f"{still:.1f} s")
    checks.figure("freezes: longest standstill at the relay after the last reset, s", f"{still:.1f}")


def bigqueue(host: WatchedHost, checks: Checks) -> None:
    """Twenty thousand queued messages, one command."""
    count = 20_000
    host.boot()
    many_lists(host, 1)
    host.prepare()
    host.install(checks)
    host.need("listbreaker", "arm")
    park(host, count)
    decisive, gate, hold, held, left = storm(host, address(0), "big")
    commands = [line for line in host.log(decisive - 5) if PLACED.search(line.text)]
    checks.claim("one command holds all that is queued, one more what is active",
                 held >= count and len(commands) <= 2,
                 f"{held} messages, {len(commands)} command(s)")
    checks.claim("the gate does not wait for it", (gate - decisive) * 1000 <= LIMIT_MS,
                 f"{(gate - decisive) * 1000:.1f} ms")
    checks.claim("no more copies leak than were in flight", left <= IN_FLIGHT, left)
    checks.figure("bigqueue: ms from decisive line to gate", f"{(gate - decisive) * 1000:.1f}")
    checks.figure("bigqueue: ms from decisive line to postsuper done",
                  f"{(hold - decisive) * 1000:.0f}")
    began = time.monotonic()
    let_go(host, address(0))
    checks.figure("bigqueue: seconds to give all back", f"{time.monotonic() - began:.1f}")
    checks.claim("nothing stays on hold", waiting(host, "hold") == 0, waiting(host, "hold"))
    delivered_once(host, checks, 2)
    # Mail moves between the queues while one looks: a look may miss some, several do not.
    found: set[str] = set()

    def look() -> bool:
        for queue in ("incoming", "active", "deferred"):
            found.update(names(host, queue))
        return len(found) >= count

    until("sight of every queued message", 60, look, every=1)
    checks.claim("every queued message is still there", len(found) == count, len(found))
