"""What PostgreSQL holds, as far as one pass needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from reconciler.plan.held import GateKind
from reconciler.plan.rows import Rows
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class Record:
    """What the inventory says of one resource that an instance manages.

    `digest` is that of the spec last applied, `meta_digest` that of its labels and annotations.
    `fingerprint` is what the rows were after the last write, `seen` what they are now; None when the main
    row is gone.
    """

    key: ResourceKey
    instance: str
    row_id: UUID
    path: str
    digest: bytes
    meta_digest: bytes
    fingerprint: int
    seen: int | None
    generation: int
    revision: str
    protected: bool

    @property
    def drifted(self) -> bool:
        """Whether the rows may not be as we left them: a hint; the comparison of columns decides."""
        return self.seen != self.fingerprint


@dataclass(frozen=True, slots=True)
class Memory:
    """What the inventory remembers of a workflow's jobs: generation and digest of each, by row id."""

    jobs: Mapping[UUID, tuple[int, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suspension:
    """A resource, or with `key` None the whole instance, that somebody asked to be left alone."""

    key: ResourceKey | None
    reason: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word for exactly one blocked set, by its digest."""

    kind: GateKind
    digest: str


@dataclass(frozen=True, slots=True)
class PruneWindow:
    """What the last hour has pruned, and how many resources were managed when it began."""

    managed_at_start: int = 0
    pruned: int = 0


@dataclass(frozen=True, slots=True)
class Survey:
    """The first look: one record for each managed resource in scope, and what holds for the instance.

    `foreign` are records of other instances for what is in scope.
    """

    records: Mapping[ResourceKey, Record]
    foreign: Mapping[ResourceKey, Record] = field(default_factory=dict)
    suspensions: tuple[Suspension, ...] = ()
    approvals: tuple[Approval, ...] = ()
    managed: int = 0
    window: PruneWindow = field(default_factory=PruneWindow)


@dataclass(frozen=True, slots=True)
class ActualState:
    """The survey, and the rows of those resources that may differ.

    `rows` has the rows of managed resources that were looked at, `memory` what is remembered of their jobs.
    `unmanaged` has rows that nobody manages and that bear an identity or a name that a manifest wants.
    `user_ids` maps each User manifest's name in `desired.users` that has a row to its id; `usernames` the
    usernames that workflows refer to and the database knows.
    """

    survey: Survey
    rows: Mapping[ResourceKey, Rows] = field(default_factory=dict)
    memory: Mapping[ResourceKey, Memory] = field(default_factory=dict)
    unmanaged: Mapping[ResourceKey, Rows] = field(default_factory=dict)
    user_ids: Mapping[str, UUID] = field(default_factory=dict)
    usernames: Mapping[str, UUID] = field(default_factory=dict)
