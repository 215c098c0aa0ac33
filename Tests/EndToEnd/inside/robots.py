#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Subscribers who answer what they get, to everyone. They read the copies that smtp-sink wrote down,
# as people read their mail, and post through the host's own port 25. They stay silent until the file
# "go" exists, and each answers once; the number of answers is bounded.
"""usage: robots.py DIRECTORY LIST ANSWERS SEED ROBOT..."""

import os
import pathlib
import random
import smtplib
import sys
import time

directory = pathlib.Path(sys.argv[1])
mailing_list, most = sys.argv[2], int(sys.argv[3])
chance = random.Random(int(sys.argv[4]))
robots = set(sys.argv[5:])

seen: set[str] = set()
mailbox: list[tuple[str, str, str]] = []  # robot, message id, subject: first come, first answered
answered: set[str] = set()


def collect() -> None:
    """Adds to the mailbox what arrived for a robot since the last look."""
    for entry in os.scandir(directory / "copies"):
        if entry.name in seen:
            continue
        head = pathlib.Path(entry.path).read_text("utf-8", "replace")
        head, whole, _ = head.partition("\n\n")
        if not whole:
            continue  # still under the sink's pen
        seen.add(entry.name)
        recipients, message, subject = [], "", ""
        for line in head.splitlines():
            name, _, value = line.partition(": ")
            match name.lower():
                case "x-rcpt-args":
                    recipients.append(value.split(">")[0].lstrip("<"))
                case "message-id":
                    message = value
                case "subject":
                    subject = value
        mailbox.extend((who, message, subject) for who in recipients if who in robots)


def answer(robot: str, message: str, subject: str) -> None:
    """Posts the robot's opinion to the list."""
    text = (
        f"From: {robot}\r\nTo: {mailing_list}\r\n"
        f"Subject: Re: {subject.removeprefix('Re: ')}\r\n"
        f"Message-ID: <answer-{len(answered)}-{chance.getrandbits(48):x}@example.net>\r\n"
        f"In-Reply-To: {message}\r\nReferences: {message}\r\n"
        f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n\r\n"
        "I think that you have the wrong person. Please take me off this list.\r\n"
    )
    with smtplib.SMTP("127.0.0.1", 25, timeout=30) as host:
        host.sendmail(robot, [mailing_list], text)


while len(answered) < most:
    collect()
    if (directory / "go").exists():
        for robot, message, subject in mailbox:
            if len(answered) >= most:
                break
            # The first answers the announcement; the others are provoked by an answer.
            if robot in answered or (answered and not subject.startswith("Re: ")):
                continue
            answered.add(robot)
            time.sleep(chance.uniform(0.1, 0.6))
            answer(robot, message, subject)
        mailbox.clear()
    time.sleep(0.2)
