# SPDX-License-Identifier: Apache-2.0
#
# The README's first hour as it is typed: a secret is put in, taken by a restart and proved by a trial.
# Then it is rotated. A trial by the old one must fail, whoever asks, and doctor must say the same.
"""A secret that is used, or a trial that fails."""

from checks import Checks
from machine import until
from mailhost import PAGE_PORT
from watched import CLOSED, WatchedHost

SECRET = "/etc/listbreaker/credentials/webhook.url"


def put(host: WatchedHost, path: str) -> None:
    """Puts a secret in, as the README says."""
    host.need("install", "-m", "600", "/dev/null", SECRET)
    host.need("sh", "-c", f"echo http://127.0.0.1:{PAGE_PORT}/{path} > {SECRET}")


def trial(host: WatchedHost, user: str | None = None) -> tuple[int, str]:
    """A trial page: exit status, and what was said."""
    done = host.run("listbreaker", "page", "--test", user=user)
    return done.returncode, (done.stdout + done.stderr).strip()


def doctor_sees(host: WatchedHost) -> bool:
    """Whether doctor names the change as a problem."""
    return "PROBLEM  secrets:" in host.run("listbreaker", "doctor").stdout


def rotated(host: WatchedHost, checks: Checks) -> None:
    """A first secret, a second one, an editor's way, a removed one."""
    host.boot()
    host.prepare()
    host.install(checks)
    host.need("useradd", "--groups", "listbreaker-admin,listbreaker", "olga")

    def restart() -> None:
        host.need("systemctl", "restart", "listbreakerd", timeout=120)
        until("daemon that answers", 30, lambda: host.status_code() == CLOSED)

    def targets() -> list[str]:
        return [page["path"] for page in host.pages()]

    host.need("rm", SECRET)
    restart()
    status, said = trial(host)
    checks.claim("without a secret the trial fails and says what to do", status == 1
                 and "systemctl restart listbreakerd" in said, said)
    put(host, "first")
    status, said = trial(host)
    checks.claim("a secret that was put in is not used unsaid", status == 1 and "added" in said, said)
    checks.claim("doctor says the same", doctor_sees(host))
    restart()
    status, said = trial(host)
    checks.claim("a restart takes it", status == 0 and targets() == ["/first"], said)
    checks.claim("and doctor is content", not doctor_sees(host))

    put(host, "second")
    host.need("systemctl", "reload", "listbreakerd")
    status, said = trial(host)
    checks.claim("a rotated secret, reloaded: the trial fails and names it",
                 status == 1 and "webhook.url" in said, said)
    status, said = trial(host, user="olga")
    checks.claim("also for who is not root", status == 1 and "webhook.url" in said, said)
    checks.claim("doctor says the same", doctor_sees(host))
    shown = host.need("systemctl", "show", "--value", "--property=StatusText", "listbreakerd")
    checks.claim("nothing went out by the old one", targets() == ["/first"], shown.strip())
    restart()
    status, said = trial(host, user="olga")
    checks.claim("a restart takes the new one", status == 0 and targets() == ["/first", "/second"],
                 said)

    host.need("sh", "-c", f"sed -i s/second/third/ {SECRET}")  # a new file in the place of the old
    checks.claim("an editor's way is seen", trial(host)[0] == 1)
    restart()
    checks.claim("and taken", trial(host)[0] == 0 and targets()[-1] == "/third")
    for _ in range(3):
        restart()
    checks.claim("restarts by hand are no failures", not host.pages_of("daemon-failed"))
    done = host.run("cat", SECRET, user="_listbreaker")
    listed = host.run("ls", "/etc/listbreaker/credentials", user="_listbreaker")
    checks.claim("the daemon's user can neither read nor list the secrets themselves",
                 done.returncode != 0 and listed.returncode != 0, done.stderr.strip())
