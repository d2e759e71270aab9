"""The tables of `reconciler get`: how users, workflows, jobs and passes are read, laid out, and named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from reconciler.report.layouts import job_layout, sync_layout, user_layout, workflow_layout
from reconciler.report.listing import JobItem, Page, SyncItem, UserItem, WorkflowItem
from reconciler.report.table import Column
from reconciler.resources import Kind, ResourceKey
from reconciler.store.connect import Connection
from reconciler.store.list import list_jobs, list_syncs, list_users, list_workflows
from reconciler.store.wanted import Wanted

_T = TypeVar("_T")
_Resource = TypeVar("_Resource", UserItem, WorkflowItem)


@dataclass(frozen=True, slots=True)
class Sheet(Generic[_T]):
    """One kind of rows: how they are read, laid out, and named."""

    wanted: Wanted
    read: Callable[[Connection, Wanted], Page[_T]]
    layout: Sequence[Column[_T]]
    name: Callable[[_T], str]
    identity: Callable[[_T], tuple[Any, ...]]
    """What makes a row the same one when it is seen again."""
    known_as: Callable[[_T], str] | None = None
    """By what a row is asked for on the command line; None: rows are not."""
    of: Kind | None = None
    """Whose names can be suggested for one that is not there."""


def users(wanted: Wanted, now: datetime) -> Sheet[UserItem]:
    """Lay out users."""
    return _resources(Kind.USER, wanted, list_users, user_layout(now))


def workflows(wanted: Wanted, now: datetime) -> Sheet[WorkflowItem]:
    """Lay out workflows."""
    return _resources(Kind.WORKFLOW, wanted, list_workflows, workflow_layout(now))


def jobs(wanted: Wanted, now: datetime) -> Sheet[JobItem]:
    """Lay out jobs; how they stand is how their workflow stands."""
    return Sheet(
        wanted,
        list_jobs,
        job_layout(now, of_one=len(wanted.workflows) == 1),
        lambda one: f"{one.workflow}/{one.name}",
        lambda one: (one.id,),
        lambda one: one.name,
    )


def syncs(wanted: Wanted, now: datetime) -> Sheet[SyncItem]:
    """Lay out passes."""
    return Sheet(wanted, list_syncs, sync_layout(now), lambda one: str(one.id), lambda one: (one.id,))


def _resources(
    kind: Kind,
    wanted: Wanted,
    read: Callable[[Connection, Wanted], Page[_Resource]],
    layout: Sequence[Column[_Resource]],
) -> Sheet[_Resource]:
    return Sheet(
        wanted,
        read,
        layout,
        lambda one: str(ResourceKey(kind, one.name)),
        lambda one: (one.name, one.standing.instance, one.id),
        lambda one: one.name,
        kind,
    )
