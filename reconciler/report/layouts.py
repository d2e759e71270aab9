"""Which columns tables have, what each column is worth where there is no room, and how a status stands out.

By columns of rank 0 a row is known, and how it stands: a terminal of 40 columns has room for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar
from uuid import UUID

from reconciler.plan import Sync
from reconciler.report.cells import Keep
from reconciler.report.event import Event, EventType
from reconciler.report.listing import JobItem, SyncItem, UserItem, WorkflowItem, counted
from reconciler.report.status import ResourceStatus
from reconciler.report.table import Column
from reconciler.report.terminal import Style, short
from reconciler.report.verdict import age
from reconciler.resources import JobStatus

_DIGITS: Final = 8
"""So many of a pass's id tell it from others."""

_Row = TypeVar("_Row", UserItem, WorkflowItem, JobItem)

_STYLES: Final[Mapping[str, Style]] = {
    Sync.SYNCED: Style.GREEN,
    Sync.INVALID: Style.RED,
    Sync.CONFLICT: Style.RED,
    Sync.OUT_OF_SYNC: Style.RED,
    Sync.SUSPENDED: Style.YELLOW,
    Sync.DEFERRED: Style.YELLOW,
    Sync.ORPHANED: Style.YELLOW,
    JobStatus.RUNNING: Style.CYAN,
    JobStatus.SUCCEEDED: Style.GREEN,
    "COMPLETED": Style.GREEN,
    JobStatus.FAILED: Style.RED,
    JobStatus.CANCELLED: Style.DIM,
}


def style_of(status: str) -> Style:
    """Give how a sync status, or the status of a row, stands out."""
    return _STYLES.get(status, Style.PLAIN)


def short_id(row_id: object) -> str:
    """Give the beginning of an id, enough to tell it from others that are near."""
    return str(row_id)[:_DIGITS]


# --- resources --------------------------------------------------------------------------------------------


def resource_layout(now: datetime) -> tuple[Column[ResourceStatus], ...]:
    """Lay out resources with how they stand."""
    return (
        Column("RESOURCE", lambda one: str(one.key)),
        Column("SYNC", lambda one: one.sync, style=lambda one: style_of(one.sync)),
        Column("REASON", lambda one: one.reason, rank=1),
        Column("FOR", lambda one: age(one.since, now), rank=4),
        Column("GEN", lambda one: _text(one.generation), rank=5),
        Column("PLACE", lambda one: str(one.where or ""), rank=3, least=12, keep=Keep.END),
        Column("MESSAGE", lambda one: one.message, rank=2, least=20),
    )


# --- rows -------------------------------------------------------------------------------------------------


def user_layout(now: datetime) -> tuple[Column[UserItem], ...]:
    """Lay out users."""
    return (
        Column("NAME", lambda one: one.name, keep=Keep.ENDS),
        Column("USERNAME", lambda one: one.username, rank=2, least=12, keep=Keep.ENDS),
        _sync(UserItem),
        Column("GEN", lambda one: _text(one.standing.generation), rank=5),
        Column("AGE", lambda one: age(one.created_at, now) if one.created_at else "", rank=3),
        _place(UserItem, rank=4),
        *_standing(UserItem),
        Column("ID", lambda one: _text(one.id), wide=True),
    )


def workflow_layout(now: datetime) -> tuple[Column[WorkflowItem], ...]:
    """Lay out workflows."""
    return (
        Column("NAME", lambda one: one.name or _nameless(one.id), keep=Keep.ENDS),
        Column("USER", lambda one: one.user, rank=4, least=12, keep=Keep.ENDS),
        Column("STATUS", lambda one: one.status, style=lambda one: style_of(one.status), rank=1),
        Column("JOBS", lambda one: _progress(one.jobs), rank=2),
        _sync(WorkflowItem),
        Column("GEN", lambda one: _text(one.standing.generation), rank=6),
        Column("AGE", lambda one: age(one.created_at, now) if one.created_at else "", rank=3),
        _place(WorkflowItem, rank=5),
        *_standing(WorkflowItem),
        Column("OBSERVED", lambda one: _text(one.observed_generation), wide=True),
        Column("ID", lambda one: _text(one.id), wide=True),
    )


