# SPDX-License-Identifier: Apache-2.0
#
# The same trial for every mail server: halted in the middle of three posts, flushed, restarted,
# rebooted, posted to, resumed; and every copy counted at the relay.
"""The leak test of mail servers other than Postfix."""

import collections
import time

from checks import Checks
from eximhost import EximHost
from machine import until
from otherhost import LIST, LOCAL, OtherHost
from sendmailhost import SendmailHost
from smtpdhost import SmtpdHost

FLIGHT = 2.0  # seconds after the halt in which what was under way may still land


def exim(host: EximHost, checks: Checks) -> None:
    """Exim: the common trial, and a message that an administrator froze."""
    begin(host, checks)
    frozen = host.freeze("not ours")
    halted_under_load(host, checks)
    status = host.ask("status")
    checks.claim("what an administrator froze is not ours", status["foreign"] == 1, status)
    one_message(host, checks)
    resume(host, checks, left=1)
    checks.claim("and stays frozen", frozen in host.frozen(), host.frozen())
    one_list(host, checks, left=1)


def opensmtpd(host: SmtpdHost, checks: Checks) -> None:
    """OpenSMTPD: the common trial."""
    begin(host, checks)
    halted_under_load(host, checks)
    one_message(host, checks)
    resume(host, checks)


def sendmail(host: SendmailHost, checks: Checks) -> None:
    """Sendmail: the common trial, and a message that an administrator quarantined."""
    begin(host, checks)
    quarantined = host.quarantine("not ours")
    halted_under_load(host, checks)
    status = host.ask("status")
    checks.claim("what an administrator quarantined is not ours", status["foreign"] == 1, status)
    one_message(host, checks)
    resume(host, checks, left=1)
    checks.claim("and stays quarantined", host.quarantined() == [quarantined],
                 host.quarantined())
    one_list(host, checks, left=1)


