# SPDX-License-Identifier: Apache-2.0
#
# What was claimed, what was found, and the figures behind it.
"""Checks and figures of a run."""

import dataclasses
import pathlib


@dataclasses.dataclass
class Checks:
    """The findings so far; each is printed when it is made."""

    passed: int = 0
    failed: int = 0
    figures: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def claim(self, text: str, holds: bool, found: object = "") -> bool:
        """Notes whether `text` holds; `found` says what was seen."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
        seen = f": {found}" if found != "" else ""
        print(f"  {'ok    ' if holds else 'FAILED'}  {text}{seen}", flush=True)
        return holds

    def figure(self, name: str, value: object) -> None:
        """Notes a figure for the table at the end."""
        self.figures.append((name, str(value)))

    def table(self) -> str:
        """The figures, aligned."""
        wide = max((len(name) for name, _ in self.figures), default=0)
        return "\n".join(f"  {name:<{wide}}  {value:>12}" for name, value in self.figures)

    def summary(self) -> str:
        """The closing line."""
        return f"{self.passed} passed, {self.failed} failed"

    def write(self, path: pathlib.Path) -> None:
        """Leaves the closing line where the sum over all steps is made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.summary() + "\n")
