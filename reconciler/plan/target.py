"""The rows that a manifest asks for, set against those that are there and what is remembered of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from reconciler.desired import Manifest
from reconciler.plan.actual import JobMemory
from reconciler.plan.rows import JobRow, Rows, UserRow, WorkflowRow
from reconciler.resources import Job, Resource, User, Workflow, job_digest, job_id, params_text


@dataclass(frozen=True, slots=True)
class Wanted:
    """A manifest with its spec unpacked, and for a workflow the row id of its user."""

    manifest: Manifest
    resource: Resource
    user_id: UUID


def target_rows(wanted: Wanted, row_id: UUID, found: Rows | None, memory: Sequence[JobMemory]) -> Rows:
    """Give the rows that the manifest asks for, `row_id` being that of the main row.

    A job keeps the id that the inventory has for its name; if that row is gone, a found row of the same name
    lends its own. Generations go on from memory, else from the row that was found, and grow when the manifest
    changes the job. The workflow's is as found, else 1: `grown` and `aged` give it its own.
    """
    match wanted.resource:
        case User(username=username):
            return UserRow(id=row_id, username=username)
        case Workflow() as workflow:
            before = found if isinstance(found, WorkflowRow) else None
            past = _Past.of(before.jobs if before else (), memory)
            generation = before.generation if before else 1
            return WorkflowRow(
                row_id, wanted.user_id, workflow.name, generation, past.target_jobs(workflow, row_id)
            )


@dataclass(frozen=True, slots=True)
class _Past:
    """The jobs of a workflow as remembered, and those beneath it that nobody manages, the strangers."""

    ours: dict[str, JobMemory]
    there: frozenset[UUID]
    strangers: dict[str, JobRow]
    strangers_by_id: dict[UUID, JobRow]

    @classmethod
    def of(cls, found: Sequence[JobRow], memory: Sequence[JobMemory]) -> _Past:
        strangers = _strangers(found, memory)
        return cls(
            ours={job.name: job for job in memory},
            there=frozenset(job.id for job in found),
            strangers={job.name: job for job in strangers},
            strangers_by_id={job.id: job for job in strangers},
        )

    def target_jobs(self, workflow: Workflow, workflow_id: UUID) -> tuple[JobRow, ...]:
        ids = {job.name: self._id_of(job.name, workflow_id) for job in workflow.jobs}
        rows = (
            JobRow(
                id=ids[job.name],
                name=job.name,
                job_type=job.job_type,
                branch_id=job.branch_id,
                parents=tuple(ids[parent] for parent in job.parents),
                params=params_text(job.params),
                position=position,
                generation=1,
            )
            for position, job in enumerate(workflow.jobs)
        )
        return tuple(self._aged(row, job) for row, job in zip(rows, workflow.jobs, strict=True))

    def _aged(self, row: JobRow, job: Job) -> JobRow:
        generation = self._generation_of(row, job)
        return row if generation == row.generation else replace(row, generation=generation)

    def _id_of(self, name: str, workflow_id: UUID) -> UUID:
        ours, stranger = self.ours.get(name), self.strangers.get(name)
        if ours is not None and (stranger is None or ours.id in self.there):
            return ours.id
        return job_id(workflow_id, name) if stranger is None else stranger.id

    def _generation_of(self, row: JobRow, job: Job) -> int:
        ours = self.ours.get(row.name)
        if ours is not None and ours.id == row.id:
            return ours.generation + (ours.digest != job_digest(job))
        stranger = self.strangers_by_id.get(row.id)
        return 1 if stranger is None else stranger.generation + (not row.means_the_same(stranger))


def _strangers(found: Sequence[JobRow], memory: Sequence[JobMemory]) -> list[JobRow]:
    managed = {job.id for job in memory}
    return [job for job in found if job.id not in managed]


def before_rows(found: Rows, after: Rows, memory: Sequence[JobMemory]) -> Rows:
    """Leave out of the rows that were found the jobs that neither are ours nor are to become so."""
    if isinstance(found, UserRow) or isinstance(after, UserRow):
        return found
    ours = {job.id for job in memory} | {job.id for job in after.jobs}
    return replace(found, jobs=tuple(job for job in found.jobs if job.id in ours))


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A job row that nobody manages, where the manifest wants one of its own.

    `adoptable` says that it is the very row which would become ours, and differs; otherwise it only bears the
    name of another row that is ours.
    """

    job: JobRow
    adoptable: bool


