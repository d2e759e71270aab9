"""Rows of the consumers' tables as values: read plainly, or locked for the transaction that changes them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from reconciler.plan import JobRow, UserRow, WorkflowRow
from reconciler.resources import params_text
from reconciler.store.connect import Connection

_LARGEST_INTEGER: Final = 19
"""Digits that a 64-bit integer has at most; manifests hold no longer one, so it began as a float."""

_USER: Final = "select id, username from public.users"
_WORKFLOW: Final = "select id, user_id, name, generation from public.workflows"
_JOB: Final = """
select id, workflow_id, name, job_type, branch_id, parent_ids_json::text, params::text, position,
generation, status
from public.jobs"""

SHARED: Final = " for no key update skip locked"
"""What an update needs: workers may still refer to the row; one that somebody holds is left out."""

EXCLUSIVE: Final = " for update skip locked"
"""What a deletion needs: nobody may come to refer to the row."""


def read_users(connection: Connection, ids: Iterable[UUID], lock: str = "") -> dict[UUID, UserRow]:
    """Read users by id, in the order of ids; with a lock, rows that somebody else holds are missing."""
    rows = connection.execute(f"{_USER} where id = any (%s) order by id{lock}", [list(ids)], binary=True)
    return {row_id: UserRow(row_id, username) for row_id, username in rows}


def read_workflows(connection: Connection, ids: Sequence[UUID], lock: str = "") -> dict[UUID, WorkflowRow]:
    """Read workflows by id, each with all its jobs, in the order of ids; locked, held rows are missing."""
    query = f"{_WORKFLOW} where id = any (%s) order by id{lock}"
    workflows = connection.execute(query, [list(ids)], binary=True).fetchall()
    found = [workflow[0] for workflow in workflows]
    jobs = read_jobs(connection, found, lock)
    return {
        row_id: WorkflowRow(row_id, user_id, name, generation, tuple(jobs[row_id]))
        for row_id, user_id, name, generation in workflows
    }


def read_jobs(
    connection: Connection, workflow_ids: Sequence[UUID], lock: str = ""
) -> dict[UUID, list[JobRow]]:
    """Read the jobs of workflows, in the order of their ids within each."""
    jobs: dict[UUID, list[JobRow]] = defaultdict(list)
    if not workflow_ids:
        return jobs
    query = f"{_JOB} where workflow_id = any (%s) order by id{lock}"
    for row in connection.execute(query, [list(workflow_ids)], binary=True):
        jobs[row[1]].append(_job(row))
    return jobs


def read_moved(
    connection: Connection, homes: Mapping[UUID, UUID], lock: str = ""
) -> dict[UUID, list[JobRow]]:
    """Read jobs that hang beneath another workflow than `homes` says, by the workflow where they belong."""
    jobs: dict[UUID, list[JobRow]] = defaultdict(list)
    if not homes:
        return jobs
    query = f"{_JOB} where id = any (%s) order by id{lock}"
    for row in connection.execute(query, [list(homes)], binary=True):
        row_id, workflow_id = row[:2]
        if workflow_id != homes[row_id]:
            jobs[homes[row_id]].append(replace(_job(row), moved_to=workflow_id))
    return jobs


def with_jobs(workflow: WorkflowRow, more: Iterable[JobRow]) -> WorkflowRow:
    """Give a workflow more jobs than were found beneath it."""
    return replace(workflow, jobs=(*workflow.jobs, *more))


def count_jobs(connection: Connection, workflow_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Count the jobs of workflows, held by somebody or not."""
    query = "select workflow_id, count(*) from public.jobs where workflow_id = any (%s) group by workflow_id"
    return dict(connection.execute(query, [list(workflow_ids)]).fetchall())


def find_users(connection: Connection, names: Sequence[str], ids: Sequence[UUID]) -> Iterator[UserRow]:
    """Find users that have one of these usernames or ids."""
    query = f"{_USER} where username = any (%s) or id = any (%s)"
    for row in connection.execute(query, [list(names), list(ids)], binary=True):
        yield UserRow(*row)


def find_workflows(
    connection: Connection, names: Sequence[str], ids: Sequence[UUID]
) -> dict[UUID, WorkflowRow]:
    """Find workflows that have one of these names or ids, each with its jobs."""
    query = "select id from public.workflows where name = any (%s) or id = any (%s)"
    rows = connection.execute(query, [list(names), list(ids)], binary=True)
    return read_workflows(connection, [row_id for (row_id,) in rows])


def _job(row: tuple[Any, ...]) -> JobRow:
    row_id, _, name, job_type, branch_id, parents, params, position, generation, status = row
    return JobRow(
        id=row_id,
        name=name,
        job_type=job_type,
        branch_id=branch_id,
        parents=_parents(parents),
        params=params_text(json.loads(params, parse_int=_number)),
        position=position,
        generation=generation,
        status=status,
    )


def _parents(text: str) -> tuple[UUID, ...]:
    """Read ids; whatever a hand edit left that is not an array of ids reads as an impossible parent."""
    try:
        return tuple(UUID(parent) for parent in json.loads(text))
    except (AttributeError, TypeError, ValueError):
        return (_UNREADABLE,)


_UNREADABLE: Final = UUID(int=0)


def _number(digits: str) -> int | float:
    return int(digits) if len(digits.lstrip("-")) <= _LARGEST_INTEGER else int(float(digits))
