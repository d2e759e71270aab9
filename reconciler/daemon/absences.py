"""How long each resource has been without a manifest: a folder in mid-checkout is not a snapshot."""

from __future__ import annotations

from datetime import timedelta

from reconciler.ports import Clock
from reconciler.report import PassReport
from reconciler.resources import ResourceKey


class Absences:
    """Remembers since when each managed resource has been declared nowhere, by a clock that only grows.

    Only what a complete snapshot lacks is absent. Another root, an incomplete snapshot, and of course a
    manifest that comes back, begin the wait anew. `delay` is None for sources whose every revision is a
    snapshot.
    """

    def __init__(self, clock: Clock, delay: timedelta | None) -> None:
        self._clock = clock
        self._delay = None if delay is None else delay.total_seconds()
        self._since: dict[ResourceKey, float] = {}
        self._root = ""

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
        """Give those that have been absent for the delay; None when none is needed."""
        if self._delay is None:
            return None
        due = self._clock.monotonic() - self._delay
        return frozenset(key for key, since in self._since.items() if since <= due)

    def until_proven(self) -> float | None:
        """Give the seconds until one more has been absent for the delay; None when none waits for that."""
        if self._delay is None:
            return None
        due = self._clock.monotonic() - self._delay
        waiting = [since - due for since in self._since.values() if since > due]
        return min(waiting, default=None)
