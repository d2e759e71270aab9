"""What has moved since a plan was saved: each resource by name, with what was then and what is now."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from reconciler.errors import PlanStale
from reconciler.plan import (
    ActualState,
    Adopt,
    Change,
    Create,
    Gate,
    Heal,
    HeldBack,
    Plan,
    Recreate,
    Rows,
    Survey,
    Update,
)
from reconciler.plan.target import same_rows
from reconciler.report.fields import PAST, Action, FieldStep, Names, differences, job_steps, row_fields
from reconciler.report.reasons import action_of
from reconciler.report.steps import BOOKS_ALONE, images, names_in
from reconciler.report.terminal import many
from reconciler.report.values import contrasted
from reconciler.resources import ResourceKey, meta_digest

_SHOWN: Final = 5
"""How many fields of one resource are told before the others are only counted."""
_ROOM: Final = 60
"""Columns that two values take together."""

_NAMED: Final = 20
"""How many resources are named before the others are only counted."""

_ANOTHER_SET: Final = (
    "it waited for approval when the plan was saved, and what could be done now is not that set: "
    "make a new plan"
)

_WITH_MANIFEST: Final = (Create, Recreate, Adopt, Update, Heal)


@dataclass(frozen=True, slots=True)
class Moved:
    """A resource of which a saved plan no longer holds: `why`, and as lines what was then and is now."""

    key: ResourceKey
    why: str
    lines: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.key}: {self.why}", *(f"  {line}" for line in self.lines)])


def keys_of(saved: Plan) -> frozenset[ResourceKey]:
    """Name what a saved plan is about: what it changes, and what in it waits for approval."""
    return frozenset(change.key for change in saved.changes) | _keys_in(saved.gates)


def still_meant(saved: Plan, now: Plan) -> Plan:
    """Narrow a plan made now to what a saved one means: its changes, and the sets in it approved since.

    A change of our book-keeping alone is meant wherever it still is to be made: it is nobody else's concern.
    What waited for approval and has none as exactly that set stays, also where the budget has room by now.
    """
    meant = {change.key: change for change in saved.changes}
    opened = _opened(saved, now)
    changes = tuple(
        change
        for change in now.changes
        if change.key in opened
        or (change.key in meant and (_changes_rows(meant[change.key]) or not _changes_rows(change)))
    )
    touched = {change.key for change in changes if _changes_rows(change)}
    return Plan(
        revision=now.revision,
        changes=changes,
        held_back=tuple(_still_waiting(saved, now, touched)),
        gates=now.gates,
        released=tuple(gate for gate in now.released if gate.keys & touched),
    )


def _opened(saved: Plan, now: Plan) -> frozenset[ResourceKey]:
    """Name what waited for approval when the plan was saved and has it now: the very same sets."""
    approved = {gate.digest for gate in now.released}
    return _keys_in(gate for gate in saved.gates if gate.digest in approved)


def _keys_in(gates: Iterable[Gate]) -> frozenset[ResourceKey]:
    return frozenset(key for gate in gates for key in gate.keys)


def _still_waiting(saved: Plan, now: Plan, touched: Container[ResourceKey]) -> Iterator[HeldBack]:
    """Give what waited for approval and is left, with what is said of it now, by key."""
    then = {held.key: held for held in saved.held_back}
    today = {held.key: held for held in now.held_back}
    possible = {change.key for change in now.changes if _changes_rows(change)}
    for key in sorted(_keys_in(saved.gates)):
        if key in today:
            yield today[key]
        elif key in possible and key not in touched:
            yield replace(then[key], message=_ANOTHER_SET)


def moved_since(saved: Plan, now: Plan, actual: ActualState) -> tuple[Moved, ...]:
    """Tell what of a saved plan is no longer what would be done; nothing, when all of it still holds.

    Statuses do not count, nor where in a file a manifest stands. Once a set that waited in the plan is
    approved, what else the plan says may be done already: it was, when the plan was carried out without it.
    """
    changes = {change.key: change for change in now.changes}
    held = {held.key: held for held in now.held_back}
    names, again = names_in(now, actual), bool(_opened(saved, now))
    judged = (
        _judge(change, changes.get(change.key), held.get(change.key), names)
        for change in saved.changes
        if _changes_rows(change) and not (again and _is_done(change, actual.survey))
    )
    return tuple(moved for moved in judged if moved is not None)


def _is_done(change: Change, survey: Survey) -> bool:
    record = survey.records.get(change.key)
    if isinstance(change, _WITH_MANIFEST):
        return record is not None and record.digest == change.manifest.digest and not record.drifted
    return record is None


def refuse_stale(saved: Plan, now: Plan, actual: ActualState) -> None:
    """Refuse a saved plan of which anything has moved.

    Raises:
        PlanStale: it has; every resource is named.

    """
    if moved := moved_since(saved, now, actual):
        raise PlanStale(
            "the plan no longer holds, and nothing of it was done",
            where=many(len(moved), "resource"),
            why="\n".join([*map(str, moved[:_NAMED]), *_more(len(moved) - _NAMED)]),
            fix="make a new plan, and read it",
        )


def _more(number: int) -> list[str]:
    return [f"and {many(number, 'more resource')}"] if number > 0 else []


def _changes_rows(change: Change) -> bool:
    return action_of(change) not in BOOKS_ALONE


def _judge(then: Change, now: Change | None, held: HeldBack | None, names: Names) -> Moved | None:
    key = then.key
    if held is not None:
        return Moved(key, f"it is {held.sync} now ({held.reason})", (held.message,))
    if now is None or not _changes_rows(now):
        return Moved(key, f"it was to be {_past(then)}, and nothing of that is left to do")
    if (edited := _edited(then, now)) is not None:
        return Moved(key, edited, tuple(_told(images(then)[1], images(now)[1], names)))
    if type(then) is not type(now):
        return Moved(key, f"it was to be {_past(then)}, and would be {_past(now)} now")
    (before, after), (before_now, after_now) = images(then), images(now)
    if not _same(before, before_now):
        return Moved(key, "its rows have moved", tuple(_told(before, before_now, names)))
    if not _same(after, after_now):
        return Moved(key, "what it would become has moved", tuple(_told(after, after_now, names)))
    return None


def _same(then: Rows | None, now: Rows | None) -> bool:
    if then is None or now is None:
        return then is now
    return same_rows(then, now)


def _edited(then: Change, now: Change) -> str | None:
    """Say that the manifest is another, None when it says the same."""
    declared_then, declared_now = isinstance(then, _WITH_MANIFEST), isinstance(now, _WITH_MANIFEST)
    if declared_then and not declared_now:
        return "no manifest declares it any more"
    if declared_now and not declared_then:
        return "a manifest declares it again"
    if not isinstance(then, _WITH_MANIFEST) or not isinstance(now, _WITH_MANIFEST):
        return None
    if then.manifest.digest != now.manifest.digest:
        return f"its manifest was edited ({now.manifest.where})"
    if meta_digest(then.manifest.meta) != meta_digest(now.manifest.meta):
        return f"labels or annotations of its manifest were edited ({now.manifest.where})"
    return None


def _told(then: Rows | None, now: Rows | None, names: Names) -> Iterator[str]:
    """Tell the fields that moved, a line each, and how many more there are."""
    lines = [*_fields(then, now, names), *_jobs(then, now)]
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"and {len(lines) - _SHOWN:,} more"


def _fields(then: Rows | None, now: Rows | None, names: Names) -> Iterator[str]:
    if then is None or now is None:
        return
    if then.id != now.id:
        yield f"id: then {then.id}, now {now.id}"
    yield from map(_line, differences(row_fields(then, names), row_fields(now, names)))


def _jobs(then: Rows | None, now: Rows | None) -> Iterator[str]:
    if then is None or now is None:
        return
    for job in job_steps(then, now, {}):
        match job.action:
            case Action.CREATE:
                yield f"job {job.name}: then not there, now there"
            case Action.PRUNE:
                yield f"job {job.name}: then there, now not there"
            case _:
                yield from (f"job {job.name}, {_line(step)}" for step in job.fields)


def _line(step: FieldStep) -> str:
    before, after = contrasted(step.before, step.after, _ROOM)
    return f"{step.field}: then {before}, now {after}"


def _past(change: Change) -> str:
    return PAST[action_of(change)]
