"""When to try again what has failed: not at once, and less and less often."""

from __future__ import annotations

from datetime import timedelta

from reconciler.ports import Clock


class Breaker:
    """Knows whether something is failing, and when it is time for the next try."""

    def __init__(self, clock: Clock, first: timedelta, longest: timedelta) -> None:
        self._clock = clock
        self._first = first.total_seconds()
        self._longest = longest.total_seconds()
        self._delay = 0.0
        self._next_try = 0.0

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return self._delay > 0

    @property
    def due(self) -> bool:
        """Whether to try now."""
        return not self.failing or self._clock.monotonic() >= self._next_try

    def fail(self) -> None:
        """Take note of a failure: the next try comes twice as late as the last time."""
        self._delay = min(self._delay * 2 or self._first, self._longest)
        self._next_try = self._clock.monotonic() + self._delay

    def ease(self) -> None:
        """Take note that it works, though badly: it is failing still, and may be tried at once."""
        self._delay = self._first
        self._next_try = self._clock.monotonic()

    def mend(self) -> None:
        """Take note that it works again."""
        self._delay = 0.0
