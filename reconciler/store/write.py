"""The writes of a pass, set by set: rows of each table in one statement, whatever their number.

New rows go in by COPY; rows that change are updated from arrays, and only where they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from reconciler.plan import (
    Adopt,
    Change,
    Create,
    Delete,
    Heal,
    JobRow,
    Placement,
    QueuePlan,
    Recreate,
    Rows,
    Update,
    UserRow,
    WorkflowRow,
)
from reconciler.store.columns import OWNED, owned_row
from reconciler.store.connect import Connection

_Pair = tuple[Rows | None, Rows | None]

_TICK: Final = timedelta(microseconds=10)
"""The distance in the queue between two new jobs; the microseconds between serve parents that come late."""

_CLOCK: Final = """
update reconciler.queue_clock
set last = greatest(clock_timestamp(), last + interval '10 microseconds') + %s
returning last"""

_TAKEN: Final = """
select created_at from public.jobs
where status = any ('{PENDING,QUEUED,RUNNING,SUCCEEDED,FAILED,CANCELLED}')
    and created_at >= %s and created_at < %s"""

_UPDATE_USERS: Final = f"""
update public.users u set username = n.username
from unnest(%s::uuid[], %s::text[]) as n (id, username)
where u.id = n.id and {owned_row("users", "u")} is distinct from {owned_row("users", "n")}"""

_UPDATE_WORKFLOWS: Final = f"""
update public.workflows w set user_id = n.user_id, name = n.name, generation = n.generation
from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[]) as n (id, user_id, name, generation)
where w.id = n.id and {owned_row("workflows", "w")} is distinct from {owned_row("workflows", "n")}"""

_UPDATE_JOBS: Final = f"""
update public.jobs j set name = n.name, job_type = n.job_type, branch_id = n.branch_id,
    parent_ids_json = n.parent_ids_json, params = n.params, position = n.position, generation = n.generation
