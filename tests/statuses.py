"""Small statuses, spelled as briefly as a test needs them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from reconciler.plan import Reason, Sync
from reconciler.report import (
    Condition,
    ConditionType,
    Counts,
    InstanceStatus,
    LastPass,
    Outcome,
    ReplicaStatus,
    ResourceStatus,
    Role,
    Trigger,
)
from reconciler.resources import Kind, ResourceKey
from tests.fakes import NOON


def key(name: str) -> ResourceKey:
    """Name a workflow."""
    return ResourceKey(Kind.WORKFLOW, name)


def resource(
    name: str,
    sync: Sync = Sync.SYNCED,
    reason: Reason = Reason.APPLIED,
    message: str = "",
    generation: int = 1,
) -> ResourceStatus:
    """Tell of a workflow."""
    return ResourceStatus(key(name), sync, reason, message, NOON, generation=generation, revision="a1b2")


def resources(count: int) -> list[ResourceStatus]:
    """Tell of many."""
    return [resource(f"cmu-{n}") for n in range(count)]


def replica(
    name: str = "one", *, epoch: int = 1, role: Role = Role.LEADER, beat: int = 0, ready: bool = True
) -> ReplicaStatus:
    """Tell of a replica, `beat` seconds after it started."""
    return ReplicaStatus(
        replica=name,
        instance="default",
        role=role,
        epoch=epoch,
        version="0.1.0",
        host="host-1",
        pid=4711,
        started_at=NOON,
        heartbeat_at=NOON + timedelta(seconds=beat),
        overdue_after=NOON + timedelta(minutes=2),
        watch="inotify",
        conditions=(Condition(ConditionType.READY, ready, "Watching" if ready else "Stuck", "", NOON),),
    )


def standby(name: str = "two", *, beat: int = 0) -> ReplicaStatus:
    """Tell of a replica that waits."""
    return replica(name, epoch=0, role=Role.STANDBY, beat=beat)


def instance(*, epoch: int = 1, number: int = 1, outcome: Outcome = Outcome.APPLIED) -> InstanceStatus:
    """Tell of an instance after its pass of this number."""
    ended = NOON + timedelta(seconds=number)
    last = LastPass(
        UUID(int=number),
        Trigger.FILES,
        outcome,
        NOON,
        ended,
        narrow=False,
        counts=Counts(updated=1),
        seconds={"plan": 0.25},
    )
    told = InstanceStatus("default", "directory:/srv/manifests", epoch, "a1b2", "a1b2", ended, last)
    return replace(told, totals={Sync.SYNCED: 2})
