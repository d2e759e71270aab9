"""The rows of one resource, as far as manifests own them, plus the status that decides what is in flight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from reconciler.resources import JobStatus

IN_FLIGHT: Final = frozenset({JobStatus.QUEUED, JobStatus.RUNNING})
"""Statuses in which a worker holds a job or is about to: such a row is not pulled away."""


@dataclass(frozen=True, slots=True)
class UserRow:
    """A row of `users`."""

    id: UUID
    username: str


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row of `jobs`; `status` is read, never written after creation, and no part of any comparison.

    `params` is the text that `resources.params_text` gives: equal texts are equal `jsonb` values. `moved_to`
    is the workflow beneath which somebody else hung a job of ours, None while it is where it belongs.
    """

    id: UUID
    name: str
    job_type: str
    branch_id: str
    parents: tuple[UUID, ...]
    params: str
    position: int
    generation: int
    status: str = field(default=JobStatus.PENDING, compare=False)
    moved_to: UUID | None = None

    @property
    def in_flight(self) -> bool:
        """Whether a worker holds it or is about to."""
        return self.status in IN_FLIGHT

    def means_the_same(self, other: JobRow) -> bool:
        """Whether the two differ in nothing but place, position, generation and status."""
        return (self.id, self.name, self.job_type, self.branch_id, self.parents, self.params) == (
            other.id,
            other.name,
            other.job_type,
            other.branch_id,
            other.parents,
            other.params,
        )


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A row of `workflows` with its jobs.

    As found, `jobs` has every job that hangs beneath the row; in a change, only those that the manifest owns.
    """

    id: UUID
    user_id: UUID
    name: str | None
    generation: int
    jobs: tuple[JobRow, ...]


Rows = UserRow | WorkflowRow
