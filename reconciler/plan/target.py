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

    A job keeps the id that the inventory has for its name, else that of a found row of the same name, else
    it gets its own. The workflow's generation is as found, else 1; a job's grows when its manifest differs
    from memory.
    """
    match wanted.resource:
        case User(username=username):
            return UserRow(id=row_id, username=username)
        case Workflow() as workflow:
            before = found if isinstance(found, WorkflowRow) else None
            jobs = _target_jobs(workflow, row_id, before.jobs if before else (), memory)
            generation = before.generation if before else 1
            return WorkflowRow(row_id, wanted.user_id, workflow.name, generation, jobs)


def _target_jobs(
    workflow: Workflow, row_id: UUID, found: Sequence[JobRow], memory: Sequence[JobMemory]
) -> tuple[JobRow, ...]:
    ours = {job.name: job for job in memory}
    managed = {job.id for job in memory}
    others = {job.name: job for job in found if job.id not in managed}
    ids = {job.name: _job_row_id(job.name, row_id, ours, others) for job in workflow.jobs}
    return tuple(
        JobRow(
            id=ids[job.name],
            name=job.name,
            job_type=job.job_type,
            branch_id=job.branch_id,
            parents=tuple(ids[parent] for parent in job.parents),
            params=params_text(job.params),
            position=position,
            generation=_job_generation(job, ours, others),
        )
        for position, job in enumerate(workflow.jobs)
    )


def _job_row_id(
    name: str, workflow_id: UUID, ours: Mapping[str, JobMemory], others: Mapping[str, JobRow]
) -> UUID:
    if name in ours:
        return ours[name].id
    if name in others:
        return others[name].id
    return job_id(workflow_id, name)


def _job_generation(job: Job, ours: Mapping[str, JobMemory], others: Mapping[str, JobRow]) -> int:
    if job.name in ours:
        remembered = ours[job.name]
        return remembered.generation + (remembered.digest != job_digest(job))
    return others[job.name].generation if job.name in others else 1


def before_rows(found: Rows, after: Rows, memory: Sequence[JobMemory]) -> Rows:
    """Leave out of the rows that were found the jobs that neither are ours nor are to become so."""
    if isinstance(found, UserRow) or isinstance(after, UserRow):
        return found
    ours = {job.id for job in memory} | {job.id for job in after.jobs}
    return replace(found, jobs=tuple(job for job in found.jobs if job.id in ours))


def foreign_jobs(found: Rows, after: Rows, memory: Sequence[JobMemory]) -> list[JobRow]:
    """Name the job rows of nobody that a wanted job would need, and that differ from it."""
    if isinstance(found, UserRow) or isinstance(after, UserRow):
        return []
    managed = {job.id for job in memory}
    wanted = {job.id: job for job in after.jobs if job.id not in managed}
    return [job for job in found.jobs if job.id in wanted and not wanted[job.id].means_the_same(job)]


def same_rows(before: Rows, after: Rows) -> bool:
    """Whether applying would write nothing: every owned column is equal, generation and position too."""
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


def grown(after: Rows, generation: int, before: Rows, memory: Sequence[JobMemory]) -> Rows:
    """Give `after` its workflow generation: one more than it was if more than positions differ."""
    if isinstance(after, UserRow) or isinstance(before, UserRow):
        return after
    remembered = {job.id: job.generation for job in memory}
    jobs_differ = {job.id: job.generation for job in after.jobs} != remembered
    differs = jobs_differ or (before.user_id, before.name) != (after.user_id, after.name)
    return replace(after, generation=generation + differs)


def busy_jobs(wanted: Wanted, before: Rows, after: Rows, memory: Sequence[JobMemory]) -> list[JobRow]:
    """Name the jobs in flight that the change would delete, or alter beyond position and drift."""
    if isinstance(before, UserRow) or isinstance(after, UserRow) or isinstance(wanted.resource, User):
        return []
    targets = _by_id(after)
    declared = {job.name: job for job in wanted.resource.jobs}
    remembered = {job.id: job.digest for job in memory}
    return [
        job
        for job in before.jobs
        if job.in_flight
        and (
            (target := targets.get(job.id)) is None
            or (
                not target.means_the_same(job) and remembered.get(job.id) != job_digest(declared[target.name])
            )
        )
    ]
