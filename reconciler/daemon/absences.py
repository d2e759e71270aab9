"""How long each resource has been without a manifest: a folder in mid-checkout is not a snapshot."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from reconciler.ports import Clock
from reconciler.report import PassReport
from reconciler.resources import ResourceKey

_PATIENCE: Final = 6
"""For how many delays the first to go missing wait for others to follow."""


class Absences:
    """Remembers since when each managed resource has been declared nowhere, by a clock that only grows.

    Only what a complete snapshot lacks is absent. Another root, an incomplete snapshot, and of course a
    manifest that comes back, begin the wait anew. What goes missing in one go, seen in however many looks,
    is proven in one go, so that the budget of a pass judges all of it. `delay` is None for sources whose
    every revision is a snapshot.
    """

    def __init__(self, clock: Clock, delay: timedelta | None) -> None:
        self._clock = clock
        self.adopt(delay)
        self._since: dict[ResourceKey, float] = {}
        self._root = ""

    def adopt(self, delay: timedelta | None) -> None:
        """Go by another delay from now on; what is missing has been so since when it was."""
        self._delay = None if delay is None else delay.total_seconds()

    def note(self, report: PassReport) -> None:
        """Take in what one pass found declared and managed."""
        if not report.desired.complete or report.root != self._root:
            self._since.clear()
        self._root = report.root
        if not report.desired.complete:
            return
        scope = report.desired.scope
        untouched = {} if scope is None else {k: t for k, t in self._since.items() if k not in scope}
        now = self._clock.monotonic()
        absent = (key for key in report.survey.records if not report.desired.declares(key))
        self._since = untouched | {key: self._since.get(key, now) for key in absent}

    def long_enough(self) -> frozenset[ResourceKey] | None:
        """Give those that have been absent for the delay; None when none is needed.

        While others still go missing, only those that have waited for them many times as long.
        """
        if self._delay is None:
            return None
        now, latest = self._clock.monotonic(), self._settles_at()
        return frozenset(key for key, since in self._since.items() if min(latest, self._limit(since)) <= now)

    def until_proven(self) -> float | None:
        """Give the seconds until one more has been absent for long enough; None when none waits for that."""
        if self._delay is None or not self._since:
            return None
        now, latest = self._clock.monotonic(), self._settles_at()
        moments = (min(latest, self._limit(since)) for since in self._since.values())
        return min((moment - now for moment in moments if moment > now), default=None)

    def _settles_at(self) -> float:
        """Give when nothing will have gone missing for the delay."""
        return max(self._since.values(), default=0.0) + (self._delay or 0.0)

    def _limit(self, since: float) -> float:
        """Give when an absence counts although others still go missing."""
        return since + (self._delay or 0.0) * _PATIENCE
