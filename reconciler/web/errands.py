"""What takes its time: run on threads of its own, so that those who only read never wait behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import anyio
from anyio import to_thread

from reconciler.web.problems import Fault, Problem

_T = TypeVar("_T")

_AT_ONCE: Final = 16
_WAITING: Final = 100


class Errands:
    """Runs so many at once, lets some more wait, and turns the rest away."""

    def __init__(self, at_once: int = _AT_ONCE, waiting: int = _WAITING) -> None:
        self._limiter = anyio.CapacityLimiter(at_once)
        self._most = at_once + waiting
        self._here = 0

    async def run(self, errand: Callable[[], _T]) -> _T:
        """Run one, and give what comes of it.

        Raises:
            Problem: too many wait already: 503.

        """
        if self._here >= self._most:
            fault = Fault(503, "Busy", headers={"Retry-After": "5"})
            raise Problem(fault, "too many requests wait for the daemon", fix="come again in 5 s")
        self._here += 1
        try:
            return await to_thread.run_sync(errand, limiter=self._limiter)
        finally:
            self._here -= 1
