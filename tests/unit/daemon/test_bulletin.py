"""What is told to Redis and to PostgreSQL, when, and what happens to it while PostgreSQL is away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from threading import Event
from uuid import UUID

import pytest

from reconciler.daemon.shelf import Shelf
from reconciler.errors import StoreUnavailable
from reconciler.plan import Reason, Sync
from reconciler.report import (
    Board,
    InstanceStatus,
    Order,
    ReplicaStatus,
    ResourceStatus,
    Role,
    Trigger,
    Wakeup,
)
from reconciler.report.wire import WireError
from reconciler.resources import ResourceKey
from tests.builders import manifest, user, user_key, workflow, workflow_key
from tests.unit.daemon.fakes import NOON, FakeStore, Stage, busy, report

ADA, W = user_key("ada"), workflow_key("w")
ADA_MANIFEST, W_MANIFEST = manifest(user("ada")), manifest(workflow("w"))
DOWN = StoreUnavailable("PostgreSQL does not answer")


@pytest.fixture
def stage() -> Stage:
    """Give a daemon of fakes that has not begun."""
    return Stage()


def test_a_pass_is_told_to_both_at_once(stage: Stage) -> None:
    """Resources, instance and replica."""
    stage.bulletin.take_office(1)
    stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    for place in (stage.board, stage.store):
        assert [one.key for one in place.changed] == [ADA]
        assert place.syncs[-1].last_applied == "r1"
    assert [one.key for one in stage.board.whole] == [ADA]


def test_a_pass_that_changes_nothing_is_told_to_redis_at_once_and_to_postgresql_with_the_next_beat(
    stage: Stage,
) -> None:
    """PostgreSQL is no log of idle passes."""
    stage.bulletin.take_office(1)
    stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    told = len(stage.store.syncs), len(stage.board.syncs)
    stage.clock.go(1)
    stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    assert (len(stage.store.syncs), len(stage.board.syncs)) == (told[0], told[1] + 1)
    stage.clock.go(4)
    stage.bulletin.beat()
    assert len(stage.store.syncs) == told[0] + 1


def test_postgresql_hears_a_heartbeat_every_five_seconds_and_redis_every_one(stage: Stage) -> None:
    """One row per replica, written at most that often."""
    stage.bulletin.take_office(1)
    before = len(stage.store.replicas), len(stage.board.replicas)
    for _ in range(20):
        stage.clock.go(1)
        stage.bulletin.beat()
    assert len(stage.store.replicas) - before[0] == 4
    assert len(stage.board.replicas) - before[1] == 20
    assert stage.replica.heartbeat_at == NOON + timedelta(seconds=20)


def test_what_postgresql_missed_it_is_told_later_and_as_it_stands_by_then(stage: Stage) -> None:
    """Of each resource the last status; of one that went, that it went."""
    stage.bulletin.take_office(1)
    stage.store.error = DOWN
    stage.bulletin.ended(report(ADA_MANIFEST, W_MANIFEST, records=[ADA, W]), 0)
    stage.bulletin.ended(report(ADA_MANIFEST, W_MANIFEST, records=[ADA, W], held=[busy("w")]), 1)
    stage.bulletin.ended(report(W_MANIFEST, records=[W], held=[busy("w")]), 1)
    assert stage.store.changed == []
    stage.store.error = None
    stage.clock.go(5)
    stage.bulletin.beat()
    assert [(one.key, one.reason) for one in stage.store.changed] == [(W, Reason.ROW_LOCKED)]
    assert stage.store.gone == [ADA]
    assert stage.store.syncs[-1].totals == {Sync.OUT_OF_SYNC: 1}


def test_while_postgresql_is_known_to_be_away_no_heartbeat_waits_for_it(stage: Stage) -> None:
    """A connection that hangs would make the heartbeat in Redis late as well."""
    stage.bulletin.lose_office(DOWN)
    for _ in range(20):
        stage.clock.go(1)
        stage.bulletin.beat()
    assert stage.store.replicas == []
    assert stage.replica.role is Role.STANDBY
    stage.bulletin.stand_by()
    stage.clock.go(5)
    stage.bulletin.beat()
    assert len(stage.store.replicas) > 0


def test_a_new_leader_goes_on_from_what_the_last_one_told(stage: Stage) -> None:
    """Since when a resource stands as it does, what was applied last, and what is gone since."""
    earlier = NOON - timedelta(days=1)
    synced = ResourceStatus(ADA, Sync.SYNCED, Reason.APPLIED, "", earlier, ADA_MANIFEST.where, 1, "r1")
    lost = ResourceStatus(W, Sync.SYNCED, Reason.APPLIED, "", earlier)
    sync = InstanceStatus("default", "directory:/old", 3, last_applied="r0", last_applied_at=earlier)
    stage.store.told = Board("postgresql", NOON, (), sync, {ADA: synced, W: lost})
    stage.bulletin.take_office(4)
    moved = stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    assert (moved.changed, moved.gone) == ((), frozenset({W}))
    assert stage.board.whole == [synced]
    told = stage.board.syncs[-1]
    assert (told.epoch, told.source, told.last_applied) == (4, "directory:/m", "r1")


def test_a_status_that_another_version_wrote_stops_no_leader(stage: Stage) -> None:
    """It begins with what it finds itself."""
    stage.store.error = WireError("not a ResourceStatus: 'Frozen' is not a valid Sync")
    stage.bulletin.take_office(4)
    stage.store.error = None
    moved = stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    assert [one.key for one in moved.changed] == [ADA]
    assert stage.board.syncs[-1].epoch == 4


def test_who_no_longer_leads_tells_nothing_of_the_instance(stage: Stage) -> None:
    """Not even what PostgreSQL had still to be told: it is hearsay by now."""
    stage.bulletin.take_office(1)
    stage.store.error = DOWN
    stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    stage.store.error = None
    stage.bulletin.stand_by()
    told = len(stage.store.syncs)
    stage.clock.go(5)
    stage.bulletin.beat()
    assert (stage.store.changed, len(stage.store.syncs)) == ([], told)
    assert stage.board.whole == []
    assert (stage.replica.role, stage.replica.overdue_after) == (Role.STANDBY, None)


def test_a_full_pass_puts_off_when_the_next_is_overdue_and_a_narrow_one_does_not(stage: Stage) -> None:
    """The schedule's passes are what repairs what events missed."""
    stage.bulletin.take_office(1)
    assert stage.replica.overdue_after == NOON + timedelta(minutes=2)
    stage.clock.go(30)
    stage.bulletin.ended(report(scope=[]), 0)
    assert stage.replica.overdue_after == NOON + timedelta(minutes=2)
    stage.bulletin.ended(report(finished=30), 0)
    assert stage.replica.overdue_after == NOON + timedelta(minutes=2, seconds=30)


