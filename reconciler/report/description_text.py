"""A resource or a job as a person reads it on a terminal: how it stands first, then what it is and was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from reconciler.desired import Diagnostic
from reconciler.plan import Sync
from reconciler.report.description import Description, JobDescription
from reconciler.report.diagnostics import blocks
from reconciler.report.history import put_history
from reconciler.report.layouts import event_layout, job_layout, style_of
from reconciler.report.listing import JobItem, UserItem, WorkflowItem
from reconciler.report.plan_text import Manner
from reconciler.report.root import Root
from reconciler.report.table import Grid
from reconciler.report.terminal import Page, Style, many, short
from reconciler.report.values import told
from reconciler.report.verdict import age
from reconciler.resources import JobStatus

_LABELS: Final = 13
"""Columns that the labels at the left take."""

_JOBS: Final = 50
_CHANGES: Final = 5
_EVENTS: Final = 10
_MISTAKES: Final = 5
"""How many are shown; -o wide shows all, -o json too."""


def render_description(one: Description, now: datetime, manner: Manner) -> str:
    """Give a resource as text; no line break ends it, and nothing in it can steer the terminal."""
    page = manner.page
    _put_headline(page, one, now)
    _put_mistakes(page, one.diagnostics, manner)
    page.skip()
    for label, text in _about(one, now, manner):
        page.put(text, indent=_LABELS, label=label)
    if one.jobs:
        _put_title(page, "jobs", _progress(one.jobs))
        _put_jobs(page, one.jobs, manner)
    if one.history:
        _put_title(page, "history", "what passes changed, the latest first")
        put_history(page, one.history if manner.wide else one.history[:_CHANGES], now, manner)
    if one.events and one.events.items:
        _put_title(page, "events", f"read from {one.events.read_from}")
        layout = [column for column in event_layout(now) if column.title != "SUBJECT"]
        page.put_lines(Grid(layout, replace(manner.paper, wide=False)).lines(one.events.items[-_EVENTS:]))
    return str(page).rstrip("\n")


def render_job(one: JobDescription, now: datetime, manner: Manner) -> str:
    """Give a job as text, as `render_description` does a resource."""
    page, job = manner.page, one.job
    page.put_beside(f"Job {job.name}", Style.BOLD, job.status, style_of(job.status))
    page.skip()
    for label, text in _about_job(job, now, manner):
        page.put(text, indent=_LABELS, label=label)
    for label, beside in (("needs", one.needs), ("needed by", one.needed_by)):
        page.put(_beside(beside), indent=_LABELS, label=label)
    strangers = [need for need in job.needs if need not in one.needs]
    if strangers:
        page.put(f"also needs what the workflow has not: {', '.join(strangers)}", Style.YELLOW)
    if one.params:
        _put_title(page, "params", "")
        for name, value in one.params.items():
            room = None if manner.whole else page.width - _LABELS
            page.put_whole(f"{name}: {told(value, room)}", indent=2)
    return str(page)


# --- how it stands ------------------------------------------------------------------------------------------


def _put_headline(page: Page, one: Description, now: datetime) -> None:
    """Put how it stands; what its mistake is stands beneath with its line."""
    standing = one.item.standing
    sync = standing.sync or "not managed"
    page.put_beside(str(one.key), Style.BOLD, sync, style_of(standing.sync))
    if standing.sync in {"", Sync.SYNCED}:
        return
    lasted = f" for {age(standing.since, now)}" if standing.since else ""
    message = f": {standing.message}" if standing.message and not one.diagnostics else ""
    page.put(f"{standing.reason}{lasted}{message}", style_of(standing.sync), indent=2)


def _put_mistakes(page: Page, mistakes: Sequence[Diagnostic], manner: Manner) -> None:
    root = Root(manner.root)
    shown = [root.before(one) for one in (mistakes if manner.wide else mistakes[:_MISTAKES])]
    for lines in blocks(shown, color=page.color, width=page.width - 2):
        page.skip()
        page.put_lines(lines, indent=2)
    if more := len(mistakes) - len(shown):
        page.skip()
        page.put(f"and {more} more: `reconciler validate` shows them", Style.DIM, indent=2)


# --- what it is ---------------------------------------------------------------------------------------------


def _about(one: Description, now: datetime, manner: Manner) -> Iterable[tuple[str, str]]:
    item, standing = one.item, one.item.standing
    match item:
        case UserItem():
            yield "username", item.username or "no row yet"
            yield "workflows", f"{one.workflows:,}"
        case WorkflowItem():
            if item.user:
                yield "user", item.user
            yield "status", item.status or "no row yet"
    yield "place", f"{manner.root}{standing.place}" if standing.path else "-"
    yield "labels", _pairs(standing.labels)
    if one.annotations is not None:
        yield "annotations", _pairs(one.annotations)
    if item.id:
        yield "id", str(item.id)
        yield "generation", _generation(item)
    yield from _books(one, now)
    if item.created_at:
        yield "created", _moment(item.created_at, now)
    yield "instance", standing.instance or "none: nobody manages it"


def _books(one: Description, now: datetime) -> Iterable[tuple[str, str]]:
    if one.managed:
        applied = _moment(one.managed.applied_at, now)
        yield "revision", f"{short(one.managed.revision)}, applied {applied}"
        if one.managed.protected:
            yield "protected", "never pruned: reconciler/prune is disabled"
    if one.asleep:
        until = f"until {_clock(one.asleep.until)}" if one.asleep.until else "until `reconciler resume`"
        whole = "the whole instance, " if one.asleep.whole else ""
        reason = one.asleep.reason or "no reason was given"
        who = f"{one.asleep.requested_by} {age(one.asleep.since, now)} ago"
        yield "suspended", f"{whole}{reason}; by {who}, {until}"
    for digest in one.gates:
        yield "waits for", f"reconciler approve {digest}"


def _about_job(job: JobItem, now: datetime, manner: Manner) -> Iterable[tuple[str, str]]:
    yield "workflow", f"{job.workflow}, {job.standing.sync or 'not managed'}"
    yield "type", job.job_type
    yield "branch", job.branch_id
    yield "position", str(job.position)
    yield "place", f"{manner.root}{job.standing.place}" if job.standing.path else "-"
    yield "id", str(job.id)
    yield "generation", _generation(job)
    yield "created", _moment(job.created_at, now)


def _generation(item: UserItem | WorkflowItem | JobItem) -> str:
    if isinstance(item, UserItem):
        return str(item.standing.generation)
    seen = item.observed_generation
    return f"{item.generation}, {'not observed yet' if seen is None else f'{seen} observed'}"


def _progress(jobs: Sequence[JobItem]) -> str:
    done = sum(job.status == JobStatus.SUCCEEDED for job in jobs)
    branches = {job.branch_id for job in jobs}
    where = f"branch {branches.pop()}" if len(branches) == 1 else f"{len(branches):,} branches"
    return f"{many(len(jobs), 'job')} on {where}, {done:,} succeeded"


def _put_jobs(page: Page, jobs: Sequence[JobItem], manner: Manner) -> None:
    page.put_lines(Grid(job_layout(), manner.paper).lines(jobs if manner.wide else jobs[:_JOBS]))
    if more := 0 if manner.wide else len(jobs[_JOBS:]):
        page.put(f"and {many(more, 'more job')}: -o wide shows all", Style.DIM)


def _put_title(page: Page, title: str, text: str) -> None:
    if page.lines[-1]:
        page.skip()
    page.put_parts([(title, Style.BOLD), (f"  {text}" if text else "", Style.DIM)])


def _beside(jobs: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({status})" for name, status in jobs.items()) or "-"


def _pairs(pairs: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(pairs.items())) or "-"


def _moment(at: datetime, now: datetime) -> str:
    return f"{age(at, now)} ago ({_clock(at)})"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
