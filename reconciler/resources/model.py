"""Users, workflows and jobs as they are meant, once every shorthand of a manifest is resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from reconciler.resources.identity import Kind, ResourceKey

MAIN_BRANCH: Final = "main"

Params = dict[str, Any]
"""A JSON object: strings, finite numbers, booleans, nulls, arrays and objects of them."""


class JobStatus(StrEnum):
    """What whoever runs jobs says of one; the reconciler only ever writes `PENDING`, at creation."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class WorkflowStatus(StrEnum):
    """What whoever runs workflows says of one; the reconciler only ever writes `PENDING`, at creation."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Meta:
    """The labels and annotations of a manifest: they steer and describe, and are no part of the rows."""

    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def protected(self) -> bool:
        """Never pruned, not even after the manifest is gone."""
        return self.annotations.get("reconciler/prune") == "disabled"

    def adopts(self, row_id: UUID) -> bool:
        """Whether it may take over this row, which nobody manages, although it differs."""
        return self.annotations.get("reconciler/adopt", "").lower() in {"true", str(row_id)}

    @property
    def adopted_row(self) -> UUID | None:
        """The row that it names to be taken over, whatever that is called; None when it names none."""
        try:
            return UUID(self.annotations.get("reconciler/adopt", ""))
        except ValueError:
            return None

    @property
    def suspended(self) -> bool:
        """Is left as it is until the annotation goes."""
        return self.annotations.get("reconciler/suspend") == "true"


@dataclass(frozen=True, slots=True)
class User:
    """A tenant."""

    name: str
    username: str

    @property
    def key(self) -> ResourceKey:
        """Its identity."""
        return ResourceKey(Kind.USER, self.name)


@dataclass(frozen=True, slots=True)
class Job:
    """One node of a workflow's graph; `parents` are names of jobs of the same workflow, in declared order."""

    name: str
    job_type: str
    branch_id: str = MAIN_BRANCH
    parents: tuple[str, ...] = ()
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A directed acyclic graph of jobs that belongs to a user.

    `user` is the name of a User manifest, else a username; `jobs` keep the order of the manifest.
    """

    name: str
    user: str
    jobs: tuple[Job, ...]

    @property
    def key(self) -> ResourceKey:
        """Its identity."""
        return ResourceKey(Kind.WORKFLOW, self.name)


Resource = User | Workflow
