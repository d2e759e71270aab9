"""A plan told step by step: what would be done to each resource, why, and field by field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from reconciler.desired import Location
from reconciler.plan import (
    ActualState,
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Gate,
    Heal,
    HeldBack,
    JobRow,
    Note,
    Orphan,
    Plan,
    Recreate,
    Restate,
    Rows,
    Update,
    UserRow,
    WorkflowRow,
)
from reconciler.resources import ResourceKey, meta_digest

Names = Mapping[UUID, str]
"""What to call a row that is referred to by its id."""


class Action(StrEnum):
    """What is done to a resource or a job; `NOTE` and what follows change our book-keeping alone."""

    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    HEAL = "heal"
    RECREATE = "recreate"
    PRUNE = "prune"
    NOTE = "note"
    ORPHAN = "orphan"
    FORGET = "forget"


BOOKS_ALONE: Final = frozenset({Action.NOTE, Action.ORPHAN, Action.FORGET})


@dataclass(frozen=True, slots=True)
class FieldStep:
    """One field; None stands for what is not there. Values are JSON; `params.a.b` names a part of one."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class JobStep:
    """One job of a workflow that is made, changed, or (`PRUNE`) deleted.

    `line` is where the manifest declares it, 0 when it does not.
    """

    name: str
    action: Action
    line: int
    fields: tuple[FieldStep, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to one resource. `where` is its manifest, or where that last was."""

    key: ResourceKey
    action: Action
    why: str
    where: Location
    fields: tuple[FieldStep, ...] = ()
    jobs: tuple[JobStep, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan as it is shown. `steps` stand in the order in which they would be taken."""

    revision: str
    steps: tuple[Step, ...]
    held_back: tuple[HeldBack, ...]
    gates: tuple[Gate, ...]
    released: tuple[Gate, ...]

    @classmethod
    def of(cls, plan: Plan, actual: ActualState) -> Self:
        """Tell a plan that was made of `actual`."""
        names = _names(plan, actual)
        steps = tuple(_step(change, names) for change in plan.changes)
        return cls(plan.revision, steps, plan.held_back, plan.gates, plan.released)

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that change rows, or whose rows they are."""
        return tuple(step for step in self.steps if step.action not in BOOKS_ALONE)


def _names(plan: Plan, actual: ActualState) -> Names:
    """Name every user that the plan may speak of, those too that it makes."""
    made = {
        change.after.id: change.key.name
        for change in plan.changes
        if isinstance(change, _WITH_MANIFEST) and isinstance(change.after, UserRow)
    }
    known = (*actual.usernames.items(), *actual.user_ids.items())
    return {**{row_id: name for name, row_id in known}, **made}


_WITH_MANIFEST: Final = (Create, Recreate, Adopt, Update, Heal)


def _step(change: Change, names: Names) -> Step:
    action, why = _told(change)
    before, after = _images(change)
    fields = tuple(_differences(_fields(before, names), _fields(after, names)))
    jobs = tuple(_job_steps(_jobs(before), _jobs(after), _lines(change)))
    if not isinstance(change, Heal):
        fields, jobs = _without_generations(fields, jobs)
    return Step(change.key, action, why, _where(change), fields, jobs)


def _without_generations(
    fields: tuple[FieldStep, ...], jobs: tuple[JobStep, ...]
) -> tuple[tuple[FieldStep, ...], tuple[JobStep, ...]]:
    """Leave out what follows from an edit, and is news only where somebody else wrote it."""
    kept = tuple(replace(job, fields=_no_generation(job.fields)) for job in jobs)
    return _no_generation(fields), tuple(job for job in kept if job.fields)


def _no_generation(fields: tuple[FieldStep, ...]) -> tuple[FieldStep, ...]:
    return tuple(field for field in fields if field.field != "generation")


def action_of(change: Change) -> Action:
    """Name what a change does."""
    return _told(change)[0]


def _told(change: Change) -> tuple[Action, str]:
    """Name what is done, and why."""
    match change:
        case Create():
            return Action.CREATE, "a manifest declares it, and there is no row"
        case Recreate():
            return Action.RECREATE, "somebody deleted its row"
        case Adopt(owner=owner):
            lone = f"instance {owner} has let it go" if owner else "nobody manages it"
            return Action.ADOPT, f"its row is there, and {lone}"
        case Update():
            return Action.UPDATE, "its manifest says something else than when it was applied"
        case Heal():
            return Action.HEAL, "somebody changed its rows by hand"
        case Delete():
            return Action.PRUNE, "no manifest declares it any more"
        case Forget():
            return Action.FORGET, "neither a manifest nor a row of it is left"
        case Orphan():
            return Action.ORPHAN, "no manifest declares it any more; its rows stay"
        case Note() | Restate():
            return Action.NOTE, _noted(change)


def _noted(change: Note | Restate) -> str:
    """Say what of a manifest is to be noted that changes no rows."""
    if isinstance(change, Restate):
        return "its rows are there as its manifest wants them"
    manifest, record = change.manifest, change.record
    if record.orphaned:
        return "a manifest declares it again"
    if record.path != manifest.where.path:
        return f"its manifest moved here from {record.path}"
    if record.meta_digest != meta_digest(manifest.meta):
        return "its labels or annotations are others"
    return "its rows seemed changed, and were found right"


def _images(change: Change) -> tuple[Rows | None, Rows | None]:
    """Give the rows before and after, None where there are none or none are touched."""
    match change:
        case Create(after=after) | Recreate(after=after):
            return None, after
        case Adopt(before=before, after=after) | Update(before=before, after=after):
            return before, after
        case Heal(before=before, after=after):
            return before, after
        case Delete(before=before):
            return before, None
        case _:
            return None, None


def _where(change: Change) -> Location:
    if isinstance(change, Delete | Forget | Orphan):
        return Location(change.record.path)
    return change.manifest.where


def _lines(change: Change) -> dict[UUID, int]:
    """Say on which line of its file each job begins."""
    if not isinstance(change, _WITH_MANIFEST) or not isinstance(change.after, WorkflowRow):
        return {}
    return dict(zip((job.id for job in change.after.jobs), change.manifest.job_lines, strict=False))


def _fields(rows: Rows | None, names: Names) -> dict[str, Any]:
    match rows:
        case None:
            return {}
        case UserRow(username=username):
            return {"username": username}
        case WorkflowRow(user_id=user_id, name=name, generation=generation):
            return {"name": name, "user": names.get(user_id, str(user_id)), "generation": generation}


def _jobs(rows: Rows | None) -> dict[UUID, JobRow]:
    return {job.id: job for job in rows.jobs} if isinstance(rows, WorkflowRow) else {}


def _job_steps(
    there: Mapping[UUID, JobRow], wanted: Mapping[UUID, JobRow], lines: Mapping[UUID, int]
) -> Iterator[JobStep]:
    called = {row_id: job.name for row_id, job in (*there.items(), *wanted.items())}
    for row_id in dict.fromkeys((*wanted, *there)):
        step = _job_step(there.get(row_id), wanted.get(row_id), lines.get(row_id, 0), called)
        if step is not None:
            yield step


def _job_step(before: JobRow | None, after: JobRow | None, line: int, called: Names) -> JobStep | None:
    """Tell what becomes of a job, None when nothing does that anybody would want to know."""
    row = after or before
    fields = tuple(_differences(_job_fields(before, called), _job_fields(after, called)))
    if row is None or not fields:
        return None
    action = Action.CREATE if before is None else Action.PRUNE if after is None else Action.UPDATE
    return JobStep(row.name, action, line, fields)


def _job_fields(job: JobRow | None, called: Names) -> dict[str, Any]:
    if job is None:
        return {}
    return {
        "name": job.name,
        "job_type": job.job_type,
        "branch_id": job.branch_id,
        "needs": [called.get(parent, str(parent)) for parent in job.parents],
        "params": json.loads(job.params),
        "position": job.position,
        "generation": job.generation,
    }


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> Iterator[FieldStep]:
    """Tell what differs; of two objects only the parts that do."""
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field), after.get(field)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _differences(old, new, f"{path}{field}.")
        elif (field in before) != (field in after) or not _same(old, new):
            yield FieldStep(f"{path}{field}", old, new)


def _same(one: object, other: object) -> bool:
    """Compare as JSON does: `1` and `true` are not the same."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
