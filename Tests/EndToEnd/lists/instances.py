# SPDX-License-Identifier: Apache-2.0
#
# A host with two instances of Postfix: the first takes mail and expands the list, postfix-out sends it.
# The one that sends is the one that must stop. All mail is halted, and stays so whichever of them is
# started anew with nobody of us running; and a list alone is stopped, in both. All is counted at the relay.
"""Two instances of Postfix: a halt, and a list that is narrowed."""

import collections

from checks import Checks
from listhost import BOOK, PERSONAL, POSTED, SENDER, TABLES
from listhosts import AliasHost
from machine import until
from reassert import SWEEP, halted, write_to
from story import QUIET, STORM, TRIPS, settle
from watched import OPEN, WatchedHost

NAMES = ("postfix", "postfix-out")
# As listbreaker-actuator(8) says for what lies elsewhere than Debian's own.
PATHS = ("[Service]\nReadWritePaths=-/etc/postfix-out -/var/spool/postfix-out "
         "-/var/lib/postfix-out\n")


def start_both(host: WatchedHost) -> None:
    """The second instance, with a port of its own; the first hands everything over there."""
    host.need("postmulti", "-e", "init")
    host.need("postmulti", "-I", "postfix-out", "-G", "mta", "-e", "create")
    host.need("postmulti", "-i", "postfix-out", "-x", "postconf", "-e", "master_service_disable=",
              "inet_interfaces=loopback-only", "mydestination=", "relayhost=[127.0.0.1]:2525",
              "smtp_destination_recipient_limit=1", "authorized_submit_users=static:anyone",
              "mynetworks=127.0.0.0/8", "compatibility_level=3.6")
    host.need("sh", "-c", "sed -i 's/^smtp      inet/10026     inet/' /etc/postfix-out/master.cf")
    host.need("postconf", "relayhost=[127.0.0.1]:10026")
    host.need("postmulti", "-i", "postfix-out", "-e", "enable")
    host.need("systemctl", "daemon-reload")
    if host.suite != "bookworm":  # whose generator makes a unit for each instance
        host.need("systemctl", "enable", out_unit(host))
    host.need("systemctl", "restart", "postfix", timeout=120)
    host.need("systemctl", "restart", out_unit(host), timeout=120)
    until("postfix-out", 60, lambda: ":10026 " in host.need("ss", "-Hltn"))
    for unit in ("listbreaker-actuator", "listbreaker-assert-boot"):
        host.write(f"etc/systemd/system/{unit}.service.d/instances.conf", PATHS)


def out_unit(host: WatchedHost) -> str:
    """The unit that starts postfix-out: Debian 12 names it by its name, 13 by its directory's end."""
    return f"postfix@{'postfix-out' if host.suite == 'bookworm' else 'out'}.service"


def main_files(host: WatchedHost) -> dict[str, bytes]:
    """Both main.cf."""
    return {name: host.read(f"etc/{name}/main.cf") for name in NAMES}


def send_out(host: WatchedHost, who: str) -> None:
    """A message that is given to the sending instance itself."""
    host.need("sendmail", "-C", "/etc/postfix-out", "-i", "-f", "news@lists.example.org", who,
              text=f"Subject: x\nMessage-ID: <{who}>\n\nHello.\n")


def on_hold(host: WatchedHost, name: str) -> int:
    """Messages on hold in one of them."""
    return sum(1 for each in (host.root / f"var/spool/{name}/hold").rglob("*") if each.is_file())


def multi(host: WatchedHost, checks: Checks) -> None:
    """All mail is halted."""
    host.boot()
    host.prepare()
    start_both(host)
    host.write("etc/listbreaker/listbreaker.conf.d/60-sweep.conf",
               SWEEP + "[Journal]\nInstances=postfix-out\n")
    host.install(checks)
    host.need("listbreaker", "arm")
    before = main_files(host)
    write_to(host, "first@example.net")
    until("mail through both", 60, lambda: len(host.delivered()) == 1)
    host.need("listbreaker", "trip", "--queue", "--reason", "two instances")
    until("halt", 30, lambda: halted(host))
    checks.claim("both instances are blocked",
                 all(b"# listbreaker" in text for text in main_files(host).values()))
    closed = {name: (host.root / f"var/spool/{name}/private/smtp").stat().st_mode & 0o777 == 0
              for name in NAMES}
    checks.claim("the gates of both are closed", all(closed.values()), closed)
    # Mail that is in the sending instance already, and mail that comes in at the first.
    send_out(host, "second@example.net")
    write_to(host, "third@example.net")
    flush(host)
    until("held mail in both", 60, lambda: all(on_hold(host, name) == 1 for name in NAMES))
    host.need("systemctl", "restart", "postfix", timeout=120)
    flush(host)
    host.quiet(8)
    checks.claim("nothing left from either, flushed and restarted", len(host.delivered()) == 1,
                 len(host.delivered()))
    unwatched(host, checks)
    host.need("listbreaker", "reset", "--queue", "--held", "release", "--reason", "over",
              timeout=120)
    until("mail of both", 120, lambda: len(host.delivered()) == 5, every=1)
    checks.claim("each message is delivered once", set(host.delivered().values()) == {1})
    checks.claim("main.cf of both is byte for byte what it was", main_files(host) == before)


