"""What is sent to Redis, made from what there is to tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

import redis

from reconciler.report import InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.report.event import Event
from reconciler.report.wire import VERSION, dumps
from reconciler.status import scripts
from reconciler.status.keys import Keys, quoted
from reconciler.status.limits import Limits
from reconciler.status.news import Bulletin, View, standing_events


class Reply(StrEnum):
    """What a script says: done; refused, because of a newer writer; or not possible, the view is not ours."""

    OK = "OK"
    STALE = "STALE"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Call:
    """One script with its keys and arguments."""

    script: str
    keys: tuple[str, ...]
    arguments: Sequence[str]

    def send(self, client: redis.Redis) -> Any:  # noqa: ANN401 - whatever the script returns
        """Have it carried out."""
        return client.eval(self.script, len(self.keys), *self.keys, *self.arguments)


def publish(keys: Keys, limits: Limits, bulletin: Bulletin, view: View | None) -> tuple[Call, View | None]:
    """Say that the replica lives, and bring the view up to date, if it is still `view`; and what it is then.

    Without a view, a writer is told whether it may build one: LOST says so, STALE that it may not.
    """
    beat = _beat(limits, bulletin.replica)
    replica = bulletin.replica.replica if bulletin.replica else ""
    own = (keys.daemon(replica), keys.replicas)
    if bulletin.sync is None:
        return Call(scripts.PUBLISH, own, beat), None
    shared = (keys.sync, keys.resources, keys.events)
    news, then = _news(limits, bulletin, bulletin.sync, view)
    return Call(scripts.PUBLISH, (*own, *shared), [*beat, *news]), then


def _beat(limits: Limits, replica: ReplicaStatus | None) -> list[str]:
    if replica is None:
        return ["", "0", "0", "", "0"]
    told = hashed(replica)
    ttl = str(int(limits.ttl.total_seconds() * 1000))
    return [quoted(replica.replica), ttl, told["epoch"], told["started_at"], *_lists(flat(told))]


def _news(
    limits: Limits, bulletin: Bulletin, sync: InstanceStatus, view: View | None
) -> tuple[list[str], View | None]:
    fence = [str(sync.epoch), _seconds(limits.lapse)]
    kept = [_seconds(limits.renewal), str(limits.events)]
    if view is None:
        return [*fence, "none", "0", *kept, *_lists([], [], [], [])], None
    own = hashed(sync, unlike=view.sync)
    changed, gone = view.changed(bulletin), view.gone(bulletin)
    writes = bool(own or changed or gone)
    then = View(view.nonce, view.step + writes, bulletin.replica, sync, view.resources)
    if writes:
        added = sum(status.key not in view.resources for status in changed)
        own |= {"mark": then.mark, "count": str(len(view.resources) + added - len(gone))}
    events = view.events(bulletin) + standing_events(view, bulletin)
    lists = _lists(flat(own), flat(packed(changed)), [str(key) for key in gone], _told(events))
    return [*fence, view.mark, str(len(view.resources)), *kept, *lists], then


def withdrawal(keys: Keys, replica: ReplicaStatus) -> Call:
    """Say that a replica is no more."""
    daemon = keys.daemon(replica.replica)
    return Call(
        scripts.WITHDRAW, (daemon, keys.replicas), [quoted(replica.replica), dumps(replica.started_at)]
    )


def unveil(keys: Keys, limits: Limits, view: View, events: Iterable[Event]) -> Call:
    """Put the view that was built in the place of the one that stood."""
    count = str(len(view.resources))
    own = {"format": VERSION, "mark": view.mark, "count": count, **hashed(view.sync)}
    head = [str(view.sync.epoch), _seconds(limits.lapse), count, str(limits.events)]
    places = (keys.sync, keys.resources, keys.events, keys.staging(view.nonce))
    return Call(scripts.UNVEIL, places, [*head, *_lists(flat(own), _told(events))])


def packed(statuses: Iterable[ResourceStatus]) -> dict[str, str]:
    """Give resources as the fields of the hash that shows them."""
    return {str(status.key): dumps(status) for status in statuses}


def hashed(
    value: ReplicaStatus | InstanceStatus, unlike: ReplicaStatus | InstanceStatus | None = None
) -> dict[str, str]:
    """Give a status as the fields of a hash, each as JSON; only those that `unlike` has otherwise."""
    parts = ((field.name, getattr(value, field.name)) for field in fields(value))
    return {name: dumps(part) for name, part in parts if not unlike or getattr(unlike, name) != part}


def _seconds(duration: timedelta) -> str:
    return str(int(duration.total_seconds()))


def _told(events: Iterable[Event]) -> list[str]:
    return [dumps(event) for event in events]


def flat(pairs: dict[str, str]) -> list[str]:
    """Give the fields of a hash and their values in turn, as commands take them."""
    return [part for pair in pairs.items() for part in pair]


def _lists(*lists: Sequence[str]) -> list[str]:
    return [part for items in lists for part in (str(len(items)), *items)]
