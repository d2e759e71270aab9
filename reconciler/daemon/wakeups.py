"""The inbox: whoever wants a pass leaves a request here, from any thread; the loop takes all as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from threading import Condition

from reconciler.ports import Clock
from reconciler.report import Hints, Request, Trigger, Wakeup


class Wakeups:
    """Requests for a pass, coalesced.

    Promise: every request is followed by a pass that begins after it, unless the inbox is closed first. What
    arrives while a pass runs becomes one more pass.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = Condition()
        self._pending: Wakeup | None = None
        self._asked: Counter[Trigger] = Counter()
        self._closed = False

    def request(self, trigger: Trigger, hints: Hints | None = None, request: Request | None = None) -> None:
        """Ask for a pass: one that looks at everything, or with `hints` at what is known to have moved."""
        self.put(Wakeup((trigger,), hints, (request,) if request else ()))

    def put(self, wakeup: Wakeup) -> None:
        """Ask for all that a wake-up holds: a new one, or one whose pass did not reach its end."""
        if wakeup.asked_at is None:
            wakeup = replace(wakeup, asked_at=self._clock.monotonic())
        with self._changed:
            self._asked.update(wakeup.triggers)
            self._pending = wakeup if self._pending is None else self._pending | wakeup
            self._changed.notify_all()

    def wait(self, seconds: float, admit: frozenset[Trigger] | None = None) -> Wakeup | None:
        """Take what was asked for, waiting up to `seconds` for it; None when time is up or the inbox closed.

        With `admit`, only once one of these triggers is among it; until then everything stays in the inbox.
        """
        deadline = self._clock.monotonic() + seconds
        with self._changed:
            while not (self._closed or self._admitted(admit)):
                left = deadline - self._clock.monotonic()
                if left <= 0:
                    return None
                self._clock.wait(self._changed, left)
            if self._closed:
                return None
            taken, self._pending = self._pending, None
            return taken

    def _admitted(self, admit: frozenset[Trigger] | None) -> bool:
        if self._pending is None:
            return False
        return admit is None or not admit.isdisjoint(self._pending.triggers)

    def close(self) -> None:
        """End the waiting for good: the loop finishes the pass it is in and goes."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def asked(self) -> Mapping[Trigger, int]:
        """How often each trigger asked for a pass."""
        with self._changed:
            return dict(self._asked)

    @property
    def waiting(self) -> float:
        """For how many seconds the oldest request has been in here; 0 when there is none."""
        with self._changed:
            return self.since(self._pending) if self._pending is not None else 0.0

    def since(self, wakeup: Wakeup) -> float:
        """Give the seconds since the first request of a wake-up that was taken from here."""
        return 0.0 if wakeup.asked_at is None else self._clock.monotonic() - wakeup.asked_at

    @property
    def closed(self) -> bool:
        """Whether no further pass will begin."""
        return self._closed
