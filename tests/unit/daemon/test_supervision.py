"""What the service manager hears: ready when it is so, and no sign of life from a loop that hangs."""

from __future__ import annotations

from reconciler.daemon.pulse import Pulse
from reconciler.daemon.supervision import Supervision
from reconciler.errors import StoreRefused, StoreUnavailable
from reconciler.report import Order, PassReport, Trigger
from tests.unit.daemon.fakes import FakeElection, FakeManager, Stage, StubClock, report


def _pulse(stage: Stage) -> Pulse:
    return Pulse(stage.clock, stage.bulletin, stage.supervision, ())


def test_it_is_ready_after_the_first_pass_and_says_so_once() -> None:
    """A beat before it says nothing of the kind, and shows that there is life."""
    stage = Stage()
    pulse = _pulse(stage)
    before: list[list[str]] = []

    def run_once(_: Order) -> PassReport:
        pulse.beat()
        before.append(stage.manager.said("READY"))
        if len(before) == 2:
            stage.wakeups.close()
        return report()

    stage.at(5, lambda: stage.wakeups.request(Trigger.FILES))
    stage.run_with(run_once)
    assert before == [[], ["1"]]
    assert stage.manager.said("READY") == ["1"]
    assert stage.manager.said("WATCHDOG") == ["1", "1"]


def test_before_it_has_stood_for_election_it_is_not_ready() -> None:
    """A PostgreSQL that takes its time to answer does not make a standby of it."""
    stage = Stage()
    pulse = _pulse(stage)
    pulse.beat()
    pulse.beat()
    assert stage.manager.said("READY") == []
    assert stage.manager.said("STATUS") == ["not ready, Starting: it has not stood for election yet"]


def test_a_replica_that_stands_by_is_ready() -> None:
    """It does all that it should."""
    stage = Stage(election=FakeElection(None))
    stage.at(0.5, stage.wakeups.close)
    stage.run()
    assert stage.manager.said("READY") == ["1"]
    assert stage.manager.said("STATUS") == ["stands by, another replica writes"]


def test_while_nothing_can_be_done_it_is_not_ready_and_says_why() -> None:
    """One line, which stays until it changes."""
    refused = StoreRefused("no right to read", where="table jobs", fix="grant it")
    stage = Stage(refused, report(), election=FakeElection(StoreUnavailable("gone"), 1))
    stage.at(5, lambda: stage.wakeups.request(Trigger.SIGNAL))
    stage.run()
    assert stage.manager.said("STATUS") == [
        "not ready, StoreUnavailable: gone",
        "not ready, StoreRefused: no right to read (table jobs); grant it",
        "writes, epoch 1; Unchanged: nothing to do",
    ]
    assert stage.manager.said("READY")[0] == "1"


def test_a_reload_is_told_with_its_beginning_and_its_end() -> None:
    """`systemctl reload` waits for the pass; also when that fails, or is left to another replica."""
    for script in ((report(), report()), (report(), StoreUnavailable("gone"), report())):
        stage = Stage(*script)
        stage.at(5, lambda stage=stage: stage.wakeups.request(Trigger.SIGNAL))  # type: ignore[misc]
        stage.run()
        told = [said for said in stage.manager.heard if said.keys() & {"READY", "RELOADING"}]
        assert told[:3] == [{"READY": "1"}, {"RELOADING": "1", "MONOTONIC_USEC": "5000000"}, {"READY": "1"}]
    stage = Stage(election=FakeElection(None))
    stage.at(0.5, lambda: stage.wakeups.request(Trigger.SIGNAL))
    stage.at(2.5, stage.wakeups.close)
    stage.run()
    told = [said for said in stage.manager.heard if said.keys() & {"READY", "RELOADING"}]
    assert [next(iter(said)) for said in told] == ["READY", "RELOADING", "READY"]


def test_a_loop_that_hangs_gives_no_sign_of_life() -> None:
    """The pulse beats on, on its own thread, and must not speak for the loop."""
    stage = Stage()
    pulse = _pulse(stage)
    signs: list[int] = []

    def run_once(_: Order) -> PassReport:
        for _second in range(100):
            stage.clock.go(1)
            pulse.beat()
        signs.append(len(stage.manager.said("WATCHDOG")))
        stage.wakeups.close()
        return report()

    stage.run_with(run_once)
    assert signs == [60]


def test_a_pass_that_takes_long_and_gets_on_is_not_taken_for_hanging() -> None:
    """Every file that was read counts."""
    stage = Stage()
    pulse = _pulse(stage)

    def run_once(_: Order) -> PassReport:
        for number in range(100):
            stage.clock.go(1)
            if number % 50 == 0:
                stage.supervision.advance("read", number, 100)
            pulse.beat()
        stage.wakeups.close()
        return report()

    stage.run_with(run_once)
    assert len(stage.manager.said("WATCHDOG")) == 100


def test_waiting_for_something_to_do_is_not_hanging() -> None:
    """Stalled, a daemon may wait for a day."""
    clock, manager = StubClock(), FakeManager()
    supervision = Supervision(clock, manager, patience=60)
    with supervision.resting():
        clock.go(3600)
        supervision.beat(None)
        assert not supervision.hangs
    clock.go(61)
    supervision.beat(None)
    assert manager.heard == [{"WATCHDOG": "1"}]


def test_what_was_not_heard_is_said_again() -> None:
    """A manager that is being started anew misses nothing that holds."""
    stage = Stage(report(), report())
    stage.manager.deaf = True
    stage.at(5, lambda: stage.wakeups.request(Trigger.FILES))
    stage.at(4, lambda: setattr(stage.manager, "deaf", False))
    stage.run()
    assert stage.manager.said("READY") == ["1"]
    assert stage.manager.said("STATUS") == ["writes, epoch 1; Unchanged: nothing to do"]
