"""The loop: wake-ups become passes, errors become patience, and nothing that was asked for is lost."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from reconciler.errors import (
    ReconcilerError,
    SchemaMismatch,
    SourceRefused,
    SourceUnavailable,
    SteppedDown,
    StoreUnavailable,
)
from reconciler.plan import HeldBack, Orphan, Plan, Reason, Sync
from reconciler.report import Applied, ConditionType, Hints, Outcome, Request, Role, Trigger
from tests.builders import manifest, user_key, workflow, workflow_key
from tests.unit.daemon.fakes import FakeElection, Stage, busy, record, report

DOWN = StoreUnavailable("PostgreSQL does not answer")
AWAY = SourceUnavailable("the folder is missing")
REFUSED = SourceRefused("the root is a file")


def _condition(stage: Stage, type_: ConditionType) -> tuple[bool, str]:
    found = next(one for one in stage.replica.conditions if one.type is type_)
    return found.status, found.reason


def _paths(*paths: str) -> Hints:
    return Hints(paths=frozenset(paths))


# --- passes -------------------------------------------------------------------------------------------------


def test_the_first_pass_looks_at_everything_and_at_once() -> None:
    """A daemon knows nothing of what happened before it began."""
    stage = Stage(report())
    stage.run()
    assert stage.passes.times == [0]
    order = stage.passes.orders[0]
    assert (order.wakeup.triggers, order.wakeup.whole, order.epoch) == ((Trigger.START,), True, 1)


def test_a_saved_file_is_looked_at_at_once_and_alone() -> None:
    """The path comes along as a hint."""
    stage = Stage(report(), report())
    stage.at(7.25, lambda: stage.wakeups.request(Trigger.FILES, _paths("a.yaml")))
    stage.run()
    assert stage.passes.times == [0, 7.25]
    assert stage.passes.orders[1].wakeup.hints == _paths("a.yaml")


def test_requests_during_a_pass_become_one_more_pass() -> None:
    """However many there are."""

    def saved_often() -> None:
        for _ in range(50):
            stage.wakeups.request(Trigger.FILES)

    stage = Stage(saved_often, report(), report())
    stage.at(5, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0, 0]


def test_an_idle_daemon_runs_no_pass() -> None:
    """Its ticks only confirm that it leads."""
    stage = Stage(report(), report())
    stage.at(600, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0]


def test_every_pass_has_an_id_of_its_own() -> None:
    """By which a commit of unknown outcome can be asked for."""
    stage = Stage(report(), report())
    stage.at(1, lambda: stage.wakeups.request(Trigger.FILES))
    stage.run()
    assert len({order.pass_id for order in stage.passes.orders}) == 2


def test_a_row_that_may_be_free_for_another_resource_is_looked_at_at_once() -> None:
    """A narrow pass sees who lost its manifest, a full one lets go of its row, and the next passes it on."""
    new, old = user_key("new"), user_key("old")
    held = [
        HeldBack(new, Sync.CONFLICT, Reason.ROW_EXISTS, "the row that bears its username is that of another")
    ]
    narrow = report(held=held, records=[old], scope=[new, old])
    lets_go = report(held=held, records=[old])
    plan = replace(lets_go.result.plan or Plan("r1"), changes=(Orphan(record(old)),))
    applied = Applied(done=frozenset([old]))
    lets_go = replace(lets_go, result=replace(lets_go.result, plan=plan, applied=applied))
    stage = Stage(report(), narrow, lets_go, report(held=held, records=[old]), report())
    stage.at(5, lambda: stage.wakeups.request(Trigger.FILES, _paths("a.yaml")))
    stage.at(9, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0, 5, 5, 5]
    assert [order.wakeup.whole for order in stage.passes.orders] == [True, False, True, True]


# --- errors -------------------------------------------------------------------------------------------------


def test_a_transient_error_is_tried_again_with_delays_that_double_up_to_half_a_minute() -> None:
    """Without jitter here; the factor is tested with the backoff itself."""
    stage = Stage(*[DOWN] * 11, report())
    stage.run()
    assert stage.passes.gaps == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30]


def test_after_a_success_the_delays_begin_anew() -> None:
    """A bad day long ago does not slow down a bad moment now."""
    stage = Stage(DOWN, DOWN, DOWN, report(), DOWN, report())
    stage.at(50, lambda: stage.wakeups.request(Trigger.FILES))
    stage.run()
    assert stage.passes.gaps == [0.1, 0.2, 0.4, 49.3, 0.1]


def test_after_a_failure_everything_is_looked_at() -> None:
    """Nobody knows how far the failed pass came; what it was asked for is still told."""
    stage = Stage(report(), DOWN, report())
    stage.at(3, lambda: stage.wakeups.request(Trigger.FILES, _paths("a.yaml")))
    stage.run()
    wakeup = stage.passes.orders[2].wakeup
    assert wakeup.whole
    assert wakeup.triggers == (Trigger.FILES, Trigger.RETRY)


def test_a_saved_file_does_not_cut_a_backoff_short() -> None:
    """It is served by the retry."""
    stage = Stage(DOWN, DOWN, DOWN, DOWN, report())
    stage.at(0.8, lambda: stage.wakeups.request(Trigger.FILES))
    stage.run()
    assert stage.passes.gaps == [0.1, 0.2, 0.4, 0.8]
    assert Trigger.FILES in stage.passes.orders[4].wakeup.triggers


def test_a_folder_that_is_back_ends_the_wait_for_it() -> None:
    """The watcher saw it come: whoever made it again does not wait half a minute for the rows."""
    stage = Stage(*[AWAY] * 8, report())
    stage.at(13, lambda: stage.wakeups.request(Trigger.FILES))
    stage.run()
    assert stage.passes.times == [0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3, 12.7, 13]


@pytest.mark.parametrize("trigger", [Trigger.REQUEST, Trigger.SIGNAL, Trigger.COMMAND, Trigger.WEBHOOK])
def test_somebody_who_waits_cuts_a_backoff_short(trigger: Trigger) -> None:
    """Once: what failed again waits as long as it is its turn to wait."""
    stage = Stage(DOWN, DOWN, DOWN, DOWN, report())
    stage.at(0.35, lambda: stage.wakeups.request(trigger))
    stage.run()
    assert stage.passes.times == [0, 0.1, 0.3, 0.35, 1.15]


def test_a_terminal_error_is_not_tried_again_until_something_asks_for_it() -> None:
    """An hour passes; then the schedule calls."""
    stage = Stage(REFUSED, report())
    stage.at(3600, lambda: stage.wakeups.request(Trigger.SCHEDULE))
    stage.run()
    assert stage.passes.times == [0, 3600]
    assert stage.passes.orders[1].wakeup.triggers == (Trigger.START, Trigger.SCHEDULE)


def test_a_stall_is_shown_with_its_reason_and_ends_with_the_pass_that_succeeds() -> None:
    """Ready goes with it, and comes back with it."""
    told: list[tuple[tuple[bool, str], tuple[bool, str]]] = []

    def look() -> None:
        told.append((_condition(stage, ConditionType.STALLED), _condition(stage, ConditionType.READY)))

    stage = Stage(REFUSED, report(), report())
    stage.at(5, look)
    stage.at(10, lambda: stage.wakeups.request(Trigger.FILES))
    stage.at(15, look)
    stage.at(20, stage.wakeups.close)
    stage.run()
    assert told == [
        ((True, "SourceRefused"), (False, "SourceRefused")),
        ((False, "NotStalled"), (True, "Reconciled")),
    ]


def test_a_failed_pass_is_told_as_the_last_one() -> None:
    """With what asked for it, and why it failed."""
    stage = Stage(report(), DOWN, report())
    stage.at(3, lambda: stage.wakeups.request(Trigger.DRIFT))
    stage.at(3.05, stage.wakeups.close)
    stage.run()
    last = stage.board.syncs[-1].last_pass
    assert last is not None
    assert (last.trigger, last.outcome, last.error) == (Trigger.DRIFT, Outcome.FAILED, str(DOWN))
    assert last.pass_id == stage.passes.orders[1].pass_id


def test_a_mistake_of_ours_stalls_and_does_not_end_the_daemon() -> None:
    """Trying it again and again would only repeat it."""
    stage = Stage(ZeroDivisionError("oops"), report(), report())
    stage.at(60, lambda: stage.wakeups.request(Trigger.SCHEDULE))
    stage.at(70, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0, 60]


# --- looking again ------------------------------------------------------------------------------------------


def test_busy_rows_are_looked_at_again_every_second_and_alone() -> None:
    """Until none is busy any more."""
    again = report(held=[busy("w")], scope=[workflow_key("w")])
    stage = Stage(report(held=[busy("w")]), again, report(scope=[workflow_key("w")]), report())
    stage.at(60, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0, 1, 2]
    assert {order.wakeup.hints for order in stage.passes.orders[1:]} == {
        Hints(keys=frozenset({workflow_key("w")}))
    }


def test_other_passes_do_not_put_off_the_look_at_busy_rows() -> None:
    """A file that is saved twice a second would, for ever."""
    other = report(scope=[workflow_key("other")])
    stage = Stage(report(held=[busy("w")]), other, other, other, other)
    for tenth in (3, 6, 9, 12):
        stage.at(tenth / 10, lambda: stage.wakeups.request(Trigger.FILES, _paths("other.yaml")))
    stage.run()
    assert stage.passes.times == [0, 0.3, 0.6, 0.9, 1]
    assert stage.passes.orders[4].wakeup.trigger is Trigger.RETRY


def test_a_file_in_mid_write_is_looked_at_again_soon_and_then_less_often() -> None:
    """Somebody who writes for a minute shall not keep the daemon busy for that minute."""
    writing = report(unsettled=["a.yaml"], scope=[])
    stage = Stage(*[writing] * 6, report(scope=[]), report())
    stage.at(60, stage.wakeups.close)
    stage.wakeups.request(Trigger.FILES, _paths("a.yaml"))
    stage.run()
    assert stage.passes.gaps == [0.1, 0.2, 0.4, 0.8, 1, 1]
    assert stage.passes.orders[1].wakeup.hints == _paths("a.yaml")
    assert {order.wakeup.trigger for order in stage.passes.orders[1:]} == {Trigger.FILES}


def test_orphans_are_told_anew_when_what_holds_pruning_back_moves() -> None:
    """The file that held it back is mended by a pass that looks at nothing else."""
    held = HeldBack(workflow_key("w"), Sync.ORPHANED, Reason.PRUNE_HELD, "a.yaml is not understood")
    gone = report(records=[workflow_key("w")], held=[held], gaps=["a.yaml is not understood"])
    stage = Stage(gone, report(scope=[]), report())
    stage.at(5, lambda: stage.wakeups.request(Trigger.FILES, _paths("a.yaml")))
    stage.run()
    assert stage.passes.times == [0, 5, 5]
    assert stage.passes.orders[2].wakeup.whole


def test_without_orphans_a_mistake_costs_no_full_pass() -> None:
    """Whoever types makes and mends one with every save."""
    stage = Stage(report(), report(scope=[], gaps=["a.yaml is not understood"]), report(scope=[]), report())
    for second in (5, 6):
        stage.at(second, lambda: stage.wakeups.request(Trigger.FILES, _paths("a.yaml")))
    stage.at(60, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0, 5, 6]


def test_an_absent_resource_is_proven_absent_after_the_delay_by_a_full_pass() -> None:
    """Not before: a checkout removes files that it is about to write again."""
    gone = report(records=[workflow_key("w")])
    stage = Stage(gone, gone, report())
    stage.at(60, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0, 10]
    assert [order.absent_long_enough for order in stage.passes.orders] == [
        frozenset(),
        frozenset({workflow_key("w")}),
    ]
    assert stage.passes.orders[1].wakeup.whole


def test_a_resource_that_comes_back_waits_anew() -> None:
    """Ten seconds, counted from when it went the second time."""
    gone = report(records=[workflow_key("w")])
    back = report(manifest(workflow("w")), records=[workflow_key("w")])
    stage = Stage(gone, back, gone, gone, report())
    stage.at(9, lambda: stage.wakeups.request(Trigger.FILES))
    stage.at(9.5, lambda: stage.wakeups.request(Trigger.FILES))
    stage.at(60, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == [0, 9, 9.5, 19.5]


# --- leading and standing by --------------------------------------------------------------------------------


def test_a_standby_runs_no_pass_and_shows_it() -> None:
    """It asks every second whether it may lead."""
    stage = Stage(report(), election=FakeElection(None))
    stage.at(30, stage.wakeups.close)
    stage.run()
    assert stage.passes.times == []
    assert stage.replica.role is Role.STANDBY
    assert _condition(stage, ConditionType.READY) == (True, "StandingBy")


def test_a_standby_that_is_elected_looks_at_everything() -> None:
    """Whatever was asked for before has been asked of the old leader as well."""
    stage = Stage(report(), election=FakeElection(None, None, None, 7))
    stage.at(0.5, lambda: stage.wakeups.request(Trigger.REQUEST, None, Request(UUID(int=1))))
    stage.run()
    assert stage.passes.times == [3]
    order = stage.passes.orders[0]
    assert (order.epoch, order.wakeup.triggers, order.wakeup.whole) == (7, (Trigger.START,), True)


def test_a_new_epoch_begins_with_everything() -> None:
    """Somebody else may have written in between."""
    stage = Stage(report(), report(), election=FakeElection(1, 1, 1, 2))
    stage.run()
    assert [(order.epoch, order.wakeup.whole) for order in stage.passes.orders] == [(1, True), (2, True)]


def test_a_replica_that_was_stepped_over_stands_for_election_anew() -> None:
    """Its session goes first: an advisory lock that it still holds must not keep others from leading."""
    stage = Stage(SteppedDown("another replica writes"), report(), election=FakeElection(1, None, None, 3))
    stage.run()
    assert [order.epoch for order in stage.passes.orders] == [1, 3]
    assert stage.election.resigned == 2


def test_a_daemon_waits_for_a_postgresql_that_is_not_there_yet() -> None:
    """It asks at least once a second, so that it is back within two seconds of its return."""
    stage = Stage(report(), election=FakeElection(*[DOWN] * 60, 1))
    told: list[tuple[bool, str]] = []
    stage.at(5, lambda: told.append(_condition(stage, ConditionType.READY)))
    stage.run()
    assert told == [(False, "StoreUnavailable")]
    assert 55 < stage.passes.times[0] < 60


def test_a_postgresql_that_goes_away_and_comes_back_is_met_with_a_full_pass() -> None:
    """Under whatever epoch; the last commit may be gone."""
    stage = Stage(report(), report(), election=FakeElection(1, DOWN, DOWN, 1))
    stage.run()
    assert [order.wakeup.whole for order in stage.passes.orders] == [True, True]


def test_tables_that_do_not_fit_are_looked_at_again_only_when_asked() -> None:
    """No replica leads meanwhile, and it is shown why."""
    stage = Stage(report(), election=FakeElection(SchemaMismatch("the tables are newer than this daemon"), 1))
    told: list[tuple[bool, str]] = []
    stage.at(100, lambda: told.append(_condition(stage, ConditionType.STALLED)))
    stage.at(200, lambda: stage.wakeups.request(Trigger.SCHEDULE))
    stage.run()
    assert stage.passes.times == [200]
    assert told == [(True, "SchemaMismatch")]


def test_a_mistake_of_ours_in_the_election_stalls_as_well() -> None:
    """And is shown, where an end of the process would only be restarted into the same mistake."""
    stage = Stage(report(), election=FakeElection(ZeroDivisionError("oops"), 1))
    told: list[tuple[bool, str]] = []
    stage.at(100, lambda: told.append(_condition(stage, ConditionType.STALLED)))
    stage.at(200, lambda: stage.wakeups.request(Trigger.SIGNAL))
    stage.run()
    assert stage.passes.times == [200]
    assert told == [(True, "InternalError")]


# --- stopping -----------------------------------------------------------------------------------------------


def test_a_stop_during_a_pass_lets_it_end_and_be_told() -> None:
    """And no further one begins, whatever is asked for."""

    def told_to_stop() -> None:
        stage.wakeups.request(Trigger.FILES)
        stage.wakeups.close()

    stage = Stage(told_to_stop, report())
    stage.run()
    assert len(stage.passes.orders) == 1
    assert stage.board.syncs[-1].last_pass is not None
    assert stage.election.resigned == 1


@pytest.mark.parametrize("answer", [1, None, DOWN, REFUSED])
def test_a_stop_ends_every_kind_of_waiting_at_once(answer: int | ReconcilerError | None) -> None:
    """Leading, standing by, out of touch, stalled."""
    stage = Stage(report(), report(), election=FakeElection(answer))
    stage.at(3.7, stage.wakeups.close)
    stage.run()
    assert stage.clock.elapsed == 3.7
    assert stage.election.resigned == 1


def test_whatever_ends_the_loop_the_lock_is_let_go() -> None:
    """It is not held by a process that does nothing any more."""
    stage = Stage(report(), report(), election=FakeElection(1, 1, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        stage.run()
    assert stage.election.resigned == 1
