"""The second look of a pass: the rows of what may differ, and whatever stands where a manifest wants to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from reconciler.desired import DesiredState, Manifest
from reconciler.plan import ActualState, JobMemory, Rows, Survey, UserRow, WorkflowRow
from reconciler.resources import Kind, ResourceKey, resource_id
from reconciler.store import rows as stored
from reconciler.store.connect import Connection

_MEMORY: Final = """
select name, job_ids, job_names, job_generations, job_digests from reconciler.inventory
where kind = 'Workflow' and name = any (%s)"""

_CLAIMS: Final = "select job_ids from reconciler.inventory where job_ids && %s::uuid[]"

_WORKFLOWS_OF: Final = "select user_id, id from public.workflows where user_id = any (%s)"
_HOLDERS: Final = "select row_id, kind, name, orphaned from reconciler.inventory where row_id = any (%s)"


def examine(
    connection: Connection, survey: Survey, desired: DesiredState, keys: frozenset[ResourceKey]
) -> ActualState:
    """Read the rows of `keys`, and what stands in their place or hangs beneath them."""
    memory = _memory(connection, keys)
    rows = _with_moved(connection, _managed_rows(connection, survey, keys), memory)
    # One that is to go has to see all that hangs beneath it.
    staying = {key: row for key, row in rows.items() if key in desired.manifests}
    rows |= _without_guests(connection, staying, memory)
    declared = [desired.manifests[key] for key in sorted(keys) if key in desired.manifests]
    strays = _Strays.find(connection, survey, declared, rows.keys())
    absent_users = [
        survey.records[key].row_id
        for key in keys
        if key.kind is Kind.USER and key in survey.records and not desired.declares(key)
    ]
    return ActualState(
        survey=survey,
        rows=rows,
        memory=memory,
        unmanaged=_without_guests(connection, strays.unmanaged(), memory),
        holders=strays.holders(),
        workflows_of=_workflows_of(connection, absent_users),
    )


def _managed_rows(
    connection: Connection, survey: Survey, keys: frozenset[ResourceKey]
) -> dict[ResourceKey, Rows]:
    records = [survey.records[key] for key in sorted(keys) if key in survey.records]
    there = [record for record in records if record.seen is not None]
    users = {record.row_id: record.key for record in there if record.key.kind is Kind.USER}
    workflows = {record.row_id: record.key for record in there if record.key.kind is Kind.WORKFLOW}
    found: dict[ResourceKey, Rows] = {}
    if users:
        found |= {users[row_id]: row for row_id, row in stored.read_users(connection, [*users]).items()}
    if workflows:
        read = stored.read_workflows(connection, [*workflows])
        found |= {workflows[row_id]: row for row_id, row in read.items()}
    return found


def _with_moved(
    connection: Connection,
    rows: Mapping[ResourceKey, Rows],
    memory: Mapping[ResourceKey, Sequence[JobMemory]],
) -> dict[ResourceKey, Rows]:
    """Add to each workflow the jobs of ours that somebody hung beneath another one."""
    homes: dict[UUID, UUID] = {}
    for key, row in rows.items():
        if isinstance(row, WorkflowRow):
            here = {job.id for job in row.jobs}
            homes |= {job.id: row.id for job in memory.get(key, ()) if job.id not in here}
    moved = stored.read_moved(connection, homes)
    return {
        key: stored.with_jobs(row, moved[row.id]) if isinstance(row, WorkflowRow) and row.id in moved else row
        for key, row in rows.items()
    }


def _without_guests(
    connection: Connection,
    rows: Mapping[ResourceKey, Rows],
    memory: Mapping[ResourceKey, Sequence[JobMemory]],
) -> dict[ResourceKey, Rows]:
    """Leave out of each workflow the jobs that another one manages: they go home, and aren't adopted."""
    ours = {key: {job.id for job in memory.get(key, ())} for key in rows}
    strangers = {
        job.id
        for key, row in rows.items()
        if isinstance(row, WorkflowRow)
        for job in row.jobs
        if job.id not in ours[key]
    }
    if not strangers:
        return dict(rows)
    claims = connection.execute(_CLAIMS, [list(strangers)])
    guests = strangers & {row_id for (ids,) in claims for row_id in ids}
    return {
        key: replace(row, jobs=tuple(job for job in row.jobs if job.id not in guests - ours[key]))
        if isinstance(row, WorkflowRow)
        else row
        for key, row in rows.items()
    }


def _memory(connection: Connection, keys: Iterable[ResourceKey]) -> dict[ResourceKey, tuple[JobMemory, ...]]:
    names = [key.name for key in keys if key.kind is Kind.WORKFLOW]
    if not names:
        return {}
    return {
        ResourceKey(Kind.WORKFLOW, name): tuple(
            JobMemory(*job) for job in zip(ids, job_names, generations, digests, strict=True)
        )
        for name, ids, job_names, generations, digests in connection.execute(_MEMORY, [names], binary=True)
    }


