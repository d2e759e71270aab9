"""Why each change of a plan is to be made, in a sentence for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reconciler.desired import Location
from reconciler.plan import (
    Adopt,
    Change,
    Create,
    Delete,
    Forget,
    Heal,
    Note,
    Orphan,
    Record,
    Recreate,
    Restate,
    Update,
)
from reconciler.report.fields import Action, FieldStep, JobStep
from reconciler.report.terminal import many, short
from reconciler.resources import meta_digest


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a reason is told from: the change, what differs by it, and what our books say of the resource."""

    change: Change
    fields: Sequence[FieldStep]
    jobs: Sequence[JobStep]
    record: Record | None


def action_of(change: Change) -> Action:
    """Name what is done."""
    match change:
        case Create():
            return Action.CREATE
        case Recreate():
            return Action.RECREATE
        case Adopt():
            return Action.ADOPT
        case Update():
            return Action.UPDATE
        case Heal():
            return Action.HEAL
        case Delete():
            return Action.PRUNE
        case Forget():
            return Action.FORGET
        case Orphan():
            return Action.ORPHAN
        case Note() | Restate():
            return Action.NOTE


def reason(evidence: Evidence) -> str:
    """Say why it is done."""
    change, record = evidence.change, evidence.record
    match change:
        case Create():
            return "new: it had no row"
        case Recreate():
            return "drifted: somebody deleted its row"
        case Adopt():
            return f"adopted: {_adopted(evidence, change)}"
        case Update():
            return _edited(record)
        case Heal():
            return f"drifted: somebody else {_drifted(evidence)}"
        case Delete(record=last):
            return f"orphaned: no manifest declares it any more; {_last_applied(last)}"
        case Forget():
            return "neither a manifest nor a row of it is left"
        case Orphan():
            return "no manifest declares it any more; its rows stay"
        case Note() | Restate():
            return _noted(change)


def place_of(evidence: Evidence) -> Location:
    """Give the place that explains a change: of an edit the line that was edited, as far as that is known."""
    change = evidence.change
    if isinstance(change, Delete | Forget | Orphan):
        return Location(change.record.path)
    where = change.manifest.where
    if isinstance(change, Update):
        return min(_edited_places(change, evidence), default=where)
    return where


def _edited_places(change: Update, evidence: Evidence) -> Iterator[Location]:
    manifest = change.manifest
    for field in evidence.fields:
        if field.field in {"user", "username"}:
            yield manifest.quote(field.field)[0]
    for job in evidence.jobs:
        if job.line and not job.only_moves:
            yield Location(manifest.where.path, manifest.where.document, job.line, 1)


def _edited(record: Record | None) -> str:
    if record is None:
        return "edited"
    also = ", and its rows were changed by somebody else" if record.drifted else ""
    return f"edited since revision {short(record.revision)}{also}"


def _last_applied(record: Record) -> str:
    return f"it last came from revision {short(record.revision)}"


def _adopted(evidence: Evidence, change: Adopt) -> str:
    if change.owner:
        return f"its row was there, and instance {change.owner} had let it go"
    if evidence.fields or any(not job.only_moves for job in evidence.jobs):
        return "its row was there, nobody managed it, and the manifest says reconciler/adopt"
    return "its row was there, nobody managed it, and it is what the manifest says"


def _drifted(evidence: Evidence) -> str:
    """Tell a hand edit in short: `changed branch_id of 2 jobs and deleted 1 job`."""
    acts: list[str] = []
    columns = [step.field for step in evidence.fields]
    if columns:
        acts.append(f"changed its {_listed(columns)}")
    edited = [job for job in evidence.jobs if job.action is Action.UPDATE]
    if edited:
        names = dict.fromkeys(step.field.partition(".")[0] for job in edited for step in job.fields)
        acts.append(f"changed {_listed([*names])} of {many(len(edited), 'job')}")
    if lost := sum(job.action is Action.CREATE for job in evidence.jobs):
        acts.append(f"deleted {many(lost, 'job')}")
    if found := sum(job.action is Action.PRUNE for job in evidence.jobs):
        acts.append(f"put {many(found, 'job')} back")
    return _listed(acts) or "changed its rows"


def _listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: `a, b and c`."""
    if len(words) < 2:  # noqa: PLR2004 - there is nothing to join
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


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
