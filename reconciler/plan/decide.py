"""`make_plan`: the one place that decides what a pass does and what it leaves."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from reconciler.desired import DesiredState, Manifest
from reconciler.plan.actual import ActualState, JobMemory, Record, Survey, Suspension
from reconciler.plan.change import Adopt, Change, Create, Heal, Note, Plan, Recreate, Restate, Update
from reconciler.plan.guard import guard_heals, guard_prunes
from reconciler.plan.held import HeldBack, Reason, Sync
from reconciler.plan.leave import (
    decide_absent,
    in_flight_message,
    may_prune,
    suspension_message,
)
from reconciler.plan.note import catch_up
from reconciler.plan.owner import Users, hold_unowned
from reconciler.plan.policy import Policy
from reconciler.plan.rows import Rows, WorkflowRow
from reconciler.plan.target import (
    Wanted,
    aged,
    before_rows,
    busy_jobs,
    grown,
    means_the_same,
    obstacles,
    remembers,
    same_rows,
    target_rows,
)
from reconciler.plan.verdict import sort_out
from reconciler.resources import Kind, ResourceKey, in_order, resource_id

_TABLES: Final = {Kind.USER: "users", Kind.WORKFLOW: "workflows"}

Verdict = Change | HeldBack | None
"""What is decided for one resource; None: it is as it should be."""


def keys_to_examine(desired: DesiredState, survey: Survey, policy: Policy) -> frozenset[ResourceKey]:
    """Name the resources whose rows a plan must see: new, edited or drifted, and those that may be pruned.

    A workflow is drifted also when the user that it names has come to be another row. Of one whose user is
    gone, and not among those that may come by the same pass, nothing can be done with its rows.
    """
    records, users = survey.records, Users(desired, survey)
    to_come = desired.users | {manifest.username for manifest in desired.manifests.values()}
    declared = (
        key
        for key, manifest in desired.manifests.items()
        if _may_differ(manifest, record := records.get(key)) or _may_move(manifest, record, users, to_come)
    )
    absent = (
        key
        for key, record in records.items()
        if not desired.declares(key) and may_prune(record, desired, survey, policy)
    )
    return frozenset([*declared, *absent])


def make_plan(desired: DesiredState, actual: ActualState, policy: Policy, instance: str) -> Plan:
    """Decide, for every resource in scope, what is to be done with it or why it is left as it is.

    The changes stand in order of dependency, then deletions, then what only our book-keeping has to learn.
    What is outside `desired.scope` is not mentioned.
    """
    declared = sort_out([*_refused(desired), *_Declared(desired, actual, policy).decide()])
    healing = guard_heals(declared.changes, actual, policy, instance)
    owned = hold_unowned(healing.changes, actual)
    absent = sort_out(decide_absent(desired, actual, policy, owned.changes))
    pruning = guard_prunes(absent.changes, actual.survey, policy, instance)
    changes = (*owned.changes, *pruning.changes)
    noted = catch_up(desired, actual.survey, policy, frozenset(change.key for change in changes))
    held = (*declared.held, *healing.held, *owned.held, *absent.held, *pruning.held)
    return Plan(
        revision=desired.revision,
        changes=(*changes, *noted),
        held_back=tuple(sorted(held, key=lambda left: left.key)),
        gates=(*healing.closed, *pruning.closed),
        released=(*healing.opened, *pruning.opened),
    )


def _may_differ(manifest: Manifest, record: Record | None) -> bool:
    return record is None or record.digest != manifest.digest or record.drifted


def _may_move(manifest: Manifest, record: Record | None, users: Users, to_come: Container[str]) -> bool:
    if record is None or record.owner is None:
        return False
    found = users.find(manifest.user)
    return found != record.owner and (found is not None or manifest.user in to_come)


def _is_lost(manifest: Manifest, record: Record | None, users: Users) -> bool:
    return record is not None and record.owner is not None and users.find(manifest.user) is None


def _refused(desired: DesiredState) -> Iterator[HeldBack]:
    for key, refusal in desired.refused.items():
        mistake = refusal.diagnostic
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

    def decide(self) -> Iterator[Change | HeldBack]:
        users = Users(self.desired, self.actual.survey)
        takers: dict[tuple[Kind, UUID], Manifest] = {}
        for key in in_order(self.desired.manifests):
            verdict = self._one(self.desired.manifests[key], users)
            if isinstance(verdict, Adopt):
                taker = takers.setdefault((key.kind, verdict.before.id), verdict.manifest)
                if taker is not verdict.manifest:
                    verdict = _held_by(verdict.manifest, taker.key)
            if verdict is None:
                continue
            if not isinstance(verdict, HeldBack):
                users.learn(verdict)
            yield verdict

    def _one(self, manifest: Manifest, users: Users) -> Verdict:
        survey = self.actual.survey
        foreign = survey.foreign.get(manifest.key)
        if foreign is not None and not foreign.orphaned:
            message = f"instance {foreign.instance!r} manages it"
            return _held(manifest, Sync.CONFLICT, Reason.OTHER_INSTANCE, message)
        if asleep := _suspension(manifest, survey.suspensions):
            return _held(manifest, Sync.SUSPENDED, Reason.SUSPENDED, asleep)
        record = survey.records.get(manifest.key)
        # What does not differ by itself is examined only when its user may be another row now.
        examined = _may_differ(manifest, record) or manifest.key in self.actual.rows
        if not (examined or _is_lost(manifest, record, users)):
            return None
        if self.policy.targets is not None and manifest.key not in self.policy.targets:
            return _held(manifest, Sync.OUT_OF_SYNC, Reason.NOT_TARGETED, "differs, but was not asked for")
        holder = self.actual.holders.get(manifest.key)
        if holder is not None and not self._gives_way(holder, manifest):
            return _held_by(manifest, holder)
        user_id = users.row_id_for(manifest)
        if isinstance(user_id, HeldBack):
            return user_id
        wanted = Wanted(manifest, manifest.resource, user_id)
        if record is None:
            return self._unknown(wanted, foreign)
        if manifest.key not in self.actual.rows:
            return self._gone(wanted, record)
        return self._known(wanted, record)

    def _gives_way(self, holder: ResourceKey, manifest: Manifest) -> bool:
        """Whether the row that bears the wanted username lets go of it, or is an orphan's and may pass on."""
        if other := self.desired.manifests.get(holder):
            return other.username != manifest.username
        orphaned = manifest.key in self.actual.unmanaged
        return orphaned and self.desired.complete and holder.name not in self.desired.users

    def _unknown(self, wanted: Wanted, orphan: Record | None) -> Verdict:
        """Decide on what our inventory does not have, but perhaps another instance let go of."""
        key = wanted.manifest.key
        rows = self._free_rows(key)
        if rows is None:
            return Create(wanted.manifest, self._made(wanted, orphan))
        if orphan is None or orphan.row_id != rows.id:
            return self._adopted(wanted, rows)
        step = self._step(wanted, orphan, rows)
        return step if isinstance(step, HeldBack) else Adopt(wanted.manifest, *step, orphan.instance)

    def _gone(self, wanted: Wanted, record: Record) -> Verdict:
        """Decide on what we manage and somebody else deleted, and perhaps put something in its place."""
        manifest = wanted.manifest
        if not (self.policy.self_heal or record.digest != manifest.digest):
            message = "its row was deleted by somebody else, and self_heal is off"
            return _held(manifest, Sync.OUT_OF_SYNC, Reason.DRIFTED, message)
        rows = self._free_rows(manifest.key)
        return Recreate(manifest, self._made(wanted, record)) if rows is None else self._adopted(wanted, rows)

    def _free_rows(self, key: ResourceKey) -> Rows | None:
        """Find rows in the place of wanted ones that nobody claims: an orphan may be declared again."""
        rows = self.actual.unmanaged.get(key)
        holder = self.actual.holders.get(key)
        if rows is None or holder is None or holder not in self.desired.manifests:
            return rows
        record = self.actual.survey.records.get(holder)
        return None if record is not None and record.row_id == rows.id else rows

    def _made(self, wanted: Wanted, record: Record | None) -> Rows:
        """Give rows that are not there yet, or not any more: then they go on from what is remembered."""
        key = wanted.manifest.key
        if record is None:
            return target_rows(wanted, resource_id(key), None, ())
        after = target_rows(wanted, record.row_id, None, self.actual.memory.get(key, ()))
        return aged(after, record.generation + (record.digest != wanted.manifest.digest))

    def _adopted(self, wanted: Wanted, rows: Rows) -> HeldBack | Adopt:
        """Take rows over that nobody manages, if they are equal or the manifest says that it may be done."""
        manifest = wanted.manifest
        after = target_rows(wanted, rows.id, rows, ())
        if not (means_the_same(rows, after) or manifest.meta.adopts(rows.id)):
            return _row_exists(manifest, rows.id, _TABLES[manifest.key.kind])
        before = before_rows(rows, after, ())
        if isinstance(before, WorkflowRow):
            after = grown(after, before, before.generation, {job.id: job.generation for job in before.jobs})
        return self._deferral(wanted, before, after, ()) or Adopt(manifest, before, after, "")

    def _known(self, wanted: Wanted, record: Record) -> Verdict:
        """Decide on what we manage, when its manifest or its rows may have changed."""
        manifest = wanted.manifest
        step = self._step(wanted, record, self.actual.rows[manifest.key])
        if isinstance(step, HeldBack):
            return step
        before, after = step
        edited = record.digest != manifest.digest
        if same_rows(before, after):
            if not _may_differ(manifest, record):
                return None
            if edited or not remembers(self.actual.memory.get(manifest.key, ()), after):
                return Restate(manifest, after)
            seen = record.fingerprint if record.seen is None else record.seen
            return Note(manifest, replace(record, fingerprint=seen))
        if edited:
            return Update(manifest, before, after)
        if not self.policy.self_heal:
            why = "rows were changed by somebody else" if record.drifted else "user is another row now"
            return _held(manifest, Sync.OUT_OF_SYNC, Reason.DRIFTED, f"its {why}, and self_heal is off")
        return Heal(manifest, before, after)

    def _step(self, wanted: Wanted, record: Record, rows: Rows) -> tuple[Rows, Rows] | HeldBack:
        """Give managed rows as they are and as they should be, or say why they must stay."""
        manifest = wanted.manifest
        memory = self.actual.memory.get(manifest.key, ())
        after = target_rows(wanted, record.row_id, rows, memory)
        for met in obstacles(rows, after, memory):
            if not met.adoptable:
                return _name_taken(manifest, met.job.name, met.job.id)
            if not manifest.meta.adopts(met.job.id):
                return _row_exists(manifest, met.job.id, "jobs")
        before = before_rows(rows, after, memory)
        if record.digest == manifest.digest:
            after = aged(after, record.generation)
        else:
            after = grown(after, before, record.generation, {job.id: job.generation for job in memory})
        return self._deferral(wanted, before, after, memory) or (before, after)

    def _deferral(
        self, wanted: Wanted, before: Rows, after: Rows, memory: tuple[JobMemory, ...]
    ) -> HeldBack | None:
        busy = busy_jobs(wanted, before, after, memory)
        if not busy or wanted.manifest.key in self.policy.force:
            return None
        message = in_flight_message(wanted.manifest.key, busy)
        return _held(wanted.manifest, Sync.DEFERRED, Reason.IN_FLIGHT, message)


def _row_exists(manifest: Manifest, row_id: UUID, table: str) -> HeldBack:
    message = (
        f"{table} has a row that nobody manages and that differs (id {row_id}); "
        'to take it over, annotate the manifest with reconciler/adopt: "true"'
    )
    return _held(manifest, Sync.CONFLICT, Reason.ROW_EXISTS, message)


def _held_by(manifest: Manifest, holder: ResourceKey) -> HeldBack:
    message = f"the row that bears its username is that of {holder}"
    return _held(manifest, Sync.CONFLICT, Reason.ROW_EXISTS, message)


def _name_taken(manifest: Manifest, job_name: str, row_id: UUID) -> HeldBack:
    message = (
        f"jobs has a row that nobody manages (id {row_id}) and that bears the name of our job {job_name!r}, "
        "which was renamed by somebody else; rename or delete that row"
    )
    return _held(manifest, Sync.CONFLICT, Reason.ROW_EXISTS, message)


def _suspension(manifest: Manifest, suspensions: Mapping[ResourceKey | None, Suspension]) -> str:
    """Say why the resource is left alone, "" when it is not."""
    if manifest.meta.suspended:
        return "suspended by its annotation reconciler/suspend"
    return suspension_message(manifest.key, suspensions)