_Place = tuple[Kind, UUID]
"""A row: an id names one in each table, and tables of others may use the same in both."""


@dataclass(frozen=True, slots=True)
class _Strays:
    """Rows in the place of declared ones, and whose they are.

    `places` has, for each declared key without rows of its own, the ids that would be its row, the likeliest
    first; `bearers` has the rows that bear the name of a key.
    """

    places: Mapping[ResourceKey, Sequence[UUID]]
    bearers: Mapping[ResourceKey, Sequence[UUID]]
    rows: Mapping[_Place, Rows]
    records: Mapping[_Place, tuple[ResourceKey, bool]]

    @classmethod
    def find(
        cls,
        connection: Connection,
        survey: Survey,
        declared: Sequence[Manifest],
        known: Collection[ResourceKey],
    ) -> _Strays:
        names = {m.key: _name(m) for m in declared if m.key.kind is Kind.USER or m.key not in known}
        last = {**survey.records, **survey.foreign}
        named = {m.key: row_id for m in declared if (row_id := m.meta.adopted_row)}
        places = {
            key: [
                *([last[key].row_id] if key in last else []),
                *([named[key]] if key in named else []),
                resource_id(key),
            ]
            for key in names
            if key not in known
        }
        rows = dict(_look_up(connection, names, places))
        bearing: dict[tuple[Kind, str], list[UUID]] = defaultdict(list)
        for (kind, row_id), row in rows.items():
            name = row.username if isinstance(row, UserRow) else row.name
            bearing[kind, name or ""].append(row_id)
        bearers = {key: bearing.get((key.kind, name), []) for key, name in names.items()}
        return cls(places, bearers, rows, _records(connection, rows))

    def unmanaged(self) -> dict[ResourceKey, Rows]:
        """Give for each key the first row in its place that is nobody's, or an orphan's."""
        found: dict[ResourceKey, Rows] = {}
        for key, ids in self.places.items():
            candidates = (self.rows.get((key.kind, row_id)) for row_id in (*ids, *self.bearers[key]))
            free = (row for row in candidates if row is not None and self._is_free(key, row))
            if row := next(free, None):
                found[key] = row
        return found

    def _is_free(self, key: ResourceKey, row: Rows) -> bool:
        """Whether a row may be taken; for being named by its id alone, none that another resource has."""
        holder, orphaned = self.records.get((key.kind, row.id), (key, True))
        met = holder == key or row.id == resource_id(key) or row.id in self.bearers[key]
        return orphaned and met

    def holders(self) -> dict[ResourceKey, ResourceKey]:
        """Give for each user the other resource whose row bears its username."""
        found: dict[ResourceKey, ResourceKey] = {}
        for key, ids in self.bearers.items():
            places = ((key.kind, row_id) for row_id in ids)
            others = (self.records[place][0] for place in places if place in self.records)
            other = next((holder for holder in others if holder != key), None)
            if other is not None and key.kind is Kind.USER:
                found[key] = other
        return found


def _look_up(
    connection: Connection, names: Mapping[ResourceKey, str], places: Mapping[ResourceKey, Sequence[UUID]]
) -> Iterator[tuple[_Place, Rows]]:
    """Find the rows that have one of the names, or one of the ids."""
    for kind in Kind:
        wanted = [name for key, name in names.items() if key.kind is kind]
        ids = [row_id for key, each in places.items() if key.kind is kind for row_id in each]
        if wanted and kind is Kind.USER:
            yield from (((kind, row.id), row) for row in stored.find_users(connection, wanted, ids))
        elif wanted:
            found = stored.find_workflows(connection, wanted, ids)
            yield from (((kind, row_id), row) for row_id, row in found.items())


def _records(connection: Connection, places: Iterable[_Place]) -> dict[_Place, tuple[ResourceKey, bool]]:
    wanted = sorted({row_id for _, row_id in places})
    if not wanted:
        return {}
    found = connection.execute(_HOLDERS, [wanted], binary=True)
    keys = ((row_id, ResourceKey(Kind(kind), name), orphaned) for row_id, kind, name, orphaned in found)
    return {(key.kind, row_id): (key, orphaned) for row_id, key, orphaned in keys}


def _name(manifest: Manifest) -> str:
    """Give the name that is unique in the table: a user's username, a workflow's own."""
    return manifest.username or manifest.key.name


def _workflows_of(connection: Connection, users: list[UUID]) -> dict[UUID, frozenset[UUID]]:
    if not users:
        return {}
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for user_id, workflow_id in connection.execute(_WORKFLOWS_OF, [users]):
        found[user_id].add(workflow_id)
    return {user_id: frozenset(workflows) for user_id, workflows in found.items()}
