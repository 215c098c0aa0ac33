# SPDX-License-Identifier: Apache-2.0
#
# The kernel as a witness: when it took a signal for a queue manager, and when it started one, to the
# microsecond and without a process that looks. It keeps a ring of its own in tracefs, by the clock of
# the log, and takes it away at the end.
"""What the kernel noted of queue managers that are stopped and started."""

import os
import pathlib
import re
import subprocess
import time

STOP, GO = 19, 18  # SIGSTOP and SIGCONT, signal(7)
FOLDER = pathlib.Path("/sys/kernel/tracing")
SIGNAL = re.compile(r" (\d+\.\d+): signal_generate: sig=(\d+) .*\bcomm=(\S+) pid=(\d+) ")
START = re.compile(r" (\d+\.\d+): sched_process_exec: filename=(\S+) pid=(\d+) ")


class KernelWitness:
    """Notes signals to queue managers, and their starts, from entering to leaving the context."""

    def __init__(self, program: str = "qmgr"):
        self.program = program
        self.ring = FOLDER / f"instances/listbreaker-e2e-{os.getpid()}"
        self.ahead = 0.0

    def __enter__(self) -> "KernelWitness":
        if not (FOLDER / "instances").is_dir():
            subprocess.run(["mount", "-t", "tracefs", "nodev", FOLDER], check=True)
        self.ring.mkdir()
        # tai is the clock of the log, but for leap seconds where somebody has told the kernel of them.
        self.ahead = round(time.clock_gettime(time.CLOCK_TAI) - time.time())
        for name, value in (
                ("trace_clock", "tai"),
                ("events/signal/signal_generate/filter",
                 f'comm == "{self.program}" && (sig == {STOP} || sig == {GO})'),
                ("events/sched/sched_process_exec/filter", f'filename ~ "*/{self.program}"'),
                ("events/signal/signal_generate/enable", "1"),
                ("events/sched/sched_process_exec/enable", "1")):
            (self.ring / name).write_text(value)
        return self

    def __exit__(self, *_) -> None:
        self.ring.rmdir()

    def forget(self) -> None:
        """Empties the ring."""
        (self.ring / "trace").write_text("")

    def signals(self, number: int) -> dict[int, float]:
        """When each process, by its id outside, was first sent that signal."""
        found: dict[int, float] = {}
        for when, sent, _, pid in SIGNAL.findall((self.ring / "trace").read_text()):
            if int(sent) == number:
                found.setdefault(int(pid), float(when) - self.ahead)
        return found

    def starts(self) -> dict[int, float]:
        """When each process, by its id outside, became the program."""
        return {int(pid): float(when) - self.ahead
                for when, _, pid in START.findall((self.ring / "trace").read_text())}
