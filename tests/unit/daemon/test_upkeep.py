"""Upkeep: now and then, a little at a time, and never in anybody's way."""

from __future__ import annotations

from datetime import timedelta

from reconciler.daemon.upkeep import EVERY, FIRST, MOST
from reconciler.errors import SteppedDown, StoreUnavailable
from reconciler.report import Trigger
from tests.unit.daemon.fakes import Stage, report

HOUR = EVERY


def _run_for(stage: Stage, seconds: float) -> None:
    stage.at(seconds, stage.wakeups.close)
    stage.run()


def test_it_is_asked_for_a_minute_after_the_start_and_then_every_hour() -> None:
    """Under the epoch of the writer, with the age that was set."""
    stage = Stage(report(), report())
    _run_for(stage, FIRST + 2.5 * HOUR)
    assert stage.archive.asked == [(1, timedelta(days=90))] * 3
    assert stage.passes.times == [0]


def test_what_one_go_does_not_get_done_is_done_in_the_next_idle_seconds() -> None:
    """A thousand rows each."""
    stage = Stage(report(), report())
    stage.archive.over_age = 3 * MOST + 5
    _run_for(stage, FIRST + 30)
    assert stage.archive.over_age == 0
    assert len(stage.archive.asked) == 4


def test_zero_keeps_everything() -> None:
    """Nothing is even looked for."""
    stage = Stage(report(), report())
    stage.upkeep.adopt(timedelta(0))
    _run_for(stage, 3 * HOUR)
    assert stage.archive.asked == []


def test_a_standby_removes_nothing() -> None:
    """Neither does a replica that does not know who leads."""
    stage = Stage()
    stage.election.__init__(None)  # type: ignore[misc]
    _run_for(stage, 3 * HOUR)
    assert stage.archive.asked == []


def test_it_waits_while_a_failed_pass_is_owed() -> None:
    """Somebody may wait for that."""
    down = StoreUnavailable("PostgreSQL does not answer")
    stage = Stage(*[down] * 6, report(), report())
    stage.upkeep._due = 0.0  # noqa: SLF001 - overdue while the passes fail
    stage.at(60, stage.wakeups.close)
    stage.run()
    assert stage.passes.times[-1] > 3
    assert len(stage.archive.asked) == 1


def test_what_fails_ends_nothing_and_is_tried_again_an_hour_later() -> None:
    """Whatever it is that fails."""
    for error in (StoreUnavailable("gone"), SteppedDown("another writes"), ValueError("a mistake of ours")):
        stage = Stage(report(), report(), report())
        stage.archive.error = error
        stage.at(HOUR, lambda stage=stage: stage.wakeups.request(Trigger.FILES))  # type: ignore[misc]
        _run_for(stage, FIRST + 1.5 * HOUR)
        assert len(stage.archive.asked) == 2
        assert stage.passes.times == [0, HOUR]
