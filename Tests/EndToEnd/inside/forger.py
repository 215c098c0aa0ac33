# SPDX-License-Identifier: Apache-2.0
#
# A local user without rights who would like to be Postfix: writes, by every road into journald
# that is open to everybody, what a storm on a list would look like.
"""usage: forger.py LIST POSTS"""

import socket
import struct
import subprocess
import sys

LIST, POSTS = sys.argv[1], int(sys.argv[2])
LOCAL, DOMAIN = LIST.split("@")


def story(number: int) -> list[tuple[str, str]]:
    """The lines of one post to the list, as (process, message)."""
    parent, child = f"4A{number:06X}", f"4B{number:06X}"
    poster, message = f"stranger{number}@example.com", f"<{number}.forged@example.com>"
    return [
        ("smtpd", f"{parent}: client=mx.example.com[192.0.2.7]"),
        ("cleanup", f"{parent}: message-id={message}"),
        ("qmgr", f"{parent}: from=<{poster}>, size=1000, nrcpt=1 (queue active)"),
        ("cleanup", f"{child}: message-id={message}"),
        ("qmgr", f"{child}: from=<owner-{LOCAL}@{DOMAIN}>, size=1100, nrcpt=3000 (queue active)"),
        ("local", f"{parent}: to=<{LIST}>, relay=local, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, "
                  f"status=sent (forwarded as {child})"),
        ("qmgr", f"{parent}: removed"),
    ]


def syslog(text: bytes) -> None:
    """One datagram to /dev/log."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as road:
        road.connect("/dev/log")
        road.send(text)


def native(fields: dict[str, bytes]) -> None:
    """One record by journald's own protocol, fake trusted fields and all."""
    record = b"".join(name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n"
                      for name, value in fields.items())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as road:
        road.connect("/run/systemd/journal/socket")
        road.send(record)


for number in range(POSTS):
    for process, message in story(number):
        name, line = f"postfix/{process}", message.encode()
        match number % 4:
            case 0:
                syslog(b"<22>" + name.encode() + b"[411]: " + line)
            case 1:
                native({"MESSAGE": line, "SYSLOG_IDENTIFIER": name.encode(), "PRIORITY": b"6",
                        "SYSLOG_FACILITY": b"2", "SYSLOG_PID": b"411", "_UID": b"0",
                        "_TRANSPORT": b"syslog", "_EXE": b"/usr/lib/postfix/sbin/qmgr"})
            case 2:
                subprocess.run(["logger", "-t", name, "-p", "mail.info", "--", message], check=True)
            case 3:
                # A second line hidden behind a newline, behind a NUL, and in one of 64 KiB.
                first = b"<22>" + name.encode() + b"[411]: x: y"
                syslog(first + b"\n" + line)
                syslog(first + b"\0" + line)
                syslog(b"<22>" + name.encode() + b"[411]: " + line + b", " + b"\xff\xfe" * 30000)
