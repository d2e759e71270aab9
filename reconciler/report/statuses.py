"""The status of every resource, told from what one pass found and did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.desired import Location, Refusal
from reconciler.plan import Delete, Forget, HeldBack, Reason, Record, Sync
from reconciler.report.result import PassReport
from reconciler.report.status import ResourceStatus
from reconciler.resources import Kind, ResourceKey

Statuses = Mapping[ResourceKey, ResourceStatus]
Census = Mapping[tuple[Kind, Sync, Reason], int]
"""How many resources of a kind stand how, and why."""

_RANK: Final = {sync: rank for rank, sync in enumerate(Sync)}


@dataclass(frozen=True, slots=True)
class Movement:
    """How the statuses moved: those that are new or other than before, by key; resources that are no more."""

    changed: tuple[ResourceStatus, ...] = ()
    gone: frozenset[ResourceKey] = frozenset()


def resource_statuses(previous: Statuses, report: PassReport, now: datetime) -> Movement:
    """Tell how the statuses move by a pass.

    Of all that holds for a resource the first in the order of `Sync` is shown. `since` moves only when
    `sync` or `reason` does. What was not in the pass's scope does not move.
    """
    evidence = _Evidence(report)
    changed: list[ResourceStatus] = []
    gone: list[ResourceKey] = []
    for key in evidence.scope(previous):
        old = previous.get(key)
        new = evidence.judge(key, old, now)
        if new is None:
            gone += [key] if old else []
        elif new is not old and new != old:
            changed.append(new)
    return Movement(tuple(sorted(changed, key=lambda status: status.key)), frozenset(gone))


def census_after(census: Census, previous: Statuses, movement: Movement) -> Census:
    """Count the resources anew by what moved, without looking at the others."""
    counter = Counter(dict(census))
    before = [previous[key] for key in movement.gone]
    before += [previous[status.key] for status in movement.changed if status.key in previous]
    counter.subtract(census_of(before))
    counter.update(census_of(movement.changed))
    return +counter


def census_of(statuses: Iterable[ResourceStatus]) -> Census:
    """Count the resources by kind, how they stand, and why."""
    return Counter((status.key.kind, status.sync, status.reason) for status in statuses)


class _Evidence:
    """What one pass knows, by resource. Of nearly all it knows nothing new, and those must cost little."""

    def __init__(self, report: PassReport) -> None:
        self._desired = report.desired
        self._records = report.survey.records
        self._revision = report.result.revision
        applied, plan = report.result.applied, report.result.plan
        self._done = applied.done if applied else frozenset[ResourceKey]()
        self._generations = applied.generations if applied else {}
        self._changes = {change.key: change for change in (plan.changes if plan else ())}
        self._held = _first_of_each(
            [*report.result.held_back, *map(_invalid, report.desired.refused.values())]
        )
        self._touched = self._held.keys() | self._changes.keys()

    def scope(self, previous: Statuses) -> Iterable[ResourceKey]:
        """Give everything that the pass speaks of."""
        if self._desired.scope is not None:
            return self._desired.scope
        everything = dict.fromkeys(self._desired.manifests)
        for part in (self._desired.refused, self._records, previous):
            everything.update(dict.fromkeys(part))
        return everything

    def judge(self, key: ResourceKey, old: ResourceStatus | None, now: datetime) -> ResourceStatus | None:
        """Tell how a resource stands; None when there is none by that name any more."""
        record = self._records.get(key)
        if key not in self._touched:
            return self._as_before(key, record, old, now) if record else None
        if held := self._held.get(key):
            return self._status(held, record, old, now)
        if key not in self._done:
            return old
        if isinstance(self._changes[key], Delete | Forget):
            return None
        return self._status(HeldBack(key, Sync.SYNCED, Reason.APPLIED, ""), record, old, now)

    def _as_before(
        self, key: ResourceKey, record: Record, old: ResourceStatus | None, now: datetime
    ) -> ResourceStatus:
        """Give back what was told before if that still holds."""
        if (
            old is not None
            and old.sync is Sync.SYNCED
            and old.generation == record.generation
            and old.revision == record.revision
            and old.where == self._where(key, record)
        ):
            return old
        return self._status(HeldBack(key, Sync.SYNCED, Reason.APPLIED, ""), record, old, now)

    def _status(
        self, held: HeldBack, record: Record | None, old: ResourceStatus | None, now: datetime
    ) -> ResourceStatus:
        key = held.key
        stands = old is not None and (old.sync, old.reason) == (held.sync, held.reason)
        generation, revision = (record.generation, record.revision) if record else (0, "")
        return ResourceStatus(
            key=key,
            sync=held.sync,
            reason=held.reason,
            message=held.message,
            since=old.since if old is not None and stands else now,
            where=held.where or self._where(key, record),
            generation=self._generations.get(key, generation),
            revision=self._revision if key in self._done else revision,
        )

    def _where(self, key: ResourceKey, record: Record | None) -> Location | None:
        if manifest := self._desired.manifests.get(key):
            return manifest.where
        return Location(record.path) if record else None


def _first_of_each(holds: Iterable[HeldBack]) -> dict[ResourceKey, HeldBack]:
    """Choose, for each resource, what comes first in the order of `Sync`."""
    chosen: dict[ResourceKey, HeldBack] = {}
    for held in holds:
        first = chosen.setdefault(held.key, held)
        if _RANK[held.sync] < _RANK[first.sync]:
            chosen[held.key] = held
    return chosen


def _invalid(refusal: Refusal) -> HeldBack:
    mistake = refusal.diagnostic
    message = f"{mistake.code}: {mistake.summary}"
    return HeldBack(refusal.key, Sync.INVALID, Reason.MANIFEST_INVALID, message, mistake.where)
