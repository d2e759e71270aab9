"""`make_plan`: the one place that decides what a pass does and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from reconciler.desired import DesiredState, Manifest
from reconciler.plan.actual import ActualState, JobMemory, Record, Survey, Suspension
from reconciler.plan.change import Adopt, Change, Create, Heal, Note, Plan, Recreate, Restate, Update
from reconciler.plan.guard import guard_heals, guard_prunes
from reconciler.plan.held import Gate, HeldBack, Reason, Sync
from reconciler.plan.leave import decide_absent, in_flight_message, suspension_message
from reconciler.plan.policy import Policy
from reconciler.plan.rows import Rows, WorkflowRow
from reconciler.plan.target import (
    Wanted,
    before_rows,
    busy_jobs,
    foreign_jobs,
    grown,
    means_the_same,
    same_rows,
    target_rows,
)
from reconciler.resources import Kind, ResourceKey, meta_digest, resource_id

_TABLES: Final = {Kind.USER: "users", Kind.WORKFLOW: "workflows"}

Verdict = Change | HeldBack | None
"""What is decided for one resource; None: it is as it should be."""


def keys_to_examine(desired: DesiredState, survey: Survey, policy: Policy) -> frozenset[ResourceKey]:
    """Name the resources whose rows a plan must see: new, edited or drifted, and those that may be pruned."""
    records = survey.records
    declared = (key for key, manifest in desired.manifests.items() if _may_differ(manifest, records.get(key)))
    absent = (key for key in records if policy.prune and not desired.declares(key))
    return frozenset([*declared, *absent])


def make_plan(desired: DesiredState, actual: ActualState, policy: Policy, instance: str) -> Plan:
    """Decide, for every resource in scope, what is to be done with it or why it is left as it is.

    The changes stand in order of dependency, deletions last. What is outside `desired.scope` is not
    mentioned.
    """
    verdicts = [
        *_refused(desired),
        *_Declared(desired, actual, policy).decide(),
        *decide_absent(desired, actual, policy),
    ]
    changes = tuple(verdict for verdict in verdicts if not isinstance(verdict, HeldBack))
    held = [verdict for verdict in verdicts if isinstance(verdict, HeldBack)]
    gates: list[Gate] = []
    released: list[Gate] = []
    for guard in (guard_heals, guard_prunes):
        changes, blocked, closed, opened = guard(changes, actual.survey, policy, instance)
        held += blocked
        gates += closed
        released += opened
    return Plan(desired.revision, changes, tuple(held), tuple(gates), tuple(released))


def _may_differ(manifest: Manifest, record: Record | None) -> bool:
    return record is None or record.digest != manifest.digest or record.drifted


def _refused(desired: DesiredState) -> Iterator[HeldBack]:
    for key in sorted(desired.refused):
        mistake = desired.refused[key].diagnostic
        message = f"{mistake.code}: {mistake.summary}"
        yield HeldBack(key, Sync.INVALID, Reason.MANIFEST_INVALID, message, mistake.where)


def _held(manifest: Manifest, sync: Sync, reason: Reason, message: str) -> HeldBack:
    return HeldBack(manifest.key, sync, reason, message, manifest.where)


@dataclass(frozen=True, slots=True)
class _Declared:
    """Decides what is declared, users first: a workflow may need one that the same pass makes."""

    desired: DesiredState
    actual: ActualState
    policy: Policy
    new_users: dict[str, UUID] = field(default_factory=dict)

    def decide(self) -> Iterator[Change | HeldBack]:
        for key in sorted(self.desired.manifests):
            verdict = self._one(self.desired.manifests[key])
            match verdict:
                case None:
                    continue
                case Create(after=rows) | Adopt(after=rows) | Recreate(after=rows) if key.kind is Kind.USER:
                    self.new_users[key.name] = rows.id
            yield verdict

    def _one(self, manifest: Manifest) -> Verdict:
        record = self.actual.survey.records.get(manifest.key)
        if asleep := _suspension(manifest, self.actual.survey.suspensions):
            return _held(manifest, Sync.SUSPENDED, Reason.SUSPENDED, asleep)
        if record is not None and not _may_differ(manifest, record):
            return Note(manifest, record) if _book_differs(manifest, record) else None
        if self.policy.targets is not None and manifest.key not in self.policy.targets:
            return _held(manifest, Sync.OUT_OF_SYNC, Reason.NOT_TARGETED, "differs, but was not asked for")
        user_id = self._user_id(manifest)
        if isinstance(user_id, HeldBack):
            return user_id
        wanted = Wanted(manifest, manifest.resource, user_id)
        if record is None:
            return self._unknown(wanted)
        if manifest.key not in self.actual.rows:
            return self._gone(wanted, record)
        return self._known(wanted, record)

    def _user_id(self, manifest: Manifest) -> UUID | HeldBack:
        """Resolve a workflow's user: a managed one, one that this pass makes, else a known username."""
        if manifest.key.kind is Kind.USER:
            return resource_id(manifest.key)
        name = manifest.user
        declared = name in self.desired.users
        found = self.new_users.get(name) or self.actual.user_ids.get(name)
        if found is None and not declared:
            found = self.actual.usernames.get(name)
        if found is not None:
            return found
        if declared:
            message = f"waits for User/{name}, which is declared but has no row yet"
            return _held(manifest, Sync.OUT_OF_SYNC, Reason.USER_HELD, message)
        message = f"its user {name!r} is neither a User manifest nor a username that the database has"
        return _held(manifest, Sync.OUT_OF_SYNC, Reason.USER_NOT_FOUND, message)

    def _unknown(self, wanted: Wanted) -> Verdict:
        """Decide on what our inventory does not have: make it, take it over, or report a conflict."""
        key = wanted.manifest.key
        foreign = self.actual.survey.foreign.get(key)
        if foreign is not None and not foreign.orphaned:
            message = f"instance {foreign.instance!r} manages it"
            return _held(wanted.manifest, Sync.CONFLICT, Reason.OTHER_INSTANCE, message)
        rows = self.actual.unmanaged.get(key)
        if rows is None:
            return Create(wanted.manifest, target_rows(wanted, resource_id(key), None, ()))
        memory = self.actual.memory.get(key, ()) if foreign else ()
        after = target_rows(wanted, rows.id, rows, memory)
        before = before_rows(rows, after, memory)
        equal = means_the_same(before, after)
        if not (foreign or equal or wanted.manifest.meta.adopts(rows.id)):
            return _row_exists(wanted.manifest, rows.id, _TABLES[key.kind])
        if deferral := self._deferral(wanted, before, after, memory):
            return deferral
        return Adopt(wanted.manifest, before, after, foreign.instance if foreign else "")

    def _known(self, wanted: Wanted, record: Record) -> Verdict:
        """Decide on what we manage, when its manifest or its rows may have changed."""
        manifest, rows = wanted.manifest, self.actual.rows[wanted.manifest.key]
        memory = self.actual.memory.get(manifest.key, ())
        edited = record.digest != manifest.digest
        after = target_rows(wanted, record.row_id, rows, memory)
        for job in foreign_jobs(rows, after, memory):
            if not manifest.meta.adopts(job.id):
                return _row_exists(manifest, job.id, "jobs")
        before = before_rows(rows, after, memory)
        after = grown(after, record.generation, before, memory) if edited else _aged(after, record.generation)
        if same_rows(before, after):
            seen = record.fingerprint if record.seen is None else record.seen
            return Restate(manifest, after) if edited else Note(manifest, replace(record, fingerprint=seen))
        if edited:
            return self._deferral(wanted, before, after, memory) or Update(manifest, before, after)
        if not self.policy.self_heal:
            message = "its rows were changed by somebody else, and self_heal is off"
            return _held(manifest, Sync.OUT_OF_SYNC, Reason.DRIFTED, message)
        return Heal(manifest, before, after)

    def _gone(self, wanted: Wanted, record: Record) -> Verdict:
        """Decide on what we manage and somebody else deleted."""
        manifest = wanted.manifest
        if manifest.key in self.actual.unmanaged:
            return self._unknown(wanted)
        edited = record.digest != manifest.digest
        if not (edited or self.policy.self_heal):
            message = "its row was deleted by somebody else, and self_heal is off"
            return _held(manifest, Sync.OUT_OF_SYNC, Reason.DRIFTED, message)
        after = target_rows(wanted, record.row_id, None, self.actual.memory.get(manifest.key, ()))
        return Recreate(manifest, _aged(after, record.generation + edited))

    def _deferral(
        self, wanted: Wanted, before: Rows, after: Rows, memory: tuple[JobMemory, ...]
    ) -> HeldBack | None:
        if wanted.manifest.key in self.policy.force:
            return None
        busy = busy_jobs(wanted, before, after, memory)
        return (
            _held(wanted.manifest, Sync.DEFERRED, Reason.IN_FLIGHT, in_flight_message(busy)) if busy else None
        )


def _aged(rows: Rows, generation: int) -> Rows:
    return replace(rows, generation=generation) if isinstance(rows, WorkflowRow) else rows


def _row_exists(manifest: Manifest, row_id: UUID, table: str) -> HeldBack:
    message = (
        f"{table} has a row that nobody manages and that differs (id {row_id}); "
        'to take it over, annotate the manifest with reconciler/adopt: "true"'
    )
    return _held(manifest, Sync.CONFLICT, Reason.ROW_EXISTS, message)


def _book_differs(manifest: Manifest, record: Record) -> bool:
    return (
        record.path != manifest.where.path
        or record.orphaned
        or record.meta_digest != meta_digest(manifest.meta)
    )


def _suspension(manifest: Manifest, suspensions: Mapping[ResourceKey | None, Suspension]) -> str:
    """Say why the resource is left alone, "" when it is not."""
    if manifest.meta.suspended:
        return "suspended by its annotation reconciler/suspend"
    return suspension_message(manifest.key, suspensions)
