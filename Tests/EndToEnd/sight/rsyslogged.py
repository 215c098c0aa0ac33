# SPDX-License-Identifier: Apache-2.0
#
# rsyslog as Debian has it, beside the journal or in its place: what it is forwarded is read from the journal
# all the same; where it has /dev/log for itself, or the journal keeps too little, `status` ends with 4, doctor
# names the cause, and what doctor says to type makes it read again. That rsyslog has the lines, its own file shows.
"""Where rsyslog stands between a mail server and the journal."""

from checks import Checks
from machine import until
from oddlogs import ORDINARY, SILENCE, Case, journald, send, tell
from watched import WatchedHost

FILE = "var/log/mail.log"
# As its manual has it for hosts that want syslog(3) in rsyslog and not in the journal.
OWN = (
    "printf '%s\\n' 'module(load=\"imuxsock\" SysSock.Name=\"/dev/log\" SysSock.UsePIDFromSystem=\"on\")' "
    "'mail.* -/var/log/mail.log' >/etc/rsyslog.conf; "
    "systemctl disable --now syslog.socket systemd-journald-dev-log.socket; systemctl stop rsyslog; "
    "rm -f /dev/log; systemctl restart rsyslog postfix")
CASES = [
    Case("rsyslog beside the journal, as Debian installs it", "true", undo="true"),
    Case("what the journal forwards to rsyslog", journald("ForwardToSyslog=yes"), undo=ORDINARY),
    Case("forwarded, and the journal keeps nothing",
         journald("ForwardToSyslog=yes\\nStorage=none"), "Storage=none"),
    Case("forwarded, and the journal keeps warnings alone",
         "rm -f /etc/systemd/journald.conf.d/*; "
         + journald("ForwardToSyslog=yes\\nMaxLevelStore=warning"), "MaxLevelStore"),
    Case("rsyslog's imuxsock on /dev/log",
         "rm -f /etc/systemd/journald.conf.d/*; systemctl restart systemd-journald; " + OWN, "/dev/log"),
]


class RsyslogHost(WatchedHost):
    """A mail host with rsyslog."""

    packages = "postfix rsyslog"


def lines(host: WatchedHost) -> int:
    """Lines of mail in rsyslog's own file."""
    try:
        return host.read(FILE).count(b"postfix/")
    except FileNotFoundError:
        return 0


def rsyslog(host: WatchedHost, checks: Checks) -> None:
    """Each in turn."""
    host.boot()
    host.prepare()
    host.write("etc/listbreaker/listbreaker.conf.d/60-silence.conf",
               f"[Journal]\nSilenceLimit={SILENCE}s\n")
    host.install(checks)
    host.need("systemctl", "is-active", "rsyslog")
    for case in CASES:
        before = lines(host)
        tell(host, checks, case)
        if not case.finding:
            send(host)
        until("rsyslog's own lines", 30, lambda before=before: lines(host) > before)
        checks.claim(f"{case.name}: rsyslog has the lines", True, lines(host) - before)
