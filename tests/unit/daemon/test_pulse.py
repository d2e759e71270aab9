"""The pulse: looks after what waits, and tells that the daemon lives, even while a pass runs."""

from __future__ import annotations

from datetime import timedelta
from threading import Condition, Event

from reconciler.daemon.clock import SystemClock
from reconciler.daemon.pulse import Pulse
from reconciler.daemon.schedule import Schedule
from reconciler.daemon.timing import Every
from reconciler.report import Order, PassReport
from tests.unit.daemon.fakes import Stage, report


class _Beating:
    """A stage with a pulse."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.watcher, self.listener = stage.watcher, stage.listener
        schedule = Schedule(Every(timedelta(hours=1)), stage.wakeups, stage.clock, lambda: 0.0)
        self.pulse = Pulse(
            stage.clock, stage.bulletin, stage.supervision, (stage.watcher.check, schedule.check)
        )


def test_a_beat_tells_how_edits_are_learnt_of_and_what_is_wrong() -> None:
    """What only Redis suffers from is a note, not a problem."""
    beating = _Beating(Stage())
    beating.watcher.mode = "polling: no inotify here"
    beating.watcher.problem = "the root is gone"
    beating.listener.problem = "does not hear of drift"
    beating.stage.board.problem = "Redis does not answer"
    beating.pulse.beat()
    replica = beating.stage.replica
    assert replica.watch == "polling: no inotify here"
    assert replica.problems == ("the root is gone", "does not hear of drift")
    assert replica.notes == ("Redis does not answer",)
    assert beating.watcher.calls == ["check"]


def test_it_beats_while_a_pass_runs() -> None:
    """So that a pass that takes long is not taken for a daemon that is gone."""
    stage = Stage()
    beating = _Beating(stage)
    reasons: list[str] = []

    def run_once(_: Order) -> PassReport:
        while len(reasons) < 3:
            stage.clock.go(1)
            beating.pulse.beat()
            reasons.append(next(one.reason for one in stage.replica.conditions if one.type == "Reconciling"))
        stage.wakeups.close()
        return report()

    stage.run_with(run_once)
    assert reasons == ["PassRunning"] * 3


class _Hurried(SystemClock):
    """A real clock that waits only after the second beat."""

    def __init__(self) -> None:
        self.beats = 0
        self.enough = Event()

    def wait(self, condition: Condition, seconds: float) -> None:
        self.beats += 1
        if self.beats > 1:
            self.enough.set()
            super().wait(condition, seconds)


def test_a_mistake_in_one_beat_does_not_end_the_others_and_is_shown() -> None:
    """On its own thread."""
    stage = Stage()
    beating = _Beating(stage)
    clock = _Hurried()
    schedule = Schedule(Every(timedelta(hours=1)), stage.wakeups, stage.clock, lambda: 0.0)
    pulse = Pulse(clock, stage.bulletin, stage.supervision, (stage.watcher.check, schedule.check))
    beating.watcher.errors = [ZeroDivisionError("oops")]
    pulse.start()
    assert clock.enough.wait(30)
    pulse.stop()
    told = stage.board.replicas[0]
    assert told.problems == ("the daemon's pulse met with a mistake of ours: ZeroDivisionError: oops",)
