"""A plan told step by step: what would be done to each resource, why, and field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self
from uuid import UUID

from reconciler.desired import Location
from reconciler.plan import (
    ActualState,
    Adopt,
    Change,
    Create,
    Delete,
    Gate,
    Heal,
    HeldBack,
    Part,
    Plan,
    Record,
    Recreate,
    Rows,
    Update,
    UserRow,
    WorkflowRow,
)
from reconciler.report.fields import (
    Action,
    FieldStep,
    JobStep,
    Names,
    differences,
    job_steps,
    row_fields,
)
from reconciler.report.reasons import Evidence, action_of, place_of, reason
from reconciler.report.result import PassReport
from reconciler.resources import Kind, ResourceKey

BOOKS_ALONE: Final = frozenset({Action.NOTE, Action.ORPHAN, Action.FORGET})


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows of the consumers' tables are written, and how."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def __add__(self, other: RowCounts) -> RowCounts:
        return RowCounts(
            self.inserted + other.inserted, self.updated + other.updated, self.deleted + other.deleted
        )


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to one resource.

    `where` is the place that explains it: the manifest, of an edit the line, or where the manifest last was.
    """

    key: ResourceKey
    action: Action
    why: str
    where: Location
    fields: tuple[FieldStep, ...] = ()
    jobs: tuple[JobStep, ...] = ()
    rows: RowCounts = RowCounts()


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan as it is shown.

    `steps` stand in the order in which they would be taken. `counts` says how many resources meet with each
    action. `part` names what alone was asked for, None when everything was.
    """

    revision: str
    counts: Mapping[Action, int]
    rows: RowCounts
    steps: tuple[Step, ...]
    held_back: tuple[HeldBack, ...]
    gates: tuple[Gate, ...]
    released: tuple[Gate, ...]
    part: Part | None = None

    @classmethod
    def of(cls, plan: Plan, actual: ActualState, part: Part | None = None) -> Self:
        """Tell a plan that was made of `actual`, narrowed to a `part` if only that was asked for."""
        steps = steps_of(plan, actual)
        changed = [step.action for step in steps if step.action not in BOOKS_ALONE]
        return cls(
            revision=plan.revision,
            counts={action: changed.count(action) for action in Action if action in changed},
            rows=sum((step.rows for step in steps), RowCounts()),
            steps=steps,
            held_back=plan.held_back,
            gates=plan.gates,
            released=plan.released,
            part=part,
        )

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that change rows, or whose rows they are."""
        return tuple(step for step in self.steps if step.action not in BOOKS_ALONE)

    @property
    def left(self) -> tuple[HeldBack, ...]:
        """What is left as it is although it was asked for."""
        keys = self.part.keys if self.part else None
        return tuple(held for held in self.held_back if keys is None or held.key in keys)

    @property
    def summary(self) -> str:
        """One line: `2 to create, 1 to prune; 3 held back`."""
        told = ", ".join(f"{number:,} to {action}" for action, number in self.counts.items())
        held = f"; {len(self.left):,} held back" if self.left else ""
        return f"{told or 'nothing to do'}{held}"


def steps_of(plan: Plan, actual: ActualState) -> tuple[Step, ...]:
    """Tell every change of a plan that was made of `actual`."""
    names, records = names_in(plan, actual), actual.survey.records
    return tuple(_step(change, names, records) for change in plan.changes)


def steps_done(report: PassReport, most: int | None = None) -> tuple[Step, ...]:
    """Tell what a pass did that changed rows, or no more than the first `most` of it."""
    result, actual = report.result, report.actual
    if result.plan is None or result.applied is None or actual is None:
        return ()
    done = result.applied.done
    changes = [change for change in result.plan.changes if change.key in done]
    telling = [change for change in changes if action_of(change) not in BOOKS_ALONE][:most]
    names, records = names_in(result.plan, actual), actual.survey.records
    return tuple(_step(change, names, records) for change in telling)


def names_in(plan: Plan, actual: ActualState) -> Names:
    """Name every user that a plan may speak of, those too that it makes."""
    made = {
        change.after.id: change.key.name
        for change in plan.changes
        if isinstance(change, _WITH_MANIFEST) and isinstance(change.after, UserRow)
    }
    survey = actual.survey
    recorded = {r.row_id: key.name for key, r in survey.records.items() if key.kind is Kind.USER}
    known = (*survey.usernames.items(), *survey.user_ids.items())
    return {**{row_id: name for name, row_id in known}, **recorded, **made}


_WITH_MANIFEST: Final = (Create, Recreate, Adopt, Update, Heal)


def _step(change: Change, names: Names, records: Mapping[ResourceKey, Record]) -> Step:
    before, after = images(change)
    fields = tuple(differences(row_fields(before, names), row_fields(after, names)))
    jobs = tuple(job_steps(before, after, _lines(change)))
    rows = _rows(fields, jobs, before, after)
    if not isinstance(change, Heal):
        fields, jobs = _no_generation(fields), tuple(_without_generations(jobs))
    evidence = Evidence(change, fields, jobs, records.get(change.key))
    return Step(change.key, action_of(change), reason(evidence), place_of(evidence), fields, jobs, rows)


def _rows(
    fields: tuple[FieldStep, ...], jobs: tuple[JobStep, ...], before: Rows | None, after: Rows | None
) -> RowCounts:
    acts = [job.action for job in jobs]
    made, gone = before is None and after is not None, after is None and before is not None
    return RowCounts(
        inserted=acts.count(Action.CREATE) + made,
        updated=acts.count(Action.UPDATE) + (bool(fields) and not made and not gone),
        deleted=acts.count(Action.PRUNE) + gone,
    )


def _without_generations(jobs: Iterable[JobStep]) -> Iterator[JobStep]:
    """Leave out what follows from an edit, and is news only where somebody else wrote it."""
    for job in jobs:
        if fields := _no_generation(job.fields):
            yield replace(job, fields=fields)


def _no_generation(fields: tuple[FieldStep, ...]) -> tuple[FieldStep, ...]:
    return tuple(field for field in fields if field.field != "generation")


def images(change: Change) -> tuple[Rows | None, Rows | None]:
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


def _lines(change: Change) -> dict[UUID, int]:
    """Say on which line of its file each job begins."""
    if not isinstance(change, _WITH_MANIFEST) or not isinstance(change.after, WorkflowRow):
        return {}
    return dict(zip((job.id for job in change.after.jobs), change.manifest.job_lines, strict=False))
