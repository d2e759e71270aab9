"""When to look again unasked: after an error, a busy row, a file in mid-write, an absence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.daemon.absences import Absences
from reconciler.daemon.wakeups import Wakeups
from reconciler.errors import SourceUnavailable, TransientError
from reconciler.plan import Orphan, Reason, Sync
from reconciler.ports import Clock
from reconciler.report import Hints, PassReport, Trigger
from reconciler.resources import ResourceKey

TICK: Final = 1.0
"""Seconds after which the loop looks up although nobody called: leadership is confirmed, or tried for."""

BUSY_DELAY: Final = 1.0
"""Seconds until resources that were locked or in flight are looked at again."""

URGENT: Final = frozenset({Trigger.REQUEST, Trigger.SIGNAL, Trigger.COMMAND, Trigger.WEBHOOK})
"""Triggers that end a backoff: somebody waits for an answer, or says that the cause is gone."""

BUSY: Final = frozenset({Reason.IN_FLIGHT, Reason.ROW_LOCKED, Reason.ROW_MOVED})
"""Reasons that may be gone in a moment."""


class Backoff:
    """Delays that double from `first` to `ceiling` seconds, each shortened at random by up to a half.

    `random` gives numbers from 0 to 1: many daemons that lost one database shall not return to it at once.
    """

    def __init__(self, first: float, ceiling: float, random: Callable[[], float]) -> None:
        self._first = first
        self._ceiling = ceiling
        self._random = random
        self._next = first

    def grow(self) -> float:
        """Give the seconds to wait after one more failure."""
        delay = self._next * (1 - self._random() / 2)
        self._next = min(self._ceiling, self._next * 2)
        return delay

    def reset(self) -> None:
        """Begin anew: it worked."""
        self._next = self._first


@dataclass(frozen=True, slots=True)
class _Reminder:
    due: float
    hints: Hints | None
    trigger: Trigger = Trigger.RETRY


class Pace:
    """Decides after each pass when the next is due if nobody asks for one, and asks for it in time.

    `random` gives numbers from 0 to 1; `absences` knows how long resources have been missing.
    """

    def __init__(self, clock: Clock, random: Callable[[], float], absences: Absences) -> None:
        self._clock = clock
        self._absences = absences
        self._reminders: dict[str, _Reminder] = {}
        self._after_failure = Backoff(0.1, 30.0, random)
        self._out_of_touch = Backoff(0.1, TICK, random)
        self._unsettled = Backoff(0.1, 1.0, lambda: 0.0)
        self._busy: frozenset[ResourceKey] = frozenset()
        self._urgent = URGENT

    @property
    def busy(self) -> frozenset[ResourceKey]:
        """The resources that are looked at again every second."""
        return self._busy

    @property
    def absent_long_enough(self) -> frozenset[ResourceKey] | None:
        """The resources whose absence counts by now as proven; None when no delay is needed."""
        return self._absences.long_enough()

    def ended(self, report: PassReport) -> None:
        """Take note of a pass that reached its end."""
        self._after_failure.reset()
        self._reminders.pop("failure", None)
        self._look_again_at_busy(report)
        self._look_again_at_unsettled(report)
        self._look_again_at_absent(report)
        if _may_pass_on(report):
            self._remind("passing on", 0.0, None)

    def failed(self, error: TransientError) -> float:
        """Take note of a pass that failed and may succeed later; give the seconds until it is tried again."""
        self.stalled()
        self._urgent = URGENT | {Trigger.FILES} if isinstance(error, SourceUnavailable) else URGENT
        delay = self._after_failure.grow()
        self._remind("failure", delay, None)
        return delay

    def stalled(self) -> None:
        """Take note that trying again is in vain until somebody asks for it: nothing is due any more."""
        self._reminders.clear()
        self._busy = frozenset()

    def out_of_touch(self) -> float:
        """Give the seconds until a replica that could not even stand for election tries again."""
        return self._out_of_touch.grow()

    def in_touch(self) -> None:
        """Take note that PostgreSQL answers."""
        self._out_of_touch.reset()

    def ring(self, wakeups: Wakeups) -> list[str]:
        """Ask for the passes that are due by now; give what each is due for."""
        now = self._clock.monotonic()
        due = [name for name, reminder in self._reminders.items() if reminder.due <= now]
        for name in due:
            reminder = self._reminders.pop(name)
            wakeups.request(reminder.trigger, reminder.hints)
        return due

    def until_next(self) -> float:
        """Give the seconds until something is due, at most a tick."""
        now = self._clock.monotonic()
        return max(0.0, min([TICK, *(reminder.due - now for reminder in self._reminders.values())]))

    @property
    def admits(self) -> frozenset[Trigger] | None:
        """What may begin a pass now: everything, and during a backoff only what can't wait.

        A file that moves can't when it is the files that could not be read.
        """
        return self._urgent if "failure" in self._reminders else None

    def _remind(self, name: str, delay: float, hints: Hints | None, trigger: Trigger = Trigger.RETRY) -> None:
        self._reminders[name] = _Reminder(self._clock.monotonic() + delay, hints, trigger)

    def _look_again_at_busy(self, report: PassReport) -> None:
        """Keep the time that is set already: a stream of other passes must not put it off for ever."""
        scope = report.desired.scope
        untouched = frozenset[ResourceKey]() if scope is None else self._busy - scope
        self._busy = untouched | _busy(report)
        pending = self._reminders.pop("busy", None)
        if not self._busy:
            return
        self._remind("busy", BUSY_DELAY, Hints(keys=self._busy))
        if pending is not None and untouched:
            self._reminders["busy"] = _Reminder(pending.due, Hints(keys=self._busy))

    def _look_again_at_unsettled(self, report: PassReport) -> None:
        pending = self._reminders.pop("unsettled", None)
        paths = frozenset(report.unsettled)
        if pending is not None and pending.hints is not None and report.desired.scope is not None:
            paths |= pending.hints.paths
        if paths:
            self._remind("unsettled", self._unsettled.grow(), Hints(paths=paths), Trigger.FILES)
        else:
            self._unsettled.reset()

    def _look_again_at_absent(self, report: PassReport) -> None:
        self._absences.note(report)
        wait = self._absences.until_proven()
        self._reminders.pop("absent", None)
        if wait is not None:
            self._remind("absent", wait, None)


def _may_pass_on(report: PassReport) -> bool:
    """Whether a row that a resource wants may be free for it after a look at everything.

    A full pass that finds no manifest for the one who has it lets go of it; the one after passes it on.
    """
    if all(one.reason is not Reason.ROW_EXISTS for one in report.result.held_back):
        return False
    if report.desired.scope is not None:
        return any(not report.desired.declares(key) for key in report.survey.records)
    done = report.result.applied.done if report.result.applied else frozenset()
    changes = report.result.plan.changes if report.result.plan else ()
    return any(isinstance(change, Orphan) and change.key in done for change in changes)


def _busy(report: PassReport) -> frozenset[ResourceKey]:
    left = report.result.applied.left if report.result.applied else ()
    again = (one.held.key for one in left if one.retry)
    held = (one.key for one in report.result.held_back if one.sync is Sync.DEFERRED or one.reason in BUSY)
    return frozenset([*again, *held])
