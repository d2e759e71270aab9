"""The status as PostgreSQL keeps it: what Redis shows, for when Redis is not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from reconciler.plan import Reason, Sync
from reconciler.report import Board, Census, InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.report.listing import Page
from reconciler.report.wire import decode, dumps, encode
from reconciler.resources import Kind, ResourceKey
from reconciler.store.connect import Connection
from reconciler.store.cursor import read_cursor, write_cursor

_REPLICA: Final = """
insert into reconciler.replicas (instance, replica, lease_at, status) values (%s, %s, clock_timestamp(), %s)
on conflict (instance, replica) do update set lease_at = excluded.lease_at, status = excluded.status"""

_OLD_REPLICAS: Final = """
delete from reconciler.replicas where instance = %s and lease_at < clock_timestamp() - interval '1 day'"""

_WITHDRAW: Final = "delete from reconciler.replicas where instance = %s and replica = %s"

_INSTANCE: Final = """
insert into reconciler.instances as i (instance, epoch, status) values (%s, %s, %s)
on conflict (instance) do update set epoch = excluded.epoch, status = excluded.status,
    written_at = clock_timestamp()
where i.epoch <= excluded.epoch"""

_CHANGED: Final = """
insert into reconciler.statuses as s (instance, kind, name, sync, row_id, status)
select %s, n.kind, n.name, n.sync, i.row_id, n.status
from jsonb_to_recordset(%s::jsonb) as n (kind text, name text, sync text, status jsonb)
left join reconciler.inventory i on i.kind = n.kind and i.name = n.name
on conflict (instance, kind, name) do update set sync = excluded.sync, row_id = excluded.row_id,
    status = excluded.status
where (s.sync, s.status) is distinct from (excluded.sync, excluded.status)"""

_GONE: Final = """
delete from reconciler.statuses s using unnest(%s::text[], %s::text[]) as n (kind, name)
where s.instance = %s and s.kind = n.kind and s.name = n.name"""

_RECALL_REPLICAS: Final = "select status from reconciler.replicas where instance = %s order by replica"
_RECALL_INSTANCE: Final = "select status from reconciler.instances where instance = %s"
_UNSETTLED: Final = """
select status from reconciler.statuses
where instance = %(instance)s and kind = any (%(kinds)s) and sync = any (%(syncs)s)
    and (kind, name) > (%(kind)s, %(name)s)
order by kind, name limit %(limit)s"""
_CENSUS: Final = """
select kind, sync, status ->> 'reason', count(*) from reconciler.statuses
where instance = %(instance)s and kind = any (%(kinds)s) and sync = any (%(syncs)s) group by 1, 2, 3"""
_WRONG: Final = {"kinds": [*Kind], "syncs": [sync for sync in Sync if sync is not Sync.SYNCED]}
"""Spelled out, so that an index finds the few among the many."""
_RECALL_RESOURCES: Final = "select status from reconciler.statuses where instance = %s order by kind, name"


def publish_instance(connection: Connection, sync: InstanceStatus) -> bool:
    """Write down how the instance stands; False when a later writer has already."""
    return connection.execute(_INSTANCE, [sync.instance, sync.epoch, dumps(sync)]).rowcount == 1


def publish_replica(connection: Connection, replica: ReplicaStatus) -> None:
    """Write down that a replica is alive, and how it is."""
    connection.execute(_REPLICA, [replica.instance, replica.replica, dumps(replica)])
    connection.execute(_OLD_REPLICAS, [replica.instance])


def withdraw_replica(connection: Connection, instance: str, replica: str) -> None:
    """Strike a replica out, because it stops."""
    connection.execute(_WITHDRAW, [instance, replica])


def publish_resources(
    connection: Connection,
    instance: str,
    changed: Iterable[ResourceStatus],
    gone: Iterable[ResourceKey],
) -> None:
    """Write down how resources stand; those that are gone are struck out."""
    entries = [_entry(status) for status in changed]
    keys = list(gone)
    if entries:
        connection.execute(_CHANGED, [instance, dumps(entries)])
    if keys:
        connection.execute(_GONE, [[key.kind for key in keys], [key.name for key in keys], instance])


def recall(connection: Connection, instance: str, now: datetime) -> Board:
    """Give the status as it was last written down."""
    board = glance(connection, instance, now)
    statuses = [decode(ResourceStatus, row) for (row,) in connection.execute(_RECALL_RESOURCES, [instance])]
    return replace(board, resources={status.key: status for status in statuses})


def glance(connection: Connection, instance: str, now: datetime) -> Board:
    """Give the same without the resources, at a cost that does not grow with their number."""
    replicas = connection.execute(_RECALL_REPLICAS, [instance]).fetchall()
    sync = connection.execute(_RECALL_INSTANCE, [instance]).fetchone()
    return Board(
        read_from="postgresql",
        read_at=now,
        replicas=tuple(decode(ReplicaStatus, row) for (row,) in replicas),
        sync=decode(InstanceStatus, sync[0]) if sync else None,
    )


def unsettled(
    connection: Connection, instance: str, limit: int, syncs: Sequence[str] = (), after: str = ""
) -> Page[ResourceStatus]:
    """List the resources that are not `Synced`, or those of them that stand as `syncs` say, by kind and name.

    Raises:
        UsageError: `after` is no cursor of this list.

    """
    kind, name = read_cursor(after, (str, str)) if after else ("", "")
    narrowed = {"syncs": [sync for sync in _WRONG["syncs"] if not syncs or sync in syncs]}
    last = {"kind": kind, "name": name, "limit": limit + 1}
    parameters = {"instance": instance, **_WRONG, **narrowed, **last}
    found = [decode(ResourceStatus, row) for (row,) in connection.execute(_UNSETTLED, parameters)]
    shown = tuple(found[:limit])
    more = len(found) > limit
    return Page("ResourceList", shown, write_cursor(shown[-1].key.kind, shown[-1].key.name) if more else "")


def count_unsettled(connection: Connection, instance: str) -> Census:
    """Count the resources that are not `Synced`, by kind, how they stand, and why."""
    rows = connection.execute(_CENSUS, {"instance": instance, **_WRONG})
    return {(Kind(kind), Sync(sync), Reason(why)): number for kind, sync, why, number in rows}


def _entry(status: ResourceStatus) -> dict[str, Any]:
    key = status.key
    return {"kind": key.kind, "name": key.name, "sync": status.sync, "status": encode(status)}
