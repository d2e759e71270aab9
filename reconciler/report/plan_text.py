"""A plan as a person reads it: what would be done to each resource and why, and what would be left."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from reconciler.plan import Gate, GateKind, Sync
from reconciler.report.steps import BOOKS_ALONE, Action, FieldStep, JobStep, PlanReport, Step
from reconciler.report.terminal import Page, Style, many

_SIGNS: Final[Mapping[Action, tuple[str, Style]]] = {
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
_FIELDS_OF_A_NEW_JOB: Final = ("job_type", "branch_id", "needs")
_ASKED: Final = {
    GateKind.PRUNE: "to prune",
    GateKind.HEAL: "to make again the rows of",
    GateKind.SOURCE: "to reconcile from another source",
}
_CHOSEN: Final = frozenset({Sync.SUSPENDED, Sync.DEFERRED, Sync.ORPHANED})
_CHANGED: Final = frozenset({Action.ADOPT, Action.UPDATE, Action.HEAL})
_JOBS_SHOWN: Final = 20
_VALUE: Final = 60
"""Characters of a value that are shown before it is cut."""


def render_plan(report: PlanReport, *, color: bool, width: int, wide: bool = False) -> str:
    """Give a plan as text; with `wide` also what changes our book-keeping alone, and everything in full.

    No line break ends it. Whatever comes from outside is shown so that it can't steer the terminal.
    """
    page = Page(color, max(width, 40))
    for step in report.steps if wide else report.changes:
        _put_step(page, step, wide=wide)
    if report.held_back:
        page.put("left as it is:", Style.BOLD)
        for held in report.held_back:
            place = f", {held.where}" if held.where and held.where.line else ""
            style = Style.YELLOW if held.sync in _CHOSEN else Style.RED
            page.put_whole(f"{held.key} {held.sync} ({held.reason}){place}", style, indent=2)
            page.put(held.message, indent=4)
        page.skip()
    for gate in report.gates:
        _put_gate(page, gate)
    page.put_whole(summary(report), Style.BOLD)
    page.put(f"revision {report.revision}", Style.DIM)
    return str(page)


def summary(report: PlanReport) -> str:
    """Give a plan in one line: `2 to create, 1 to prune; 3 held back`."""
    counts = Counter(step.action for step in report.changes)
    told = ", ".join(f"{counts[action]:,} to {action}" for action in Action if counts[action])
    held = f"; {len(report.held_back):,} held back" if report.held_back else ""
    return f"{told or 'nothing to do'}{held}"


def _put_step(page: Page, step: Step, *, wide: bool) -> None:
    sign, style = _SIGNS[step.action]
    page.put_whole(f"{sign} {step.action} {step.key}  {step.where}", style)
    page.put(step.why, Style.DIM, indent=4)
    if step.action in BOOKS_ALONE:
        return
    for field in step.fields:
        if not _repeats_the_key(step, field):
            page.put_whole(_field(field, step.action, wide=wide), indent=4)
    shown = step.jobs if wide else step.jobs[:_JOBS_SHOWN]
    for job in shown:
        _put_job(page, step, job, wide=wide)
    if len(shown) < len(step.jobs):
        page.put(f"and {len(step.jobs) - len(shown):,} more jobs: -o wide shows them", Style.DIM, indent=4)
    page.skip()


def _repeats_the_key(step: Step, field: FieldStep) -> bool:
    """Whether this is the name of a workflow that is made or deleted, which the headline has."""
    return (
        step.action not in _CHANGED and field.field == "name" and step.key.name in {field.before, field.after}
    )


def _put_job(page: Page, step: Step, job: JobStep, *, wide: bool) -> None:
    sign, style = _SIGNS[job.action]
    place = f"  {step.where.path}:{job.line}" if job.line else ""
    if job.action is Action.UPDATE or wide:
        page.put_whole(f"{sign} job {job.name}{place}", style, indent=4)
        for field in job.fields:
            page.put_whole(_field(field, job.action, wide=wide), indent=8)
        return
    page.put_whole(f"{sign} job {job.name}{_in_short(job.fields)}{place}", style, indent=4)


def _in_short(fields: Sequence[FieldStep]) -> str:
    """Tell a job that is made or deleted in a few words: `(inference, branch nuclei, needs tile)`."""
    told = {step.field: step.before if step.after is None else step.after for step in fields}
    job_type, branch, needs = (told.get(field) for field in _FIELDS_OF_A_NEW_JOB)
    words = [str(job_type), f"branch {branch}", *([f"needs {', '.join(needs)}"] if needs else [])]
    return f" ({', '.join(words)})"


def _field(step: FieldStep, action: Action, *, wide: bool) -> str:
    match action:
        case Action.CREATE | Action.RECREATE:
            return f"{step.field}: {_value(step.after, wide=wide)}"
        case Action.PRUNE:
            return f"{step.field}: {_value(step.before, wide=wide)}"
        case _:
            return f"{step.field}: {_value(step.before, wide=wide)} -> {_value(step.after, wide=wide)}"


def _value(value: object, *, wide: bool) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if wide or len(text) <= _VALUE else f"{text[: _VALUE - 1]}…"


def _put_gate(page: Page, gate: Gate) -> None:
    subject = f" {many(len(gate.subjects), 'resource')}" if gate.subjects else ""
    page.put(f"waits for approval {_ASKED[gate.kind]}{subject}", Style.RED)
    page.put_whole(f"reconciler approve {gate.digest}", Style.CYAN, indent=4)
    page.skip()
