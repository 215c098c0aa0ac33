# SPDX-License-Identifier: Apache-2.0
#
# Records of a fleet as somebody else would write them.

import time


def trip_text(name: str, address: str, when: float | None = None) -> str:
    """A trip's record."""
    micros = int((when or time.time()) * 1_000_000)
    return (
        f"listbreaker-trip 1\nname: {name}\nscope: list\nlist: {address}\ntime: {micros}\n"
        "mode: armed\nrule: storm\nevidence: a test\n"
    )


def facts_text(number: int, ahead: int) -> str:
    """A batch without facts, by a clock that is so many seconds ahead."""
    return f"listbreaker-facts 1\nstart: 7\nnumber: {number}\nsent: {int((time.time() + ahead) * 1_000_000)}\n"
