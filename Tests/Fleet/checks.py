# SPDX-License-Identifier: Apache-2.0
#
# Whether what is claimed holds, waiting for it, and where things are.

import importlib.util
import os
import pathlib
import shutil
import socket
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
CA = TOP / "fleet" / "listbreaker-fleet-ca"
REMOTE = "/lib/systemd/systemd-journal-remote"
failures = 0


def check(what: str, holds: bool, more: str = "") -> None:
    """Says whether `what` holds; the program fails in the end where it does not."""
    global failures
    failures += not holds
    print(f"{'ok' if holds else 'NOT OK'}: {what}{': ' + more if more else ''}", flush=True)


def outcome() -> int:
    """Says in the end how it went; a program's status."""
    print(f"{failures} failed" if failures else "all hold")
    return 1 if failures else 0


def lacks(*modules: str) -> bool:
    """Whether something that a fleet on loopback needs, or one of these modules, is missing; says what."""
    os.environ["PATH"] += ":/usr/sbin"
    for need in ("mosquitto", "mosquitto_pub", "openssl", REMOTE):
        if not shutil.which(need):
            print(f"there is no {need}: .ci/install journal test")
            return True
    for module in modules:
        if not importlib.util.find_spec(module):
            print(f"there is no Python module {module}: .ci/install fleet")
            return True
    return False


def until(condition, within: float = 20.0, every: float = 0.005):
    """What `condition` gives when it is true; the last that it gave when the time is over."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(every)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
