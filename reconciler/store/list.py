"""The rows as people list them: each with how it stands, read in one statement whatever their number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from reconciler.resources import Kind
from reconciler.store.connect import Connection, apply_local_settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are listed; what is empty does not narrow.

    `everything` lists the rows of all instances, and those that nobody manages, instead of the ones of
    `instance`. `names` are those of users, workflows or jobs, `syncs` words as `Sync` has them.
    """

    instance: str
    everything: bool = False
    names: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    syncs: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a resource stands with the instance that manages it; all is empty when none does."""

    instance: str
    sync: str
    reason: str
    message: str
    path: str
    line: int
    generation: int
    revision: str
    labels: Mapping[str, str]

    @property
    def place(self) -> str:
        """Where its manifest stands: `path:line`."""
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, slots=True)
class UserItem:
    """A row of `users`, or a User manifest that has none; then `id` and `created_at` are None."""

    name: str
    id: UUID | None
    username: str
    created_at: datetime | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class WorkflowItem:
    """A row of `workflows`, or a Workflow manifest that has none. `jobs` counts its jobs by status."""

    name: str
    id: UUID | None
    user: str
    status: str
    generation: int
    observed_generation: int | None
    created_at: datetime | None
    jobs: Mapping[str, int]
    standing: Standing


@dataclass(frozen=True, slots=True)
class JobItem:
    """A row of `jobs`; `standing` is that of its workflow.

    `needs` are the names of its parents; an id stands for one that is not a job of the same workflow.
    """

    workflow: str
    name: str
    id: UUID
    workflow_id: UUID
    job_type: str
    branch_id: str
    needs: tuple[str, ...]
    position: int
    status: str
    generation: int
    observed_generation: int | None
    created_at: datetime
    standing: Standing


@dataclass(frozen=True, slots=True)
class SyncItem:
    """A pass that changed something. `counts` says how many resources, by what was done with them."""

    id: UUID
    instance: str
    trigger: str
    revision: str
    epoch: int
    started_at: datetime
    committed_at: datetime
    counts: Mapping[str, int]


_STANDING: Final = """
with standing as (
    select coalesce(i.name, s.name) as name, coalesce(i.instance, s.instance) as instance, i.row_id,
        coalesce(s.sync, '') as sync, coalesce(s.status ->> 'reason', '') as reason,
        coalesce(s.status ->> 'message', '') as message,
        coalesce(s.status #>> '{where,path}', i.path, '') as path,
        coalesce((s.status #>> '{where,line}')::int, 0) as line,
        coalesce(i.generation, 0) as generation, coalesce(i.revision, '') as revision,
        coalesce(i.labels, '{}') as labels
    from (select * from reconciler.inventory where kind = %(kind)s) i
    full join (select * from reconciler.statuses where kind = %(kind)s) s
        on s.instance = i.instance and s.name = i.name
)"""

_HOW_IT_STANDS: Final = """
    coalesce(t.instance, ''), coalesce(t.sync, ''), coalesce(t.reason, ''), coalesce(t.message, ''),
    coalesce(t.path, ''), coalesce(t.line, 0), coalesce(t.generation, 0), coalesce(t.revision, ''),
    coalesce(t.labels, '{}')"""

_CHOSEN: Final = """
    (%(everything)s or t.instance = %(instance)s)
    and (%(syncs)s::text[] is null or t.sync = any (%(syncs)s))
    and (%(labels)s::jsonb is null or t.labels @> %(labels)s)"""

_USERS: Final = f"""{_STANDING}
select coalesce(t.name, u.username), u.id, coalesce(u.username, ''), u.created_at, {_HOW_IT_STANDS}
from public.users u full join standing t on t.row_id = u.id
where {_CHOSEN} and (%(names)s::text[] is null or coalesce(t.name, u.username) = any (%(names)s))
order by 1, 2"""

_WORKFLOWS: Final = f"""{_STANDING},
counted as (
    select workflow_id, jsonb_object_agg(status, number) as jobs
    from (select workflow_id, status, count(*) as number from public.jobs group by 1, 2) by_status group by 1
)
select coalesce(t.name, w.name, ''), w.id, coalesce(u.username, ''), coalesce(w.status, ''),
    coalesce(w.generation, 0), w.observed_generation, w.created_at, coalesce(c.jobs, '{{}}'), {_HOW_IT_STANDS}
from public.workflows w
left join public.users u on u.id = w.user_id
left join counted c on c.workflow_id = w.id
full join standing t on t.row_id = w.id
where {_CHOSEN} and (%(names)s::text[] is null or coalesce(t.name, w.name) = any (%(names)s))
order by 1, 2"""

_JOBS: Final = f"""{_STANDING}
select coalesce(t.name, w.name, ''), j.name, j.id, j.workflow_id, j.job_type, j.branch_id,
    j.parent_ids_json,
    j.position, j.status, j.generation, j.observed_generation, j.created_at, {_HOW_IT_STANDS}
from public.jobs j
join public.workflows w on w.id = j.workflow_id
left join standing t on t.row_id = w.id
where {_CHOSEN}
    and (%(workflows)s::text[] is null or coalesce(t.name, w.name) = any (%(workflows)s))
order by 1, j.workflow_id, j.position, j.created_at"""

_SYNCS: Final = """
select id, instance, trigger, revision, epoch, started_at, committed_at, counts
from reconciler.passes
where %(everything)s or instance = %(instance)s
order by committed_at desc
limit %(limit)s"""


def list_users(connection: Connection, wanted: Wanted) -> Iterator[UserItem]:
    """List users by name."""
    for row in _rows(connection, _USERS, _parameters(Kind.USER, wanted)):
        yield UserItem(*(*row[:4], Standing(*row[4:])))


def list_workflows(connection: Connection, wanted: Wanted) -> Iterator[WorkflowItem]:
    """List workflows by name."""
    for row in _rows(connection, _WORKFLOWS, _parameters(Kind.WORKFLOW, wanted)):
        yield WorkflowItem(*(*row[:8], Standing(*row[8:])))


def list_jobs(connection: Connection, wanted: Wanted) -> Iterator[JobItem]:
    """List jobs by workflow, in the order of the manifest."""
    rows = _rows(connection, _JOBS, _parameters(Kind.WORKFLOW, wanted))
    for _, beneath in groupby(rows, key=lambda row: row[3]):
        jobs = list(beneath)
        known = {str(row[2]): row[1] for row in jobs}
        for row in jobs:
            if not wanted.names or row[1] in wanted.names:
                yield JobItem(*(*row[:6], _needs(row[6], known), *row[7:12], Standing(*row[12:])))


def _needs(parents: object, known: Mapping[str, str]) -> tuple[str, ...]:
    """Name the parents; the column is everybody's, and need not hold what it should."""
    return tuple(known.get(str(one), str(one)) for one in parents) if isinstance(parents, list) else ()


def list_syncs(connection: Connection, wanted: Wanted, limit: int) -> Iterator[SyncItem]:
    """List the passes that changed something, the latest first, `limit` of them at most."""
    parameters = {"everything": wanted.everything, "instance": wanted.instance, "limit": limit}
    for row in _rows(connection, _SYNCS, parameters):
        yield SyncItem(*row)


def _rows(connection: Connection, query: str, parameters: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.transaction():
        apply_local_settings(connection)
        yield from connection.execute(query, parameters)


def _parameters(kind: Kind, wanted: Wanted) -> dict[str, Any]:
    return {
        "kind": kind,
        "instance": wanted.instance,
        "everything": wanted.everything,
        "names": list(wanted.names) or None,
        "workflows": list(wanted.workflows) or None,
        "syncs": list(wanted.syncs) or None,
        "labels": Jsonb(dict(wanted.labels)) if wanted.labels else None,
    }
