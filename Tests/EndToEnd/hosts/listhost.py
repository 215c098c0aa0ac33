# SPDX-License-Identifier: Apache-2.0
#
# A mail host whose list storms, whatever expands it, and mlmmj as Debian has it, which sends each copy
# as a message of its own. The relay counts when each delivery began. A crowd inside posts, answers,
# and writes personal mail beside it.
"""A mail host with a list that storms, and a relay that counts."""

import json
import pathlib
import re
import time

from machine import until
from mailhost import MAIN_CF
from watched import WatchedHost

LIST = "list@lists.example.org"
SENDER = "boss@lists.example.org"
BOOK, PERSONAL, POSTED = "srv/e2e/book", "srv/e2e/personal.sent", "srv/e2e/posted"
TABLES = "etc/postfix/listbreaker_narrow_transport"
ROUTES = "etc/postfix/listbreaker_narrow_routes"  # all that a soft hold fills
CAME = re.compile(r"^([0-9A-Za-z]+): message-id=(<.*>)")
TAKEN = re.compile(r"^([0-9A-Za-z]+): to=<([^>]*)>,.* delays=[^/]*/[^/]*/([0-9.]+)/([0-9.]+),"
                   r".* status=sent ")
UNIT = """\
[Unit]
DefaultDependencies=no
After=local-fs.target systemd-journald.socket
[Service]
Restart=on-failure
RestartSec=100ms
ExecStart=/usr/bin/python3 /usr/local/lib/e2e/{words}
"""


POSTFIX = """\
recipient_delimiter = +
local_recipient_maps =
header_checks = regexp:/etc/postfix/headers
"""


class ListHost(WatchedHost):
    """The surroundings of any such list."""

    address = LIST
    postfix_text = POSTFIX
    is_named_late = False  # whether no line names the list before its first copy was delivered

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int, package: pathlib.Path):
        super().__init__(cache, name, subscribers, package)
        self.write("etc/postfix/headers", "/^(Message-ID|In-Reply-To|References):/ INFO\n")
        self.write("etc/postfix/main.cf", MAIN_CF + self.postfix_text)

    def found(self) -> None:
        """After the boot: the list itself."""

    def at_work(self) -> bool:
        """Whether whoever expands the list has more of it to hand over."""
        return False

    def relay(self, seconds: float) -> None:
        """The relay takes `seconds` a message from now on."""
        self.write("etc/systemd/system/e2e-sink.service",
                   UNIT.format(words=f"sink.py 2525 {seconds} /{BOOK}"))
        self.need("systemctl", "daemon-reload")
        self.need("systemctl", "restart", "e2e-sink")
        until("relay", 30, lambda: ":2525 " in self.need("ss", "-Hltn"))

    def gather(self) -> None:
        """The crowd comes; it does what the files in /srv/e2e say."""
        robots = " ".join(self.subscribers[:3])
        self.write("etc/systemd/system/e2e-crowd.service", UNIT.format(
            words=f"crowd.py /srv/e2e {self.address} {SENDER} {robots}"))
        self.need("systemctl", "daemon-reload")
        self.need("systemctl", "restart", "e2e-crowd")

    def turn(self, name: str, is_on: bool = True) -> None:
        """Lets the crowd do `name` (personal, robots, strangers, regular), or not."""
        path = self.root / "srv/e2e" / f"{name}.on"
        path.touch() if is_on else path.unlink(missing_ok=True)

    def rows(self, path: str) -> list[dict]:
        """A file of the crowd's or the relay's."""
        try:
            lines = self.read(path).splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line.endswith(b"}")]

    def saved(self) -> list[dict]:
        """Envelopes of what was discarded, the oldest first."""
        folder = self.root / "var/lib/listbreaker-actuator/primary/quarantine"
        paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_text("utf-8")) for path in paths]

    def handed(self) -> dict[tuple[str, str], float]:
        """When qmgr(8) handed each (Message-ID, recipient) to smtp(8), by the log: what smtp says of a
        connection and of the transmission (`delays=`, to 10 ms) is taken off the line's time."""
        names: dict[str, str] = {}
        times: dict[tuple[str, str], float] = {}
        for line in self.log():
            if found := CAME.match(line.text):
                names[found[1]] = found[2]
            elif (found := TAKEN.match(line.text)) and line.program.endswith("/smtp"):
                times[names.get(found[1], ""), found[2]] = (
                    line.time - float(found[3]) - float(found[4]))
        return times

    @staticmethod
    def now() -> float:
        """The time by the clock that the relay's book goes by."""
        return time.time()


class MlmmjHost(ListHost):
    """mlmmj with its default control files."""

    packages = "postfix mlmmj"
    postfix_text = POSTFIX + """\
mlmmj_destination_recipient_limit = 1
transport_maps = regexp:/etc/postfix/transport
"""

    def found(self) -> None:
        """The list as mlmmj-make-ml(1) makes it."""
        spool = "/var/spool/mlmmj/list"
        folders = ("incoming queue queue/discarded archive text subconf unsubconf bounce control "
                   "moderation subscribers.d digesters.d requeue nomailsubs.d").split()
        self.need("mkdir", "-p", *(f"{spool}/{name}" for name in folders))
        self.need("sh", "-c", f"cp /usr/share/mlmmj/text.skel/en/* {spool}/text/")
        self.write(f"{spool[1:]}/control/listaddress", f"{LIST}\n")
        self.write(f"{spool[1:]}/control/owner", f"{SENDER}\n")
        self.write(f"{spool[1:]}/subscribers.d/u", "".join(f"{who}\n" for who in self.subscribers))
        self.run("useradd", "--system", "--home", "/var/spool/mlmmj", "mlmmj")
        self.need("chown", "-R", "mlmmj", "/var/spool/mlmmj")
        self.write("etc/postfix/transport", r"/^list(\+.*)?@lists\.example\.org$/ mlmmj:" + "\n")
        main = self.read("etc/postfix/master.cf").decode()
        self.write("etc/postfix/master.cf", main + (
            "mlmmj unix - n n - - pipe flags=ORhu user=mlmmj "
            f"argv=/usr/bin/mlmmj-receive -F -L {spool}\n"))
        self.need("systemctl", "restart", "postfix")

    def at_work(self) -> bool:
        """Whether mlmmj-send runs."""
        return self.run("pgrep", "-x", "mlmmj-send").returncode == 0
