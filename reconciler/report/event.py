"""What happened, one line each: the entries of the stream that `events` shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from reconciler.desired import Location
from reconciler.report.result import Outcome
from reconciler.report.status import Condition, InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.report.wire import VERSION, encode
from reconciler.resources import ResourceKey


class EventType(StrEnum):
    """What an entry tells of. `VIEW`: the view was built anew, so entries may be missing before it."""

    RESOURCE = "resource"
    CONDITION = "condition"
    PASS = "pass"  # noqa: S105 - not a password
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that became different.

    `subject` names it as `Kind/name`, also for what is no resource: `Replica/…`, `Pass/…`, `Instance/…`;
    `status` is what it became.
    """

    at: datetime
    type: EventType
    subject: str
    status: str
    reason: str = ""
    message: str = ""
    where: Location | None = None
    revision: str = ""


@dataclass(frozen=True, slots=True)
class EventLog:
    """What happened, the oldest first, and where that was read.

    `read_from` is `redis` or `postgresql`; `degraded` says why it is not the former, "" when it is.
    """

    read_from: str
    items: tuple[Event, ...]
    degraded: str = ""


def log_document(log: EventLog) -> dict[str, Any]:
    """Give events as `-o json` and the HTTP interface show them."""
    told = encode(log)
    return {"apiVersion": VERSION, "kind": "EventList", **told}


def resource_event(at: datetime, before: ResourceStatus | None, now: ResourceStatus) -> Event | None:
    """Tell of a resource whose standing or generation is new; a message that only counts on is no news."""
    if before and (before.sync, before.reason, before.generation) == (now.sync, now.reason, now.generation):
        return None
    return Event(
        at, EventType.RESOURCE, str(now.key), now.sync, now.reason, now.message, now.where, now.revision
    )


def gone_event(at: datetime, key: ResourceKey) -> Event:
    """Tell of a resource that is not shown any longer."""
    return Event(at, EventType.RESOURCE, str(key), "Gone")


def condition_events(at: datetime, before: ReplicaStatus | None, now: ReplicaStatus) -> list[Event]:
    """Tell of a replica's conditions that turned."""
    told = {(c.type, c.status, c.reason) for c in before.conditions} if before else set()
    turned = [c for c in now.conditions if (c.type, c.status, c.reason) not in told]
    return [_condition_event(at, now.replica, condition) for condition in turned]


def _condition_event(at: datetime, replica: str, condition: Condition) -> Event:
    status = f"{condition.type}={condition.status}"
    return Event(at, EventType.CONDITION, f"Replica/{replica}", status, condition.reason, condition.message)


def pass_event(at: datetime, before: InstanceStatus | None, now: InstanceStatus) -> Event | None:
    """Tell of a pass that did something or ended otherwise than the one before it."""
    last, told = now.last_pass, before.last_pass if before else None
    if last is None or (told and told.pass_id == last.pass_id):
        return None
    if last.outcome is Outcome.UNCHANGED and told and told.outcome is Outcome.UNCHANGED:
        return None
    return Event(
        at,
        EventType.PASS,
        f"Pass/{last.pass_id}",
        last.outcome,
        last.trigger,
        last.error or str(last.counts),
        revision=now.last_attempted,
    )


def view_event(at: datetime, instance: str, epoch: int) -> Event:
    """Tell that the view was built anew by the writer with this epoch."""
    return Event(
        at, EventType.VIEW, f"Instance/{instance}", "Rebuilt", message=f"by the writer of epoch {epoch}"
    )