def flush(host: WatchedHost) -> None:
    """Anybody may have the queues of both tried."""
    for name in NAMES:
        host.run("postqueue", "-c", f"/etc/{name}", "-f", user="nobody")


def unwatched(host: WatchedHost, checks: Checks) -> None:
    """With us down and the block taken out, each start of either instance puts it back before mail moves."""
    host.need("systemctl", "stop", "listbreakerd.service", "listbreaker-actuator.socket",
              "listbreaker-actuator.service")
    for unit, number in ((out_unit(host), 4), ("postfix.service", 5)):
        for name in NAMES:
            host.need("sed", "-i", "/^# listbreaker: outbound/,/^# listbreaker: end/d",
                      f"/etc/{name}/main.cf")
        taken = all(b"listbreaker" not in text for text in main_files(host).values())
        host.need("systemctl", "restart", unit, timeout=120)
        until("postfix-out", 60, lambda: ":10026 " in host.need("ss", "-Hltn"))
        checks.claim("the block was out of both", taken)
        checks.claim(f"a start of {unit} puts the block back into both",
                     all(b"# listbreaker" in text for text in main_files(host).values()))
        send_out(host, f"person{number}@example.net")
        flush(host)
        host.quiet(5)
        checks.claim(f"nothing left after a start of {unit}", len(host.delivered()) == 1,
                     len(host.delivered()))
    host.need("systemctl", "start", "listbreaker-actuator.socket", "listbreakerd.service")
    until("answer", 60, lambda: host.status_code() == OPEN)
    until("halt", 60, lambda: halted(host))


# A list alone


def multinarrow(host: AliasHost, checks: Checks) -> None:
    """A storm on a list; everybody else's mail goes on through both."""
    host.boot()
    host.prepare()
    host.found()
    start_both(host)
    host.install(checks)
    host.write("etc/listbreaker/listbreaker.conf.d/70-instances.conf",
               "[Journal]\nInstances=postfix-out\n")
    for name in NAMES:
        done = host.run("listbreaker", "setup", "postfix", "--config-directory", f"/etc/{name}",
                        "--narrow", "--apply")
        checks.claim(f"setup postfix --narrow is done for {name}", done.returncode == 0,
                     done.stderr.strip()[-300:])
    host.need("postfix", "reload")
    host.need("postmulti", "-i", "postfix-out", "-p", "reload")
    settle(host, TRIPS)
    before = main_files(host)
    host.gather()
    host.relay(0.3)
    stopped, status = trip(host, checks)
    judge_stop(host, checks, stopped, status)
    restart_both(host, checks, stopped)
    at = host.now()
    done = host.run("listbreaker", "reset", host.address, "--held", "discard", "--rate", "60000/min",
                    "--reason", "it is over", "--yes")
    checks.claim("the reset is done", done.returncode == 0, (done.stdout + done.stderr)[-300:])
    until("nothing on hold", 300, lambda: all(
        on_hold(host, name) == 0 and b"listbreaker:\n" not in host.read(table(name))
        for name in NAMES), every=2)
    host.turn("personal", False)
    until("empty queues", 120, lambda: not waiting_in_both(host), every=1)
    host.quiet(3)
    left = [row for row in own(host) if row["began"] > at]
    checks.claim("after the discard nothing of the storm leaves", not left, len(left))
    judge_others(host, checks, stopped)
    checks.claim("main.cf of both is byte for byte what it was", main_files(host) == before)
    checks.claim("journald dropped no line of the evidence", not host.suppressed())


def table(name: str) -> str:
    """The routes of an instance's posts."""
    return TABLES.replace("etc/postfix/", f"etc/{name}/")


def own(host: AliasHost) -> list[dict]:
    """The list's copies at the relay."""
    return [row for row in host.rows(BOOK) if "person" not in row["to"]]


