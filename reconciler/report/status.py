"""What the status shows: each resource, each replica, and the instance as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from reconciler.desired import Diagnostic, Location
from reconciler.plan import Gate, Reason, Sync
from reconciler.report.result import Counts, Outcome, Trigger
from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class ResourceStatus:
    """How one resource stands; `since` moves only when `sync` or `reason` does."""

    key: ResourceKey
    sync: Sync
    reason: Reason
    message: str
    since: datetime
    where: Location | None = None
    generation: int = 0
    revision: str = ""


class ConditionType(StrEnum):
    """What is judged of a daemon."""

    READY = "Ready"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


@dataclass(frozen=True, slots=True)
class Condition:
    """One judgement; `since` moves only when `status` does."""

    type: ConditionType
    status: bool
    reason: str
    message: str
    since: datetime


class Role(StrEnum):
    """Who writes and who waits."""

    LEADER = "leader"
    STANDBY = "standby"


@dataclass(frozen=True, slots=True)
class LastPass:
    """The last pass in short. `seconds` maps stages to their duration."""

    pass_id: UUID
    trigger: Trigger
    outcome: Outcome
    started_at: datetime
    finished_at: datetime
    narrow: bool
    counts: Counts
    seconds: Mapping[str, float]
    error: str = ""


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """One daemon process. `watch` says how it learns of edits: `inotify`, or `polling` and why.

    `overdue_after` is the time after which a pass of this replica, if it leads, is overdue by two
    intervals; `problems` are troubles of the replica's own that make it unhealthy, each a sentence;
    `notes` are those that only need to be known. `http` is the URL at which it serves people, "" for none.
    """

    replica: str
    instance: str
    role: Role
    epoch: int
    version: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    overdue_after: datetime | None
    watch: str
    conditions: tuple[Condition, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    http: str = ""


@dataclass(frozen=True, slots=True)
class InstanceStatus:
    """The instance as its writer last told it.

    `last_applied` moves only when a pass held nothing back. `totals` counts resources by sync status. Of the
    diagnostics at most a thousand are kept; `mistakes` is the true number of those that are errors.
    `settling_since` is set while all the gaps are files that were being written when they were read.
    """

    instance: str
    source: str
    epoch: int
    last_attempted: str = ""
    last_applied: str = ""
    last_applied_at: datetime | None = None
    last_pass: LastPass | None = None
    totals: Mapping[Sync, int] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    mistakes: int = 0
    gaps: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    suspended: str = ""
    settling_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """All that `status` shows, and where it was read.

    `read_from` is `redis` or `postgresql`; `degraded` says why it is not the former, "" when it is.
    """

    read_from: str
    read_at: datetime
    replicas: tuple[ReplicaStatus, ...] = ()
    sync: InstanceStatus | None = None
    resources: Mapping[ResourceKey, ResourceStatus] = field(default_factory=dict)
    degraded: str = ""
