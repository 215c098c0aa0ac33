#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# People around a list: strangers or a regular poster who write to it every two seconds, robots who answer
# every copy they get, and others who write two personal messages a second. Each does so while its file
# NAME.on exists. What was given in is written down when the mail server took it.
"""usage: crowd.py DIRECTORY LIST REGULAR ROBOT..."""

import email.utils
import json
import pathlib
import smtplib
import sys
import threading
import time

directory = pathlib.Path(sys.argv[1])
mailing_list, regular = sys.argv[2], sys.argv[3]
robots = set(sys.argv[4:])
lock = threading.Lock()


def is_on(name: str) -> bool:
    """Whether they are to write now."""
    return (directory / f"{name}.on").exists()


def give(sender: str, to: str, subject: str, book: str, answers: str = "") -> None:
    """By SMTP, as everybody does; noted once it was taken."""
    identity = email.utils.make_msgid(domain=sender.partition("@")[2])
    text = (f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: {identity}\r\n"
            + (f"In-Reply-To: {answers}\r\nReferences: {answers}\r\n" if answers else "")
            + f"Date: {email.utils.formatdate()}\r\n\r\nHello.\r\n")
    try:
        with smtplib.SMTP("127.0.0.1", 25, timeout=60) as door:
            door.sendmail(sender, [to], text)
    except (OSError, smtplib.SMTPException) as error:
        with lock, open(directory / "failed", "a", encoding="utf-8") as file:
            file.write(f"{time.time()} {sender} {to} {error}\n")
        return
    with lock, open(directory / book, "a", encoding="utf-8") as file:
        file.write(json.dumps({"time": time.time(), "id": identity, "to": to}) + "\n")


def copies():
    """The relay's notes as they come."""
    place = 0
    while True:
        try:
            with open(directory / "book", "rb") as file:
                file.seek(place)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    place += len(line)
                    yield json.loads(line)
        except FileNotFoundError:
            pass
        yield None
        time.sleep(0.1)


def answer() -> None:
    """The robots; each answers each copy once."""
    for copy in copies():
        if copy and copy["to"] in robots and is_on("robots"):
            give(copy["to"], mailing_list, f"Re: {copy['subject'].removeprefix('Re: ')}", "posted",
                 copy["id"])


def post() -> None:
    """Strangers, or the regular poster; nobody a second time after a reboot."""
    number = int(time.time()) * 1000
    while True:
        for who in ("strangers", "regular"):
            if is_on(who):
                number += 1
                sender = regular if who == "regular" else f"guest{number}@example.com"
                give(sender, mailing_list, f"Re: news {number}", "posted")
        time.sleep(2)


def write() -> None:
    """Personal mail."""
    number = int(time.time()) * 1000
    while True:
        if is_on("personal"):
            number += 1
            threading.Thread(target=give, args=(
                "clerk@lists.example.org", f"person{number}@example.com", "hello",
                "personal.sent")).start()
        time.sleep(0.5)


for work in (answer, post, write):
    threading.Thread(target=work).start()
