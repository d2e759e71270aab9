"""What becomes of resources that no manifest declares: reported, held, or put forward for pruning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from reconciler.desired import DesiredState
from reconciler.plan.actual import ActualState, Record, Suspension
from reconciler.plan.change import Change, Delete, Forget, Orphan
from reconciler.plan.held import HeldBack, Reason, Sync
from reconciler.plan.policy import Policy
from reconciler.plan.rows import JobRow, WorkflowRow
from reconciler.resources import Kind, ResourceKey

_SHOWN = 3


def decide_absent(desired: DesiredState, actual: ActualState, policy: Policy) -> Iterator[Change | HeldBack]:
    """Decide on what is managed, in scope, and declared by no manifest, workflows first."""
    going: set[UUID] = set()
    for key in sorted(actual.survey.records, reverse=True):
        if desired.declares(key):
            continue
        record = actual.survey.records[key]
        held = _kept(record, desired, actual, policy) or _undeletable(record, actual, policy, going)
        if held is not None:
            yield held
            if not record.orphaned and _proven(desired, policy, key):
                yield Orphan(record)
            continue
        going.add(record.row_id)
        rows = actual.rows.get(key)
        yield Forget(record) if rows is None else Delete(record, rows)


def _proven(desired: DesiredState, policy: Policy, key: ResourceKey) -> bool:
    """Whether absence is evidence: everything was looked at and understood, and long enough ago."""
    waited = policy.absent_long_enough is None or key in policy.absent_long_enough
    return desired.complete and desired.scope is None and waited


def _kept(record: Record, desired: DesiredState, actual: ActualState, policy: Policy) -> HeldBack | None:
    """Say why pruning this resource is out of the question, None when it is not."""
    key = record.key
    if lost := _unreadable(record.path, desired.quarantined):
        message = f"its manifest stood in {lost}, which is not understood; its rows stay as they are"
        return HeldBack(key, Sync.INVALID, Reason.MANIFEST_INVALID, message)
    if asleep := suspension_message(key, actual.survey.suspensions):
        return HeldBack(key, Sync.SUSPENDED, Reason.SUSPENDED, asleep)

    def orphaned(reason: Reason, message: str) -> HeldBack:
        return HeldBack(key, Sync.ORPHANED, reason, f"no manifest declares it; {message}")

    if record.protected:
        return orphaned(
            Reason.PROTECTED, "its last manifest said reconciler/prune: disabled, and that stays in force"
        )
    if not policy.prune:
        return orphaned(Reason.PRUNE_OFF, "its rows stay, because pruning is off")
    if desired.gaps:
        more = f" (and {len(desired.gaps) - 1} more)" if len(desired.gaps) > 1 else ""
        return orphaned(Reason.PRUNE_HELD, f"pruning is held back: {desired.gaps[0]}{more}")
    if not _proven(desired, policy, key):
        return orphaned(Reason.PRUNE_DELAYED, "it will be pruned unless a manifest comes back soon")
    if policy.targets is not None and key not in policy.targets:
        return orphaned(Reason.NOT_TARGETED, "pruning it was not asked for")
    return None


def _undeletable(record: Record, actual: ActualState, policy: Policy, going: set[UUID]) -> HeldBack | None:
    """Say what still hangs on the rows, None when nothing does."""
    key = record.key
    rows = actual.rows.get(key)
    if key.kind is Kind.USER:
        naming = actual.workflows_of.get(record.row_id, frozenset()) - going
        if naming:
            message = (
                f"no manifest declares it, but {len(naming)} workflow(s) still name it (id {min(naming)})"
            )
            return HeldBack(key, Sync.ORPHANED, Reason.STILL_NAMED, message)
    if isinstance(rows, WorkflowRow):
        ours = {job.id for job in actual.memory.get(key, ())}
        if others := [job for job in rows.jobs if job.id not in ours]:
            message = f"jobs that nobody manages hang beneath it: {others[0].name!r} (id {others[0].id})"
            return HeldBack(key, Sync.CONFLICT, Reason.REFERENCED, message)
        busy = [job for job in rows.jobs if job.in_flight]
        if busy and key not in policy.force:
            return HeldBack(key, Sync.DEFERRED, Reason.IN_FLIGHT, in_flight_message(busy))
    return None


def _unreadable(path: str, quarantined: frozenset[str]) -> str:
    """Name the file that is not understood, or a folder above it that can't be listed, else ""."""
    if path in quarantined:
        return path
    parts = path.split("/")
    above = ("/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
    return next((folder for folder in above if folder in quarantined), "")


def in_flight_message(busy: Sequence[JobRow]) -> str:
    """Say which jobs are waited for."""
    names = ", ".join(f"{job.name!r} is {job.status}" for job in busy[:_SHOWN])
    more = f" and {len(busy) - _SHOWN} more" if len(busy) > _SHOWN else ""
    return f"waits for jobs in flight: {names}{more}"


def suspension_message(key: ResourceKey, suspensions: Mapping[ResourceKey | None, Suspension]) -> str:
    """Say why a resource is left alone by somebody's request, "" when there is none."""
    found = suspensions.get(key) or suspensions.get(None)
    if found is None:
        return ""
    whose = "" if key in suspensions else "the instance is "
    until = f" until {found.until:%Y-%m-%d %H:%M} UTC" if found.until else ""
    return f"{whose}suspended{until}: {found.reason}"
