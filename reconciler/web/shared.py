"""What many ask for at once is read once, and is good for a while."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from reconciler.ports import Clock

_T = TypeVar("_T")


class Shared(Generic[_T]):
    """A value that is read when somebody asks and the last one is too old.

    One that took long to read is kept for longer: reading takes no more than `share` of the time, and nobody
    is given what is older than `seconds` unless that would cost more.
    """

    def __init__(self, read: Callable[[], _T], clock: Clock, seconds: float, share: float = 0.1) -> None:
        self._read = read
        self._clock = clock
        self._seconds = seconds
        self._share = share
        self._lock = Lock()
        self._last: tuple[float, _T] | None = None

    def get(self) -> _T:
        """Give it; whoever comes while another reads waits, and is given what that one has read."""
        with self._lock:
            began = self._clock.monotonic()
            if self._last is None or began > self._last[0]:
                value = self._read()
                now = self._clock.monotonic()
                self._last = now + max(self._seconds, (now - began) / self._share), value
            return self._last[1]
