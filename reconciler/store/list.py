"""The rows as people list them: each with how it stands, a page at a time or all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from psycopg.pq import TransactionStatus

from reconciler.report.listing import JobItem, Page, Standing, SyncItem, UserItem, WorkflowItem
from reconciler.resources import Kind
from reconciler.store.connect import Connection, apply_local_settings
from reconciler.store.cursor import moment, read_cursor, whole_number, write_cursor
from reconciler.store.find import page_of_jobs, page_of_resources
from reconciler.store.wanted import Wanted

_Row = tuple[Any, ...]

_STANDING: Final = """
    p.instance, coalesce(s.sync, ''), coalesce(s.status ->> 'reason', ''),
    coalesce(s.status ->> 'message', ''), (s.status ->> 'since')::timestamptz,
    coalesce(s.status #>> '{where,path}', i.path, ''), coalesce((s.status #>> '{where,line}')::int, 0),
    coalesce(i.generation, 0), coalesce(i.revision, ''), coalesce(i.labels, '{}')"""

_KNOWN: Final = """
left join reconciler.inventory i on i.kind = %(kind)s and i.name = p.{name} and i.instance = p.instance
left join reconciler.statuses s on s.kind = %(kind)s and s.name = p.{name} and s.instance = p.instance"""

_USERS: Final = f"""
select p.name, p.instance, coalesce(p.id::text, ''),
    u.id, coalesce(u.username, ''), u.created_at, {_STANDING}
from page p {_KNOWN.format(name="name")}
left join public.users u on u.id = p.id
order by p.name, p.instance, p.id::text"""

_WORKFLOWS: Final = f"""
select p.name, p.instance, coalesce(p.id::text, ''),
    w.id, coalesce(u.username, ''), coalesce(w.status, ''), coalesce(w.generation, 0),
    w.observed_generation, w.created_at, coalesce(c.jobs, '{{}}'), {_STANDING}
from page p {_KNOWN.format(name="name")}
left join public.workflows w on w.id = p.id
left join public.users u on u.id = w.user_id
left join lateral (
    select jsonb_object_agg(status, number) as jobs
    from (select status, count(*) as number from public.jobs where workflow_id = w.id group by 1) by_status
) c on true
order by p.name, p.instance, p.id::text"""

_JOBS: Final = f"""
select p.workflow, j.name, j.id, j.workflow_id, j.job_type, j.branch_id, j.parent_ids_json,
    j.position, j.status, j.generation, j.observed_generation, j.created_at, {_STANDING}
from page p {_KNOWN.format(name="workflow")}
join public.jobs j on j.id = p.id
order by p.workflow, p.workflow_id, p.position, p.id"""

_NAMES_OF_JOBS: Final = "select workflow_id, id, name from public.jobs where id = any (%s)"

_ONE_MOMENT: Final = "set transaction isolation level repeatable read read only"
_ONE_PROCESS: Final = "set local max_parallel_workers_per_gather = 0"
"""To start further processes takes longer than a page does, and takes them from others."""

_SYNCS: Final = """
select id, instance, trigger, revision, epoch, started_at, committed_at, counts
from reconciler.passes
where (%(everything)s or instance = %(instance)s)
    and (%(after_at)s::timestamptz is null or (committed_at, id) < (%(after_at)s, %(after_id)s::uuid))
order by committed_at desc, id desc
limit %(limit)s"""


@contextmanager
def reading(connection: Connection) -> Iterator[None]:
    """Show one moment to all statements within: a transaction that writes nothing and waits boundedly.

    Inside another one, of that one's moment. What opens it travels with the first statement: on a busy
    machine every answer that is waited for is a turn to wait for.
    """
    if connection.info.transaction_status is not TransactionStatus.IDLE:
        yield
        return
    with connection.pipeline(), connection.transaction():
        connection.execute(_ONE_MOMENT)
        connection.execute(_ONE_PROCESS)
        apply_local_settings(connection)
        yield


def list_users(connection: Connection, wanted: Wanted) -> Page[UserItem]:
    """List users by name; of what is wanted, what users have not does not narrow.

    Raises:
        UsageError: `wanted.after` is no cursor of this list.

    """
    wanted = replace(wanted, statuses=(), branches=(), users=())
    rows, following = _resources(connection, Kind.USER, _USERS, wanted)
    return Page(
        "UserList", tuple(UserItem(*(row[0], *row[3:6], Standing(*row[6:]))) for row in rows), following
    )


def list_workflows(connection: Connection, wanted: Wanted) -> Page[WorkflowItem]:
    """List workflows by name; raises as `list_users` does."""
    rows, following = _resources(connection, Kind.WORKFLOW, _WORKFLOWS, wanted)
    items = tuple(WorkflowItem(*(row[0], *row[3:10], Standing(*row[10:]))) for row in rows)
    return Page("WorkflowList", items, following)


def list_jobs(connection: Connection, wanted: Wanted) -> Page[JobItem]:
    """List jobs by workflow, in the order of the manifest; raises as `list_users` does."""
    parameters = {**wanted.parameters(), "kind": Kind.WORKFLOW}
    if wanted.after:
        ends = ("after_name", "after_workflow", "after_position", "after_id")
        parameters |= zip(ends, read_cursor(wanted.after, (str, UUID, whole_number, UUID)), strict=True)
    with reading(connection):
        rows = connection.execute(f"{page_of_jobs(wanted)}{_JOBS}", parameters).fetchall()
        shown = rows[: wanted.limit]
        known = _names_of_parents(connection, shown)
    items = (JobItem(*(*row[:6], _needs(row, known), *row[7:12], Standing(*row[12:]))) for row in shown)
    last = shown[-1] if len(rows) > len(shown) else None
    return Page("JobList", tuple(items), write_cursor(last[0], last[3], last[7], last[2]) if last else "")


def list_syncs(connection: Connection, wanted: Wanted) -> Page[SyncItem]:
    """List the passes that changed something, the latest first; they narrow by instance alone.

    Raises:
        UsageError: `wanted.after` is no cursor of this list.

    """
    after = read_cursor(wanted.after, (moment, UUID)) if wanted.after else (None, None)
    parameters = {**wanted.parameters(), "everything": wanted.everything}
    parameters |= {"after_at": after[0], "after_id": after[1]}
    with reading(connection):
        rows = connection.execute(_SYNCS, parameters).fetchall()
    shown = rows[: wanted.limit]
    last = shown[-1] if len(rows) > len(shown) else None
    return Page(
        "SyncList", tuple(SyncItem(*row) for row in shown), write_cursor(last[6], last[0]) if last else ""
    )


def _resources(connection: Connection, kind: Kind, query: str, wanted: Wanted) -> tuple[Sequence[_Row], str]:
    """Read a page, and its cursor; each row begins with the key by which the list is ordered."""
    parameters = {**wanted.parameters(), "kind": kind}
    if wanted.after:
        ends = ("after_name", "after_instance", "after_id")
        parameters |= zip(ends, read_cursor(wanted.after, (str, str, str)), strict=True)
    with reading(connection):
        rows = connection.execute(f"{page_of_resources(kind, wanted)}{query}", parameters).fetchall()
    shown = rows[: wanted.limit]
    return shown, write_cursor(*shown[-1][:3]) if len(rows) > len(shown) else ""


def _names_of_parents(connection: Connection, rows: Sequence[_Row]) -> Mapping[tuple[UUID, str], str]:
    """Name every job of these workflows that is a parent, also where the page doesn't show it."""
    known = {(row[3], str(row[2])): str(row[1]) for row in rows}
    missing = {parent for row in rows for parent in _parents(row) if (row[3], parent) not in known}
    if missing:
        found = connection.execute(_NAMES_OF_JOBS, [list(filter(None, map(_id, missing)))])
        known |= {(workflow, str(row_id)): name for workflow, row_id, name in found}
    return known


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _parents(row: _Row) -> Iterable[str]:
    """Give the ids of the parents; the column is everybody's, and need not hold what it should."""
    return map(str, row[6]) if isinstance(row[6], list) else ()


def _needs(row: _Row, known: Mapping[tuple[UUID, str], str]) -> tuple[str, ...]:
    return tuple(known.get((row[3], parent), parent) for parent in _parents(row))
