"""What the service manager is told: readiness, how things stand, and signs of life while there are any."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final

from reconciler.ports import Clock, ServiceManager
from reconciler.report import ConditionType, Trigger, Wakeup
from reconciler.report.standing import Standing
from reconciler.report.summary import summarize

PATIENCE: Final = 300.0
"""Seconds for which the loop may be busy without progress: more than two statements of a pass may take."""


class Supervision:
    """Tells systemd, or whoever reads its protocol, how the daemon gets on.

    The loop says when it rests and when it got on with something, and the pulse, on another thread, passes
    the sign of life on. A loop that hangs has its sign of life withheld, though its pulse beats, and one
    whose process is stopped sends none: either way the service manager starts it anew.
    """

    def __init__(self, clock: Clock, manager: ServiceManager, patience: float = PATIENCE) -> None:
        self._clock = clock
        self._manager = manager
        self._patience = patience
        self._lock = RLock()
        self._resting = False
        self._advanced_at = clock.monotonic()
        self._ready = self._reloading = self._stopped = False
        self._line = ""

    @property
    def hangs(self) -> bool:
        """Whether the loop is busy, and nothing got done for too long."""
        return not self._resting and self._clock.monotonic() - self._advanced_at > self._patience

    def advance(self, *_progress: object) -> None:
        """Take note that something got done; what is of no matter."""
        self._advanced_at = self._clock.monotonic()

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Say that the loop only waits for something to do: that is no hanging."""
        self._resting = True
        try:
            yield
        finally:
            self.advance()
            self._resting = False

    def took(self, wakeup: Wakeup) -> None:
        """Say for what the loop begins a pass, or that it leaves it to another replica."""
        if Trigger.SIGNAL in wakeup.triggers:
            with self._lock:
                microseconds = int(self._clock.monotonic() * 1_000_000)
                self._reloading = self._manager.tell(RELOADING="1", MONOTONIC_USEC=str(microseconds))

    def stepped(self, standing: Standing | None) -> None:
        """Say that the loop has done what there was to do, and stands so."""
        self.advance()
        with self._lock:
            if self._reloading and self._manager.tell(READY="1"):
                self._reloading = False
            self._tell(standing)

    def beat(self, standing: Standing | None) -> None:
        """Give a sign of life, unless the loop hangs: called once a second."""
        with self._lock:
            self._tell(standing)
            if not self.hangs:
                self._manager.tell(WATCHDOG="1")

    def stop(self) -> None:
        """Say that the last pass is over and the daemon about to end."""
        with self._lock:
            self._manager.tell(STOPPING="1", STATUS="stopping")
            self._stopped = True

    def _tell(self, standing: Standing | None) -> None:
        """Tell what is new; what could not be told is tried again with the next beat."""
        if standing is None or self._stopped:
            return
        ready = any(one.type is ConditionType.READY and one.status for one in standing.replica.conditions)
        if ready and not self._ready:
            self._ready = self._manager.tell(READY="1")
        line = summarize(standing)
        if line != self._line and self._manager.tell(STATUS=line):
            self._line = line
