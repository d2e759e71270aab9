"""The schedule: asks for a full pass again and again, and so repairs whatever events missed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from reconciler.daemon.timing import Cron, Timing
from reconciler.daemon.wakeups import Wakeups
from reconciler.errors import UsageError
from reconciler.ports import Clock
from reconciler.report import Trigger
from reconciler.telemetry import get_logger

JITTER: Final = 0.1
"""By which part of the time until the next pass it is put off at most, so that many daemons spread."""

JITTER_AT_MOST: Final = timedelta(seconds=30)

SLACK: Final = timedelta(seconds=5)
"""What a pass may take, and the telling of it, before one that came in time counts as overdue."""

LEAP: Final = 2.0
"""Seconds by which the wall clock may move against the other one between two ticks before it has jumped."""

_JOB: Final = "full-pass"

log = get_logger(__name__)


class Schedule:
    """Asks for a pass whenever `timing` says so, shifted a little at random.

    `random` gives numbers from 0 to 1.
    """

    def __init__(self, timing: Timing, wakeups: Wakeups, clock: Clock, random: Callable[[], float]) -> None:
        self._timing = timing
        self._wakeups = wakeups
        self._clock = clock
        self._random = random
        self._trigger = _FromNow(timing, random)
        self._scheduler = _scheduler(timing)
        self._offset = self._wall_against_monotonic()

    def start(self) -> None:
        """Begin; the first pass is due when `timing` says so, not at once."""
        self._scheduler.add_job(self._wakeups.request, self._trigger, [Trigger.SCHEDULE], id=_JOB)
        self._scheduler.start()

    def adopt(self, timing: Timing) -> None:
        """Go by another timing from now on."""
        if timing != self._timing:
            self._timing, self._trigger = timing, _FromNow(timing, self._random)
            self._scheduler.reschedule_job(_JOB, trigger=self._trigger)

    def check(self) -> None:
        """Notice that the clock was set or that the machine slept: called once a second.

        APScheduler waits by the wall clock: set back by a year, it would be silent for a year.
        """
        before, self._offset = self._offset, self._wall_against_monotonic()
        leap = self._offset - before
        if abs(leap) > LEAP:
            log.warning("the clock jumped, or the machine slept", seconds=round(leap))
            self._scheduler.reschedule_job(_JOB, trigger=self._trigger)
            self._wakeups.request(Trigger.SCHEDULE)

    def overdue_after(self, last: datetime) -> datetime:
        """Give the time at which a full pass is overdue by two intervals, when one ended at `last`."""
        due = self._timing.overdue_after(last.astimezone(self._scheduler.timezone)).astimezone(UTC)
        spread = min(2 * JITTER_AT_MOST, JITTER * (due - last))
        return due + spread + SLACK

    def next_after(self, time: datetime) -> datetime:
        """Give the time at which the first pass after `time` would be asked for, shift included."""
        return self._trigger.get_next_fire_time(None, time)

    def stop(self) -> None:
        """Ask no more."""
        self._scheduler.shutdown()

    def _wall_against_monotonic(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()


def _scheduler(timing: Timing) -> Any:  # noqa: ANN401 - APScheduler ships no types
    """Make one that goes by this machine's time zone; only a cron expression needs to know it.

    Raises:
        UsageError: an expression has no time zone to go by.

    """
    habits = {"job_defaults": {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}}
    try:
        return BackgroundScheduler(**habits)
    except (LookupError, ValueError, OSError) as error:
        zone = os.environ.get("TZ", "/etc/localtime")
        if isinstance(timing, Cron):
            raise UsageError(
                "the time zone of this machine can't be read",
                where=f"TZ={zone}" if "TZ" in os.environ else zone,
                why="a cron expression goes by it",
                fix="name one, such as TZ=Europe/Berlin or TZ=UTC",
            ) from error
        log.warning("the time zone of this machine can't be read, UTC is taken", zone=zone)
        return BackgroundScheduler(**habits, timezone=UTC)


class _FromNow(BaseTrigger):  # type: ignore[misc] # APScheduler ships no types
    """Counts from now, not from when it fired last: a clock that leaps ahead is not caught up with."""

    def __init__(self, timing: Timing, random: Callable[[], float]) -> None:
        self._timing = timing
        self._random = random

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        due = self._timing.next_after(now)
        return due + self._random() * min(JITTER_AT_MOST, JITTER * (due - now))