def job_layout(now: datetime | None = None, *, of_one: bool = False) -> tuple[Column[JobItem], ...]:
    """Lay out jobs: with `now` each with how its workflow stands, without those of a workflow that is told.

    With `of_one` all are known to be of one workflow, which need not be named with each.
    """
    job: tuple[Column[JobItem], ...] = (
        Column("JOB", lambda one: one.name, keep=Keep.ENDS),
        Column("TYPE", lambda one: one.job_type, rank=1, least=14),
        Column("BRANCH", lambda one: one.branch_id, rank=3, least=10),
        Column("STATUS", lambda one: one.status, style=lambda one: style_of(one.status)),
    )
    generation: Column[JobItem] = Column("GEN", lambda one: str(one.generation), rank=6)
    needs: Column[JobItem] = Column("NEEDS", lambda one: ", ".join(one.needs), rank=4, least=12)
    if now is None:
        return (*job, generation, needs)
    return (
        Column(
            "WORKFLOW",
            lambda one: one.workflow or _nameless(one.workflow_id),
            wide=of_one,
            keep=Keep.ENDS,
        ),
        *job,
        _sync(JobItem, rank=2),
        generation,
        Column("AGE", lambda one: age(one.created_at, now), rank=5),
        Column("OBSERVED", lambda one: _text(one.observed_generation), wide=True),
        _place(JobItem, wide=True),
        Column("INSTANCE", lambda one: one.standing.instance, wide=True),
        Column("ID", lambda one: str(one.id), wide=True),
        needs,
    )


def sync_layout(now: datetime) -> tuple[Column[SyncItem], ...]:
    """Lay out passes."""
    return (
        Column("PASS", lambda one: short_id(one.id)),
        Column("AGE", lambda one: age(one.committed_at, now), rank=1),
        Column("TRIGGER", lambda one: one.trigger, rank=3),
        Column("CHANGES", lambda one: counted(one.counts), rank=2, least=24),
        Column("REVISION", lambda one: short(one.revision), rank=5),
        Column("TOOK", _took, rank=4),
        Column("COMMITTED", lambda one: one.committed_at.isoformat(timespec="seconds"), wide=True),
        Column("EPOCH", lambda one: str(one.epoch), wide=True),
        Column("INSTANCE", lambda one: one.instance, wide=True),
        Column("ID", lambda one: str(one.id), wide=True),
    )


def _sync(_row: type[_Row], rank: int = 0) -> Column[_Row]:
    return Column(
        "SYNC", lambda one: one.standing.sync, style=lambda one: style_of(one.standing.sync), rank=rank
    )


def _place(_row: type[_Row], rank: int = 0, *, wide: bool = False) -> Column[_Row]:
    """Tell where it is declared; of a path that is too long, the file is of interest."""
    return Column("PLACE", lambda one: one.standing.place, wide, None, rank, 20, Keep.END)


def _standing(_row: type[_Row]) -> tuple[Column[_Row], ...]:
    """Tell all else of how a resource stands."""
    return (
        Column("REASON", lambda one: one.standing.reason, wide=True),
        Column("MESSAGE", lambda one: one.standing.message, wide=True),
        Column("REVISION", lambda one: one.standing.revision, wide=True),
        Column("INSTANCE", lambda one: one.standing.instance, wide=True),
        Column("LABELS", lambda one: _labels(one.standing.labels), wide=True),
    )


def _nameless(row_id: UUID | None) -> str:
    """Stand in for the name of a row that has none: others make such; `-o wide` shows all of the id."""
    return f"({short_id(row_id)})" if row_id else ""


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


# --- what happens -----------------------------------------------------------------------------------------


def event_layout(now: datetime | None = None) -> tuple[Column[Event], ...]:
    """Lay out events: with `now` by their age, without by the time of day."""
    return (
        Column("AGE", lambda one: age(one.at, now), rank=1) if now else Column("TIME (UTC)", _time, rank=1),
        Column("SUBJECT", _subject, least=30, keep=Keep.ENDS),
        Column("STATUS", lambda one: one.status, style=lambda one: style_of(one.status)),
        Column("REASON", lambda one: one.reason, rank=3),
        Column("AT", lambda one: one.at.astimezone(UTC).isoformat(timespec="milliseconds"), wide=True),
        Column("REVISION", lambda one: one.revision, wide=True),
        Column("PLACE", lambda one: str(one.where or ""), wide=True),
        Column("MESSAGE", lambda one: one.message, rank=2, least=24),
    )


def _time(event: Event) -> str:
    return f"{event.at.astimezone(UTC):%H:%M:%S}"


def _subject(event: Event) -> str:
    if event.type is EventType.PASS:
        kind, _, pass_id = event.subject.partition("/")
        return f"{kind}/{short_id(pass_id)}"
    return event.subject