from unnest(
    %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::jsonb[], %s::int[],
    %s::bigint[]
) as n ({", ".join(OWNED["jobs"])})
where j.id = n.id and {owned_row("jobs", "j")} is distinct from {owned_row("jobs", "n")}"""

_COPY_USERS: Final = "copy public.users (id, username) from stdin"
_COPY_WORKFLOWS: Final = "copy public.workflows (id, user_id, name, generation) from stdin"
_COPY_JOBS: Final = """
copy public.jobs (id, workflow_id, name, job_type, branch_id, parent_ids_json, params, position, generation,
    created_at) from stdin"""


class Queue:
    """The `created_at` of every new job of a plan, fixed before the first row is written."""

    def __init__(self, connection: Connection, plan: QueuePlan) -> None:
        self._times: dict[UUID, datetime] = {}
        if plan.append:
            self._append([job for _, job in plan.append], connection)
        if plan.before:
            self._place(plan.before, connection)

    def __getitem__(self, job_id: UUID) -> datetime:
        return self._times[job_id]

    def _append(self, jobs: Sequence[JobRow], connection: Connection) -> None:
        span = _TICK * (len(jobs) - 1)
        row = connection.execute(_CLOCK, [span]).fetchone()
        assert row is not None, "the queue clock has one row"  # noqa: S101 - the migration puts it there
        first = row[0] - span
        self._times |= {job.id: first + _TICK * index for index, job in enumerate(jobs)}

    def _place(self, placements: Sequence[Placement], connection: Connection) -> None:
        """Give each placement the latest free microsecond before its children and those placed before it."""
        children = [child for placement in placements for child in placement.children]
        query = "select id, created_at from public.jobs where id = any (%s)"
        times: dict[UUID, datetime] = dict(connection.execute(query, [children]).fetchall())
        limits: dict[UUID, datetime] = {}
        taken: set[datetime] = set()
        for placement in placements:
            bounds = [times[child] for child in placement.children if child in times]
            if placement.workflow_id in limits:
                bounds.append(limits[placement.workflow_id])
            slot = _free_before(min(bounds), taken, connection)
            taken.add(slot)
            times[placement.job.id] = limits[placement.workflow_id] = self._times[placement.job.id] = slot


def _free_before(limit: datetime, taken: set[datetime], connection: Connection) -> datetime:
    """Find the latest microsecond before `limit` that no job has."""
    width = timedelta(microseconds=1000)
    while True:
        rows = connection.execute(_TAKEN, [limit - width, limit], binary=True)
        occupied = taken.union(at for (at,) in rows)
        slot = limit - timedelta(microseconds=1)
        while slot in occupied:
            slot -= timedelta(microseconds=1)
        if slot >= limit - width:
            return slot
        width *= 16


def write_rows(connection: Connection, changes: Sequence[Change], queue: Queue) -> int:
    """Write the rows of some changes; give how many rows were inserted, updated or deleted."""
    pairs = [_pair(change) for change in changes]
    stays = [(before, after) for before, after in pairs if after is not None]
    users = [(before, after) for before, after in stays if isinstance(after, UserRow)]
    workflows = [(before, after) for before, after in stays if isinstance(after, WorkflowRow)]
    going = [before for before, after in pairs if before is not None and after is None]
    _free_usernames(connection, pairs)
    return (
        _write_users(connection, users)
        + _write_workflows(connection, workflows)
        + _write_jobs(connection, workflows, queue)
        + _delete_rows(connection, going)
    )


def _pair(change: Change) -> _Pair:
    """Give the rows before and after; both None when a change writes no rows."""
    match change:
        case Create(after=after) | Recreate(after=after):
            return None, after
        case Update(before=before, after=after) | Heal(before=before, after=after):
            return before, after
        case Adopt(before=before, after=after):
            return before, after
        case Delete(before=before):
            return before, None
        case _:
            return None, None


def _free_usernames(connection: Connection, pairs: Iterable[_Pair]) -> None:
    """Let go of usernames that pass from one row to another: each row is checked as it is written."""
    pairs = list(pairs)
    wanted = {after.username: after.id for _, after in pairs if isinstance(after, UserRow)}
    passing = [
        before.id
        for before, _ in pairs
        if isinstance(before, UserRow) and wanted.get(before.username, before.id) != before.id
    ]
    if passing:
        connection.execute("update public.users set username = id::text where id = any (%s)", [passing])


def _write_users(connection: Connection, users: Sequence[tuple[Rows | None, UserRow]]) -> int:
    changed = [after for before, after in users if before is not None and before != after]
    written = 0
    if changed:
        columns = [[row.id for row in changed], [row.username for row in changed]]
        written += connection.execute(_UPDATE_USERS, columns).rowcount
    new = ((row.id, row.username) for before, row in users if before is None)
    return written + _copy(connection, _COPY_USERS, new)


def _write_workflows(connection: Connection, workflows: Sequence[tuple[Rows | None, WorkflowRow]]) -> int:
    new = ((row.id, row.user_id, row.name, row.generation) for before, row in workflows if before is None)
    changed = [
        (row.id, row.user_id, row.name, row.generation)
        for before, row in workflows
        if isinstance(before, WorkflowRow)
        and (before.user_id, before.name, before.generation) != (row.user_id, row.name, row.generation)
    ]
    written = connection.execute(_UPDATE_WORKFLOWS, _columns(changed)).rowcount if changed else 0
    return written + _copy(connection, _COPY_WORKFLOWS, new)


def _write_jobs(
    connection: Connection, workflows: Sequence[tuple[Rows | None, WorkflowRow]], queue: Queue
) -> int:
    gone: list[UUID] = []
    new: list[tuple[Any, ...]] = []
    changed: list[tuple[UUID, JobRow, JobRow]] = []
    for before, after in workflows:
        there = {job.id: job for job in before.jobs} if isinstance(before, WorkflowRow) else {}
        gone.extend(there.keys() - {job.id for job in after.jobs})
        for job in after.jobs:
            if job.id not in there:
                new.append((*_job_columns(after.id, job), queue[job.id]))
            elif job != there[job.id]:
                changed.append((after.id, there[job.id], job))
    written = 0
    if gone:
        written += connection.execute("delete from public.jobs where id = any (%s)", [gone]).rowcount
    if changed:
        _free_job_names(connection, changed)
        rows = [_job_columns(workflow_id, job) for workflow_id, _, job in changed]
        written += connection.execute(_UPDATE_JOBS, _columns(rows)).rowcount
    return written + _copy(connection, _COPY_JOBS, new)


def _free_job_names(connection: Connection, changed: Sequence[tuple[UUID, JobRow, JobRow]]) -> None:
    """Let go of job names that pass from one row of a workflow to another, as `_free_usernames` does."""
    wanted = {(workflow_id, after.name): after.id for workflow_id, _, after in changed}
    passing = [
        before.id
        for workflow_id, before, _ in changed
        if wanted.get((workflow_id, before.name), before.id) != before.id
    ]
    if passing:
        connection.execute("update public.jobs set name = id::text where id = any (%s)", [passing])


def _job_columns(workflow_id: UUID, job: JobRow) -> tuple[Any, ...]:
    parents = "[" + ",".join(f'"{parent}"' for parent in job.parents) + "]"
    return (
        job.id,
        workflow_id,
        job.name,
        job.job_type,
        job.branch_id,
        parents,
        job.params,
        job.position,
        job.generation,
    )


def _delete_rows(connection: Connection, going: Sequence[Rows]) -> int:
    workflows = [row for row in going if isinstance(row, WorkflowRow)]
    users = [row.id for row in going if isinstance(row, UserRow)]
    jobs = [job.id for row in workflows for job in row.jobs]
    written = 0
    for table, ids in (("jobs", jobs), ("workflows", [row.id for row in workflows]), ("users", users)):
        if ids:
            written += connection.execute(f"delete from public.{table} where id = any (%s)", [ids]).rowcount
    return written


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """Insert rows by COPY; nothing is sent when there are none."""
    pending: Iterator[tuple[Any, ...]] = iter(rows)
    first = next(pending, None)
    if first is None:
        return 0
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            copy.write_row(first)
            for row in pending:
                copy.write_row(row)
        return cursor.rowcount