def obstacles(found: Rows, after: Rows, memory: Sequence[JobMemory]) -> list[Obstacle]:
    """Find what stands in the way of `after` among the jobs that nobody manages."""
    if isinstance(found, UserRow) or isinstance(after, UserRow):
        return []
    by_id = _by_id(after)
    by_name = {job.name: job for job in after.jobs}
    met: list[Obstacle] = []
    for job in _strangers(found.jobs, memory):
        namesake, target = by_name.get(job.name), by_id.get(job.id)
        if namesake is not None and namesake.id != job.id:
            met.append(Obstacle(job, adoptable=False))
        elif target is not None and not target.means_the_same(job):
            met.append(Obstacle(job, adoptable=True))
    return met


def remembers(memory: Sequence[JobMemory], rows: Rows) -> bool:
    """Whether the inventory knows exactly these jobs: a row may have taken the place of one that is gone."""
    return isinstance(rows, UserRow) or {job.id for job in memory} == _by_id(rows).keys()


def same_rows(before: Rows, after: Rows) -> bool:
    """Whether applying would write nothing: all owned columns are equal, generations and positions too."""
    if isinstance(before, UserRow) or isinstance(after, UserRow):
        return before == after
    return replace(before, jobs=()) == replace(after, jobs=()) and _by_id(before) == _by_id(after)


def means_the_same(before: Rows, after: Rows) -> bool:
    """Whether the rows differ in nothing but generations and positions."""
    if isinstance(before, UserRow) or isinstance(after, UserRow):
        return before == after
    there, wanted = _by_id(before), _by_id(after)
    return (
        (before.id, before.user_id, before.name) == (after.id, after.user_id, after.name)
        and there.keys() == wanted.keys()
        and all(job.means_the_same(there[row_id]) for row_id, job in wanted.items())
    )


def _by_id(rows: WorkflowRow) -> dict[UUID, JobRow]:
    return {job.id: job for job in rows.jobs}


def aged(rows: Rows, generation: int) -> Rows:
    """Give `rows` the generation of their workflow; users have none."""
    return replace(rows, generation=generation) if isinstance(rows, WorkflowRow) else rows


def grown(after: Rows, before: Rows, generation: int, jobs: Mapping[UUID, int]) -> Rows:
    """Give `after` the generation of its workflow: `generation`, or one more if more than positions differ.

    `jobs` are the generations that its jobs had.
    """
    if isinstance(after, UserRow) or isinstance(before, UserRow):
        return after
    jobs_differ = {job.id: job.generation for job in after.jobs} != jobs
    differs = jobs_differ or (before.user_id, before.name) != (after.user_id, after.name)
    return replace(after, generation=generation + differs)


def busy_jobs(wanted: Wanted, before: Rows, after: Rows, memory: Sequence[JobMemory]) -> list[JobRow]:
    """Name the jobs in flight that the manifest would delete, or alter beyond position.

    Putting back what somebody else changed does not count.
    """
    if isinstance(before, UserRow) or isinstance(after, UserRow) or isinstance(wanted.resource, User):
        return []
    targets = _by_id(after)
    declared = {job.name: job for job in wanted.resource.jobs}
    remembered = {job.id: job.digest for job in memory}

    def altered(job: JobRow) -> bool:
        target = targets.get(job.id)
        if target is None:
            return True
        if job.id in remembered:
            return remembered[job.id] != job_digest(declared[target.name])
        return not target.means_the_same(job)

    return [job for job in before.jobs if job.in_flight and altered(job)]
