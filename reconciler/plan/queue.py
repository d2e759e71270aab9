"""Where new jobs stand in the queue: their `created_at` as an order; the store gives the times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from reconciler.desired import Manifest
from reconciler.plan.change import Adopt, Change, Create, Heal, Recreate, Update
from reconciler.plan.rows import JobRow, WorkflowRow
from reconciler.resources import JobStatus, depths


@dataclass(frozen=True, slots=True)
class Placement:
    """A new job that a waiting one needs: its place is just before the earliest of `children`.

    `children` are rows that are there, or jobs placed earlier in the same list.
    """

    workflow_id: UUID
    job: JobRow
    children: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """The new jobs of a plan, each in one of two lists, with the row id of its workflow.

    `append` stand behind all that is queued, in this order. `before` stand ahead of jobs that wait; taking
    them in this order and each time a place ahead of the ones taken so far keeps parents ahead of their
    children, and the order of the manifest.
    """

    append: tuple[tuple[UUID, JobRow], ...]
    before: tuple[Placement, ...]


def plan_queue(changes: Iterable[Change]) -> QueuePlan:
    """Order the jobs that do not exist yet: by depth, then by the workflow's place, then as declared.

    So workflows interleave, and no job stands ahead of its parents. Linear in the number of jobs, but for
    the sorting of the workflows.
    """
    levels: dict[int, list[tuple[UUID, JobRow]]] = defaultdict(list)
    before: list[Placement] = []
    for growth in sorted(_growths(changes), key=lambda growth: growth.manifest.where):
        depth = growth.depth()
        placed = growth.placements(depth)
        before += placed
        elsewhere = {placement.job.id for placement in placed}
        for job in growth.after.jobs:
            if job.id not in growth.there and job.id not in elsewhere:
                levels[depth[job.name]].append((growth.after.id, job))
    append = (entry for level in sorted(levels) for entry in levels[level])
    return QueuePlan(tuple(append), tuple(before))


@dataclass(frozen=True, slots=True)
class _Growth:
    """A workflow that gains jobs; `there` are the ones it has, by id."""

    manifest: Manifest
    there: dict[UUID, JobRow]
    after: WorkflowRow

    def depth(self) -> dict[str, int]:
        """Give each job's depth, by name."""
        names = {job.id: job.name for job in self.after.jobs}
        return depths({job.name: [names[parent] for parent in job.parents] for job in self.after.jobs})

    def placements(self, depth: dict[str, int]) -> list[Placement]:
        """Find the new jobs above a waiting one, the deepest first."""
        bound = {job.id for job in self.there.values() if job.status == JobStatus.PENDING}
        if not bound:
            return []
        found: list[Placement] = []
        children: dict[UUID, list[UUID]] = defaultdict(list)
        for job in sorted(self.after.jobs, key=lambda job: (depth[job.name], job.position), reverse=True):
            if job.id in children:
                found.append(Placement(self.after.id, job, tuple(children[job.id])))
                bound.add(job.id)
            if job.id in bound:
                for parent in job.parents:
                    if parent not in self.there:
                        children[parent].append(job.id)
        return found


def _growths(changes: Iterable[Change]) -> Iterator[_Growth]:
    for change in changes:
        match change:
            case Create(manifest, WorkflowRow() as after) | Recreate(manifest, WorkflowRow() as after):
                yield _Growth(manifest, {}, after)
            case (
                Adopt(manifest, WorkflowRow() as before, WorkflowRow() as after)
                | Update(manifest, WorkflowRow() as before, WorkflowRow() as after)
                | Heal(manifest, WorkflowRow() as before, WorkflowRow() as after)
            ):
                yield _Growth(manifest, {job.id: job for job in before.jobs}, after)
            case _:
                continue
