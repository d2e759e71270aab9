"""What passes changed, read back from the books: each change with what differed, field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from reconciler.plan import JobRow, Rows, UserRow, WorkflowRow
from reconciler.report.fields import FieldStep, JobStep, Names, differences, job_steps, row_fields
from reconciler.report.history import HistoryItem
from reconciler.report.listing import Page
from reconciler.resources import Kind, ResourceKey
from reconciler.store.connect import Connection
from reconciler.store.cursor import read_cursor, write_cursor
from reconciler.store.list import reading

_Row = tuple[Any, ...]

_NAMES: Final = """
select id, name from public.jobs where id = any (%(ids)s)
union all select id, username from public.users where id = any (%(ids)s)"""

_ASKED: Final = """
select (answer ->> 'pass_id')::uuid, requested_by from reconciler.requests
where instance = any (%(instances)s) and answered_at is not null
    and answer ->> 'pass_id' = any (%(passes)s::uuid[]::text[])
order by requested_at"""

_APPROVED: Final = """
select consumed_by, approved_by from reconciler.gates
where instance = any (%(instances)s) and consumed_by = any (%(passes)s) and approved_by is not null
order by approved_at"""


@dataclass(frozen=True, slots=True)
class Past:
    """Which changes are wanted; what is empty does not narrow.

    `actions` are words such as `healed`. `everything` looks at all instances. `key` names one resource;
    `since` is the earliest moment, `newer_than` the id of a change that is known already. `limit` and
    `after` are as in `Wanted`.
    """

    instance: str
    everything: bool = False
    key: ResourceKey | None = None
    pass_id: UUID | None = None
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    newer_than: int | None = None
    limit: int | None = None
    after: str = ""


def list_history(connection: Connection, past: Past) -> Page[HistoryItem]:
    """List changes, the latest first; `next` leads on to earlier ones.

    Raises:
        UsageError: `past.after` is no cursor of this list.

    """
    query, parameters = _query(past)
    with reading(connection):
        rows = connection.execute(query, parameters).fetchall()
        shown = rows[: past.limit]
        context = _Context.read(connection, shown)
    following = write_cursor(shown[-1][0]) if len(rows) > len(shown) else ""
    return Page("HistoryList", tuple(map(context.item, shown)), following)


def _query(past: Past) -> tuple[str, dict[str, Any]]:
    conditions = {
        "h.instance = %(instance)s": None if past.everything else past.instance,
        "h.kind = %(kind)s": past.key.kind if past.key else None,
        "h.name = %(name)s": past.key.name if past.key else None,
        "h.pass_id = %(pass_id)s": past.pass_id,
        "h.action = any (%(actions)s)": list(past.actions) or None,
        "h.at >= %(since)s": past.since,
        "h.id > %(newer_than)s": past.newer_than,
        "h.id < %(after)s": read_cursor(past.after, (int,))[0] if past.after else None,
    }
    chosen = {test: value for test, value in conditions.items() if value is not None}
    parameters = {test.split("%(")[1].split(")")[0]: value for test, value in chosen.items()}
    where = f"where {' and '.join(chosen)}" if chosen else ""
    query = f"""
select h.id, h.at, h.instance, h.kind, h.name, h.action, h.pass_id, coalesce(p.trigger, ''), h.path,
    h.revision, h.before, h.after
from reconciler.history h left join reconciler.passes p on p.id = h.pass_id
{where} order by h.id desc limit %(limit)s"""
    return query, {**parameters, "limit": None if past.limit is None else past.limit + 1}


@dataclass(frozen=True, slots=True)
class _Context:
    """What the rows of the history refer to: names of other rows, and people."""

    names: Names
    asked: Mapping[UUID, tuple[str, ...]]
    approved: Mapping[UUID, tuple[str, ...]]

    @classmethod
    def read(cls, connection: Connection, rows: Sequence[_Row]) -> _Context:
        """Look it up, all at once."""
        ids = {found for row in rows for image in row[10:12] for found in _references(image)}
        about = {"instances": list({row[2] for row in rows}), "passes": list({row[6] for row in rows})}
        names = dict(connection.execute(_NAMES, {"ids": list(ids)}).fetchall()) if ids else {}
        if not rows:
            return cls(names, {}, {})
        asked = connection.execute(_ASKED, about).fetchall()
        return cls(names, _grouped(asked), _grouped(connection.execute(_APPROVED, about).fetchall()))

    def item(self, row: _Row) -> HistoryItem:
        """Tell one change."""
        kind, pass_id = Kind(row[3]), row[6]
        before, after = _rows(kind, row[10]), _rows(kind, row[11])
        return HistoryItem(
            id=row[0],
            at=row[1],
            instance=row[2],
            key=ResourceKey(kind, row[4]),
            action=row[5],
            pass_id=pass_id,
            trigger=row[7],
            asked_by=self.asked.get(pass_id, ()),
            approved_by=self.approved.get(pass_id, ()),
            path=row[8],
            revision=row[9],
            fields=tuple(differences(row_fields(before, self.names), row_fields(after, self.names))),
            jobs=tuple(map(self._named, job_steps(before, after, {}))),
        )

    def _named(self, step: JobStep) -> JobStep:
        """Name parents that did not change themselves, and so are not in the images."""
        fields = tuple(
            FieldStep(one.field, self._called(one.before), self._called(one.after))
            if one.field == "needs"
            else one
            for one in step.fields
        )
        return JobStep(step.name, step.action, step.line, fields)

    def _called(self, needs: Any) -> Any:  # noqa: ANN401 - a JSON value
        if not isinstance(needs, list):
            return needs
        known = {str(row_id): name for row_id, name in self.names.items()}
        return [known.get(need, need) for need in needs]


def _grouped(pairs: Sequence[tuple[UUID, str]]) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, tuple[str, ...]] = {}
    for pass_id, who in pairs:
        if who not in found.get(pass_id, ()):
            found[pass_id] = (*found.get(pass_id, ()), who)
    return found


def _references(image: dict[str, Any] | None) -> list[UUID]:
    if image is None or "user_id" not in image:
        return []
    parents = (parent for job in image.get("jobs", ()) for parent in job["parent_ids_json"])
    return [UUID(image["user_id"]), *map(UUID, parents)]


def _rows(kind: Kind, image: dict[str, Any] | None) -> Rows | None:
    """Give the rows back that an image was taken of."""
    if image is None:
        return None
    if kind is Kind.USER:
        return UserRow(UUID(image["id"]), image["username"])
    jobs = tuple(map(_job, image.get("jobs", ())))
    return WorkflowRow(UUID(image["id"]), UUID(image["user_id"]), image["name"], image["generation"], jobs)


def _job(image: dict[str, Any]) -> JobRow:
    return JobRow(
        id=UUID(image["id"]),
        name=image["name"],
        job_type=image["job_type"],
        branch_id=image["branch_id"],
        parents=tuple(map(UUID, image["parent_ids_json"])),
        params=json.dumps(image["params"]),
        position=image["position"],
        generation=image["generation"],
        status=image.get("status", ""),
    )
