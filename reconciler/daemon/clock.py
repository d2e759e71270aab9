"""The real clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Condition


class SystemClock:
    """The machine's two clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - this is the clock that everything else is given

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, condition: Condition, seconds: float) -> None:
        condition.wait(seconds)
