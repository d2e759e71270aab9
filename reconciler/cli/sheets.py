"""The tables of `reconciler get`: which columns users, workflows, jobs and passes have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from reconciler.report import age
from reconciler.report.layouts import short_id, style_of
from reconciler.report.listing import JobItem, Page, SyncItem, UserItem, WorkflowItem, counted
from reconciler.report.table import Column
from reconciler.report.terminal import Style, short
from reconciler.resources import JobStatus, Kind, ResourceKey
from reconciler.store.connect import Connection
from reconciler.store.list import list_jobs, list_syncs, list_users, list_workflows
from reconciler.store.wanted import Wanted

_T = TypeVar("_T")


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
    layout: tuple[Column[UserItem], ...] = (
        Column("NAME", lambda one: one.name),
        Column("USERNAME", lambda one: one.username),
        *_standing_columns(now),
        Column("ID", lambda one: _text(one.id), wide=True),
    )
    return Sheet(
        wanted,
        list_users,
        layout,
        lambda one: str(ResourceKey(Kind.USER, one.name)),
        lambda one: (one.name, one.standing.instance, one.id),
        lambda one: one.name,
        Kind.USER,
    )


def workflows(wanted: Wanted, now: datetime) -> Sheet[WorkflowItem]:
    """Lay out workflows."""
    layout: tuple[Column[WorkflowItem], ...] = (
        Column("NAME", lambda one: one.name),
        Column("USER", lambda one: one.user),
        Column("STATUS", lambda one: one.status, style=lambda one: style_of(one.status)),
        Column("JOBS", lambda one: _progress(one.jobs)),
        *_standing_columns(now),
        Column("OBSERVED", lambda one: _text(one.observed_generation), wide=True),
        Column("ID", lambda one: _text(one.id), wide=True),
    )
    return Sheet(
        wanted,
        list_workflows,
        layout,
        lambda one: str(ResourceKey(Kind.WORKFLOW, one.name)),
        lambda one: (one.name, one.standing.instance, one.id),
        lambda one: one.name,
        Kind.WORKFLOW,
    )


def jobs(wanted: Wanted, now: datetime) -> Sheet[JobItem]:
    """Lay out jobs; how they stand is how their workflow stands."""
    layout: tuple[Column[JobItem], ...] = (
        Column("WORKFLOW", lambda one: one.workflow),
        Column("JOB", lambda one: one.name),
        Column("TYPE", lambda one: one.job_type),
        Column("BRANCH", lambda one: one.branch_id),
        Column("STATUS", lambda one: one.status, style=lambda one: style_of(one.status)),
        Column("SYNC", lambda one: one.standing.sync, style=_style),
        Column("GEN", lambda one: str(one.generation)),
        Column("AGE", lambda one: age(one.created_at, now)),
        Column("OBSERVED", lambda one: _text(one.observed_generation), wide=True),
        Column("PLACE", lambda one: one.standing.place, wide=True),
        Column("INSTANCE", lambda one: one.standing.instance, wide=True),
        Column("ID", lambda one: str(one.id), wide=True),
        Column("NEEDS", lambda one: ", ".join(one.needs)),
    )
    return Sheet(
        wanted,
        list_jobs,
        layout,
        lambda one: f"{one.workflow}/{one.name}",
        lambda one: (one.id,),
        lambda one: one.name,
    )


def syncs(wanted: Wanted, now: datetime) -> Sheet[SyncItem]:
    """Lay out passes."""
    layout: tuple[Column[SyncItem], ...] = (
        Column("PASS", lambda one: short_id(one.id)),
        Column("AGE", lambda one: age(one.committed_at, now)),
        Column("TRIGGER", lambda one: one.trigger),
        Column("CHANGES", lambda one: counted(one.counts)),
        Column("REVISION", lambda one: short(one.revision)),
        Column("TOOK", _took),
        Column("COMMITTED", lambda one: one.committed_at.isoformat(timespec="seconds"), wide=True),
        Column("EPOCH", lambda one: str(one.epoch), wide=True),
        Column("INSTANCE", lambda one: one.instance, wide=True),
        Column("ID", lambda one: str(one.id), wide=True),
    )
    return Sheet(
        wanted,
        list_syncs,
        layout,
        lambda one: str(one.id),
        lambda one: (one.id,),
    )


def _standing_columns(now: datetime) -> tuple[Column[UserItem | WorkflowItem], ...]:
    """Tell how a resource stands, in columns that users and workflows have alike."""

    def its_age(one: UserItem | WorkflowItem) -> str:
        return age(one.created_at, now) if one.created_at else ""

    return (
        Column("SYNC", lambda one: one.standing.sync, style=_style),
        Column("GEN", lambda one: _text(one.standing.generation)),
        Column("AGE", its_age),
        Column("PLACE", lambda one: one.standing.place),
        Column("REASON", lambda one: one.standing.reason, wide=True),
        Column("MESSAGE", lambda one: one.standing.message, wide=True),
        Column("REVISION", lambda one: one.standing.revision, wide=True),
        Column("INSTANCE", lambda one: one.standing.instance, wide=True),
        Column("LABELS", lambda one: _labels(one.standing.labels), wide=True),
    )


def _style(one: UserItem | WorkflowItem | JobItem) -> Style:
    return style_of(one.standing.sync)


def _text(value: object) -> str:
    return str(value) if value else ""


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f"{label}={value}" for label, value in sorted(labels.items()))


def _progress(jobs: Mapping[str, int]) -> str:
    """Say how many jobs have succeeded, of how many."""
    total = sum(jobs.values())
    return f"{jobs.get(JobStatus.SUCCEEDED, 0)}/{total}" if total else ""


def _took(one: SyncItem) -> str:
    return f"{(one.committed_at - one.started_at).total_seconds() * 1000:.0f} ms"
