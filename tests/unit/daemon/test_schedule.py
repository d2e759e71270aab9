"""The schedule: asks again and again, whatever is done to the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from reconciler.daemon.clock import SystemClock
from reconciler.daemon.schedule import JITTER_AT_MOST, SLACK, Schedule
from reconciler.daemon.timing import Cron, Every
from reconciler.daemon.wakeups import Wakeups
from reconciler.report import Trigger
from tests.unit.daemon.fakes import NOON, StubClock

HOUR = Every(timedelta(hours=1))


class _JumpyClock(StubClock):
    """A clock whose wall part can be set."""

    def __init__(self) -> None:
        super().__init__()
        self.jump = timedelta()

    def now(self) -> datetime:
        return super().now() + self.jump


@contextmanager
def _running(schedule: Schedule) -> Iterator[Schedule]:
    schedule.start()
    try:
        yield schedule
    finally:
        schedule.stop()


def test_it_asks_for_a_full_pass_again_and_again() -> None:
    """On the real clock, as fast as it goes."""
    wakeups = Wakeups(SystemClock())
    with _running(Schedule(Every(timedelta(milliseconds=5)), wakeups, SystemClock(), lambda: 0.0)):
        for _ in range(3):
            wakeup = wakeups.wait(30)
            assert wakeup is not None
            assert (wakeup.triggers, wakeup.whole) == ((Trigger.SCHEDULE,), True)


def test_another_timing_holds_at_once() -> None:
    """Whoever sets seconds instead of an hour does not wait for the hour to end."""
    wakeups = Wakeups(SystemClock())
    with _running(Schedule(HOUR, wakeups, SystemClock(), lambda: 0.0)) as schedule:
        schedule.adopt(Every(timedelta(milliseconds=5)))
        assert wakeups.wait(30) is not None
        assert schedule.overdue_after(NOON) < NOON + timedelta(minutes=1)


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_that_jumps_costs_one_pass_and_no_silence(years: int) -> None:
    """Neither ten years without a pass, nor five million passes at once."""
    clock = _JumpyClock()
    wakeups = Wakeups(clock)
    with _running(Schedule(HOUR, wakeups, clock, lambda: 0.0)) as schedule:
        clock.go(1)
        schedule.check()
        assert wakeups.wait(0) is None
        clock.jump = timedelta(days=365 * years)
        schedule.check()
        wakeup = wakeups.wait(0)
        assert wakeup is not None
        assert wakeup.triggers == (Trigger.SCHEDULE,)
        schedule.check()
        assert wakeups.wait(0) is None


def test_a_clock_that_is_slowly_corrected_costs_nothing() -> None:
    """As time servers do it: half a second a second at the very most."""
    clock = _JumpyClock()
    wakeups = Wakeups(clock)
    with _running(Schedule(HOUR, wakeups, clock, lambda: 0.0)) as schedule:
        for _ in range(100):
            clock.go(1)
            clock.jump += timedelta(milliseconds=500)
            schedule.check()
    assert wakeups.wait(0) is None


def test_passes_are_spread_by_a_tenth_and_never_by_more_than_half_a_minute() -> None:
    """Many daemons that were started together shall not ask together for ever."""
    clock = StubClock()

    def due(interval: timedelta, random: float) -> timedelta:
        schedule = Schedule(Every(interval), Wakeups(clock), clock, lambda: random)
        return schedule.next_after(NOON) - NOON

    minute, day = timedelta(minutes=1), timedelta(days=1)
    assert due(minute, 0) == minute
    assert due(minute, 1) == minute * 1.1
    assert due(day, 1) == day + JITTER_AT_MOST


@pytest.mark.parametrize(
    ("interval", "overdue"),
    [
        (timedelta(seconds=1), timedelta(seconds=2.2)),
        (timedelta(minutes=1), timedelta(minutes=2.2)),
        (timedelta(hours=1), timedelta(hours=2, minutes=1)),
    ],
)
def test_overdue_leaves_room_for_the_spread(interval: timedelta, overdue: timedelta) -> None:
    """A pass that comes as late as the schedule lets it is not overdue."""
    clock = StubClock()
    schedule = Schedule(Every(interval), Wakeups(clock), clock, lambda: 1.0)
    assert schedule.overdue_after(NOON) == NOON + overdue + SLACK


def test_a_cron_pass_is_overdue_by_the_times_that_were_missed() -> None:
    """Noon of a Tuesday, and Mondays."""
    clock = StubClock()
    schedule = Schedule(Cron("0 0 * * 1"), Wakeups(clock), clock, lambda: 0.0)
    assert timedelta(days=12) < schedule.overdue_after(NOON) - NOON < timedelta(days=14)
