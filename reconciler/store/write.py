"""The writes of a pass, set by set: rows of each table in one statement, whatever their number.

New rows go in by COPY; rows that change are updated from arrays, and only where they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from reconciler.plan import Change, JobRow, Rows, UserRow, WorkflowRow
from reconciler.resources import JobStatus, Kind, WorkflowStatus
from reconciler.store.columns import OWNED, owned_row
from reconciler.store.connect import Connection
from reconciler.store.pairs import Pair, pair
from reconciler.store.queue import Queue

_UPDATE_USERS: Final = f"""
update public.users u set username = n.username
from unnest(%s::uuid[], %s::text[]) as n (id, username)
where u.id = n.id and {owned_row("users", "u")} is distinct from {owned_row("users", "n")}"""

_UPDATE_WORKFLOWS: Final = f"""
update public.workflows w set user_id = n.user_id, name = n.name, generation = n.generation
from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::bigint[]) as n (id, user_id, name, generation)
where w.id = n.id and {owned_row("workflows", "w")} is distinct from {owned_row("workflows", "n")}"""

_UPDATE_JOBS: Final = f"""
update public.jobs j set workflow_id = n.workflow_id, name = n.name, job_type = n.job_type,
    branch_id = n.branch_id, parent_ids_json = n.parent_ids_json, params = n.params, position = n.position,
    generation = n.generation
from unnest(
    %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::jsonb[], %s::int[],
    %s::bigint[]
) as n ({", ".join(OWNED["jobs"])})
where j.id = n.id and {owned_row("jobs", "j")} is distinct from {owned_row("jobs", "n")}"""

_COPY_USERS: Final = "copy public.users (id, username) from stdin"
_COPY_WORKFLOWS: Final = "copy public.workflows (id, user_id, name, generation, status) from stdin"
_COPY_JOBS: Final = """
copy public.jobs (id, workflow_id, name, job_type, branch_id, parent_ids_json, params, position, generation,
    status, created_at) from stdin"""

_DELETE: Final = {
    "jobs": "delete from public.jobs where id = any (%s)",
    "workflows": "delete from public.workflows where id = any (%s)",
    "users": "delete from public.users where id = any (%s)",
}

_LET_GO: Final = {
    Kind.USER: "update public.users set username = id::text where id = any (%s)",
    Kind.WORKFLOW: "update public.workflows set name = id::text where id = any (%s)",
}
_LET_JOB_NAMES_GO: Final = "update public.jobs set name = id::text where id = any (%s)"


def write_rows(connection: Connection, changes: Sequence[Change], queue: Queue) -> int:
    """Write the rows of some changes; give how many rows were inserted, updated or deleted."""
    pairs = [pair(change) for change in changes]
    stays = [(before, after) for before, after in pairs if after is not None]
    users = [(before, after) for before, after in stays if isinstance(after, UserRow)]
    workflows = [(before, after) for before, after in stays if isinstance(after, WorkflowRow)]
    going = [before for before, after in pairs if before is not None and after is None]
    _let_names_go(connection, pairs)
    return (
        _write_users(connection, users)
        + _write_workflows(connection, workflows)
        + _write_jobs(connection, workflows, queue)
        + _delete_rows(connection, going)
    )


def _let_names_go(connection: Connection, pairs: Iterable[Pair]) -> None:
    """Let go of names that pass from one row to another: each row is checked as it is written."""
    pairs = list(pairs)
    taken = {each.taken for each in pairs}
    for kind, statement in _LET_GO.items():
        passing = [
            each.before.id
            for each in pairs
            if each.before and each.given_up and each.given_up[0] is kind and each.given_up in taken
        ]
        if passing:
            connection.execute(statement, [passing])


def _write_users(connection: Connection, users: Sequence[tuple[Rows | None, UserRow]]) -> int:
    changed = [(row.id, row.username) for before, row in users if before is not None and before != row]
    written = connection.execute(_UPDATE_USERS, _columns(changed)).rowcount if changed else 0
    new = ((row.id, row.username) for before, row in users if before is None)
    return written + _copy(connection, _COPY_USERS, new)


def _write_workflows(connection: Connection, workflows: Sequence[tuple[Rows | None, WorkflowRow]]) -> int:
    changed = [
        _workflow_columns(row)
        for before, row in workflows
        if isinstance(before, WorkflowRow) and _workflow_columns(before) != _workflow_columns(row)
    ]
    written = connection.execute(_UPDATE_WORKFLOWS, _columns(changed)).rowcount if changed else 0
    new = ((*_workflow_columns(row), WorkflowStatus.PENDING) for before, row in workflows if before is None)
    return written + _copy(connection, _COPY_WORKFLOWS, new)


def _workflow_columns(row: WorkflowRow) -> tuple[UUID, UUID, str | None, int]:
    return row.id, row.user_id, row.name, row.generation


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
                new.append((*_job_columns(after.id, job), JobStatus.PENDING, queue[job.id]))
            elif job != there[job.id]:
                changed.append((after.id, there[job.id], job))
    written = connection.execute(_DELETE["jobs"], [gone]).rowcount if gone else 0
    if changed:
        _let_job_names_go(connection, changed)
        rows = [_job_columns(workflow_id, job) for workflow_id, _, job in changed]
        written += connection.execute(_UPDATE_JOBS, _columns(rows)).rowcount
    return written + _copy(connection, _COPY_JOBS, new)


def _let_job_names_go(connection: Connection, changed: Sequence[tuple[UUID, JobRow, JobRow]]) -> None:
    """Let go of job names that pass from one row of a workflow to another."""
    taken = {
        (workflow_id, after.name)
        for workflow_id, before, after in changed
        if before.name != after.name or before.moved_to is not None
    }
    passing = [
        before.id
        for workflow_id, before, after in changed
        if before.name != after.name and (workflow_id, before.name) in taken
    ]
    if passing:
        connection.execute(_LET_JOB_NAMES_GO, [passing])


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
    ids = {
        "jobs": [job.id for row in workflows for job in row.jobs],
        "workflows": [row.id for row in workflows],
        "users": [row.id for row in going if isinstance(row, UserRow)],
    }
    return sum(connection.execute(_DELETE[table], [gone]).rowcount for table, gone in ids.items() if gone)


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
