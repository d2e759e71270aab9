"""Single users and workflows as their tables have them, and where each is declared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from reconciler.resources import Kind, ResourceKey
from reconciler.store.connect import Connection


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a row comes from; `name` is "" when no manifest declares it, `path` and `line` when not known."""

    instance: str
    name: str
    path: str
    line: int
    sync: str = ""

    @property
    def place(self) -> str:
        """Where its manifest stands: `path:line`."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class UserRow:
    """A row of `users`."""

    id: UUID
    username: str
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A row of `workflows`, with the number of its jobs."""

    id: UUID
    user_id: UUID
    name: str
    status: str
    created_at: datetime
    job_count: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row of `jobs`. `parents` is what the column holds, which is everybody's."""

    id: UUID
    name: str
    job_type: str
    branch_id: str
    parents: Any
    params: Any
    status: str
    created_at: datetime


_STANDING: Final = """
    coalesce(i.instance, ''), coalesce(i.name, ''), coalesce(s.status #>> '{{where,path}}', i.path, ''),
    coalesce((s.status #>> '{{where,line}}')::int, 0), coalesce(s.sync, '')"""

_FROM: Final = """
left join reconciler.inventory i on i.kind = '{kind}' and i.row_id = r.id
left join reconciler.statuses s on s.kind = i.kind and s.name = i.name and s.instance = i.instance"""

_USER: Final = f"""
select r.id, r.username, r.created_at, {_STANDING.format()}
from public.users r {_FROM.format(kind=Kind.USER)}
where """

_WORKFLOW: Final = f"""
select r.id, r.user_id, coalesce(r.name, ''), r.status, r.created_at,
    (select count(*) from public.jobs j where j.workflow_id = r.id), {_STANDING.format()}
from public.workflows r {_FROM.format(kind=Kind.WORKFLOW)}
where """

_JOBS: Final = """
select id, name, job_type, branch_id, parent_ids_json, params, status, created_at from public.jobs
where workflow_id = %s order by position, created_at, id"""

_WORKFLOWS_OF: Final = """
select coalesce(name, id::text) from public.workflows where user_id = %s order by 1 limit %s"""

_DECLARED: Final = """
select name, coalesce(status #>> '{where,path}', ''), coalesce((status #>> '{where,line}')::int, 0)
from reconciler.statuses where instance = %s and kind = %s and lower(name) = lower(%s)"""


def user_by_id(connection: Connection, row_id: UUID) -> UserRow | None:
    """Give the user with this id."""
    return _user(connection, "r.id = %s", row_id)


def user_by_username(connection: Connection, username: str) -> UserRow | None:
    """Give the user with this username."""
    return _user(connection, "r.username = %s", username)


def user_of(connection: Connection, key: ResourceKey) -> UserRow | None:
    """Give the user that a manifest declares."""
    return _user(connection, "i.name = %s", key.name)


def workflow_by_id(connection: Connection, row_id: UUID) -> WorkflowRow | None:
    """Give the workflow with this id."""
    return _workflow(connection, "r.id = %s", row_id)


def user_ids(connection: Connection, usernames: Iterable[str]) -> dict[str, UUID]:
    """Give the id of each user who is there."""
    query = "select username, id from public.users where username = any (%s)"
    return dict(connection.execute(query, [[*usernames]]).fetchall())


def workflow_of(connection: Connection, key: ResourceKey) -> WorkflowRow | None:
    """Give the workflow that a manifest declares."""
    return _workflow(connection, "i.name = %s", key.name)


def jobs_of(connection: Connection, workflow_id: UUID) -> list[JobRow]:
    """Give the jobs of a workflow, in the order of the manifest."""
    return [JobRow(*row) for row in connection.execute(_JOBS, [workflow_id])]


def workflows_of(connection: Connection, user_id: UUID, most: int) -> list[str]:
    """Name the workflows of a user, `most` of them."""
    return [str(name) for (name,) in connection.execute(_WORKFLOWS_OF, [user_id, most])]


def declared_as(connection: Connection, instance: str, key: ResourceKey) -> Standing | None:
    """Say where a resource is declared whose name is this one, whatever the case of its letters."""
    row = connection.execute(_DECLARED, [instance, key.kind, key.name]).fetchone()
    return Standing(instance, *row) if row else None


def _user(connection: Connection, condition: str, value: object) -> UserRow | None:
    row = connection.execute(_USER + condition, [value]).fetchone()
    return UserRow(*(*row[:3], Standing(*row[3:]))) if row else None


def _workflow(connection: Connection, condition: str, value: object) -> WorkflowRow | None:
    row = connection.execute(_WORKFLOW + condition, [value]).fetchone()
    return WorkflowRow(*(*row[:6], Standing(*row[6:]))) if row else None
