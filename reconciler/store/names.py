"""The names of what an instance has, and nothing else of it: quick to ask for."""

from __future__ import annotations

from typing import Final

from reconciler.store.connect import Connection

_MOST: Final = 2_000

_KEYS: Final = """
select kind || '/' || name from reconciler.inventory where instance = %(instance)s
union select kind || '/' || name from reconciler.statuses where instance = %(instance)s
order by 1 limit %(most)s"""

_JOBS: Final = """
select j.name from reconciler.inventory i join public.jobs j on j.workflow_id = i.row_id
where i.instance = %(instance)s and i.kind = 'Workflow' and i.name = %(workflow)s
order by j.position, j.name limit %(most)s"""

_DIGESTS: Final = """
select digest from reconciler.gates
where instance = %s and consumed_at is null and approved_at is null
    and (expires_at is null or expires_at > now())
order by digest"""


def keys(connection: Connection, instance: str) -> list[str]:
    """Name resources as `Workflow/cmu-1`, not more than anybody would look through."""
    return [row[0] for row in connection.execute(_KEYS, {"instance": instance, "most": _MOST})]


def jobs(connection: Connection, instance: str, workflow: str) -> list[str]:
    """Name the jobs of a workflow, in their order, not more than anybody would look through."""
    asked = {"instance": instance, "workflow": workflow, "most": _MOST}
    return [row[0] for row in connection.execute(_JOBS, asked)]


def digests(connection: Connection, instance: str) -> list[str]:
    """Name the sets that wait for approval."""
    return [row[0] for row in connection.execute(_DIGESTS, [instance])]
