# SPDX-License-Identifier: Apache-2.0
#
# A queue on a disk that met an error while listbreaker is armed: the kernel itself shuts the file system
# against changes, with Postfix's files open for writing, as it does where errors=remount-ro is set
# (Debian's default for its root). Mail that cannot be halted must be told before a trip needs it.
"""A queue directory that was remounted read-only."""

import contextlib
import subprocess
from pathlib import Path

from checks import Checks
from machine import until
from watched import WatchedHost

QUEUE = "var/spool/postfix"
BLIND = 4  # exit status of `listbreaker status` that says it cannot do its work
# It is asked every 30 s; the rest is for the answer, and for a loaded machine.
TOLD = 60


@contextlib.contextmanager
def disk_under(host: WatchedHost):
    """The queue of a machine that is not booted yet gets a disk of its own; its device."""
    image = host.root.with_suffix(".queue")
    target = host.root / QUEUE
    mounted = False
    try:
        with image.open("wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-d", target, image], check=True)
        subprocess.run(["mount", "-o", "loop,errors=remount-ro", image, target], check=True)
        mounted = True
        device = subprocess.run(["findmnt", "-no", "SOURCE", target], check=True,
                                capture_output=True, text=True).stdout.strip()
        yield Path(device).name
    finally:
        host.stop()
        if mounted:
            subprocess.run(["umount", "-l", target], check=False)
        image.unlink(missing_ok=True)


def shutdisk(host: WatchedHost, checks: Checks) -> None:
    """The disk of the queue fails; it is said, and paged."""
    with disk_under(host) as device:
        host.boot()
        host.prepare()
        host.install(checks)
        host.need("listbreaker", "arm")
        checks.claim("armed, and well", host.status_code() == 0, host.run("listbreaker", "status").stdout)
        known = len(host.pages_of("blind"))
        Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("the test's disk has failed")
        refused = host.run("touch", f"/{QUEUE}/hold/x")
        checks.claim("the kernel lets nothing in the queue be changed",
                     refused.returncode != 0 and "Read-only" in refused.stderr, refused.stderr.strip())

        def is_told() -> bool:
            return host.status_code() == BLIND and len(host.pages_of("blind")) > known

        with contextlib.suppress(Exception):
            until("status and page that say so", TOLD, is_told, every=1)
        done = host.run("listbreaker", "status")
        checks.claim("status ends with 4 and names the directory",
                     done.returncode == BLIND and f"'/{QUEUE}/" in done.stdout, done.stdout[:600])
        pages = host.pages_of("blind")[known:]
        checks.claim("it is paged, with the directory", len(pages) == 1
                     and f"/{QUEUE}/" in str(pages[0]), [str(page)[:300] for page in pages])
