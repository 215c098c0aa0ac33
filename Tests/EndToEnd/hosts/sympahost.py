# SPDX-License-Identifier: Apache-2.0
#
# The mail host with a real Sympa behind Postfix, as Debian's package makes it: aliases that pipe into
# its queue, SMTP out, SQLite, no web interface.
"""A mail host with Sympa."""

import pathlib
import subprocess

from machine import ENVIRONMENT, MachineError, until
from mailhost import MAIN_CF
from watched import WatchedHost

TALK = "talk@lists.example.org"
OWNER = "owner@example.com"
LISTS = "var/lib/sympa/list_data"
ANSWERS = """\
sympa sympa/hostname string lists.example.org
sympa sympa/listmaster string root@lists.example.org
sympa sympa/database-type select sqlite3
sympa sympa/dbconfig-install boolean true
sympa wwsympa/webserver_type select none
sympa wwsympa/fastcgi boolean false
"""
POSTFIX = """\
recipient_delimiter = +
owner_request_special = no
alias_maps = hash:/etc/aliases, hash:/etc/mail/sympa/aliases
"""
LIST = f"""\
<?xml version="1.0" ?>
<list><listname>talk</listname><type>discussion_list</type><subject>Talk</subject><description/>
<status>open</status><language>en</language><topics>computers</topics>
<owner><email>{OWNER}</email></owner></list>
"""


class SympaHost(WatchedHost):
    """Postfix and Sympa, with one list."""

    def __init__(self, cache: pathlib.Path, name: str, subscribers: int, package: pathlib.Path):
        super().__init__(cache, name, subscribers, package)
        self.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
        self.write("etc/resolv.conf", pathlib.Path("/etc/resolv.conf").read_text("utf-8"))
        self.write("root/answers", ANSWERS)
        packages = "sympa dbconfig-sqlite3 sqlite3 libdbd-sqlite3-perl"
        for words in ("debconf-set-selections /root/answers", "apt-get -q update",
                      f"apt-get -q install -y --no-install-recommends {packages}"):
            # On Debian 13 the package mails its owner while there is no Postfix yet; postdrop would wait for
            # one for ever, and ends with what started it.
            done = subprocess.run(
                ["unshare", "--pid", "--fork", "--kill-child", "chroot", self.root, *words.split()],
                check=False,
                capture_output=True, text=True, stdin=subprocess.DEVNULL,
                env=ENVIRONMENT | {"DEBIAN_FRONTEND": "noninteractive"})
            if done.returncode != 0:
                raise MachineError(f"cannot install Sympa: {done.stdout[-2000:]}{done.stderr}")
        for path in ("usr/sbin/policy-rc.d", "etc/resolv.conf"):
            (self.root / path).unlink()
        self.write("etc/postfix/main.cf", MAIN_CF + POSTFIX)

    def found(self) -> None:
        """After the boot: the list, its owner and its members."""
        self.write("opt/talk.xml", LIST)
        self.need("/usr/lib/sympa/bin/sympa.pl", "--create_list", "--robot=lists.example.org",
                  "--input_file=/opt/talk.xml", timeout=120)
        self.write("opt/members", "".join(f"{who}\n" for who in self.subscribers))
        self.need("sh", "-c", "/usr/lib/sympa/bin/sympa.pl add --quiet talk < /opt/members",
                  timeout=300)
        # Anybody may post, and the daemon's group may write.
        file = self.control / "config"
        text = file.read_text()
        file.write_text(text.replace("send privateoreditorkey", "send public"))
        self.need("chmod", "g+ws", f"/{LISTS}/talk")
        self.need("postalias", "/etc/mail/sympa/aliases")
        self.need("systemctl", "restart", "sympa", timeout=120)
        self.need("systemctl", "restart", "postfix")

    @property
    def control(self) -> pathlib.Path:
        """The directory of the list's configuration."""
        return next(path for path in (self.root / LISTS / "talk",
                                      self.root / LISTS / "lists.example.org/talk") if path.is_dir())

    def settings(self) -> tuple[str, int, int]:
        """What the list's configuration says, and whose it is."""
        file = self.control / "config"
        return file.read_text(), file.stat().st_uid, file.stat().st_mode

    def held_there(self) -> int:
        """Posts that Sympa holds for its editors."""
        return len(list((self.root / "var/spool/sympa").glob("*mod*/talk@lists.example.org_*")))

    def until_running(self) -> None:
        """Waits for Sympa's daemons."""
        until("Sympa", 60, lambda: self.run("systemctl", "is-active", "sympa").returncode == 0)
