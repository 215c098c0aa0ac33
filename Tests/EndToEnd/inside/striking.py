# SPDX-License-Identifier: Apache-2.0
#
# What every campaign of kills has in common: it starts something, kills the daemon or the actuator a
# moment later, waits for what systemd starts again, and prints one JSON line a kill. It judges nothing.
"""Kills at chosen moments."""

import json
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import time

SOCKET = "/run/listbreaker-actuator/socket"
STATE = pathlib.Path("/var/lib/listbreaker-actuator")
UNITS = {"daemon": "listbreakerd.service", "actuator": "listbreaker-actuator.service"}


def chance(seed):
    """Randomness that is the same for the same seed."""
    return random.Random(seed)


def state():
    """Where things stand; a campaign puts its own in its place."""
    return ""


def until(what, condition, seconds=90):
    """Polls; gives up loudly."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            sys.exit(f"cannot go on: no {what} within {seconds} s; {state()}; "
                     f"actuator: {ask(verb='status')}")
        time.sleep(0.05)
    return value


def run(*words, text=""):
    """A command, whatever it says."""
    return subprocess.run(words, input=text, capture_output=True, text=True, check=False)


def ask(seconds=60, **request):
    """The actuator's answer to one request; None when it died before it answered."""
    try:
        with socket.socket(socket.AF_UNIX) as road:
            road.settimeout(seconds)
            road.connect(SOCKET)
            road.sendall(json.dumps(request).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n") and (chunk := road.recv(1 << 16)):
                answer += chunk
        return json.loads(answer)
    except (OSError, ValueError):
        return None


def pid_of(unit):
    """Main process of a unit; 0 while it is down."""
    return int(run("systemctl", "show", "--value", "--property=MainPID", unit).stdout or 0)


def traces(name):
    """How far a killed command had come with the queue whose state is in the directory `name`."""
    def text(path):
        try:
            return path.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""
    lines = text(STATE / name / "ledger").splitlines()
    begun = max((at for at, line in enumerate(lines) if line.startswith("begin ")), default=-1)
    ended = max((at for at, line in enumerate(lines) if line == "end"), default=-1)
    kept = STATE / name / "quarantine"
    saved = [each.suffix for each in kept.glob("*")] if kept.exists() else []
    return list(filter(None, (
        "hold-unfinished" if begun > ended else "",
        "saving" if saved.count(".eml") > saved.count(".json") + saved.count(".sending") else "",
        "sending" if ".sending" in saved or ".freeing" in saved else "",
        text(STATE / "marker").strip(),
    )))


def strike(step, target, start, delay, traces):
    """Starts something, and kills `target` `delay` seconds later; what it had left by then."""
    unit = UNITS[target]
    if target == "actuator":
        until("actuator", lambda: ask(verb="version"))
    pid = until(target, lambda: pid_of(unit))
    child = start()
    time.sleep(delay)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        sys.exit(f"cannot go on: the {target} was gone before it was killed")
    found = traces()
    child.wait() if isinstance(child, subprocess.Popen) else child.close()
    until(f"dead {target}", lambda: not os.path.exists(f"/proc/{pid}"))
    until("answer of the actuator", lambda: ask(verb="version"))
    print(json.dumps({"step": step, "target": target, "ms": round(delay * 1000), "found": found}),
          flush=True)


def direct(**request):
    """Starts a request to the actuator, whose answer nobody waits for."""
    def start():
        road = socket.socket(socket.AF_UNIX)
        road.connect(SOCKET)
        road.sendall(json.dumps(request).encode() + b"\n")
        return road
    return start


def sure(**request):
    """The actuator does it, however often it takes, and without an error."""
    answer = until(f"{request}", lambda: ask(**request))
    if answer["errors"]:
        print(json.dumps({"step": "error", "request": request, "errors": answer["errors"]}),
              flush=True)
    return answer
