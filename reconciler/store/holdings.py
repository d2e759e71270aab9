"""Every row and whose it is, as one moment has them: what is read to write manifests from rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from reconciler.plan.export import StoredJob
from reconciler.plan.naming import Holding, Owner
from reconciler.resources import Kind, ResourceKey
from reconciler.store.connect import Connection, apply_local_settings

_BATCH: Final = 500
"""Of so many workflows the jobs are held at a time."""

_USERS: Final = """
select u.id, u.username, null, i.name, i.instance, i.labels, i.protected, i.orphaned, i.job_ids
from public.users u left join reconciler.inventory i on i.kind = 'User' and i.row_id = u.id"""

_WORKFLOWS: Final = """
select w.id, w.name, w.user_id, i.name, i.instance, i.labels, i.protected, i.orphaned, i.job_ids
from public.workflows w left join reconciler.inventory i on i.kind = 'Workflow' and i.row_id = w.id"""

_JOBS: Final = """
select workflow_id, id, name, job_type, branch_id, parent_ids_json::text, params::text
from public.jobs where workflow_id = any (%s)
order by workflow_id, position, created_at, id"""


@contextmanager
def one_moment(connection: Connection) -> Iterator[None]:
    """See the rows as they are now until the end, whatever is committed meanwhile."""
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        apply_local_settings(connection)
        yield


def read_holdings(connection: Connection) -> list[Holding]:
    """Read every user and every workflow, and what the inventory says of each."""
    return [
        _holding(kind, row)
        for kind, query in ((Kind.USER, _USERS), (Kind.WORKFLOW, _WORKFLOWS))
        for row in connection.execute(query, binary=True)
    ]


def _holding(kind: Kind, row: tuple[Any, ...]) -> Holding:
    row_id, called, user_id, name, instance, labels, protected, orphaned, jobs = row
    if name is None:
        return Holding(kind, row_id, called, user_id)
    owner = Owner(ResourceKey(kind, name), instance, labels, protected, orphaned, frozenset(jobs))
    return Holding(kind, row_id, called, user_id, owner)


def read_stored_jobs(
    connection: Connection, workflows: Sequence[UUID]
) -> Iterator[tuple[UUID, list[StoredJob]]]:
    """Read the jobs of workflows, in the order given; those of one in the order of their positions."""
    for start in range(0, len(workflows), _BATCH):
        batch = list(workflows[start : start + _BATCH])
        rows = connection.execute(_JOBS, [batch], binary=True).fetchall()
        found = {
            workflow: [StoredJob(*row[1:]) for row in beneath]
            for workflow, beneath in groupby(rows, key=lambda row: row[0])
        }
        yield from ((workflow, found.get(workflow, [])) for workflow in batch)
