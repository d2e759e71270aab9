"""What a picture is drawn of: jobs, and which of them wait for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reconciler.resources import Job


@dataclass(frozen=True, slots=True)
class GraphJob:
    """A job; `needs` names its parents, and `status` is "" where only the manifest is known."""

    name: str
    job_type: str
    branch: str
    needs: tuple[str, ...]
    status: str = ""

    @classmethod
    def declared(cls, job: Job) -> GraphJob:
        """Take a job from a manifest."""
        return cls(job.name, job.job_type, job.branch_id, job.parents)


@dataclass(frozen=True)
class Picture:
    """A workflow's jobs, each name once, in the order of the manifest; `source` says who told of them."""

    workflow: str
    source: str
    jobs: tuple[GraphJob, ...]

    @classmethod
    def of(cls, workflow: str, source: str, jobs: Iterable[GraphJob]) -> Picture:
        """Make it of these jobs."""
        return cls(workflow, source, tuple(jobs))

    @cached_property
    def graph(self) -> dict[str, Sequence[str]]:
        """Each job with those of its parents that are jobs of this workflow, each once."""
        known = {job.name for job in self.jobs}
        return {job.name: [need for need in dict.fromkeys(job.needs) if need in known] for job in self.jobs}

    @cached_property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Parent and child of each line."""
        return tuple((parent, name) for name, parents in self.graph.items() for parent in parents)

    @cached_property
    def strangers(self) -> tuple[tuple[str, str], ...]:
        """Each job with a parent that the workflow does not have: the column is not ours to trust."""
        return tuple((job.name, need) for job in self.jobs for need in job.needs if need not in self.graph)
