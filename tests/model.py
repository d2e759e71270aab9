"""PostgreSQL as a plan sees it, in memory: the oracle that plans are carried out on and compared with.

It keeps the rows of the three tables and the inventory, looks things up as a store does, and carries a plan
out one resource after the other, each whole or not at all. It refuses what the tables' constraints refuse,
and insists (with `ForeignRow`) that no plan touches a row that it may not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from reconciler.desired import DesiredState, Manifest
from reconciler.plan import (
    ActualState,
    Adopt,
    Approval,
    Change,
    Create,
    Delete,
    Forget,
    Heal,
    JobMemory,
    JobRow,
    Note,
    Orphan,
    Plan,
    Policy,
    PruneWindow,
    Record,
    Recreate,
    Restate,
    Rows,
    Survey,
    Suspension,
    Update,
    UserRow,
    WorkflowRow,
    keys_to_examine,
    make_plan,
    plan_queue,
)
from reconciler.plan.target import means_the_same
from reconciler.resources import (
    JobStatus,
    Kind,
    Resource,
    ResourceKey,
    User,
    Workflow,
    job_digest,
    meta_digest,
    resource_id,
)
from tests.builders import desired

DEFAULT_POLICY = Policy()


class Refused(Exception):
    """A constraint of the tables is violated."""


class ForeignRow(AssertionError):
    """A plan would have written a row that is not the instance's, nor taken over."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A row of `workflows` without its jobs."""

    user_id: UUID
    name: str | None
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of `jobs`: what `JobRow` has, beneath which workflow, and its place in the queue."""

    workflow_id: UUID
    row: JobRow
    created_at: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class _Page:
    """What all changes of a pass are stamped with."""

    instance: str
    revision: str
    stamps: Mapping[UUID, Fraction]


@dataclass(slots=True)
class Database:
    """All rows by id, the inventory, and what people asked for."""

    users: dict[UUID, str] = field(default_factory=dict)
    workflows: dict[UUID, Flow] = field(default_factory=dict)
    jobs: dict[UUID, Cell] = field(default_factory=dict)
    inventory: dict[ResourceKey, Record] = field(default_factory=dict)
    memory: dict[ResourceKey, tuple[JobMemory, ...]] = field(default_factory=dict)
    suspensions: dict[ResourceKey | None, Suspension] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    pruned: int = 0

    def rows(self, kind: Kind, row_id: UUID) -> Rows | None:
        """Give the row with all that hangs beneath it."""
        if kind is Kind.USER:
            return UserRow(row_id, self.users[row_id]) if row_id in self.users else None
        if row_id not in self.workflows:
            return None
        flow = self.workflows[row_id]
        beneath = sorted((cell.row for cell in self.jobs.values() if cell.workflow_id == row_id), key=_order)
        return WorkflowRow(row_id, flow.user_id, flow.name, flow.generation, tuple(beneath))

    def fingerprint(self, key: ResourceKey, row_id: UUID) -> int | None:
        """Hash the owned columns of what is managed; None when the main row is gone."""
        if key.kind is Kind.USER:
            return hash(self.users[row_id]) if row_id in self.users else None
        if row_id not in self.workflows:
            return None
        ours = [self.jobs.get(job.id) for job in self.memory.get(key, ())]
        return hash((self.workflows[row_id], tuple((c.workflow_id, c.row) for c in ours if c)))

    def survey(self, instance: str, scope: Iterable[ResourceKey] | None = None) -> Survey:
        """Look as `Store.survey` does."""
        records = {
            key: replace(record, seen=self.fingerprint(key, record.row_id), owner=self._owner(key, record))
            for key, record in self.inventory.items()
            if scope is None or key in scope
        }
        ours = [record for record in self.inventory.values() if record.instance == instance]
        return Survey(
            records={key: record for key, record in records.items() if record.instance == instance},
            foreign={key: record for key, record in records.items() if record.instance != instance},
            suspensions=self.suspensions,
            approvals=self.approvals,
            managed=len(ours),
            managed_rows=sum(1 + record.jobs for record in ours),
            window=PruneWindow(len(ours) + self.pruned, self.pruned),
            user_ids={record.key.name: record.row_id for record in ours if record.key.kind is Kind.USER},
            usernames={username: row_id for row_id, username in self.users.items()},
        )

    def _owner(self, key: ResourceKey, record: Record) -> UUID | None:
        flow = self.workflows.get(record.row_id)
        return flow.user_id if flow and key.kind is Kind.WORKFLOW else None

    def examine(self, survey: Survey, desired: DesiredState, keys: frozenset[ResourceKey]) -> ActualState:
        """Read as `Store.examine` does."""
        records = survey.records
        rows = {
            k: self._of_its_own(k, moved) if k in desired.manifests else moved
            for k in keys
            if k in records and (r := self.rows(k.kind, records[k].row_id))
            for moved in [self._with_moved(k, r)]
        }
        stray = {
            k: r for k in keys - rows.keys() if k in desired.manifests and (r := self._stray(k, desired))
        }
        return ActualState(
            survey=survey,
            rows=rows,
            memory={key: self.memory.get(key, ()) for key in keys},
            unmanaged=stray,
            holders={key: holder for key in keys if (holder := self._holder(key, desired))},
            workflows_of={
                user_id: frozenset(
                    row_id for row_id, flow in self.workflows.items() if flow.user_id == user_id
                )
                for user_id in self.users
            },
        )

    def _of_its_own(self, key: ResourceKey, rows: Rows) -> Rows:
        """Leave out the jobs that another workflow manages."""
        if isinstance(rows, UserRow):
            return rows
        others = {job.id for k, jobs in self.memory.items() if k != key for job in jobs}
        others -= {job.id for job in self.memory.get(key, ())}
        return replace(rows, jobs=tuple(job for job in rows.jobs if job.id not in others))

    def _with_moved(self, key: ResourceKey, rows: Rows) -> Rows:
        """Add the jobs of ours that hang beneath another workflow."""
        if isinstance(rows, UserRow):
            return rows
        ours = [self.jobs[job.id] for job in self.memory.get(key, ()) if job.id in self.jobs]
        moved = [replace(cell.row, moved_to=cell.workflow_id) for cell in ours if cell.workflow_id != rows.id]
        return replace(rows, jobs=(*rows.jobs, *moved))

    def _stray(self, key: ResourceKey, desired: DesiredState) -> Rows | None:
        """Find a row that nobody manages, or an orphan's: by id, one that is named first, then by name."""
        taken = {record.row_id for record in self.inventory.values() if not record.orphaned}
        last = self.inventory.get(key)
        ids = [last.row_id] if last else []
        named = desired.manifests[key].meta.adopted_row
        ids += [named] if named and not self._is_held(named, key) else []
        ids += [resource_id(key), *self._bearers(desired.manifests[key].resource)]
        found = (self.rows(key.kind, row_id) for row_id in ids if row_id not in taken)
        return next((self._of_its_own(key, rows) for rows in found if rows is not None), None)

    def _is_held(self, row_id: UUID, key: ResourceKey) -> bool:
        """Whether another resource has the row, be it an orphan."""
        return any(record.row_id == row_id and record.key != key for record in self.inventory.values())

    def _bearers(self, resource: Resource) -> list[UUID]:
        match resource:
            case User(username=username):
                return [row_id for row_id, found in self.users.items() if found == username]
            case Workflow(name=name):
                return [row_id for row_id, flow in self.workflows.items() if flow.name == name]

    def _holder(self, key: ResourceKey, desired: DesiredState) -> ResourceKey | None:
        if key.kind is not Kind.USER or key not in desired.manifests:
            return None
        bearers = self._bearers(desired.manifests[key].resource)
        holders = (record.key for record in self.inventory.values() if record.row_id in bearers)
        return next((holder for holder in holders if holder != key), None)

    def find_job(self, name: str, workflow: str | None = None) -> UUID:
        """Give the id of the one job of that name (of the workflow of that name)."""
        (row_id,) = (
            row_id
            for row_id, cell in self.jobs.items()
            if cell.row.name == name and workflow in {None, self.workflows[cell.workflow_id].name}
        )
        return row_id

    def edit_job(self, called: str, /, **changes: Any) -> None:  # noqa: ANN401 - whatever columns have
        """Change columns of a job as somebody else would, status included."""
        row_id = self.find_job(called)
        cell = self.jobs[row_id]
        self.jobs[row_id] = replace(cell, row=replace(cell.row, **changes))

    def edit_workflow(self, row_id: UUID, **changes: Any) -> None:  # noqa: ANN401 - whatever columns have
        """Change columns of a workflow as somebody else would."""
        self.workflows[row_id] = replace(self.workflows[row_id], **changes)

    def insert(self, rows: Rows) -> None:
        """Add a row with what is beneath it, as somebody else would."""
        if isinstance(rows, UserRow):
            self.users[rows.id] = rows.username
            return
        self.workflows[rows.id] = Flow(rows.user_id, rows.name, rows.generation)
        for row in rows.jobs:
            end = max((cell.created_at for cell in self.jobs.values()), default=Fraction(0))
            self.jobs.setdefault(row.id, Cell(rows.id, row, end + Fraction(1, 7)))

    def remove(self, row_id: UUID) -> None:
        """Delete a row with all that is beneath it, as somebody else would."""
        for rows in (self.users, self.workflows, self.jobs):
            rows.pop(row_id, None)
        for job_id in [i for i, cell in self.jobs.items() if cell.workflow_id == row_id]:
            del self.jobs[job_id]

    def plan(self, desired: DesiredState, policy: Policy = DEFAULT_POLICY, instance: str = "default") -> Plan:
        """Decide on what is to be done here."""
        survey = self.survey(instance, desired.scope)
        actual = self.examine(survey, desired, keys_to_examine(desired, survey, policy))
        return make_plan(desired, actual, policy, instance)

    def apply(self, plan: Plan, instance: str = "default") -> frozenset[ResourceKey]:
        """Carry a plan out, each change whole or not at all; give the keys of those that were refused."""
        stamps = self._stamps(plan.changes)
        return frozenset(self._apply(plan.changes, _Page(instance, plan.revision, stamps)))

    def _apply(self, changes: Sequence[Change], page: _Page) -> Iterator[ResourceKey]:
        """Carry changes out together; where that is refused, halve them until the culprit stands alone."""
        saved = self.copy()
        try:
            self._free_usernames(changes)
            for change in changes:
                self._carry_out(change, page)
            self._check()
        except Refused:
            self._restore(saved)
            if len(changes) == 1:
                yield changes[0].key
                return
            yield from self._apply(changes[: len(changes) // 2], page)
            yield from self._apply(changes[len(changes) // 2 :], page)

    def _free_usernames(self, changes: Iterable[Change]) -> None:
        """Let go of usernames that pass from one row to another."""
        for change in changes:
            if isinstance(change, Update | Heal | Delete) and isinstance(change.before, UserRow):
                self.users[change.before.id] = str(change.before.id)

    def copy(self) -> Database:
        """Give a copy that changes on its own."""
        return Database(**{f.name: copy(getattr(self, f.name)) for f in fields(self)})

    def _restore(self, saved: Database) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(saved, each.name))

    def _stamps(self, changes: Iterable[Change]) -> dict[UUID, Fraction]:
        """Give each new job its place in the queue."""
        queue = plan_queue(changes)
        stamps = {row_id: cell.created_at for row_id, cell in self.jobs.items()}
        for placement in queue.before:
            child = min(stamps[row_id] for row_id in placement.children)
            last = max((stamp for stamp in stamps.values() if stamp < child), default=child - 2)
            stamps[placement.job.id] = (last + child) / 2
        end = max(stamps.values(), default=Fraction(0))
        stamps.update({job.id: end + n for n, (_, job) in enumerate(queue.append, start=1)})
        return stamps

    def _carry_out(self, change: Change, page: _Page) -> None:
        instance, revision, stamps = page.instance, page.revision, page.stamps
        match change:
            case Create(manifest, after) | Recreate(manifest, after):
                if after.id in self.users or after.id in self.workflows:
                    raise Refused(f"{after.id} is there already")
                self._write(manifest, None, after, stamps)
                self._record(manifest, after, instance, revision)
            case Adopt(manifest, before, after):
                self._insist_adoptable(manifest, before, after)
                self._write(manifest, before, after, stamps)
                self._record(manifest, after, instance, revision)
            case Update(manifest, before, after) | Heal(manifest, before, after):
                self._insist_ours(change.key, before.id, instance)
                self._write(manifest, before, after, stamps)
                self._record(manifest, after, instance, revision)
            case Restate(manifest, rows):
                self._insist_ours(change.key, rows.id, instance)
                self._record(manifest, rows, instance, revision)
            case Note(manifest, record):
                self.inventory[change.key] = replace(
                    record,
                    path=manifest.where.path,
                    meta_digest=meta_digest(manifest.meta),
                    protected=manifest.meta.protected,
                    orphaned=False,
                )
            case Orphan(record):
                self.inventory[change.key] = replace(record, orphaned=True)
            case Delete(record, before):
                self._insist_ours(change.key, before.id, instance)
                self._delete(change.key, before)
                self._forget(record)
                self.pruned += 1
            case Forget(record):
                self._forget(record)

    def _insist_ours(self, key: ResourceKey, row_id: UUID, instance: str) -> None:
        record = self.inventory.get(key)
        if record is None or (record.instance, record.row_id) != (instance, row_id):
            raise ForeignRow(f"{key} is not {instance}'s")

    def _insist_adoptable(self, manifest: Manifest, before: Rows, after: Rows) -> None:
        holders = [record for record in self.inventory.values() if record.row_id == before.id]
        if not all(record.orphaned for record in holders):
            raise ForeignRow(f"{before.id} is somebody's")
        found = self.rows(manifest.key.kind, before.id)
        if any(r.key == manifest.key for r in holders) or found is None or manifest.meta.adopts(before.id):
            return
        if not means_the_same(found, after):
            raise ForeignRow(f"{before.id} differs, and may not be taken over")

    def _write(
        self, manifest: Manifest, before: Rows | None, after: Rows, stamps: Mapping[UUID, Fraction]
    ) -> None:
        if isinstance(after, UserRow):
            self.users[after.id] = after.username
            return
        self.workflows[after.id] = Flow(after.user_id, after.name, after.generation)
        ours = {job.id for job in self.memory.get(manifest.key, ())}
        wanted = {job.id for job in after.jobs}
        seen = {job.id for job in before.jobs} if isinstance(before, WorkflowRow) else set()
        gone = seen - wanted
        if gone - ours:
            raise ForeignRow(f"jobs {gone - ours} beneath {manifest.key} are nobody's")
        for row_id in gone:
            del self.jobs[row_id]
        for row in after.jobs:
            there = self.jobs.get(row.id)
            if there is None:
                new = replace(row, status=JobStatus.PENDING)
                self.jobs[row.id] = Cell(after.id, new, stamps[row.id])
                continue
            if row.id not in seen:
                raise Refused(f"job {row.id} is there already")
            adopts = manifest.meta.adopts(row.id) or manifest.meta.adopts(after.id)
            if row.id not in ours and not (adopts or row.means_the_same(there.row)):
                raise ForeignRow(f"job {row.id} is nobody's, differs, and may not be taken over")
            self.jobs[row.id] = Cell(after.id, replace(row, status=there.row.status), there.created_at)

    def _delete(self, key: ResourceKey, before: Rows) -> None:
        if isinstance(before, UserRow):
            del self.users[before.id]
            return
        ours = {job.id for job in self.memory.get(key, ())}
        for job in before.jobs:
            if job.id not in ours:
                raise ForeignRow(f"job {job.id} is nobody's")
            del self.jobs[job.id]
        del self.workflows[before.id]

    def _record(self, manifest: Manifest, rows: Rows, instance: str, revision: str) -> None:
        key, resource = manifest.key, manifest.resource
        declared = {job.name: job for job in resource.jobs} if isinstance(resource, Workflow) else {}
        jobs = rows.jobs if isinstance(rows, WorkflowRow) else ()
        for other in [r for r in self.inventory.values() if r.row_id == rows.id and r.key != key]:
            self._forget(other)
        self.memory[key] = tuple(
            JobMemory(job.id, job.name, job.generation, job_digest(declared[job.name])) for job in jobs
        )
        self.inventory[key] = Record(
            key=key,
            instance=instance,
            row_id=rows.id,
            path=manifest.where.path,
            digest=manifest.digest,
            meta_digest=meta_digest(manifest.meta),
            fingerprint=self.fingerprint(key, rows.id) or 0,
            seen=None,
            generation=rows.generation if isinstance(rows, WorkflowRow) else 0,
            revision=revision,
            jobs=len(jobs),
            protected=manifest.meta.protected,
        )

    def _forget(self, record: Record) -> None:
        del self.inventory[record.key]
        self.memory.pop(record.key, None)

    def _check(self) -> None:
        """Refuse what the tables' constraints refuse."""
        names = [flow.name for flow in self.workflows.values() if flow.name is not None]
        for unique in (
            list(self.users.values()),
            names,
            [(cell.workflow_id, cell.row.name) for cell in self.jobs.values()],
        ):
            if len(set(unique)) < len(unique):
                raise Refused("a name is taken")
        if any(flow.user_id not in self.users for flow in self.workflows.values()):
            raise Refused("a workflow's user is gone")
        if any(cell.workflow_id not in self.workflows for cell in self.jobs.values()):
            raise Refused("a job's workflow is gone")


def _order(row: JobRow) -> tuple[int, UUID]:
    return row.position, row.id


def settled(*manifests: Manifest, instance: str = "default") -> Database:
    """Give a database to which these manifests were applied, by an instance of that name."""
    database = Database()
    refused = database.apply(database.plan(desired(*manifests), instance=instance), instance)
    assert not refused
    return database


def actions(plan: Plan) -> dict[str, str]:
    """Say briefly what a plan does, by key."""
    return {str(change.key): type(change).__name__ for change in plan.changes}


def reasons(plan: Plan) -> dict[str, str]:
    """Say briefly what a plan holds back, by key."""
    return {str(left.key): left.reason.value for left in plan.held_back}
