"""How many rows stand how: the numbers beside the filters of a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from reconciler.report.listing import Tally
from reconciler.resources import Kind
from reconciler.store.connect import Connection
from reconciler.store.find import page_of_jobs, page_of_resources
from reconciler.store.list import reading
from reconciler.store.wanted import Wanted

_TABLES: Final = {Kind.USER: "users", Kind.WORKFLOW: "workflows"}

_SYNCS: Final = """
select sync, count(*) from reconciler.statuses where kind = %(kind)s and instance = %(instance)s group by 1"""
_STATUSES: Final = """
select r.status, count(*) from public.{table} r
join reconciler.inventory i on i.row_id = r.{workflow} and i.kind = 'Workflow' and i.instance = %(instance)s
group by 1"""

_FOUND_SYNCS: Final = """
select coalesce(s.sync, ''), count(*) from page p
left join reconciler.statuses s on s.kind = %(kind)s and s.name = p.{name} and s.instance = p.instance
group by 1"""
_FOUND_STATUSES: Final = (
    "select r.status, count(*) from page p join public.{table} r on r.id = p.id group by 1"
)


def tally_resources(connection: Connection, kind: Kind, wanted: Wanted) -> Tally:
    """Count users or workflows, whatever `wanted` says of `syncs`, `statuses`, `limit` and `after`.

    Costs what it counts: a tenth of a second for 100,000 workflows.
    """
    wanted = _whole(wanted) if kind is Kind.WORKFLOW else replace(_whole(wanted), branches=(), users=())
    found, parameters = page_of_resources(kind, wanted), {**wanted.parameters(), "kind": kind}
    told = _SYNCS if _is_plain(wanted) else f"{found}{_FOUND_SYNCS.format(name='name')}"
    table = _TABLES[kind]
    plain = _STATUSES.format(table=table, workflow="id")
    standing = plain if _is_plain(wanted) else f"{found}{_FOUND_STATUSES.format(table=table)}"
    with reading(connection):
        syncs = _count(connection, told, parameters)
        return Tally(syncs, _count(connection, standing, parameters) if kind is Kind.WORKFLOW else {})


def tally_jobs(connection: Connection, wanted: Wanted) -> Tally:
    """Count jobs by status, over the same as `tally_resources`; half a second for a million of them."""
    wanted = _whole(wanted)
    plain = _STATUSES.format(table="jobs", workflow="workflow_id")
    found = f"{page_of_jobs(wanted)}{_FOUND_STATUSES.format(table='jobs')}"
    parameters = {**wanted.parameters(), "kind": Kind.WORKFLOW}
    with reading(connection):
        return Tally({}, _count(connection, plain if _is_plain(wanted) else found, parameters))


def _whole(wanted: Wanted) -> Wanted:
    return replace(wanted, syncs=(), statuses=(), limit=None, after="")


def _is_plain(wanted: Wanted) -> bool:
    """Whether all of an instance is wanted, which can be counted without being looked for."""
    return wanted == Wanted(wanted.instance)


def _count(connection: Connection, query: str, parameters: Mapping[str, Any]) -> dict[str, int]:
    return dict(sorted(connection.execute(query, parameters).fetchall()))
