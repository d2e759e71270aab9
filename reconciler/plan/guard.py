"""Budgets for what can't be undone: how much a pass may delete, or make again, without a person's word."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from reconciler.plan.actual import Approval, Survey
from reconciler.plan.change import Change, Delete, Heal, Recreate
from reconciler.plan.held import Gate, GateKind, HeldBack, Reason, Sync
from reconciler.plan.policy import Policy
from reconciler.plan.rows import Rows, WorkflowRow
from reconciler.resources import ResourceKey


class Guarded(NamedTuple):
    """The changes that may go on, and what was stopped: or, approved, let through."""

    changes: tuple[Change, ...]
    blocked: tuple[HeldBack, ...] = ()
    closed: tuple[Gate, ...] = ()
    opened: tuple[Gate, ...] = ()


def guard_prunes(changes: tuple[Change, ...], survey: Survey, policy: Policy, instance: str) -> Guarded:
    """Stop every deletion when together they exceed what is left of the hour's allowance."""
    deletes = [change for change in changes if isinstance(change, Delete)]
    window = survey.window
    if len(deletes) <= max(0, policy.allowance(window.managed_at_start) - window.pruned):
        return Guarded(changes)
    subjects = ((change.key, change.record.row_id, change.record.generation) for change in deletes)
    gate = make_gate(GateKind.PRUNE, instance, subjects)
    message = (
        f"no manifest declares it, and pruning {len(deletes)} of {window.managed_at_start} resources exceeds "
        f"max_prune; `reconciler approve {gate.digest}` releases exactly these"
    )
    blocked = (HeldBack(change.key, Sync.ORPHANED, Reason.PRUNE_BLOCKED, message) for change in deletes)
    return _gated(changes, tuple(blocked), gate, survey.approvals)


def guard_heals(changes: tuple[Change, ...], survey: Survey, policy: Policy, instance: str) -> Guarded:
    """Stop making rows again when too many are gone: made again, all of them would run again."""
    remade = [change for change in changes if isinstance(change, Recreate | Heal) and _rows_remade(change)]
    total = sum(_rows_remade(change) for change in remade)
    if total <= policy.allowance(survey.managed_rows):
        return Guarded(changes)
    subjects = ((change.key, change.after.id, _generation(change.after)) for change in remade)
    gate = make_gate(GateKind.HEAL, instance, subjects)
    message = (
        f"{total} of {survey.managed_rows} rows are gone, more than max_prune, and would all run again; "
        f"`reconciler approve {gate.digest}` makes exactly these again"
    )
    blocked = (
        HeldBack(change.key, Sync.OUT_OF_SYNC, Reason.HEAL_BLOCKED, message, change.manifest.where)
        for change in remade
    )
    return _gated(changes, tuple(blocked), gate, survey.approvals)


def _rows_remade(change: Change) -> int:
    """Count the rows that we managed, that somebody deleted, and that this change makes again."""
    match change:
        case Recreate(after=after):
            return _size(after)
        case Heal(before=WorkflowRow(jobs=there), after=WorkflowRow(jobs=wanted)):
            return len({job.id for job in wanted} - {job.id for job in there})
        case _:
            return 0


def _size(rows: Rows) -> int:
    return 1 + len(rows.jobs) if isinstance(rows, WorkflowRow) else 1


def _generation(rows: Rows) -> int:
    return rows.generation if isinstance(rows, WorkflowRow) else 0


def make_gate(kind: GateKind, instance: str, subjects: Iterable[tuple[ResourceKey, UUID, int]]) -> Gate:
    """Name a set by a digest over the instance and over each subject with its row id and generation."""
    ordered = tuple(sorted(subjects))
    text = "\n".join(
        [instance, kind, *(f"{key} {row_id} {generation}" for key, row_id, generation in ordered)]
    )
    return Gate(kind, sha256(text.encode()).hexdigest()[:16], ordered)


def _gated(
    changes: tuple[Change, ...], blocked: tuple[HeldBack, ...], gate: Gate, approvals: Iterable[Approval]
) -> Guarded:
    if Approval(gate.kind, gate.digest) in approvals:
        return Guarded(changes, opened=(gate,))
    stopped = {held.key for held in blocked}
    return Guarded(tuple(change for change in changes if change.key not in stopped), blocked, (gate,))
