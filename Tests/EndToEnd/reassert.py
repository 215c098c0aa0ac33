# SPDX-License-Identifier: Apache-2.0
#
# What others do to a halted host: restarts and reloads of Postfix, a package that configures it
# anew, an administrator's hand in main.cf, a reboot. Still halted, before anything leaves; what a
# person changed is reported and kept; what a content filter holds stays.
"""A halt that stays one."""

import time

from checks import Checks
from machine import until
from mailhost import Line
from speed import waiting
from watched import OPEN, WatchedHost

SWEEP = "[Halt]\nSweepInterval=5s\nVerifyAfter=2s\n"


def halted(host: WatchedHost) -> bool:
    """Whether the daemon says that mail is halted, and does not say that it leaks."""
    return host.status()["queue"]["halt"] in ("halted", "verified")


def write_to(host: WatchedHost, who: str, subject: str = "hello") -> None:
    """One message to somebody far away."""
    host.need("sendmail", "-i", "-f", "news@lists.example.org", who,
              text=f"Subject: {subject}\nMessage-ID: <{who}>\n\nHello.\n")


def nothing_left(host: WatchedHost, checks: Checks, what: str, number: int) -> None:
    """After `what`: mail that comes in does not go out, though everybody flushes."""
    write_to(host, f"person{number}@example.net")
    host.run("postqueue", "-f", user="nobody")
    until("held mail", 60, lambda: not any(
        waiting(host, queue) for queue in ("maildrop", "incoming", "active", "deferred")))
    until("halt", 60, lambda: halted(host))
    checks.claim(f"{what}: nothing left", not host.sent(), f"{len(host.sent())} copies")


def reassert(host: WatchedHost, checks: Checks) -> None:
    """Restarts, reloads, a package, a person, a reboot."""
    host.boot()
    host.write("etc/postfix/quarantine", "/^Subject: quarantine/ HOLD\n")
    host.prepare()
    host.need("postconf", "header_checks=regexp:/etc/postfix/quarantine")
    host.need("systemctl", "restart", "postfix")
    host.write("etc/listbreaker/listbreaker.conf.d/60-sweep.conf", SWEEP)
    host.install(checks)
    host.need("listbreaker", "arm")
    write_to(host, "filtered@example.net", "quarantine")
    until("filtered mail", 30, lambda: waiting(host, "hold") == 1)
    filtered = {each["queue_id"] for each in host.queue()}
    host.need("listbreaker", "trip", "--queue", "--reason", "campaign")
    until("halt", 30, lambda: halted(host))
    nothing_left(host, checks, "halted", 0)

    host.need("systemctl", "restart", "listbreakerd")
    host.need("systemctl", "restart", "listbreaker-actuator")
    until("answer", 60, lambda: host.status_code() == OPEN)
    nothing_left(host, checks, "after our own restart", 1)
    host.need("postfix", "reload")
    nothing_left(host, checks, "after a reload of Postfix", 2)
    host.need("systemctl", "restart", "postfix")
    nothing_left(host, checks, "after a restart of Postfix", 3)

    # The package rewrites main.cf, with what it was told; and starts Postfix anew.
    host.need("sh", "-c", "echo 'postfix postfix/main_mailer_type select Internet Site\n"
              "postfix postfix/mailname string lists.example.org' "
              "| debconf-set-selections")
    for flag in ("isdefault false", "changed true"):
        host.need("debconf-communicate", "postfix", text=f"FSET postfix/main_mailer_type {flag}\n")
    block = host.read("etc/postfix/main.cf")
    host.need("sh", "-c", "sed -i '/listbreaker/d; /master_service_disable/d' /etc/postfix/main.cf")
    done = host.run("env", "DEBIAN_FRONTEND=noninteractive", "dpkg-reconfigure", "postfix",
                    timeout=180)
    checks.claim("the package configures Postfix anew, without our block in main.cf",
                 "setting inet_interfaces: all" in done.stdout + done.stderr,
                 (done.stdout + done.stderr).strip()[-300:])
    host.need("systemctl", "restart", "postfix")
    again = host.read("etc/postfix/main.cf")
    checks.claim("main.cf is another one and has the block again",
                 again != block and b"# listbreaker" in again)
    nothing_left(host, checks, "after dpkg-reconfigure postfix", 4)

    # A person sets the very parameter that halts.
    host.need("sh", "-c", "echo 'master_service_disable = lmtp/unix' >> /etc/postfix/main.cf")
    until("remark", 30, lambda: "master_service_disable" in
          (host.status()["queue"].get("remark") or ""))
    checks.claim("what a person set is reported and left alone",
                 host.read("etc/postfix/main.cf").endswith(b"master_service_disable = lmtp/unix\n"),
                 host.status()["queue"]["remark"])
    nothing_left(host, checks, "after a person changed main.cf", 5)
    host.need("sh", "-c", "sed -i '$d' /etc/postfix/main.cf")

    host.need("sh", "-c", "sed -i '/listbreaker/d; /master_service_disable/d' /etc/postfix/main.cf")
    began = time.time()
    host.reboot()
    until("answer after the reboot", 60, lambda: host.status_code() == OPEN)
    nothing_left(host, checks, "after a reboot with the block taken out", 6)
    early = [line for line in host.log(began) if "status=sent" in line.text and remote(line)]
    checks.claim("not one copy left while the host started", not early, len(early))

    held = {each["queue_id"] for each in host.queue() if each["queue_name"] == "hold"}
    checks.claim("what a content filter holds is still on hold", filtered <= held,
                 f"{len(held)} held")
    host.need("listbreaker", "reset", "--queue", "--held", "release", "--reason", "over",
              timeout=120)
    until("empty queue", 120, lambda: waiting(host, "hold") == 1 and not any(
        waiting(host, queue) for queue in ("maildrop", "incoming", "active", "deferred")), every=1)
    copies = host.delivered()
    checks.claim("everybody got the mail, once", len(copies) == 7 and set(copies.values()) == {1},
                 dict(copies) if len(copies) != 7 else 7)
    checks.claim("and the filter's is on hold still",
                 {each["queue_id"] for each in host.queue()} == filtered)
    checks.claim("no trace of us is left in main.cf",
                 b"listbreaker" not in host.read("etc/postfix/main.cf"))