def test_a_pass_that_fails_leaves_the_resources_as_they_were_told(stage: Stage) -> None:
    """It is not known how they stand."""
    stage.bulletin.take_office(1)
    stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    stage.bulletin.began(Order(Wakeup((Trigger.SCHEDULE,)), UUID(int=9), 1))
    stage.bulletin.failed(DOWN)
    assert [one.key for one in stage.board.whole] == [ADA]
    last = stage.board.syncs[-1].last_pass
    assert last is not None
    assert (last.pass_id, last.error) == (UUID(int=9), str(DOWN))


def test_who_stops_tells_what_is_left_and_takes_its_heartbeat_down(stage: Stage) -> None:
    """In Redis and in PostgreSQL."""
    stage.bulletin.take_office(1)
    stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    stage.bulletin.ended(report(ADA_MANIFEST, records=[ADA]), 0)
    told = len(stage.store.syncs)
    stage.bulletin.withdraw()
    assert len(stage.store.syncs) == told + 1
    assert stage.store.withdrawn == ["node-1"]
    assert stage.board.withdrawn


def test_who_stops_without_postgresql_stops_all_the_same(stage: Stage) -> None:
    """Its row grows old by itself."""
    stage.bulletin.take_office(1)
    stage.store.error = DOWN
    stage.bulletin.withdraw()
    assert stage.store.withdrawn == []
    assert stage.board.withdrawn


def test_postgresql_hears_at_once_of_what_a_verdict_hangs_on(stage: Stage) -> None:
    """That the daemon is ready, or has a problem, or has it no more; and else only every few seconds."""
    stage.bulletin.take_office(1)
    stage.bulletin.ended(report(), 0)
    stage.clock.go(1)
    stage.watcher.problem = "the root is gone"
    stage.bulletin.beat()
    stage.bulletin.beat()
    stage.watcher.problem = ""
    stage.bulletin.beat()
    stage.bulletin.beat()
    problems = [bool(one.problems) for one in stage.store.replicas]
    ready = [one.conditions[0].status for one in stage.store.replicas]
    assert list(zip(ready, problems, strict=True)) == [
        (False, False),
        (True, False),
        (True, True),
        (True, False),
    ]


class _Hanging(FakeStore):
    """A PostgreSQL that takes a question and does not answer until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let = Event(), Event()

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
    ) -> None:
        self.asked.set()
        assert self.let.wait(30)
        super().publish(sync, replica, changed, gone)


def test_a_postgresql_that_hangs_holds_up_no_heartbeat_and_is_shown() -> None:
    """Stopped, it keeps its connections, and no error ever comes."""
    store = _Hanging()
    stage = Stage(store=store)
    shelf = Shelf(store, stage.clock)
    stage.use(shelf)
    shelf.start()
    stage.bulletin.take_office(1)
    assert store.asked.wait(30)
    for seconds in (4, 3):
        stage.clock.go(seconds)
        stage.bulletin.beat()
    store.let.set()
    shelf.stop()
    stage.bulletin.beat()
    assert [one.problems for one in stage.board.replicas[-3:]] == [
        (),
        ("PostgreSQL has not answered for 7 s",),
        (),
    ]


def test_a_status_that_cannot_be_written_is_a_problem(stage: Stage) -> None:
    """Whoever looks there would see an old one."""
    stage.bulletin.take_office(1)
    stage.store.error = DOWN
    stage.clock.go(5)
    stage.bulletin.beat()
    stage.bulletin.beat()
    assert stage.replica.problems == (f"the status can't be written to PostgreSQL: {DOWN}",)


def test_what_was_dropped_does_not_come_back_when_its_writing_fails() -> None:
    """Another replica leads by then."""
    store = _Hanging()
    stage = Stage(store=store)
    shelf = Shelf(store, stage.clock)
    stage.use(shelf)
    shelf.start()
    stage.bulletin.take_office(1)
    assert store.asked.wait(30)
    stage.bulletin.stand_by()
    store.error = DOWN
    store.let.set()
    shelf.stop()
    store.error = None
    stage.clock.go(5)
    shelf.write()
    assert store.syncs == []
    assert [one.role for one in store.replicas] == [Role.STANDBY]
