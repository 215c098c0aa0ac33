#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Asks the actuator one thing, as the daemon would, and prints its report.
"""usage: ask.py REQUEST"""

import socket
import sys

with socket.socket(socket.AF_UNIX) as road:
    road.settimeout(90)
    road.connect("/run/listbreaker-actuator/socket")
    road.sendall(sys.argv[1].encode() + b"\n")
    answer = b""
    while not answer.endswith(b"\n") and (more := road.recv(65536)):
        answer += more
print(answer.decode(), end="")
