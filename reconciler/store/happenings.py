"""What happened, told from the books: the events that Redis would show, for when Redis is not there.

Passes that changed something, every change that they made, and how whatever is not in sync came to stand.
What a pass merely looked at, and what has been mended since without a change, PostgreSQL does not remember.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from reconciler.desired import Location
from reconciler.report.event import Event, EventType
from reconciler.report.listing import counted
from reconciler.resources import ResourceKey
from reconciler.store.connect import Connection
from reconciler.store.list import reading

_PASSES: Final = """
select committed_at as at, 'pass' as type, 'Pass/' || id as subject, 'Applied' as status, trigger as reason,
    '' as message, counts, '' as path, 0 as line, revision
from reconciler.passes
where instance = %(instance)s and (%(since)s::timestamptz is null or committed_at > %(since)s)
order by committed_at desc limit %(limit)s"""

_CHANGES: Final = """
select at, 'resource', kind || '/' || name, case when action in ('pruned', 'forgotten') then 'Gone'
    else 'Synced' end, 'Applied', action, null::jsonb, path, 0, revision
from reconciler.history
where instance = %(instance)s and (%(since)s::timestamptz is null or at > %(since)s)
    and (%(kind)s::text is null or (kind = %(kind)s and name = %(name)s))
order by id desc limit %(limit)s"""

_STANDING: Final = """
select (status ->> 'since')::timestamptz as at, 'resource', kind || '/' || name, sync,
    coalesce(status ->> 'reason', ''), coalesce(status ->> 'message', ''), null::jsonb,
    coalesce(status #>> '{where,path}', ''), coalesce((status #>> '{where,line}')::int, 0),
    coalesce(status ->> 'revision', '')
from reconciler.statuses
where instance = %(instance)s and sync <> 'Synced'
    and (%(since)s::timestamptz is null or (status ->> 'since')::timestamptz > %(since)s)
    and (%(kind)s::text is null or (kind = %(kind)s and name = %(name)s))
order by at desc limit %(limit)s"""


def recent_events(
    connection: Connection,
    instance: str,
    limit: int,
    key: ResourceKey | None = None,
    since: datetime | None = None,
) -> tuple[Event, ...]:
    """Give the last events, the oldest first: of one resource or of all, after a moment or from anywhere."""
    parameters = {
        "instance": instance,
        "limit": limit,
        "since": since,
        "kind": key.kind if key else None,
        "name": key.name if key else None,
    }
    sources = (_CHANGES, _STANDING) if key else (_PASSES, _CHANGES, _STANDING)
    query = " union all ".join(f"({source})" for source in sources)
    # Of one moment the pass comes last: it is told of when it has ended.
    order = "order by 1 desc, type = 'resource', subject desc limit %(limit)s"
    names = "at, type, subject, status, reason, message, counts, path, line, revision"
    with reading(connection):
        rows = connection.execute(f"select * from ({query}) told ({names}) {order}", parameters).fetchall()
    return tuple(map(_event, reversed(rows)))


def _event(row: tuple[Any, ...]) -> Event:
    at, kind, subject, status, reason, message, counts, path, line, revision = row
    said = counted(counts) if isinstance(counts, Mapping) else message
    where = Location(path, 1 if line else 0, line, 1 if line else 0) if path else None
    return Event(at, EventType(kind), subject, status, reason, said, where, revision)
