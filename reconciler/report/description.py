"""One resource, or one job, with all that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.desired import Diagnostic
from reconciler.report.event import EventLog
from reconciler.report.history import HistoryItem
from reconciler.report.listing import JobItem, UserItem, WorkflowItem
from reconciler.report.wire import VERSION, encode
from reconciler.resources import Params, ResourceKey


@dataclass(frozen=True, slots=True)
class Managed:
    """What the inventory has of a resource. `orphaned`: no manifest declares it any more."""

    path: str
    revision: str
    applied_at: datetime
    protected: bool
    orphaned: bool


@dataclass(frozen=True, slots=True)
class Asleep:
    """A suspension in force; `whole` when it is that of the instance. `until` None: for good."""

    reason: str
    requested_by: str
    since: datetime
    until: datetime | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Description:
    """A user or a workflow.

    `jobs` stand in the order of the manifest, `params` has theirs by name; of a user `workflows` counts
    theirs. `gates` are the sets that wait for approval and name this resource. `diagnostics` are those of
    the file that declares it. `annotations` are those of the manifest, None where it can't be read from here.
    """

    key: ResourceKey
    item: UserItem | WorkflowItem
    managed: Managed | None
    jobs: tuple[JobItem, ...] = ()
    params: Mapping[str, Params] = field(default_factory=dict)
    workflows: int = 0
    asleep: Asleep | None = None
    gates: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    history: tuple[HistoryItem, ...] = ()
    events: EventLog | None = None
    annotations: Mapping[str, str] | None = None

    def job(self, name: str) -> JobDescription | None:
        """Give one of the jobs, None when there is none of this name."""
        for job in self.jobs:
            if job.name == name:
                return JobDescription(
                    job=job,
                    params=self.params.get(name, {}),
                    needs={one.name: one.status for one in self.jobs if one.name in job.needs},
                    needed_by={one.name: one.status for one in self.jobs if name in one.needs},
                )
        return None


@dataclass(frozen=True, slots=True)
class JobDescription:
    """A job; `needs` and `needed_by` map those that it waits for, and that wait for it, to their status."""

    job: JobItem
    params: Params
    needs: Mapping[str, str]
    needed_by: Mapping[str, str]


def description_document(told: Description | JobDescription) -> dict[str, Any]:
    """Give it as `-o json` and the HTTP interface show it: `kind` is `Description` or `JobDescription`."""
    return {"apiVersion": VERSION, "kind": type(told).__name__, **encode(told)}
