"""Rows and manifests as the fields that people know, and what differs between two of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from reconciler.plan import JobRow, Rows, UserRow, WorkflowRow

Names = Mapping[UUID, str]
"""What to call a row that is referred to by its id."""

Fields = Mapping[str, Any]
"""The fields of one row by name; values are JSON."""


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


PAST: Final[Mapping[Action, str]] = {
    Action.CREATE: "created",
    Action.ADOPT: "adopted",
    Action.UPDATE: "updated",
    Action.HEAL: "healed",
    Action.RECREATE: "recreated",
    Action.PRUNE: "pruned",
    Action.NOTE: "noted",
    Action.ORPHAN: "orphaned",
    Action.FORGET: "forgotten",
}
"""What is told of it afterwards."""


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

    @property
    def only_moves(self) -> bool:
        """Whether nothing of it changes but its place in the list."""
        return self.action is Action.UPDATE and all(step.field == "position" for step in self.fields)


def row_fields(rows: Rows | None, names: Names) -> dict[str, Any]:
    """Give the fields of a main row, none when there is no row."""
    match rows:
        case None:
            return {}
        case UserRow(username=username):
            return {"username": username}
        case WorkflowRow(user_id=user_id, name=name, generation=generation):
            return {"name": name, "user": names.get(user_id, str(user_id)), "generation": generation}


def jobs_of(rows: Rows | None) -> dict[UUID, JobRow]:
    """Give the jobs of a resource by their ids, in the order of their positions."""
    jobs = rows.jobs if isinstance(rows, WorkflowRow) else ()
    return {job.id: job for job in sorted(jobs, key=lambda job: job.position)}


def job_steps(before: Rows | None, after: Rows | None, lines: Mapping[UUID, int]) -> Iterator[JobStep]:
    """Tell what becomes of each job between two states, those that stay first, as the later one has them."""
    there, wanted = jobs_of(before), jobs_of(after)
    called = {row_id: job.name for row_id, job in (*there.items(), *wanted.items())}
    for row_id in dict.fromkeys((*wanted, *there)):
        old, new = there.get(row_id), wanted.get(row_id)
        before_it = _job_fields(old, called) if old else None
        after_it = _job_fields(new, called) if new else None
        if step := job_step(called[row_id], before_it, after_it, lines.get(row_id, 0)):
            yield step


def job_step(name: str, before: Fields | None, after: Fields | None, line: int) -> JobStep | None:
    """Tell what becomes of a job, None when nothing does; where its fields are None it is not there."""
    fields = tuple(differences(before or {}, after or {}))
    action = Action.CREATE if before is None else Action.PRUNE if after is None else Action.UPDATE
    return JobStep(name, action, line, fields) if fields else None


def _job_fields(job: JobRow, called: Names) -> dict[str, Any]:
    return {
        "name": job.name,
        "job_type": job.job_type,
        "branch_id": job.branch_id,
        "needs": [called.get(parent, str(parent)) for parent in job.parents],
        "params": json.loads(job.params),
        "position": job.position,
        "generation": job.generation,
        **({"moved_to": str(job.moved_to)} if job.moved_to else {}),
    }


def differences(before: Fields, after: Fields, path: str = "") -> Iterator[FieldStep]:
    """Tell what differs; of two objects only the parts that do."""
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field), after.get(field)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from differences(old, new, f"{path}{field}.")
        elif (field in before) != (field in after) or not _same(old, new):
            yield FieldStep(f"{path}{field}", old, new)


def _same(one: object, other: object) -> bool:
    """Compare as JSON does: `1` and `true` are not the same."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
