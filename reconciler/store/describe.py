"""One resource with all that the tables and our books know of it, as of one moment."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from reconciler.desired import Diagnostic
from reconciler.report.description import Asleep, Description, Managed
from reconciler.report.listing import UserItem, WorkflowItem
from reconciler.report.wire import decode
from reconciler.resources import Kind, ResourceKey
from reconciler.store.connect import Connection
from reconciler.store.history import Past, list_history
from reconciler.store.list import list_jobs, list_users, list_workflows, reading
from reconciler.store.wanted import Wanted

_RECENT: Final = 10
"""How many changes are told."""

_MANAGED: Final = """
select path, revision, applied_at, protected, orphaned from reconciler.inventory
where instance = %s and kind = %s and name = %s"""

_ASLEEP: Final = """
select reason, requested_by, since, until, kind = '' from reconciler.suspensions
where instance = %s and ((kind = %s and name = %s) or kind = '') and (until is null or until > now())
order by kind = '' limit 1"""

_GATES: Final = """
select digest from reconciler.gates
where instance = %s and consumed_at is null and (expires_at is null or expires_at > now())
    and exists (select from jsonb_array_elements_text(subjects) s where starts_with(s, %s))
order by proposed_at"""

_DIAGNOSTICS: Final = """
select told from reconciler.instances, jsonb_array_elements(status -> 'diagnostics') told
where instance = %s and told #>> '{where,path}' = %s"""

_PARAMS: Final = "select name, params from public.jobs where workflow_id = %s"
_WORKFLOWS: Final = "select count(*) from public.workflows where user_id = %s"


def describe(connection: Connection, instance: str, key: ResourceKey) -> Description | None:
    """Tell all of a resource; None when the instance neither manages it nor has told of it."""
    with reading(connection):
        item = _item(connection, instance, key)
        if item is None:
            return None
        named = [instance, key.kind, key.name]
        managed = connection.execute(_MANAGED, named).fetchone()
        asleep = connection.execute(_ASLEEP, named).fetchone()
        path = item.standing.path
        workflow = key.kind is Kind.WORKFLOW
        return Description(
            key=key,
            item=item,
            managed=Managed(*managed) if managed else None,
            jobs=list_jobs(connection, Wanted(instance, workflows=(key.name,))).items if workflow else (),
            params=dict(_rows(connection, _PARAMS, [item.id])) if workflow and item.id else {},
            workflows=_count(connection, item.id) if item.id and not workflow else 0,
            asleep=Asleep(*asleep) if asleep else None,
            gates=tuple(digest for (digest,) in _rows(connection, _GATES, [instance, f"{key} "])),
            diagnostics=tuple(
                decode(Diagnostic, told) for (told,) in _rows(connection, _DIAGNOSTICS, [instance, path])
            ),
            history=list_history(connection, Past(instance, key=key, limit=_RECENT)).items,
        )


def _item(connection: Connection, instance: str, key: ResourceKey) -> UserItem | WorkflowItem | None:
    wanted = Wanted(instance, names=(key.name,))
    match key.kind:
        case Kind.USER:
            return next(iter(list_users(connection, wanted)), None)
        case Kind.WORKFLOW:
            return next(iter(list_workflows(connection, wanted)), None)


def _rows(connection: Connection, query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(query, parameters).fetchall()


def _count(connection: Connection, user: UUID) -> int:
    ((number,),) = _rows(connection, _WORKFLOWS, [user])
    return int(number)
