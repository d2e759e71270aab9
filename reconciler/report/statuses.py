"""The status of every resource, told from what one pass found and did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from reconciler.desired import Location
from reconciler.plan import Delete, Forget, HeldBack, Reason, Sync
from reconciler.report.result import PassReport
from reconciler.report.status import ResourceStatus
from reconciler.resources import ResourceKey

Statuses = Mapping[ResourceKey, ResourceStatus]
Census = Mapping[tuple[Sync, Reason], int]
"""How many resources stand how, and why."""

_RANK: Final = {sync: rank for rank, sync in enumerate(Sync)}


@dataclass(frozen=True, slots=True)
class Movement:
    """How the statuses moved: those that are new or other than before, and resources that are no more."""

    changed: tuple[ResourceStatus, ...] = ()
    gone: frozenset[ResourceKey] = frozenset()


def resource_statuses(previous: Statuses, report: PassReport, now: datetime) -> Movement:
    """Tell how the statuses move by a pass.

    Of all that holds for a resource the first in the order of `Sync` is shown. `since` moves only when
    `sync` or `reason` does. What was not in the pass's scope does not move.
    """
    evidence = _Evidence(report, previous)
    changed: list[ResourceStatus] = []
    gone: set[ResourceKey] = set()
    for key in evidence.scope():
        old = previous.get(key)
        new = evidence.judge(key, now)
        if new is None:
            gone.add(key)
            continue
        if old is not None and (old.sync, old.reason) == (new.sync, new.reason):
            new = replace(new, since=old.since)
        if new != old:
            changed.append(new)
    return Movement(tuple(changed), frozenset(gone & previous.keys()))


def census_after(census: Census, previous: Statuses, movement: Movement) -> Census:
    """Count the resources anew by what moved, without looking at the others."""
    counter = Counter(dict(census))
    before = [previous[key] for key in movement.gone]
    before += [previous[status.key] for status in movement.changed if status.key in previous]
    counter.subtract(Counter((status.sync, status.reason) for status in before))
    counter.update((status.sync, status.reason) for status in movement.changed)
    return +counter


def census_of(statuses: Iterable[ResourceStatus]) -> Census:
    """Count the resources by how they stand, and why."""
    return Counter((status.sync, status.reason) for status in statuses)


class _Evidence:
    """What one pass knows, by resource."""

    def __init__(self, report: PassReport, previous: Statuses) -> None:
        self._desired = report.desired
        self._records = report.survey.records
        self._revision = report.result.revision
        self._previous = previous
        applied, plan = report.result.applied, report.result.plan
        self._done = applied.done if applied else frozenset[ResourceKey]()
        self._generations = applied.generations if applied else {}
        self._changes = {change.key: change for change in (plan.changes if plan else ())}
        self._holds: dict[ResourceKey, HeldBack] = {}
        for held in report.result.held_back:
            first = self._holds.get(held.key)
            if first is None or _RANK[held.sync] < _RANK[first.sync]:
                self._holds[held.key] = held

    def scope(self) -> Iterator[ResourceKey]:
        """Everything that the pass speaks of."""
        if self._desired.scope is not None:
            yield from self._desired.scope
            return
        everything = (self._desired.manifests, self._desired.refused, self._records, self._previous)
        yield from dict.fromkeys(key for part in everything for key in part)

    def judge(self, key: ResourceKey, now: datetime) -> ResourceStatus | None:
        """Tell how a resource stands; None when there is none by that name any more."""
        if held := self._holds.get(key):
            return self._status(key, held, now)
        if refusal := self._desired.refused.get(key):
            mistake = refusal.diagnostic
            message = f"{mistake.code}: {mistake.summary}"
            return self._status(
                key, HeldBack(key, Sync.INVALID, Reason.MANIFEST_INVALID, message, mistake.where), now
            )
        if key in self._done and isinstance(self._changes.get(key), Delete | Forget):
            return None
        if key in self._done or (key in self._records and key not in self._changes):
            return self._synced(key, now)
        return self._previous.get(key) if key in self._changes else None

    def _synced(self, key: ResourceKey, now: datetime) -> ResourceStatus:
        """Give back what was told before if that still holds: nearly always, for nearly all."""
        old = self._previous.get(key)
        if (
            old is not None
            and old.sync is Sync.SYNCED
            and key not in self._done
            and old.generation == self._generation(key)
            and old.revision == self._applied_revision(key)
            and old.where == self._where(key)
        ):
            return old
        return self._status(key, HeldBack(key, Sync.SYNCED, Reason.APPLIED, ""), now)

    def _status(self, key: ResourceKey, held: HeldBack, now: datetime) -> ResourceStatus:
        return ResourceStatus(
            key=key,
            sync=held.sync,
            reason=held.reason,
            message=held.message,
            since=now,
            where=held.where or self._where(key),
            generation=self._generation(key),
            revision=self._applied_revision(key),
        )

    def _where(self, key: ResourceKey) -> Location | None:
        if manifest := self._desired.manifests.get(key):
            return manifest.where
        record = self._records.get(key)
        return Location(record.path) if record else None

    def _generation(self, key: ResourceKey) -> int:
        record = self._records.get(key)
        return self._generations.get(key, record.generation if record else 0)

    def _applied_revision(self, key: ResourceKey) -> str:
        record = self._records.get(key)
        return self._revision if key in self._done else (record.revision if record else "")
