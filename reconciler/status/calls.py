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

    def send(self, client: redis.Redis | redis.client.Pipeline) -> Any:  # noqa: ANN401 - its own word
        """Have it carried out; a pipeline gives the reply later."""
        return client.eval(self.script, len(self.keys), *self.keys, *self.arguments)


def heartbeat(keys: Keys, replica: ReplicaStatus, limits: Limits) -> Call:
    """Say that a replica lives, and how it is."""
    ttl = int(limits.ttl.total_seconds() * 1000)
    own = hashed(replica)
    head = [quoted(replica.replica), str(ttl), own["epoch"], own["started_at"]]
    return Call(scripts.HEARTBEAT, (keys.daemon(replica.replica), keys.replicas), [*head, *flat(own)])


def withdrawal(keys: Keys, replica: ReplicaStatus) -> Call:
    """Say that a replica is no more."""
    daemon = keys.daemon(replica.replica)
    return Call(
        scripts.WITHDRAW, (daemon, keys.replicas), [quoted(replica.replica), dumps(replica.started_at)]
    )


def tell(keys: Keys, limits: Limits, view: View, bulletin: Bulletin) -> tuple[Call, View]:
    """Bring the view up to date, provided that it is the one that was written last; and what it is then."""
    sync = bulletin.sync or view.sync
    own = hashed(sync, unlike=view.sync)
    changed, gone = view.changed(bulletin), view.gone(bulletin)
    writes = bool(own or changed or gone)
    then = View(view.nonce, view.step + writes, bulletin.replica, sync, view.resources)
    if writes:
        added = sum(status.key not in view.resources for status in changed)
        own |= {"mark": then.mark, "count": str(len(view.resources) + added - len(gone))}
    events = view.events(bulletin) + standing_events(view, bulletin)
    head = [
        str(sync.epoch),
        view.mark,
        str(len(view.resources)),
        str(limits.events),
        _seconds(limits.lapse),
        _seconds(limits.renewal),
        str(int(writes)),
    ]
    lists = _lists(flat(own), flat(packed(changed)), [str(key) for key in gone], _told(events))
    return Call(scripts.TELL, (keys.sync, keys.resources, keys.events), [*head, *lists]), then


def check(keys: Keys, limits: Limits, sync: InstanceStatus) -> Call:
    """Ask whether this writer may build a view: LOST says so, STALE that it may not."""
    head = [str(sync.epoch), "none of ours", "0", "0", _seconds(limits.lapse), "0", "0"]
    return Call(scripts.TELL, (keys.sync, keys.resources, keys.events), [*head, *_lists([], [], [], [])])


def unveil(keys: Keys, limits: Limits, view: View, events: Iterable[Event]) -> Call:
    """Put the view that was built in the place of the one that stood."""
    count = str(len(view.resources))
    own = {"format": VERSION, "mark": view.mark, "count": count, **hashed(view.sync)}
    head = [str(view.sync.epoch), count, str(limits.events), _seconds(limits.lapse)]
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
