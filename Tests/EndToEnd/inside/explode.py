#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The smallest list manager: sends what comes in on to everybody, as `LIST-bounces`, as Mailman does.
"""usage: explode.py LIST-LOCAL-PART DOMAIN FILE"""

import pathlib
import subprocess
import sys

local, domain, path = sys.argv[1:]
members = pathlib.Path(path).read_text(encoding="utf-8").split()
head, _, body = sys.stdin.buffer.read().partition(b"\n\n")
lines = [line for line in head.split(b"\n") if not line.lower().startswith(b"from ")]
lines.append(f"List-Id: <{local}.{domain}>".encode())
subprocess.run(["/usr/sbin/sendmail", "-i", "-f", f"{local}-bounces@{domain}", "--", *members],
               input=b"\n".join(lines) + b"\n\n" + body, check=True)
