"""What tests of folders need: a clock that agrees with the files, and short ways to write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.fakes import HandClock


class FileClock(HandClock):
    """The clock that stamps files, ahead by what passed by hand."""

    def now(self) -> datetime:
        wall = datetime.now(UTC)  # noqa: TID251 - files are stamped by it, whatever a test injects
        return wall + (super().now() - HandClock().now())


def write(root: Path, **contents: bytes) -> None:
    """Write files beneath `root`: `a__b="x"` is `a/b.yaml`."""
    for name, content in contents.items():
        path = root / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