def waiting_in_both(host: AliasHost) -> bool:
    """Whether anything is queued."""
    return any(host.need("postqueue", "-c", f"/etc/{name}", "-j").strip() for name in NAMES)


def trip(host: AliasHost, checks: Checks) -> tuple[float, dict]:
    """The storm, until it has been stopped for a while: when it was, and what status said then."""
    host.need("listbreaker", "arm", "--reason", "a storm is to come")
    host.turn("personal")
    host.turn("regular")
    until("announcement", 30, lambda: host.rows(POSTED))
    host.turn("regular", False)
    until("first copies", 60, lambda: len(own(host)) > 50)
    host.turn("robots")
    host.turn("strangers")
    until("tables of both", 90,
          lambda: all(b"listbreaker:\n" in host.read(table(name)) for name in NAMES))
    stopped = max((host.root / table(name)).stat().st_ctime for name in NAMES)
    until("open breaker", 30, lambda: host.status_code() == OPEN)
    host.quiet(STORM)
    for name in ("robots", "strangers"):
        host.turn(name, False)
    host.quiet(QUIET)
    status = host.status()
    said = sum(window["copies_sent"] for each in status.get("lists", [])
               if each["list"] == host.address
               for window in each["windows"] if window["seconds"] == 86400)
    found = len(own(host))
    checks.claim("copies sent, by status, within 2 %, though each passes through both",
                 abs(said - found) <= max(1, 0.02 * found), f"{said} said, {found} found")
    return stopped, status


def judge_stop(host: AliasHost, checks: Checks, stopped: float, status: dict) -> None:
    """The list's mail around the stop of the instance that was told last."""
    checks.claim("the queue was not halted", not status["queue"]["is_halted"],
                 [one["reach"] for one in status["incidents"]])
    late = [row for row in own(host) if row["began"] > stopped + 2]
    begun = [row for row in own(host) if stopped + 0.2 < row["began"] <= stopped + 2]
    checks.claim("none of the list begins after the thaw", not late, len(late))
    checks.claim("at most 3 deliveries begin after the stop", len(begun) <= 3, len(begun))
    checks.figure("copies before the stop",
                  sum(1 for row in own(host) if row["came"] <= stopped))
    checks.figure("held in the first, and in postfix-out",
                  " ".join(str(on_hold(host, name)) for name in NAMES))


def restart_both(host: AliasHost, checks: Checks, stopped: float) -> None:
    """Each is started anew while the list is open, with nothing under way that would be cut; a post of the
    regular's comes meanwhile."""
    host.turn("personal", False)
    until("nothing under way", 60, lambda: not any(
        file.is_file() for name in NAMES for queue in ("maildrop", "incoming", "active")
        for file in (host.root / f"var/spool/{name}/{queue}").rglob("*")))
    host.quiet(1)
    for unit in (out_unit(host), host.server_unit()):
        host.need("systemctl", "restart", unit, timeout=120)
        until("both", 60, lambda: all(
            port in host.need("ss", "-Hltn") for port in (":10026 ", ":25 ")))
        write = ("sendmail", "-i", "-f", SENDER, host.address)
        host.need(*write, text="Subject: news\nMessage-ID: <late@example.org>\n\nHello.\n")
        flush(host)
        host.quiet(8)
    late = [row for row in own(host) if row["began"] > stopped + 2]
    checks.claim("narrowed still after each of them was started anew", not late, len(late))
    failed = [page.get("body") for page in host.pages_of("halt-failed")]
    checks.claim("a start of Postfix halts nobody else's mail",
                 not failed and not host.status()["queue"]["is_halted"], str(failed)[:400])
    host.turn("personal")
    host.quiet(3)


def judge_others(host: AliasHost, checks: Checks, stopped: float) -> None:
    """Everybody else's."""
    rows = [row for row in host.rows(BOOK) if "person" in row["to"]]
    counted = collections.Counter(row["to"] for row in rows)
    sent = host.rows(PERSONAL)
    checks.claim("personal mail is all delivered, each once",
                 bool(sent) and all(counted[one["to"]] == 1 for one in sent),
                 f"{len(sent)} sent, {sum(1 for one in sent if counted[one['to']] != 1)} not once")
    begun = sorted(row["began"] for row in rows
                   if stopped - 5 < row["began"] < stopped + STORM - 2)
    gap = max((two - one for one, two in zip(begun, begun[1:])), default=99)
    checks.claim("it stands still for at most 2 s, through both", gap <= 2.5,
                 f"{gap:.2f} s between two begun deliveries, of one in 0.5 s")
