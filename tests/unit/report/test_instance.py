"""The status of the instance: which revision counts as applied, and what is carried from pass to pass."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from reconciler.desired import Diagnostic, Location, Severity
from reconciler.plan import Gate, GateKind, Reason, Sync
from reconciler.report import Census, InstanceStatus, after_pass
from reconciler.report.instance import DIAGNOSTICS_KEPT
from reconciler.resources import Kind
from tests.builders import desired, workflow_key
from tests.unit.report.boards import NOON, later, plan, report

BEFORE = InstanceStatus(
    "default", "directory:/m", 1, last_attempted="r0", last_applied="r0", last_applied_at=later(-60)
)
SYNCED: Census = {(Kind.WORKFLOW, Sync.SYNCED, Reason.APPLIED): 3}
GATE = Gate(GateKind.PRUNE, "abc", ((workflow_key("w"), UUID(int=1), 1),))


def _mistake(severity: Severity = Severity.ERROR) -> Diagnostic:
    return Diagnostic("M101", Location("a.yaml", 1, 1, 1), "unknown field", severity=severity)


def test_a_revision_counts_as_applied_when_everything_is_as_it_says() -> None:
    """From the moment its pass ended."""
    after = after_pass(BEFORE, report(), SYNCED)
    assert (after.last_attempted, after.last_applied, after.last_applied_at) == ("r1", "r1", NOON)
    assert after.totals == {Sync.SYNCED: 3}


def test_finding_it_applied_again_does_not_make_it_newer() -> None:
    """The time is that of the first pass that could say so."""
    first = after_pass(BEFORE, report(), SYNCED)
    again = report()
    again = replace(again, result=replace(again.result, finished_at=later(60)))
    assert after_pass(first, again, SYNCED).last_applied_at == NOON


@pytest.mark.parametrize(
    ("sync", "reason"),
    [
        (Sync.INVALID, Reason.MANIFEST_INVALID),
        (Sync.CONFLICT, Reason.ROW_EXISTS),
        (Sync.SUSPENDED, Reason.SUSPENDED),
        (Sync.DEFERRED, Reason.IN_FLIGHT),
        (Sync.ORPHANED, Reason.PRUNE_HELD),
        (Sync.ORPHANED, Reason.PRUNE_BLOCKED),
        (Sync.OUT_OF_SYNC, Reason.ROW_LOCKED),
    ],
)
def test_as_long_as_anything_is_held_back_the_old_revision_stays(sync: Sync, reason: Reason) -> None:
    """Also when what is held back lies outside the scope of the pass."""
    after = after_pass(BEFORE, report(desired(scope=[])), {**SYNCED, (Kind.USER, sync, reason): 1})
    assert (after.last_attempted, after.last_applied, after.last_applied_at) == ("r1", "r0", later(-60))


@pytest.mark.parametrize("reason", [Reason.PRUNE_OFF, Reason.PROTECTED])
def test_an_orphan_that_stays_by_choice_holds_no_revision_back(reason: Reason) -> None:
    """Else the first file deleted without pruning would freeze it for ever."""
    after = after_pass(BEFORE, report(), {**SYNCED, (Kind.USER, Sync.ORPHANED, reason): 1})
    assert after.last_applied == "r1"


def test_a_mistake_a_gap_or_a_gate_holds_the_revision_back() -> None:
    """None of these need show in a resource: the mistaken manifest may be a new one."""
    broken = desired()
    broken = replace(broken, diagnostics=(_mistake(),))
    for wanted, planned in ((broken, plan()), (desired(gaps=["a/ can't be listed"]), plan())):
        assert after_pass(BEFORE, report(wanted, plan=planned), SYNCED).last_applied == "r0"
    assert after_pass(BEFORE, report(plan=plan(gates=[GATE])), SYNCED).last_applied == "r0"


def test_since_when_files_are_being_written_is_carried_from_pass_to_pass() -> None:
    """As long as nothing else is missing: a folder that can't be listed does not settle by itself."""
    writing = desired(gaps=["a.yaml was being written while it was read"])
    first = after_pass(BEFORE, replace(report(writing), unsettled=("a.yaml",)), SYNCED)
    assert first.settling_since == NOON
    again = report(writing)
    again = replace(again, result=replace(again.result, finished_at=later(5)), unsettled=("a.yaml",))
    assert after_pass(first, again, SYNCED).settling_since == NOON
    unlisted = replace(again, desired=desired(gaps=[*writing.gaps, "b/ can't be listed"]))
    assert after_pass(first, unlisted, SYNCED).settling_since is None
    assert after_pass(first, report(), SYNCED).settling_since is None


def test_warnings_are_shown_and_are_no_mistakes() -> None:
    """They hold nothing back."""
    wanted = replace(desired(), diagnostics=(_mistake(Severity.WARNING), _mistake(Severity.WARNING)))
    after = after_pass(BEFORE, report(wanted), SYNCED)
    assert (len(after.diagnostics), after.mistakes, after.last_applied) == (2, 0, "r1")


def test_of_very_many_diagnostics_some_are_kept_and_all_are_counted() -> None:
    """A folder of ten thousand broken files shall not flood Redis."""
    wanted = replace(desired(), diagnostics=(_mistake(),) * 3000)
    after = after_pass(BEFORE, report(wanted), SYNCED)
    assert (len(after.diagnostics), after.mistakes) == (DIAGNOSTICS_KEPT, 3000)


def test_a_gate_stays_until_a_full_pass_no_longer_finds_it() -> None:
    """A narrow one did not look."""
    gated = after_pass(BEFORE, report(plan=plan(gates=[GATE])), SYNCED)
    narrow = after_pass(gated, report(desired(scope=[])), SYNCED)
    assert narrow.gates == (GATE,)
    assert after_pass(narrow, report(), SYNCED).gates == ()


def test_a_suspended_instance_says_why() -> None:
    """As whoever suspended it did."""
    assert after_pass(BEFORE, report(suspended="migration"), SYNCED).suspended == "migration"
    assert after_pass(BEFORE, report(), SYNCED).suspended == ""
