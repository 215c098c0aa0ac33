#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Speaks to /dev/log as a Postfix with many lists would, as fast as it is asked to. It is to be run by a
# copy of the interpreter that lies where Postfix's daemons do, so that journald proves the lines.
"""usage: speaker.py SECONDS LINES PER_SECOND STORM_EVERY   (0: without a limit, or no storms)

Prints, as JSON, how many lines were sent, and of these how many copies for each list."""

import collections
import json
import os
import socket
import sys
import time

seconds, lines, rate, every = (float(word) for word in sys.argv[1:5])
road = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
road.connect("/dev/log")
me = os.getpid()
copies: collections.Counter = collections.Counter()
sent = 0
began = time.time()


def is_over() -> bool:
    """Whether enough was said."""
    return os.path.exists("/srv/e2e/hush") or bool((lines and sent >= lines) or (seconds and time.time() - began >= seconds))


def say(program: str, text: str) -> None:
    """One line, when it is its time."""
    global sent
    if rate and (early := began + sent / rate - time.time()) > 0:
        time.sleep(early)
    road.send(f"<22>postfix/{program}[{me}]: {text}".encode())
    sent += 1


def post(number: int, name: str, author: str, members: int) -> None:
    """A post, expanded by an alias, and its copies."""
    one, two = f"{number:06X}A1", f"{number:06X}B2"
    say("smtpd", f"{one}: client=mx.example.net[192.0.2.25]")
    say("cleanup", f"{one}: message-id=<{number}@example.net>")
    say("qmgr", f"{one}: from=<{author}>, size=1200, nrcpt=1 (queue active)")
    say("cleanup", f"{two}: message-id=<{number}@example.net>")
    say("local", f"{one}: to=<{name}@lists.example.org>, relay=local, delay=0.1, delays=0.1/0/0/0, "
        f"dsn=2.0.0, status=sent (forwarded as {two})")
    say("qmgr", f"{one}: removed")
    say("qmgr", f"{two}: from=<owner-{name}@lists.example.org>, size=1400, nrcpt={members} (queue active)")
    for member in range(members):
        say("smtp", f"{two}: to=<u{member}@example.com>, relay=mx.example.com[192.0.2.9]:25, delay=0.3, "
            "delays=0.1/0/0.1/0.1, dsn=2.0.0, status=sent (250 ok)")
        copies[name] += 1
    say("qmgr", f"{two}: removed")


number = int(began * 10) & 0xFFF000
storms = 0
while not is_over():
    number += 1
    if every and time.time() - began > (storms + 1) * every:
        storms += 1
        for reply in range(6):
            number += 1
            post(number, f"storm{storms:02}", f"guest{number}@example.net", 40)
    post(number, f"news{number % 50:02}", f"editor{number % 50:02}@lists.example.org", 40)
print(json.dumps({"sent": sent, "seconds": time.time() - began, "copies": copies, "storms": storms}))