def unwatched(host: WatchedHost, checks: Checks) -> None:
    """Nobody watches: the daemon and the actuator are down, the block is taken out, and Postfix is
    started anew. What asserts the halt then is the unit that Postfix's own unit requires."""
    host.boot()
    host.prepare()
    host.write("etc/listbreaker/listbreaker.conf.d/60-sweep.conf", SWEEP)
    host.install(checks)
    host.need("listbreaker", "arm")
    before = host.read("etc/postfix/main.cf")
    host.need("listbreaker", "trip", "--queue", "--reason", "unwatched")
    until("halt", 30, lambda: halted(host))
    host.need("systemctl", "stop", "listbreakerd.service", "listbreaker-actuator.socket",
              "listbreaker-actuator.service")
    host.need("sh", "-c", "sed -i '/listbreaker/d; /master_service_disable/d' /etc/postfix/main.cf")
    checks.claim("the block is out of main.cf", b"listbreaker" not in host.read("etc/postfix/main.cf"))
    host.need("systemctl", "restart", "postfix")
    checks.claim("Postfix's start has put it back", b"# listbreaker" in host.read("etc/postfix/main.cf"))
    for number in range(3):
        write_to(host, f"person{number}@example.net")
    host.run("postqueue", "-f", user="nobody")
    until("mail that waits", 60, lambda: waiting(host, "deferred") == 3)
    host.run("postqueue", "-f", user="nobody")
    host.quiet(5)
    checks.claim("0 of 3 messages left", not host.sent() and not host.delivered(),
                 f"{len(host.delivered())} left")
    host.need("systemctl", "start", "listbreaker-actuator.socket", "listbreakerd.service")
    until("answer", 60, lambda: host.status_code() == OPEN)
    until("halt", 60, lambda: halted(host))
    done = host.run("dpkg", "--remove", "listbreaker", timeout=120)
    checks.claim("the package does not go while mail is halted, and says what to type",
                 done.returncode != 0 and "listbreaker reset N --reason TEXT" in done.stderr)
    host.need("listbreaker", "reset", "1", "--held", "release", "--reason", "over", timeout=120)
    until("mail", 120, lambda: len(host.delivered()) == 3)
    checks.claim("each message is delivered once", set(host.delivered().values()) == {1})
    checks.claim("main.cf is byte for byte what it was",
                 host.read("etc/postfix/main.cf") == before)
    until("end", 60, lambda: host.status()["queue"]["halt"] == "flowing")
    done = host.run("dpkg", "--remove", "listbreaker", timeout=120)
    checks.claim("the package goes", done.returncode == 0, done.stderr.strip()[-300:])
    host.need("systemctl", "restart", "postfix")
    write_to(host, "person3@example.net")
    until("mail without the package", 60, lambda: len(host.delivered()) == 4)
    checks.claim("without the package Postfix starts and sends", True)


def remote(line: Line) -> bool:
    """Whether a delivery went out."""
    return "relay=127.0.0.1[127.0.0.1]:2525" in line.text
