"""Finding what a page of a list shows: SQL that walks indexes in the order of the list, and stops.

Resources come from three places, each in order and bounded, so that a page costs what it shows: what the
inventory has, what has a status and no more (a manifest without a row), and rows that nobody manages. Beyond
the last name of a full page from the first place the other two need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.resources import Kind
from reconciler.store.wanted import Wanted

_ROWS: Final = {Kind.USER: ("public.users", "username"), Kind.WORKFLOW: ("public.workflows", "name")}

_STATUS: Final = (
    "join reconciler.statuses s on s.instance = i.instance and s.kind = i.kind and s.name = i.name"
)
_BRANCHES: Final = (
    "exists (select from public.jobs b where b.workflow_id = {0} and b.branch_id = any (%(branches)s))"
)
_NAMELESS: Final = "''::text"
"""The name of a workflow of the older service, which gave none; it stands before all others."""

_EDGE: Final = """
edge as materialized (select name from managed order by name offset %(limit)s - 1 limit 1),"""


def page_of_resources(kind: Kind, wanted: Wanted) -> str:
    """Give the CTEs that end in `page (name, instance, id)`: at most `limit` of them.

    To go on they need the parameters `after_name`, `after_instance` and `after_id`.
    """
    others = []
    if not (wanted.labels or wanted.statuses or wanted.branches or wanted.users):
        others.append(_told(wanted))
    if wanted.everything and not (wanted.labels or wanted.syncs):
        others.append(_alone(kind, f"r.{_ROWS[kind][1]}", wanted))
        if kind is Kind.WORKFLOW:
            others.append(_alone(kind, _NAMELESS, wanted))
    found = " union all ".join(["select * from managed", *(_up_to_the_edge(one, wanted) for one in others)])
    return f"""
with managed as materialized ({_managed(kind, wanted)}),{_EDGE if wanted.limit and others else ""}
page as materialized (
    select * from ({found}) found order by name, instance, id::text limit %(limit)s
)"""


def _managed(kind: Kind, wanted: Wanted) -> str:
    joins = _STATUS if wanted.syncs else ""
    if wanted.statuses or wanted.users:
        joins += f" join {_ROWS[kind][0]} r on r.id = i.row_id"
    conditions = [
        "i.kind = %(kind)s",
        *_ours("i", wanted),
        *wanted.conditions(
            names="i.name",
            search="i.name",
            syncs="s.sync",
            labels="i.labels",
            statuses="r.status",
            users="r.user_id",
            branches=_BRANCHES.format("i.row_id"),
        ),
        *_after(("i.name", "i.instance", "i.row_id::text"), wanted),
    ]
    return f"""
    select i.name, i.instance, i.row_id as id from reconciler.inventory i {joins}
    {_where(conditions)} order by i.name limit %(limit)s"""


def _told(wanted: Wanted) -> str:
    conditions = [
        "s.kind = %(kind)s",
        *_ours("s", wanted),
        *wanted.conditions(names="s.name", search="s.name", syncs="s.sync"),
        *_after(("s.name", "s.instance", "''"), wanted),
        _absent("i.instance = s.instance and i.kind = s.kind and i.name = s.name"),
    ]
    return f"select s.name, s.instance, null::uuid as id from reconciler.statuses s {_where(conditions)}"


def _alone(kind: Kind, name: str, wanted: Wanted) -> str:
    """Take those that have a name apart from those that have none: only the name itself is in an index."""
    conditions = [
        "r.name is null" if name == _NAMELESS else f"{name} is not null",
        _absent("i.row_id = r.id and i.kind = %(kind)s"),
        *wanted.conditions(
            names=name,
            search=name,
            statuses="r.status",
            users="r.user_id",
            branches=_BRANCHES.format("r.id"),
        ),
        *_after((name, "''", "r.id::text"), wanted),
    ]
    return f"select {name} as name, '' as instance, r.id from {_ROWS[kind][0]} r {_where(conditions)}"


def page_of_jobs(wanted: Wanted) -> str:
    """Give the CTEs that end in `page (workflow, instance, id)`, `id` being the job's.

    To go on they need the parameters `after_name`, `after_workflow`, `after_position` and `after_id`.
    """
    found = _jobs_managed(wanted)
    if wanted.everything and not (wanted.labels or wanted.syncs):
        found = f"({found}) union all ({_jobs_alone(wanted)})"
    return f"""
with page as materialized (
    select workflow, instance, id, workflow_id, position from ({found}) found
    order by workflow, workflow_id, position, id limit %(limit)s
)"""


def _jobs_managed(wanted: Wanted) -> str:
    joins = _STATUS if wanted.syncs else ""
    if wanted.users:
        joins += " join public.workflows r on r.id = i.row_id"
    conditions = [
        "i.kind = 'Workflow'",
        *_ours("i", wanted),
        *wanted.conditions(syncs="s.sync", labels="i.labels"),
        *_jobs_wanted("i.name", wanted),
    ]
    return _jobs_from("i.name", "i.instance", f"reconciler.inventory i {joins}", "i.row_id", conditions)


def _jobs_alone(wanted: Wanted) -> str:
    name = "coalesce(r.name, '')"
    conditions = [
        _absent("i.row_id = r.id and i.kind = 'Workflow'"),
        *_jobs_wanted(name, wanted),
    ]
    return _jobs_from(name, "''", "public.workflows r", "r.id", conditions)


def _jobs_from(name: str, instance: str, workflows: str, row: str, conditions: Iterable[str]) -> str:
    return f"""
    select {name} as workflow, {instance} as instance, j.id, j.workflow_id, j.position
    from {workflows} join public.jobs j on j.workflow_id = {row}
    {_where(conditions)} order by {name}, j.workflow_id, j.position, j.id limit %(limit)s"""


def _jobs_wanted(workflow: str, wanted: Wanted) -> list[str]:
    return [
        *wanted.conditions(
            workflows=workflow,
            users="r.user_id",
            names="j.name",
            search="j.name",
            statuses="j.status",
            branches="j.branch_id = any (%(branches)s)",
        ),
        *_after((workflow, "j.workflow_id", "j.position", "j.id"), wanted),
    ]


def _absent(condition: str) -> str:
    """Test for what the inventory has not, row by row: a join would read all of it for the first page."""
    return f"(select true from reconciler.inventory i where {condition}) is null"


def _after(key: tuple[str, ...], wanted: Wanted) -> list[str]:
    """Begin behind the last row of the page before; the first condition is the one that an index serves."""
    if not wanted.after:
        return []
    ends = ("name", "instance", "id") if len(key) == 3 else ("name", "workflow", "position", "id")  # noqa: PLR2004 - of resources
    last = ", ".join(f"%(after_{end})s" for end in ends)
    return [f"{key[0]} >= %(after_name)s", f"({', '.join(key)}) > ({last})"]


def _ours(alias: str, wanted: Wanted) -> list[str]:
    return [] if wanted.everything else [f"{alias}.instance = %(instance)s"]


def _up_to_the_edge(query: str, wanted: Wanted) -> str:
    """Bound what is looked at; of the two halves PostgreSQL runs only the one whose condition holds."""
    if not wanted.limit:
        return query
    rest = "order by name, instance, id::text limit %(limit)s"
    return f"""
    (select * from ({query}) q where name <= (select name from edge) {rest})
    union all (select * from ({query}) q where not exists (select from edge) {rest})"""


def _where(conditions: Iterable[str]) -> str:
    return f"where {' and '.join(conditions)}"
