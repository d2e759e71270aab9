"""Reports of passes and boards, spelled as briefly as a test needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from reconciler.desired import DesiredState
from reconciler.errors import ReconcilerError
from reconciler.plan import Change, Gate, HeldBack, Plan, Reason, Record, Survey, Suspension, Sync
from reconciler.report import (
    Applied,
    Board,
    InstanceStatus,
    Left,
    Outcome,
    PassReport,
    ReplicaStatus,
    ResourceStatus,
    Role,
    Situation,
    SyncResult,
    Trigger,
    judge_conditions,
)
from reconciler.resources import ResourceKey
from tests.builders import desired

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def later(seconds: float) -> datetime:
    """Give a time after noon."""
    return NOON + timedelta(seconds=seconds)


def record(key: ResourceKey, *, revision: str = "r1", generation: int = 1) -> Record:
    """Make what the inventory has of a resource whose rows are as we left them."""
    return Record(
        key=key,
        instance="default",
        row_id=UUID(int=1),
        path=f"{key.name}.yaml",
        digest=b"d",
        meta_digest=b"m",
        fingerprint=1,
        seen=1,
        generation=generation,
        revision=revision,
    )


def held(key: ResourceKey, sync: Sync, reason: Reason, message: str = "because") -> HeldBack:
    """Hold a resource back."""
    return HeldBack(key, sync, reason, message)


def report(
    wanted: DesiredState | None = None,
    records: Iterable[Record] = (),
    plan: Plan | None = None,
    applied: Applied | None = None,
    suspended: str = "",
) -> PassReport:
    """Make the report of a pass at noon."""
    wanted = wanted or desired()
    plan = plan or Plan(wanted.revision)
    result = SyncResult(
        pass_id=UUID(int=5),
        trigger=Trigger.FILES,
        outcome=Outcome.UNCHANGED,
        revision=wanted.revision,
        started_at=NOON,
        finished_at=NOON,
        narrow=wanted.scope is not None,
        plan=plan,
        applied=applied or Applied(),
        diagnostics=wanted.diagnostics,
    )
    asleep: dict[ResourceKey | None, Suspension] = {}
    if suspended:
        asleep[None] = Suspension(suspended, NOON)
    return PassReport(result, wanted, Survey({one.key: one for one in records}, suspensions=asleep))


def plan(*changes: Change, held_back: Iterable[HeldBack] = (), gates: Iterable[Gate] = ()) -> Plan:
    """Make a plan of revision r1."""
    return Plan("r1", changes, tuple(held_back), tuple(gates))


def done(*keys: ResourceKey, generations: Mapping[ResourceKey, int] | None = None) -> Applied:
    """Say what was committed."""
    return Applied(done=frozenset(keys), generations=generations or {})


def left(key: ResourceKey, sync: Sync, reason: Reason, *, retry: bool = True) -> Left:
    """Say what was left under the locks."""
    return Left(held(key, sync, reason), retry)


def status(
    key: ResourceKey, sync: Sync = Sync.SYNCED, reason: Reason = Reason.APPLIED, since: datetime = NOON
) -> ResourceStatus:
    """Make the status of a resource."""
    return ResourceStatus(key, sync, reason, "", since)


def replica(
    name: str = "node-1",
    role: Role = Role.LEADER,
    *,
    heard: float = 0,
    trouble: ReconcilerError | None = None,
    passed: bool = True,
) -> ReplicaStatus:
    """Make a replica, heard of so many seconds after noon; its full pass is overdue in two minutes."""
    situation = Situation(role, passed=passed, trouble=trouble)
    return ReplicaStatus(
        replica=name,
        instance="default",
        role=role,
        epoch=1,
        version="0.1.0",
        host=f"{name}.example.org",
        pid=1,
        started_at=NOON,
        heartbeat_at=later(heard),
        overdue_after=later(120) if role is Role.LEADER else None,
        watch="inotify",
        conditions=judge_conditions((), situation, NOON),
    )


INSTANCE = InstanceStatus("default", "directory:/m", 1, last_attempted="r1", last_applied="r1")


def board(
    *replicas: ReplicaStatus, sync: InstanceStatus | None = INSTANCE, resources: Iterable[ResourceStatus] = ()
) -> Board:
    """Make a board, of one healthy leader unless others are given."""
    return Board(
        "redis",
        NOON,
        replicas or (replica(),),
        sync,
        {one.key: one for one in resources},
    )


def instance(**more: object) -> InstanceStatus:
    """Make the status of an instance that differs from a healthy one in this."""
    return replace(INSTANCE, **more)  # type: ignore[arg-type] # spelled by the test
