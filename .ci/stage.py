# SPDX-License-Identifier: Apache-2.0
#
# What a story needs that is told without a mail server: the programs, a made-up log, a journal that
# is written while it is read, and a daemon that watches it in observe mode. Whatever is started here
# ends with the program that started it, also when that is killed.
"""The stage of `make demo` and `make run`."""

import ctypes
import datetime
import email.utils
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
CONVERTER = "/lib/systemd/systemd-journal-remote"
STAMP = re.compile(rb"__REALTIME_TIMESTAMP=(\d+)")
SINCE = re.compile(rb"(_REALTIME_TIMESTAMP=)(\d+)")
DATE = re.compile(rb"\b[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}")
# A message that is given to a list has one recipient; its copies have many.
POST = re.compile(rb"MESSAGE=\w+: from=<([^>]*)>, size=\d+, nrcpt=1 ")


def build() -> pathlib.Path:
    """Builds the programs; the directory that they are in. Who has built them says so in LISTBREAKER_BUILT."""
    if built := os.environ.get("LISTBREAKER_BUILT"):
        return pathlib.Path(built)
    done = subprocess.run([TOP / ".ci/build"], stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(done.stdout.strip())


def until(what: str, condition, seconds: float = 30):
    """Polls until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise SystemExit(f"cannot go on: no {what} within {seconds:.0f} s")
        time.sleep(0.05)
    return value


def bound(command: list, **options) -> subprocess.Popen:
    """Starts a program that is told to end when we end, however that comes."""
    def follow():
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, prctl(2)
    return subprocess.Popen(command, preexec_fn=follow, **options)


def told(built: pathlib.Path, scenario: pathlib.Path, start: float) -> list[bytes]:
    """The mail log of a scenario as if it had begun at `start`: entries in journald's export form.

    People answer by the hour of the day, so it is played at its own hours, and then moved: whenever the story is
    told, it is the same.
    """
    done = subprocess.run([built / "listbreaker", "simulate", scenario], stdout=subprocess.PIPE, check=True)
    first = re.search(r"^Start=(\S+)Z$", scenario.read_text(), re.M)
    own = datetime.datetime.fromisoformat(first[1] + "+00:00").timestamp()
    shift = int(start) - int(own)
    return [moved(entry, shift) for entry in done.stdout.split(b"\n\n")[:-1]]


def moved(entry: bytes, seconds: int) -> bytes:
    """The same so many seconds later, with the Date of a message that it tells."""
    def dated(found: re.Match) -> bytes:
        date = email.utils.parsedate_to_datetime(found[0].decode())
        return email.utils.format_datetime(date + datetime.timedelta(seconds=seconds)).encode()

    entry = SINCE.sub(lambda found: found[1] + b"%d" % (int(found[2]) + seconds * 1_000_000), entry)
    return DATE.sub(dated, entry)


def time_of(entry: bytes) -> float:
    """When an entry was logged, in seconds since 1970."""
    return int(STAMP.search(entry)[1]) / 1e6


class Journal:
    """A journal that is written while it is read."""

    def __init__(self, directory: pathlib.Path):
        directory.mkdir(parents=True, exist_ok=True)
        self.remote = bound([CONVERTER, "-o", directory / "mail.journal", "-"],
                            stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def write(self, entry: bytes) -> None:
        """Adds an entry; it is read no later than after the next `flush`."""
        self.remote.stdin.write(entry + b"\n\n")

    def flush(self) -> None:
        """Lets what was written be read."""
        self.remote.stdin.flush()

    def close(self) -> None:
        """Ends the journal."""
        try:
            self.remote.stdin.close()
        except BrokenPipeError:
            pass  # Ctrl-C has ended it already
        self.remote.wait(10)


class Stage:
    """A directory with a journal, a daemon that watches it, and nothing else."""

    def __init__(self, built: pathlib.Path, name: str):
        self.built = built
        self.room = pathlib.Path(tempfile.mkdtemp(prefix=f"listbreaker-{name}-"))
        (self.room / "state").mkdir(mode=0o700)
        self.socket = self.room / "control.sock"
        self.journal = Journal(self.room / "journal")
        self.daemon: subprocess.Popen | None = None

    def watch(self, settings: str, **options) -> None:
        """Starts the daemon with these settings; the secrets of alert scripts are in the room."""
        config = self.room / "listbreaker.conf"
        config.write_text(settings)
        self.daemon = bound(
            [self.built / "listbreakerd", "--config", config,
             "--state-directory", self.room / "state", "--control-socket", self.socket,
             "--journal-directory", self.room / "journal", "--believe-untrusted"],
            env={**os.environ, "CREDENTIALS_DIRECTORY": str(self.room)}, **options)

    def ask(self, *words: str) -> subprocess.CompletedProcess:
        """Asks the daemon, as a person would."""
        return subprocess.run([self.built / "listbreaker", *words, "--socket", self.socket],
                              capture_output=True, text=True, check=False)

    def answers(self) -> bool:
        """Whether the daemon answers."""
        return self.ask("status").returncode in (0, 3)

    def clear(self) -> None:
        """Ends all that was started, and leaves nothing behind."""
        # A second Ctrl-C, or a timeout(1) that signals all, must not leave half of it behind.
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ending, signal.SIG_IGN)
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait(30)
        self.journal.close()
        shutil.rmtree(self.room, ignore_errors=True)
