"""A plan as a person reads it: what would be done to each resource and why, and what would be left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from reconciler.desired import Location
from reconciler.plan import Gate, GateKind, HeldBack, Part, Sync
from reconciler.report.fields import PAST, Action, FieldStep, JobStep
from reconciler.report.steps import BOOKS_ALONE, PlanReport, RowCounts, Step
from reconciler.report.terminal import Page, Paper, Style, columns, cut, harmless, many, padded, short
from reconciler.report.values import contrasted, told

_STYLES: Final[Mapping[Action, tuple[str, Style]]] = {
    Action.CREATE: ("+", Style.GREEN),
    Action.ADOPT: ("⇥", Style.CYAN),
    Action.UPDATE: ("~", Style.YELLOW),
    Action.HEAL: ("↺", Style.CYAN),
    Action.RECREATE: ("!", Style.YELLOW),
    Action.PRUNE: ("-", Style.RED),
    Action.NOTE: (".", Style.DIM),
    Action.ORPHAN: (".", Style.DIM),
    Action.FORGET: (".", Style.DIM),
}
_ASKED: Final = {
    GateKind.PRUNE: "to prune",
    GateKind.HEAL: "to make again the rows of",
    GateKind.SOURCE: "to reconcile from another source",
}
_CHOSEN: Final = frozenset({Sync.SUSPENDED, Sync.DEFERRED, Sync.ORPHANED})
_CHANGED: Final = frozenset({Action.ADOPT, Action.UPDATE, Action.HEAL})
_NARROWEST: Final = 40
_JOBS_SHOWN: Final = 20
_DONE_SHOWN: Final = 50
_ALIKE_SHOWN: Final = 10
"""Of jobs that only move, and of resources that are held back for one reason, so many are named."""
_NAME: Final = 32
"""Columns that the name of a job takes at most in front of what is told of it."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a plan is shown, and on what: `done` tells what was done rather than would be.

    `root` leads from where the reader stands to the manifests, "" or with a slash at its end.
    """

    paper: Paper
    root: str = ""
    done: bool = False

    @property
    def page(self) -> Page:
        """An empty page."""
        return Page(self.paper.coloured, max(self.paper.width, _NARROWEST))

    @property
    def wide(self) -> bool:
        """Whether everything is asked for."""
        return self.paper.wide

    @property
    def whole(self) -> bool:
        """Whether values are shown in full: all is asked for, or goes where nothing needs to be cut."""
        return self.paper.wide or self.paper.piped

    def place(self, where: Location) -> str:
        """Name a place so that an editor or a terminal can open it."""
        path = f"{self.root}{where.path}"
        return f"{path}:{where.line}" if where.line else path


def render_plan(report: PlanReport, manner: Manner) -> str:
    """Give a plan as text; with `wide` also what changes our book-keeping alone, and everything in full.

    No line break ends it. Whatever comes from outside is shown so that it can't steer the terminal.
    """
    page = manner.page
    put_steps(page, report.steps if manner.wide else report.changes, manner)
    _put_left(page, report.left, manner)
    for gate in report.gates:
        _put_gate(page, gate)
    if report.part is not None:
        _put_part(page, report.part, len(report.held_back) - len(report.left))
    page.put_whole(report.summary, Style.BOLD)
    if told_rows := rows_in_words(report.rows):
        page.put(f"rows: {told_rows}")
    page.put(f"revision {short(report.revision)}", Style.DIM)
    return str(page)


def rows_in_words(rows: RowCounts) -> str:
    """Count rows: `12 to insert, 1 to update`."""
    counts = ((rows.inserted, "insert"), (rows.updated, "update"), (rows.deleted, "delete"))
    return ", ".join(f"{number:,} to {verb}" for number, verb in counts if number)


# --- what is done -------------------------------------------------------------------------------------------


def put_steps(page: Page, steps: Sequence[Step], manner: Manner) -> None:
    """Put each step with its reason and its fields."""
    for step in steps:
        _put_step(page, step, manner)


def put_done(page: Page, steps: Sequence[Step], manner: Manner) -> None:
    """Put what was done: each resource, its reason, what became of its jobs; with `wide` every field."""
    shown = steps if manner.wide else steps[:_DONE_SHOWN]
    for step in shown:
        if manner.wide:
            _put_step(page, step, manner)
            continue
        _put_head(page, step, manner)
        jobs = _jobs_in_words(step.jobs)
        page.put(f"{step.why}; {jobs}" if jobs else step.why, Style.DIM, indent=4)
    if more := len(steps) - len(shown):
        page.put(f"and {more:,} more: -o wide shows {_them(more)}", Style.DIM)


def _jobs_in_words(jobs: Sequence[JobStep]) -> str:
    """Count what becomes of jobs: `2 jobs created, 1 moved`."""
    acts = ["moved" if job.only_moves else PAST[job.action] for job in jobs]
    counts = [(acts.count(act), act) for act in dict.fromkeys(acts)]
    return ", ".join(f"{many(number, 'job')} {act}" for number, act in counts)


def _put_step(page: Page, step: Step, manner: Manner) -> None:
    _put_head(page, step, manner)
    page.put(step.why, Style.DIM, indent=4)
    if step.action in BOOKS_ALONE:
        return
    for field in step.fields:
        if not _repeats_the_key(step, field):
            _put_field(page, field, step.action, 4, manner)
    _put_jobs(page, step, manner)
    page.skip()


def _put_head(page: Page, step: Step, manner: Manner) -> None:
    sign, style = _STYLES[step.action]
    said = PAST[step.action] if manner.done else step.action
    head, place = f"{sign} {said} {step.key}", manner.place(step.where)
    page.put_beside(head, style, place)


def _repeats_the_key(step: Step, field: FieldStep) -> bool:
    """Whether this is the name of a resource that is made or deleted, which the headline has."""
    return (
        step.action not in _CHANGED
        and field.field in {"name", "username"}
        and step.key.name in {field.before, field.after}
    )


def _put_field(page: Page, step: FieldStep, action: Action, indent: int, manner: Manner) -> None:
    name = (f"{step.field}: ", Style.PLAIN)
    room = None if manner.whole else page.width - indent - columns(step.field) - 2
    match action:
        case Action.CREATE | Action.RECREATE:
            parts = [name, (told(step.after, room), Style.GREEN)]
        case Action.PRUNE:
            parts = [name, (told(step.before, room), Style.RED)]
        case _:
            room = None if room is None else room - 4
            before, after = contrasted(step.before, step.after, room)
            parts = [name, (before, Style.RED), (" -> ", Style.DIM), (after, Style.GREEN)]
    page.put_parts(parts, indent=indent)


# --- jobs ---------------------------------------------------------------------------------------------------


def _put_jobs(page: Page, step: Step, manner: Manner) -> None:
    telling = [job for job in step.jobs if manner.wide or not job.only_moves]
    shown = telling if manner.wide else telling[:_JOBS_SHOWN]
    room = max((columns(harmless(job.name)) for job in shown if _is_short(job, manner)), default=0)
    room = room if manner.whole else min(room, _NAME)
    for job in shown:
        if _is_short(job, manner):
            _put_short_job(page, job, room, manner)
        else:
            _put_whole_job(page, step, job, manner)
    if more := len(telling) - len(shown):
        page.put(f"and {many(more, 'more job')}: -o wide shows {_them(more)}", Style.DIM, indent=4)
    moved = [job.name for job in step.jobs if job.only_moves and not manner.wide]
    if moved:
        page.put(f"only the position moves of {_some(moved)}", Style.DIM, indent=4)


def _is_short(job: JobStep, manner: Manner) -> bool:
    return job.action is not Action.UPDATE and not manner.wide


def _put_short_job(page: Page, job: JobStep, room: int, manner: Manner) -> None:
    """Put a job that is made or deleted on one line: `- job tile  tiling, branch main`."""
    sign, style = _STYLES[job.action]
    told_of = {step.field: step.before if step.after is None else step.after for step in job.fields}
    words = [str(told_of.get("job_type", "")), f"branch {told_of.get('branch_id', '')}"]
    if needs := told_of.get("needs"):
        words.append(f"needs {', '.join(needs)}")
    head = f"{sign} job {padded(job.name, room)}"
    about = ", ".join(words)
    about = about if manner.whole else cut(about, max(page.width - 6 - columns(head), _NAME))
    page.put_parts([(head, style), (f"  {about}", Style.DIM)], indent=4)


def _put_whole_job(page: Page, step: Step, job: JobStep, manner: Manner) -> None:
    sign, style = _STYLES[job.action]
    head = f"{sign} job {job.name}"
    place = manner.place(replace(step.where, line=job.line)) if job.line else ""
    fits = place and columns(head) + columns(place) + 6 <= page.width
    page.put_parts([(head, style), (f"  {place}" if fits or manner.wide else "", Style.DIM)], indent=4)
    for field in job.fields:
        if field.field == "position" and len(job.fields) > 1 and not manner.wide:
            continue  # jobs beside it come and go; of interest is what else becomes of it
        _put_field(page, field, job.action, 8, manner)


# --- what is left -------------------------------------------------------------------------------------------


def _put_left(page: Page, left: Sequence[HeldBack], manner: Manner) -> None:
    """Put what is held back; what is so for one reason, in the same words, is told once."""
    if not left:
        return
    page.put("left as it is:", Style.BOLD)
    for (sync, reason, message), group in groupby(sorted(left, key=_alike), key=_alike):
        alike = list(group)
        shown = alike if manner.wide else alike[:_ALIKE_SHOWN]
        style = Style.YELLOW if sync in _CHOSEN else Style.RED
        for held in shown:
            place = manner.place(held.where) if held.where and held.where.line else ""
            page.put_beside(f"{held.key} {sync} ({reason})", style, place, indent=2)
        if more := len(alike) - len(shown):
            page.put(f"and {more:,} more: -o wide shows {_them(more)}", style, indent=2)
        page.put(message, indent=4)
    page.skip()


def _alike(held: HeldBack) -> tuple[str, str, str]:
    return held.sync, held.reason, held.message


def _put_gate(page: Page, gate: Gate) -> None:
    subject = f" {many(len(gate.subjects), 'resource')}" if gate.subjects else ""
    page.put(f"waits for approval {_ASKED[gate.kind]}{subject}", Style.RED)
    page.put_whole(f"reconciler approve {gate.digest}", Style.CYAN, indent=4)
    page.skip()


def _put_part(page: Page, part: Part, others: int) -> None:
    """Say that this is a part, of what, and how much is beside it."""
    along = f", with {_some([*map(str, part.along)])}, which it needs" if part.along else ""
    page.put(f"a part only: {_some([*map(str, part.asked)])}{along}", Style.YELLOW)
    if others:
        page.put(f"{many(others, 'other resource')} that may differ {_is(others)} left alone", Style.DIM)


def _some(names: Sequence[str]) -> str:
    """Name a few of many: `a, b and 3 more`."""
    shown = ", ".join(names[:_ALIKE_SHOWN])
    return f"{shown} and {len(names) - _ALIKE_SHOWN:,} more" if len(names) > _ALIKE_SHOWN else shown


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
