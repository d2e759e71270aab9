"""Budgets for what can't be undone: how much a pass may delete, or make again, without a person's word."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from reconciler.desired import DesiredState
from reconciler.plan.actual import ActualState, Approval, Survey
from reconciler.plan.change import Adopt, Change, Delete, Heal, Plan, Recreate, Update
from reconciler.plan.held import Gate, GateKind, HeldBack, Reason, Sync
from reconciler.plan.policy import Policy
from reconciler.plan.rows import Rows, WorkflowRow
from reconciler.plan.verdict import Verdicts
from reconciler.resources import ResourceKey


def guard_prunes(changes: tuple[Change, ...], survey: Survey, policy: Policy, instance: str) -> Verdicts:
    """Stop every deletion when together they exceed what is left of the hour's allowance."""
    deletes = [change for change in changes if isinstance(change, Delete)]
    window = survey.window
    allowed = policy.prune_allowance(window.managed_at_start)
    if window.pruned + len(deletes) <= allowed or not deletes:
        return Verdicts(changes)
    subjects = ((change.key, change.record.row_id, change.record.generation) for change in deletes)
    gate = make_gate(GateKind.PRUNE, instance, subjects)
    already = f" after {window.pruned} within the hour" if window.pruned else ""
    message = (
        f"no manifest declares it, but pruning {len(deletes)}{already} exceeds what max_prune and prune_cap "
        f"allow ({allowed} of {window.managed_at_start}); "
        f"`reconciler approve {gate.digest}` releases exactly these"
    )
    blocked = (HeldBack(change.key, Sync.ORPHANED, Reason.PRUNE_BLOCKED, message) for change in deletes)
    return _gated(changes, tuple(blocked), gate, survey.approvals)


def guard_heals(changes: tuple[Change, ...], actual: ActualState, policy: Policy, instance: str) -> Verdicts:
    """Stop making rows again when too many are gone: made again, all of them would run again."""
    survey = actual.survey
    remade = [
        (change, lost)
        for change in changes
        if isinstance(change, Adopt | Update | Heal | Recreate) and (lost := _rows_lost(change, actual))
    ]
    total = sum(lost for _, lost in remade)
    if total <= policy.heal_allowance(survey.managed_rows):
        return Verdicts(changes)
    subjects = ((change.key, change.after.id, _generation(change, survey)) for change, _ in remade)
    gate = make_gate(GateKind.HEAL, instance, subjects)
    message = (
        f"{total} of {survey.managed_rows} rows are gone, more than max_prune, and would all run again; "
        f"`reconciler approve {gate.digest}` makes exactly these again"
    )
    blocked = (
        HeldBack(change.key, Sync.OUT_OF_SYNC, Reason.HEAL_BLOCKED, message, change.manifest.where)
        for change, _ in remade
    )
    return _gated(changes, tuple(blocked), gate, survey.approvals)


def _rows_lost(change: Adopt | Update | Heal | Recreate, actual: ActualState) -> int:
    """Count the rows that we managed, that somebody deleted, and that this change makes again."""
    remembered = {job.id for job in actual.memory.get(change.key, ())}
    there = set() if isinstance(change, Recreate) else _job_ids(change.before)
    return len(remembered & _job_ids(change.after) - there) + isinstance(change, Recreate)


def _job_ids(rows: Rows) -> set[UUID]:
    return {job.id for job in rows.jobs} if isinstance(rows, WorkflowRow) else set()


def _generation(change: Adopt | Update | Heal | Recreate, survey: Survey) -> int:
    """Give the generation to which a resource comes; a user's row does not hold it."""
    if isinstance(change.after, WorkflowRow):
        return change.after.generation
    record = survey.records.get(change.key)
    return record.generation + (record.digest != change.manifest.digest) if record else 1


def make_gate(kind: GateKind, instance: str, subjects: Iterable[tuple[ResourceKey, UUID, int]]) -> Gate:
    """Name a set by a digest over the instance and over each subject with its row id and generation."""
    ordered = tuple(sorted(subjects))
    text = "\n".join(
        [instance, kind, *(f"{key} {row_id} {generation}" for key, row_id, generation in ordered)]
    )
    return Gate(kind, sha256(text.encode()).hexdigest()[:16], ordered)


def outdated(desired: DesiredState, survey: Survey, plan: Plan) -> frozenset[str]:
    """Name the sets that wait no more, by their digests, as a pass over everything can tell.

    A set that a pass put up has to be found again. One that a saved plan put up waits on, until one of its
    rows is not any more what it was then.
    """
    moved = {gate.digest for gate in survey.lasting if not _stands(gate, desired, survey)}
    return (survey.proposed | moved) - {gate.digest for gate in plan.gates}


def _stands(gate: Gate, desired: DesiredState, survey: Survey) -> bool:
    for key, row_id, generation in gate.subjects:
        record = survey.records.get(key)
        if record is None or record.row_id != row_id:
            return False
        if gate.kind is GateKind.PRUNE and (desired.declares(key) or record.generation != generation):
            return False
        if gate.kind is GateKind.HEAL and not record.drifted:
            return False
    return True


def _gated(
    changes: tuple[Change, ...], blocked: tuple[HeldBack, ...], gate: Gate, approvals: Iterable[Approval]
) -> Verdicts:
    if Approval(gate.kind, gate.digest) in approvals:
        return Verdicts(changes, opened=(gate,))
    stopped = {held.key for held in blocked}
    return Verdicts(tuple(change for change in changes if change.key not in stopped), blocked, (gate,))
