"""What is managed and no longer declared: pruned, or left with the reason; and the words for waiting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from reconciler.desired import DesiredState
from reconciler.plan.actual import ActualState, Record, Survey, Suspension
from reconciler.plan.change import Adopt, Change, Delete, Forget, Heal, Update
from reconciler.plan.held import HeldBack, Reason, Sync
from reconciler.plan.policy import Policy
from reconciler.plan.rows import JobRow, UserRow, WorkflowRow
from reconciler.resources import Kind, ResourceKey, in_order

_SHOWN = 3


def may_prune(record: Record, desired: DesiredState, survey: Survey, policy: Policy) -> bool:
    """Whether nothing forbids pruning a resource that is not declared, as far as can be told without rows."""
    return _kept(record, desired, survey, policy) is None


def decide_absent(
    desired: DesiredState, actual: ActualState, policy: Policy, changes: Sequence[Change]
) -> Iterator[HeldBack | Delete | Forget]:
    """Decide on what is managed, in scope, and declared by no manifest: workflows before their users.

    `changes` are those of the same pass: they may take a user's last workflow away, or give an orphan's rows
    to another resource, which ends its record.
    """
    named = {m.user: key for key, m in desired.manifests.items() if m.user not in desired.users}
    hold = _Hold(actual, policy.force, named, _handed_on(changes))
    passed_on = {(change.key.kind, change.before.id) for change in changes if isinstance(change, Adopt)}
    for key in reversed(in_order(actual.survey.records)):
        record = actual.survey.records[key]
        if desired.declares(key) or (key.kind, record.row_id) in passed_on:
            continue
        held = _kept(record, desired, actual.survey, policy) or hold.on(record)
        if held is not None:
            yield held
            continue
        if key.kind is Kind.WORKFLOW:
            hold.released.add(record.row_id)
        rows = actual.rows.get(key)
        yield Forget(record) if rows is None else Delete(record, rows)


def absence_is_proven(desired: DesiredState, policy: Policy, key: ResourceKey) -> bool:
    """Whether that no manifest declares it is evidence: all was looked at and understood, for long enough."""
    waited = policy.absent_long_enough is None or key in policy.absent_long_enough
    return desired.complete and desired.scope is None and waited


def _kept(record: Record, desired: DesiredState, survey: Survey, policy: Policy) -> HeldBack | None:
    """Say why pruning this resource is out of the question, None when it is not."""
    key = record.key
    if lost := _unreadable(record.path, desired.quarantined):
        message = f"its manifest stood in {lost}, which is not understood; its rows stay as they are"
        return HeldBack(key, Sync.INVALID, Reason.MANIFEST_INVALID, message)
    if asleep := suspension_message(key, survey.suspensions):
        return HeldBack(key, Sync.SUSPENDED, Reason.SUSPENDED, asleep)

    def orphaned(reason: Reason, message: str) -> HeldBack:
        return HeldBack(key, Sync.ORPHANED, reason, f"no manifest declares it; {message}")

    if record.protected:
        return orphaned(
            Reason.PROTECTED, "its last manifest said reconciler/prune: disabled, and that stays in force"
        )
    if not policy.prune:
        return orphaned(Reason.PRUNE_OFF, "its rows stay, because pruning is off (`--prune` turns it on)")
    if desired.gaps:
        more = f" (and {len(desired.gaps) - 1} more)" if len(desired.gaps) > 1 else ""
        return orphaned(Reason.PRUNE_HELD, f"pruning is held back: {desired.gaps[0]}{more}")
    if not absence_is_proven(desired, policy, key):
        return orphaned(Reason.PRUNE_DELAYED, "it will be pruned unless a manifest comes back soon")
    if policy.targets is not None and key not in policy.targets:
        return orphaned(Reason.NOT_TARGETED, "pruning it was not asked for")
    return None


def _handed_on(changes: Sequence[Change]) -> set[tuple[UUID, UUID]]:
    """Find the workflows that these changes give to another user, each with the user it had."""
    return {
        (change.before.id, change.before.user_id)
        for change in changes
        if isinstance(change, Adopt | Update | Heal)
        and isinstance(change.before, WorkflowRow)
        and isinstance(change.after, WorkflowRow)
        and change.before.user_id != change.after.user_id
    }


@dataclass(frozen=True, slots=True)
class _Hold:
    """What still hangs on rows that could otherwise go.

    `named` are the usernames that manifests refer to, `handed_on` workflows that this pass takes from a user,
    `released` workflows that go in this pass.
    """

    actual: ActualState
    force: frozenset[ResourceKey]
    named: Mapping[str, ResourceKey]
    handed_on: set[tuple[UUID, UUID]]
    released: set[UUID] = field(default_factory=set)

    def on(self, record: Record) -> HeldBack | None:
        """Say what holds the rows of this resource, None when nothing does."""
        match self.actual.rows.get(record.key):
            case UserRow() as row:
                return self._on_user(record.key, row)
            case WorkflowRow() as row:
                return self._on_workflow(record.key, row)
            case None:
                return None

    def _on_user(self, key: ResourceKey, row: UserRow) -> HeldBack | None:
        naming = [
            workflow
            for workflow in self.actual.workflows_of.get(row.id, frozenset())
            if workflow not in self.released and (workflow, row.id) not in self.handed_on
        ]
        if naming:
            more = f" and {len(naming) - 1:,} more" if naming[1:] else ""
            what = f"workflow {min(naming)}{more} still {'name' if more else 'names'} it"
        elif row.username in self.named:
            what = f"the manifest of {self.named[row.username]} still names it"
        else:
            return None
        message = f"no manifest declares it, but {what}"
        return HeldBack(key, Sync.ORPHANED, Reason.STILL_NAMED, message)

    def _on_workflow(self, key: ResourceKey, row: WorkflowRow) -> HeldBack | None:
        ours = {job.id for job in self.actual.memory.get(key, ())}
        if others := [job for job in row.jobs if job.id not in ours]:
            message = f"jobs that nobody manages hang beneath it: {others[0].name!r} (id {others[0].id})"
            return HeldBack(key, Sync.CONFLICT, Reason.REFERENCED, message)
        busy = [job for job in row.jobs if job.in_flight]
        if busy and key not in self.force:
            return HeldBack(key, Sync.DEFERRED, Reason.IN_FLIGHT, in_flight_message(key, busy))
        return None


def _unreadable(path: str, quarantined: frozenset[str]) -> str:
    """Name the file that is not understood, or a folder above it that can't be listed, else ""."""
    if path in quarantined:
        return path
    parts = path.split("/")
    above = ("/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
    return next((folder for folder in above if folder in quarantined), "")


def in_flight_message(key: ResourceKey, busy: Sequence[JobRow]) -> str:
    """Say which jobs are waited for, and how not to wait."""
    names = ", ".join(f"{job.name!r} is {job.status}" for job in busy[:_SHOWN])
    more = f" and {len(busy) - _SHOWN} more" if len(busy) > _SHOWN else ""
    return f"waits for jobs in flight: {names}{more}; `reconciler reconcile --force {key}` does not wait"


def suspension_message(key: ResourceKey, suspensions: Mapping[ResourceKey | None, Suspension]) -> str:
    """Say why a resource is left alone by somebody's request, "" when there is none."""
    found = suspensions.get(key) or suspensions.get(None)
    if found is None:
        return ""
    whose, subject = ("", f" {key}") if key in suspensions else ("the instance is ", "")
    until = f" until {found.until:%Y-%m-%d %H:%M} UTC" if found.until else ""
    return f"{whose}suspended{until}: {found.reason}; `reconciler resume{subject}` ends that"
