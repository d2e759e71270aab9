"""What PostgreSQL holds, as far as one pass needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from reconciler.plan.held import Gate, GateKind
from reconciler.plan.rows import Rows
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class Record:
    """What the inventory says of one resource that an instance manages.

    `digest` is that of the spec last applied, `meta_digest` that of its labels and annotations.
    `fingerprint` is what the rows were after the last write, `seen` what they are now; None when the main
    row is gone. `jobs` counts the jobs that we manage. `orphaned` says that its instance found no manifest
    for it: another may take it over. `owner` is the user's row that a workflow's names now.
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
    jobs: int = 0
    protected: bool = False
    orphaned: bool = False
    owner: UUID | None = None

    @property
    def drifted(self) -> bool:
        """Whether the rows may not be as we left them: a hint; the comparison of columns decides."""
        return self.seen != self.fingerprint


@dataclass(frozen=True, slots=True)
class JobMemory:
    """What the inventory remembers of one job that we manage; `digest` is that of `resources.job_digest`."""

    id: UUID
    name: str
    generation: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Suspension:
    """A wish that a resource, or the whole instance, be left alone until `until` (None: for good)."""

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

    `foreign` are records of other instances for what is in scope. `suspensions` are those in force, None
    standing for the instance as a whole. `managed` counts the instance's resources, `managed_rows` their
    rows. `user_ids` maps the names of managed users that workflows in scope refer to, to their row ids;
    `usernames` the usernames that they refer to, no manifest declares and the database knows.

    `proposed` and `lasting` are the sets that nobody has approved, as a pass over everything sees them: the
    digests of those at which passes stopped, which wait as long as passes find them, and those that saved
    plans put up: what was planned on other terms than those of the passes is not found by these.
    """

    records: Mapping[ResourceKey, Record]
    foreign: Mapping[ResourceKey, Record] = field(default_factory=dict)
    suspensions: Mapping[ResourceKey | None, Suspension] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    proposed: frozenset[str] = frozenset()
    lasting: tuple[Gate, ...] = ()
    managed: int = 0
    managed_rows: int = 0
    window: PruneWindow = field(default_factory=PruneWindow)
    user_ids: Mapping[str, UUID] = field(default_factory=dict)
    usernames: Mapping[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActualState:
    """The survey, and the rows of those resources that may differ.

    `rows` has the rows of managed resources that were looked at, `memory` what is remembered of their jobs.
    `unmanaged` has rows that nobody manages, or whose record is orphaned (under whatever key), and that bear
    an identity or a name that a manifest wants. `holders` names, for users whose manifest wants a username
    that the row of another resource bears, that resource, orphaned or not. `workflows_of` has, for users that
    no manifest declares, the row ids of all workflows that still name them.
    """

    survey: Survey
    rows: Mapping[ResourceKey, Rows] = field(default_factory=dict)
    memory: Mapping[ResourceKey, tuple[JobMemory, ...]] = field(default_factory=dict)
    unmanaged: Mapping[ResourceKey, Rows] = field(default_factory=dict)
    holders: Mapping[ResourceKey, ResourceKey] = field(default_factory=dict)
    workflows_of: Mapping[UUID, frozenset[UUID]] = field(default_factory=dict)
