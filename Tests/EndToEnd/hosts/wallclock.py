# SPDX-License-Identifier: Apache-2.0
#
# A wall clock of a machine's own. The kernel has one for all machines, so each program of the machine
# is given a library that moves it (inside/clock.c); journald stamps by it, and a step reaches every
# program at once. It only ever goes forward: the kernel's own stamps of files lie in the past then.
"""The wall clock of a machine, and how it is put forward."""

import datetime
import os
import pathlib
import shutil
import struct
import subprocess
import time
import zoneinfo

from machine import Machine, MachineError

ZONE = zoneinfo.ZoneInfo("Europe/Paris")


class WallClock:
    """The clock of one machine that is not booted yet."""

    def __init__(self, machine: Machine):
        compiler = next((found for name in ("clang", "cc", "gcc") if (found := shutil.which(name))),
                        None)
        if compiler is None:
            raise MachineError("cannot make a clock: no C compiler")
        source = pathlib.Path(__file__).parents[1] / "inside/clock.c"
        subprocess.run([compiler, "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o",
                        machine.root / "usr/local/lib/clock.so", source], check=True)
        machine.write("etc/ld.so.preload", "/usr/local/lib/clock.so\n")
        self.file = machine.root / "srv/clock"
        self.file.write_bytes(struct.pack("q", 0))
        self.shift = 0

    def now(self) -> datetime.datetime:
        """The time in the machine."""
        return datetime.datetime.fromtimestamp(time.time() + self.shift, ZONE)

    def put(self, when: datetime.datetime) -> None:
        """Puts the clock forward to `when`."""
        shift = round(when.timestamp() - time.time())
        if shift < self.shift:
            raise MachineError(f"cannot put the clock back to {when}")
        self.shift = shift
        with self.file.open("r+b") as file:  # in place: the programs have it mapped
            os.pwrite(file.fileno(), struct.pack("q", shift * 1_000_000), 0)


def changing_saturday() -> datetime.datetime:
    """02:00 on the next Saturday, tomorrow at the earliest, before a night on which the clock of
    Paris is changed."""
    day = datetime.datetime.now(ZONE).date() + datetime.timedelta(days=1)
    while True:
        saturday = local(day, 2)
        monday = local(day + datetime.timedelta(days=2), 9)
        if day.weekday() == 5 and saturday.utcoffset() != monday.utcoffset():
            return saturday
        day += datetime.timedelta(days=1)


def local(day: datetime.date, hour: int, minute: int = 0) -> datetime.datetime:
    """A time on the clock on the wall."""
    return datetime.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def later(when: datetime.datetime, **span: float) -> datetime.datetime:
    """`when` and a span of real time, also over a night on which the clock is changed."""
    moved = when.astimezone(datetime.timezone.utc) + datetime.timedelta(**span)
    return moved.astimezone(ZONE)
