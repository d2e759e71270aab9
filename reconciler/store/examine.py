"""The second look of a pass: the rows of what may differ, and whatever stands where a manifest wants to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from reconciler.desired import DesiredState, Manifest
from reconciler.plan import ActualState, JobMemory, Rows, Survey, UserRow, WorkflowRow
from reconciler.resources import Kind, ResourceKey, User, resource_id
from reconciler.store import rows as stored
from reconciler.store.connect import Connection

_MEMORY: Final = """
select name, job_ids, job_names, job_generations, job_digests from reconciler.inventory
where kind = 'Workflow' and name = any (%s)"""

_USER_IDS: Final = """
select i.name, i.row_id from reconciler.inventory i join public.users u on u.id = i.row_id
where i.instance = %s and i.kind = 'User' and i.name = any (%s)"""

_USERNAMES: Final = "select username, id from public.users where username = any (%s)"
_WORKFLOWS_OF: Final = "select user_id, id from public.workflows where user_id = any (%s)"
_MANAGED_IDS: Final = "select row_id from reconciler.inventory where row_id = any (%s) and not orphaned"


def examine(
    connection: Connection, survey: Survey, desired: DesiredState, keys: frozenset[ResourceKey], instance: str
) -> ActualState:
    """Read the rows of `keys`, and what they refer to."""
    rows = _managed_rows(connection, survey, keys)
    wanted = [desired.manifests[key] for key in sorted(keys) if key in desired.manifests and key not in rows]
    unmanaged = _unmanaged_rows(connection, wanted)
    references = sorted({desired.manifests[key].user for key in keys if key in desired.manifests} - {""})
    absent_users = [
        survey.records[key].row_id
        for key in keys
        if key.kind is Kind.USER and key in survey.records and not desired.declares(key)
    ]
    return ActualState(
        survey=survey,
        rows=rows,
        memory=_memory(connection, keys),
        unmanaged=unmanaged,
        user_ids=_pairs(connection, _USER_IDS, [instance, references]) if references else {},
        usernames=_pairs(connection, _USERNAMES, [references]) if references else {},
        workflows_of=_workflows_of(connection, absent_users),
    )


def _pairs(connection: Connection, query: str, parameters: list[Any]) -> dict[str, UUID]:
    return dict(connection.execute(query, parameters).fetchall())


def _managed_rows(
    connection: Connection, survey: Survey, keys: frozenset[ResourceKey]
) -> dict[ResourceKey, Rows]:
    records = [survey.records[key] for key in sorted(keys) if key in survey.records]
    by_id = {record.row_id: record.key for record in records if record.seen is not None}
    users = [row_id for row_id, key in by_id.items() if key.kind is Kind.USER]
    workflows = [row_id for row_id, key in by_id.items() if key.kind is Kind.WORKFLOW]
    found: dict[UUID, Rows] = {}
    if users:
        found |= stored.read_users(connection, users)
    if workflows:
        found |= stored.read_workflows(connection, workflows)
    return {by_id[row_id]: row for row_id, row in found.items()}


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


def _unmanaged_rows(connection: Connection, wanted: list[Manifest]) -> dict[ResourceKey, Rows]:
    """Find rows in the place of wanted ones: with their id or their name; the one with the id counts more."""
    found: dict[ResourceKey, Rows] = {}
    users = [manifest for manifest in wanted if manifest.key.kind is Kind.USER]
    workflows = [manifest for manifest in wanted if manifest.key.kind is Kind.WORKFLOW]
    if users:
        found |= _match_users(connection, users)
    if workflows:
        found |= _match_workflows(connection, workflows)
    managed = (
        {row_id for (row_id,) in connection.execute(_MANAGED_IDS, [[row.id for row in found.values()]])}
        if found
        else set()
    )
    return {key: row for key, row in found.items() if row.id not in managed}


def _match_users(connection: Connection, wanted: list[Manifest]) -> dict[ResourceKey, Rows]:
    usernames = {_username(manifest): manifest.key for manifest in wanted}
    ids = {resource_id(manifest.key): manifest.key for manifest in wanted}
    found: dict[ResourceKey, Rows] = {}
    rows: list[UserRow] = list(stored.find_users(connection, list(usernames), list(ids)))
    for row in sorted(rows, key=lambda row: row.id in ids):
        if key := ids.get(row.id) or usernames.get(row.username):
            found[key] = row
    return found


def _match_workflows(connection: Connection, wanted: list[Manifest]) -> dict[ResourceKey, Rows]:
    keys = {manifest.key.name: manifest.key for manifest in wanted}
    ids = {resource_id(manifest.key): manifest.key for manifest in wanted}
    found: dict[ResourceKey, Rows] = {}
    rows: list[WorkflowRow] = list(stored.find_workflows(connection, list(keys), list(ids)).values())
    for row in sorted(rows, key=lambda row: row.id in ids):
        if key := ids.get(row.id) or keys.get(row.name or ""):
            found[key] = row
    return found


def _username(manifest: Manifest) -> str:
    resource = manifest.resource
    return resource.username if isinstance(resource, User) else ""


def _workflows_of(connection: Connection, users: list[UUID]) -> dict[UUID, frozenset[UUID]]:
    if not users:
        return {}
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for user_id, workflow_id in connection.execute(_WORKFLOWS_OF, [users]):
        found[user_id].add(workflow_id)
    return {user_id: frozenset(workflows) for user_id, workflows in found.items()}
