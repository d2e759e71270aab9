"""Which columns tables have that are shown in more than one place, and how a sync status stands out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from reconciler.plan import Sync
from reconciler.report.event import Event, EventType
from reconciler.report.listing import JobItem
from reconciler.report.table import Column
from reconciler.report.terminal import Style
from reconciler.report.verdict import age
from reconciler.resources import JobStatus

_DIGITS: Final = 8
"""So many of a pass's id tell it from others."""

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


def event_layout(now: datetime | None = None) -> tuple[Column[Event], ...]:
    """Lay out events: with `now` by their age, without by the time of day."""
    return (
        Column("AGE", lambda one: age(one.at, now)) if now else Column("TIME (UTC)", _time),
        Column("SUBJECT", _subject),
        Column("STATUS", lambda one: one.status, style=lambda one: style_of(one.status)),
        Column("REASON", lambda one: one.reason),
        Column("AT", lambda one: one.at.astimezone(UTC).isoformat(timespec="milliseconds"), wide=True),
        Column("REVISION", lambda one: one.revision, wide=True),
        Column("PLACE", lambda one: str(one.where or ""), wide=True),
        Column("MESSAGE", lambda one: one.message),
    )


def _time(event: Event) -> str:
    return f"{event.at.astimezone(UTC):%H:%M:%S}"


def _subject(event: Event) -> str:
    if event.type is EventType.PASS:
        kind, _, pass_id = event.subject.partition("/")
        return f"{kind}/{short_id(pass_id)}"
    return event.subject


def job_layout() -> tuple[Column[JobItem], ...]:
    """Lay out the jobs of one workflow."""
    return (
        Column("JOB", lambda one: one.name),
        Column("TYPE", lambda one: one.job_type),
        Column("BRANCH", lambda one: one.branch_id),
        Column("STATUS", lambda one: one.status, style=lambda one: style_of(one.status)),
        Column("GEN", lambda one: str(one.generation)),
        Column("NEEDS", lambda one: ", ".join(one.needs)),
    )
