"""What was done to resources, change by change, and how that looks on a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from reconciler.desired import Location
from reconciler.report.fields import Action, FieldStep, JobStep
from reconciler.report.layouts import short_id
from reconciler.report.plan_text import Manner, put_steps
from reconciler.report.steps import Step
from reconciler.report.terminal import Page, short
from reconciler.report.verdict import age
from reconciler.resources import ResourceKey

_ACTIONS: Final[Mapping[str, Action]] = {
    "created": Action.CREATE,
    "adopted": Action.ADOPT,
    "updated": Action.UPDATE,
    "healed": Action.HEAL,
    "pruned": Action.PRUNE,
    "forgotten": Action.FORGET,
}


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One change of one resource, as the pass that made it wrote it down.

    `trigger` is what asked for the pass, "" when the pass is no longer on record; `asked_by` and
    `approved_by` are the people who did. A creation tells no fields, nor does a row that was made again
    (`healed`).
    """

    id: int
    at: datetime
    instance: str
    key: ResourceKey
    action: str
    pass_id: UUID
    trigger: str
    asked_by: tuple[str, ...]
    approved_by: tuple[str, ...]
    path: str
    revision: str
    fields: tuple[FieldStep, ...] = ()
    jobs: tuple[JobStep, ...] = ()

    @property
    def in_short(self) -> str:
        """Say what became different: `user, 2 jobs`; "" when all of it was made or deleted."""
        words = [step.field for step in self.fields if step.field != "generation"]
        return ", ".join([*words, *(job.name for job in self.jobs)])


def render_history(items: Sequence[HistoryItem], now: datetime, manner: Manner) -> str:
    """Give changes as text, field by field, in the order in which they come; no line break ends it."""
    page = manner.page
    put_history(page, items, now, manner)
    return str(page).rstrip("\n")


def put_history(page: Page, items: Sequence[HistoryItem], now: datetime, manner: Manner) -> None:
    """Put each change with when, by which pass and for whom it was made."""
    put_steps(page, [_step(item, now) for item in items], manner)


def _step(item: HistoryItem, now: datetime) -> Step:
    action = _ACTIONS.get(item.action, Action.NOTE)
    if item.action == "healed" and not item.fields and not item.jobs:
        action = Action.RECREATE
    return Step(item.key, action, _when(item, now), Location(item.path), item.fields, item.jobs)


def _when(item: HistoryItem, now: datetime) -> str:
    said = [f"{age(item.at, now)} ago", f"pass {short_id(item.pass_id)}"]
    if item.trigger:
        said[-1] += f" ({item.trigger})"
    if item.revision:
        said.append(f"revision {short(item.revision)}")
    if item.asked_by:
        said.append(f"asked for by {', '.join(item.asked_by)}")
    if item.approved_by:
        said.append(f"approved by {', '.join(item.approved_by)}")
    return ", ".join(said)
