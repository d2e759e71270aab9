"""The status of each resource: what is shown when several things hold, and when `since` moves."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired import Location
from reconciler.plan import Create, Delete, Forget, HeldBack, Reason, Sync, UserRow
from reconciler.report import (
    Applied,
    Movement,
    PassReport,
    ResourceStatus,
    census_after,
    census_of,
    resource_statuses,
)
from reconciler.resources import ResourceKey
from tests.builders import desired, manifest, refusal, user, user_key, workflow_key
from tests.unit.report.boards import NOON, done, held, later, left, plan, record, report, status

ADA = user_key("ada")
ADA_MANIFEST = manifest(user("ada"))
ADA_ROW = UserRow(UUID(int=1), "ada")
W = workflow_key("w")


def _only(statuses: tuple[ResourceStatus, ...]) -> ResourceStatus:
    (one,) = statuses
    return one


def test_a_resource_that_was_made_is_synced() -> None:
    """With the revision and the generation that were committed, at the place of its manifest."""
    created = report(
        desired(ADA_MANIFEST, revision="r7"),
        plan=plan(Create(ADA_MANIFEST, ADA_ROW)),
        applied=done(ADA, generations={ADA: 4}),
    )
    moved = resource_statuses({}, created, NOON)
    assert moved.gone == frozenset()
    assert _only(moved.changed) == ResourceStatus(
        ADA, Sync.SYNCED, Reason.APPLIED, "", NOON, ADA_MANIFEST.where, generation=4, revision="r7"
    )


def test_a_pass_that_finds_everything_as_it_was_moves_nothing() -> None:
    """The next one neither."""
    again = report(desired(ADA_MANIFEST, revision="r2"), [record(ADA)])
    moved = resource_statuses({}, again, NOON)
    known = {one.key: one for one in moved.changed}
    assert known[ADA].revision == "r1"
    later_on = resource_statuses(known, again, later(60))
    assert later_on.changed == ()
    assert later_on.gone == frozenset()


def test_since_moves_with_sync_or_reason_only() -> None:
    """A message may change while what it is about goes on."""
    busy = held(ADA, Sync.DEFERRED, Reason.IN_FLIGHT, "1 job is running")
    before = _only(resource_statuses({}, _held(busy), NOON).changed)
    fewer = held(ADA, Sync.DEFERRED, Reason.IN_FLIGHT, "2 jobs are running")
    same = _only(resource_statuses({ADA: before}, _held(fewer), later(1)).changed)
    assert (same.message, same.since) == ("2 jobs are running", NOON)
    locked = held(ADA, Sync.DEFERRED, Reason.ROW_LOCKED)
    assert _only(resource_statuses({ADA: same}, _held(locked), later(2)).changed).since == later(2)


def _held(*held_back: HeldBack) -> PassReport:
    return report(desired(ADA_MANIFEST), [record(ADA)], plan(held_back=held_back))


@pytest.mark.parametrize("first", range(len(Sync) - 1))
def test_where_several_hold_the_first_is_shown(first: int) -> None:
    """In the order in which `Sync` names them, whatever the order in which they were found."""
    reasons = [held(ADA, sync, Reason.SUSPENDED) for sync in Sync if sync is not Sync.SYNCED][first:]
    for order in (reasons, reasons[::-1]):
        moved = resource_statuses({}, _held(*order), NOON)
        assert _only(moved.changed).sync is list(Sync)[first]


def test_what_was_left_under_the_locks_is_not_synced() -> None:
    """Although the plan would have changed it."""
    locked = report(
        desired(ADA_MANIFEST),
        plan=plan(Create(ADA_MANIFEST, ADA_ROW)),
        applied=Applied(left=(left(ADA, Sync.OUT_OF_SYNC, Reason.ROW_LOCKED),)),
    )
    found = _only(resource_statuses({}, locked, NOON).changed)
    assert (found.sync, found.reason, found.where) == (
        Sync.OUT_OF_SYNC,
        Reason.ROW_LOCKED,
        ADA_MANIFEST.where,
    )


def test_a_refused_manifest_is_invalid_at_the_place_of_its_mistake() -> None:
    """And keeps the revision and generation of its last good rows."""
    broken = report(desired(refused=[refusal(ADA)]), [record(ADA, revision="r1", generation=3)])
    found = _only(resource_statuses({}, broken, NOON).changed)
    assert (found.sync, found.reason) == (Sync.INVALID, Reason.MANIFEST_INVALID)
    assert found.message == "M101: unknown field `nedes`"
    assert found.where == Location("ada.yaml", 1, 3, 5)
    assert (found.revision, found.generation) == ("r1", 3)


def test_an_orphan_is_shown_at_the_file_in_which_it_stood() -> None:
    """There is no better place to look."""
    gone = report(desired(), [record(W)], plan(held_back=[held(W, Sync.ORPHANED, Reason.PRUNE_OFF)]))
    assert _only(resource_statuses({}, gone, NOON).changed).where == Location("w.yaml")


@pytest.mark.parametrize("change", [Delete(record(W), ADA_ROW), Forget(record(W))])
def test_a_pruned_resource_is_gone(change: Delete | Forget) -> None:
    """From the status as well."""
    pruned = report(desired(), [record(W)], plan(change), done(W))
    moved = resource_statuses({W: status(W, Sync.ORPHANED, Reason.PRUNE_DELAYED)}, pruned, NOON)
    assert moved == Movement(gone=frozenset({W}))


def test_a_resource_that_is_neither_declared_nor_managed_any_more_is_gone() -> None:
    """A manifest that was never applied, taken back."""
    moved = resource_statuses({W: status(W, Sync.CONFLICT, Reason.ROW_EXISTS)}, report(), NOON)
    assert moved.gone == {W}


def test_a_narrow_pass_moves_only_what_it_looked_at() -> None:
    """It does not even count the others."""
    previous = {ADA: status(ADA), W: status(W)}
    narrow = report(desired(scope=[W]))
    moved = resource_statuses(previous, narrow, NOON)
    assert moved == Movement(gone=frozenset({W}))


def test_a_change_that_was_neither_made_nor_left_leaves_the_status_as_it_was() -> None:
    """Nothing is told of what is not known."""
    previous = {ADA: status(ADA, Sync.OUT_OF_SYNC, Reason.DRIFTED)}
    untold = report(desired(ADA_MANIFEST), [record(ADA)], plan(Create(ADA_MANIFEST, ADA_ROW)))
    moved = resource_statuses(previous, untold, NOON)
    assert (moved.changed, moved.gone) == ((), frozenset())


keys = st.sampled_from([ADA, W, workflow_key("x"), user_key("bob")])
stands = st.sampled_from(
    [
        (Sync.SYNCED, Reason.APPLIED),
        (Sync.ORPHANED, Reason.PRUNE_OFF),
        (Sync.INVALID, Reason.MANIFEST_INVALID),
    ]
)


@given(st.dictionaries(keys, stands), st.sets(keys), st.sets(keys), st.none() | st.sets(keys))
def test_the_census_counts_what_there_is(
    before: dict[ResourceKey, tuple[Sync, Reason]],
    managed: set[ResourceKey],
    orphans: set[ResourceKey],
    scope: set[ResourceKey] | None,
) -> None:
    """It is kept by differences, and comes to the same as counting everything."""
    previous = {key: status(key, *stand) for key, stand in before.items()}
    inside = [key for key in managed | orphans if scope is None or key in scope]
    found = report(
        desired(scope=scope),
        [record(key) for key in inside],
        plan(held_back=[held(key, Sync.ORPHANED, Reason.PRUNE_OFF) for key in inside if key in orphans]),
    )
    moved = resource_statuses(previous, found, NOON)
    after = {**previous, **{one.key: one for one in moved.changed}}
    for key in moved.gone:
        del after[key]
    assert census_after(census_of(previous.values()), previous, moved) == census_of(after.values())
