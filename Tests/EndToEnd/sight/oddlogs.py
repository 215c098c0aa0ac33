# SPDX-License-Identifier: Apache-2.0
#
# Postfix's log goes where nobody looks, or comes under a name that nobody knows: it is read all the same, or
# `status` ends with 4, doctor names the cause, and what doctor says to type makes it read again. Each case is
# made as an administrator makes it, with real mail through a real Postfix.
"""Where the log can go, and what status and doctor say of it."""

import dataclasses
import json
import time

from checks import Checks
from watched import CLOSED, WatchedHost

MAILS = 12  # in each case; each makes two lines and more
SILENCE = 30  # seconds: SilenceLimit=, which a host learns by itself in days
BLIND = 4
JOURNALD = "/etc/systemd/journald.conf.d/zz-odd.conf"


@dataclasses.dataclass
class Case:
    """One way to log: the command that makes it, and what doctor's finding says of it; nothing: it is
    read. What doctor says to type undoes it, or `undo`."""

    name: str
    make: str
    finding: str = ""
    undo: str = ""


def journald(text: str) -> str:
    """The command that gives journald settings."""
    return (f"printf '[Journal]\\n{text}\\n' >{JOURNALD}; systemctl restart systemd-journald; "
            "systemctl restart postfix")


ORDINARY = f"rm -f {JOURNALD}; systemctl restart systemd-journald; systemctl restart postfix"
CASES = [
    Case("a name with signs in it", "postconf -e 'syslog_name = mx[1]=a|b'; systemctl restart postfix",
         undo="postconf -X syslog_name; systemctl restart postfix"),
    Case("a name in master.cf",
         "postconf -P smtp/unix/syslog_name=out/mx qmgr/unix/syslog_name=q; systemctl restart postfix",
         undo="postconf -PX smtp/unix/syslog_name qmgr/unix/syslog_name; systemctl restart postfix"),
    Case("a volatile journal", journald("Storage=volatile"), undo=ORDINARY),
    Case("a journal behind a link",
         "systemctl stop systemd-journald.socket systemd-journald-dev-log.socket "
         "systemd-journald-audit.socket systemd-journald; mv /var/log/journal /srv/journal; "
         "ln -s /srv/journal /var/log/journal; systemctl start systemd-journald; "
         "systemctl restart postfix"),
    Case("a name with a blank", "postconf -e 'syslog_name = mail host'; systemctl restart postfix",
         "syslog_name"),
    Case("a file of postlogd's", "postconf -e maillog_file=/var/log/maillog; systemctl restart postfix",
         "maillog_file"),
    Case("no storage", journald("Storage=none"), "Storage=none"),
    Case("a limit that drops nearly all", journald("RateLimitIntervalSec=1h\\nRateLimitBurst=6"),
         "drops lines"),
    Case("no socket for the log", f"rm {JOURNALD}; rm /dev/log; systemctl restart postfix", "/dev/log"),
]


def send(host: WatchedHost) -> None:
    """Some mail."""
    for number in range(MAILS):
        host.run("sendmail", "-f", "a@lists.example.org", f"person{number}@example.net",
                 text="Subject: x\n\nx\n")


def is_read(host: WatchedHost, before: int) -> bool:
    """Whether mail that is sent now is read, as status tells it."""
    send(host)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        events = host.status().get("journal", {}).get("events", 0)
        if events >= before + MAILS and host.status_code() == CLOSED:
            return True
        host.quiet(0.5)
    return False


def events(host: WatchedHost) -> int:
    """Mail events so far."""
    return host.status().get("journal", {}).get("events", 0)


def is_blind(host: WatchedHost) -> bool:
    """Whether status ends with 4 within the limit of silence, and a little."""
    end = time.monotonic() + 2 * SILENCE
    while time.monotonic() < end:
        if host.status_code() == BLIND:
            return True
        host.quiet(1)
    return False


def tell(host: WatchedHost, checks: Checks, case: Case) -> None:
    """What is said of it, and whether what is to be typed helps."""
    host.run("sh", "-c", case.make, timeout=120)
    host.quiet(2)
    before = events(host)
    if not case.finding:
        checks.claim(f"{case.name}: it is read", is_read(host, before), host.status().get("journal"))
        host.run("sh", "-c", case.undo, timeout=120)
        return
    send(host)
    checks.claim(f"{case.name}: status ends with 4", is_blind(host), host.status().get("journal"))
    findings = json.loads(host.run("listbreaker", "doctor", "--json").stdout)["findings"]
    found = [one for one in findings if one["level"] != "ok" and case.finding in one["text"]]
    checks.claim(f"{case.name}: doctor names the cause and the fix",
                 len(found) == 1 and found[0].get("fix"), found or findings)
    for one in found:
        done = host.run("sh", "-c", one["fix"], timeout=120)
        host.run("systemctl", "restart", "postfix", timeout=120)
        checks.claim(f"{case.name}: what doctor says to type makes it read again",
                     is_read(host, events(host)), one["fix"] + done.stderr)


def oddlogs(host: WatchedHost, checks: Checks) -> None:
    """Each in turn."""
    host.boot()
    host.prepare()
    host.write("etc/listbreaker/listbreaker.conf.d/60-silence.conf",
               f"[Journal]\nSilenceLimit={SILENCE}s\n")
    host.install(checks)
    for case in CASES:
        tell(host, checks, case)
