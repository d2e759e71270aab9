"""Which identity every row has or would have: what is managed has its own, the rest one like its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from reconciler.desired.naming import proposed_name
from reconciler.desired.schema import MAX_NAME, NAME
from reconciler.resources import Kind, ResourceKey

_SHORT: Final = 8
"""So many digits of a row's id tell it from others of a like name, nearly always."""


Place = tuple[Kind, UUID]
"""A row: an id names one in each table, and tables of others may use the same in both."""


@dataclass(frozen=True, slots=True)
class Owner:
    """What the inventory says of a row: as what it is managed, by which instance, and with which jobs."""

    key: ResourceKey
    instance: str
    labels: Mapping[str, str] = field(default_factory=dict)
    protected: bool = False
    orphaned: bool = False
    jobs: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Holding:
    """A row of `users` or `workflows` and whose it is; `name` is its username, or its name if it has one."""

    kind: Kind
    id: UUID
    name: str | None
    user_id: UUID | None = None
    owner: Owner | None = None

    @property
    def place(self) -> Place:
        """Which row it is."""
        return self.kind, self.id


def assign_keys(holdings: Iterable[Holding]) -> dict[Place, ResourceKey]:
    """Give every row an identity of its own, the same for the same rows whatever their order.

    A row that nobody manages is called as it is called, if that may be a `metadata.name` and no other of its
    kind has that name in whatever case; else something like it, with digits of its id where that is needed.
    """
    rows = sorted(holdings, key=lambda row: (row.kind, row.name or "", row.id))
    keys = {row.place: row.owner.key for row in rows if row.owner}
    taken = {(key.kind, key.name.lower()) for key in keys.values()}
    free = [row for row in rows if row.owner is None]
    for candidates in (_own_name, _other_names):
        for row in free:
            if row.place not in keys:
                untaken = (name for name in candidates(row) if (row.kind, name.lower()) not in taken)
                if name := next(untaken, ""):
                    keys[row.place] = ResourceKey(row.kind, name)
                    taken.add((row.kind, name.lower()))
    return keys


def _own_name(row: Holding) -> Iterator[str]:
    if row.name and NAME.fullmatch(row.name):
        yield row.name


def _other_names(row: Holding) -> Iterator[str]:
    like = proposed_name(row.name or "")
    if like:
        yield like
    for digits in (row.id.hex[:_SHORT], row.id.hex):
        yield f"{(like or row.kind.lower())[: MAX_NAME - len(digits) - 1].rstrip('._-')}-{digits}"