def begin(host: OtherHost, checks: Checks) -> None:
    """Boot, install."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.before = host.configuration()
    report = host.ask("status")
    checks.claim("the actuator finds the mail server by itself",
                 report.get("isRunning") and not report.get("errors"), report.get("mta", report))


def halted_under_load(host: OtherHost, checks: Checks) -> None:
    """Halt in the middle, then everything that could let mail out."""
    members = len(host.subscribers)
    host.posts, host.singles, host.letters_due = 0, 0, 0
    for number in (1, 2, 3):
        host.post(f"post {number}")
        host.posts += 1
    until("half of a fan-out", 120, lambda: len(host.book()) >= members // 2, every=0.02)
    asked = time.time()
    report = host.ask("halt")
    answered = time.time()
    checks.claim("the halt is reported as done", report.get("isHalted") is True,
                 {key: report.get(key) for key in ("block", "held", "errors", "notes", "changed")})
    host.quiet(FLIGHT)
    landed = answered + FLIGHT
    checks.figure(f"{host.name}: ms for the whole halt", f"{(answered - asked) * 1000:.0f}")
    for step in report.get("steps", []):
        checks.figure(f"{host.name}: ms for {step['name']}", f"{step['milliseconds']:.1f}")
    checks.figure(f"{host.name}: copies whose dot came after the command", host.since(asked))
    checks.figure(f"{host.name}: copies whose dot came after its answer", host.since(answered))

    for number in (4, 5):
        host.post(f"post {number}")
        host.posts += 1
    for number in range(10):
        host.post(f"single {number}", f"someone{number}@example.net")
        host.singles += 1
    host.post("to our own", LOCAL)
    until("local mail while halted", 30, lambda: host.letters() >= 1)
    checks.claim("local mail is delivered while mail is halted", True)
    calm(host, checks, landed, "new mail and flushing", host.flush())
    host.need("systemctl", "restart", host.unit)
    calm(host, checks, landed, "a restart of the mail server", host.flush())
    report = host.ask("rehold")
    checks.claim("the sweep holds what came since",
                 report.get("isHalted") and report.get("heldTotal", 0) > 10
                 and not report.get("errors"),
                 {key: report.get(key) for key in ("held", "heldTotal", "errors", "changed")})
    host.reboot()
    calm(host, checks, landed, "a reboot", host.flush())
    host.post("after the reboot", "someone@example.net")
    host.singles += 1
    calm(host, checks, landed, "mail after the reboot", host.flush())
    report = host.ask("rehold")
    checks.claim("after the reboot it is still halted", report.get("isHalted") is True, report)


def calm(host: OtherHost, checks: Checks, landed: float, what: str, flushed: list[str]) -> None:
    """Nothing left."""
    host.quiet(4)
    leaked = host.since(landed)
    checks.claim(f"nothing leaves through {what}", leaked == 0,
                 f"{leaked} copies; ran: {', '.join(flushed) or 'nothing'}")


def one_message(host: OtherHost, checks: Checks) -> None:
    """Looking at one held message, throwing it away, bringing it back."""
    listed = host.ask("held", limit=100).get("messages", [])
    chosen = [message for message in listed if message["subject"] == "single 3"]
    checks.claim("held mail is listed with its subject", len(chosen) == 1, len(listed))
    identity = chosen[0]["id"]
    # After a reboot a mail server may not have read its whole queue yet, and says so.
    until("discarded message", 60,
          lambda: host.ask("discard", ids=[identity]).get("discarded") == 1, every=1)
    checks.claim("one is discarded", True)
    gone = identity not in [message["id"] for message in host.ask("held", limit=100)["messages"]]
    report = host.ask("restore", ids=[identity])
    checks.claim("and comes back", gone and report.get("restored") == 1, report.get("errors"))
    other = next(message for message in listed if message["subject"] == "single 4")
    moment = time.time()
    report = host.ask("release", ids=[other["id"]])
    checks.claim("one is released, and still does not leave before the reset",
                 report.get("released") == 1, report.get("errors"))
    calm(host, checks, moment, "the release of one message while halted", host.flush())
    report = host.ask("hold-ids", ids=[other["id"]])
    checks.claim("one is held by its ID", report.get("held") == 1, report.get("errors"))


def resume(host: OtherHost, checks: Checks, left: int = 0) -> None:
    """Give it back, and count."""
    host.hasten()
    report = host.ask("resume", held="release")
    checks.claim("the resume is reported as done",
                 not report.get("errors") and report.get("isHalted") is False,
                 {key: report.get(key) for key in
                  ("released", "requeued", "errors", "notes", "changed")})
    until("empty queue", 240, lambda: host.queued() <= left, every=1)
    copies = host.copies()
    announced = host.posts * len(host.subscribers) + host.singles
    checks.claim("every copy announced was sent, and once",
                 copies.total() == len(copies) == announced,
                 f"{announced} announced, {len(copies)} sent, "
                 f"{copies.total() - len(copies)} doubled, "
                 f"{dict(collections.Counter(subject for subject, _ in copies))}")
    after = host.configuration()
    checks.claim("the configuration is byte for byte what it was", after == host.before,
                 [name for name in host.before if after[name] != host.before[name]] or "")
    report = host.ask("status")
    checks.claim("nothing of ours is left on hold", report.get("heldTotal") == 0, report)
    moment = time.time()
    host.post("afterwards", "someone@example.net")
    until("mail after the resume", 60, lambda: host.since(moment) == 1)
    checks.figure(f"{host.name}: copies announced", announced)


def one_list(host: OtherHost, checks: Checks, left: int) -> None:
    """One list's fan-out is stopped in its middle, and nothing else."""
    host.slow()
    before = len(host.book())
    host.post("post 6")
    until("part of a fan-out", 60, lambda: len(host.book()) - before >= 20, every=0.02)
    identity = host.under_way()
    asked = time.time()
    report = host.ask("hold-ids", list=LIST, ids=[identity])
    checks.figure(f"{host.name}: ms for holding one list in its fan-out",
                  f"{(time.time() - asked) * 1000:.0f}")
    checks.claim("one list's message is held in the middle of its fan-out",
                 report.get("held") == 1 and report.get("isHalted") is False, report)
    host.quiet(FLIGHT)
    stopped = len(host.book())
    host.post("meanwhile", "someone@example.net")
    until("other mail", 60, lambda: len(host.book()) > stopped)
    host.quiet(4)
    checks.claim("its copies stop, and other mail leaves", len(host.book()) == stopped + 1,
                 f"{stopped - before} copies had left")
    host.hasten()
    report = host.ask("release", list=LIST)
    checks.claim("it is released", report.get("released") == 1, report.get("errors"))
    until("empty queue", 120, lambda: host.queued() <= left, every=1)
    copies = {key: count for key, count in host.copies().items() if key[0] == "post 6"}
    checks.claim("everybody got it once",
                 len(copies) == len(host.subscribers) and set(copies.values()) == {1},
                 f"{len(copies)} sent, {sum(copies.values()) - len(copies)} doubled")
    checks.claim("and no trace is left in the configuration",
                 host.configuration() == host.before)
