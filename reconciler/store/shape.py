"""What tables that stand already must be like, and the SQL that makes them so.

Consumers may have had `users`, `workflows` and `jobs` before us. Their columns, indexes and rows stay; what
we need and is not there, or is of another kind, is named as statements for a person to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.store.connect import Connection


@dataclass(frozen=True, slots=True)
class _Need:
    """A column that we need; `default` is SQL, "" for none."""

    kind: str
    nullable: bool = False
    default: str = ""


_UUID: Final = _Need("uuid")
_TEXT: Final = _Need("text")
_STATUS: Final = _Need("text", default="'PENDING'")
_GENERATION: Final = _Need("bigint", default="1")
_OBSERVED: Final = _Need("bigint", nullable=True)

_NEEDED: Final[Mapping[str, Mapping[str, _Need]]] = {
    "users": {
        "id": _UUID,
        "username": _TEXT,
        "created_at": _Need("timestamp with time zone", default="now()"),
    },
    "workflows": {
        "id": _UUID,
        "user_id": _UUID,
        "name": _Need("text", nullable=True),
        "status": _STATUS,
        "generation": _GENERATION,
        "observed_generation": _OBSERVED,
        "created_at": _Need("timestamp with time zone", default="now()"),
    },
    "jobs": {
        "id": _UUID,
        "workflow_id": _UUID,
        "name": _TEXT,
        "job_type": _TEXT,
        "branch_id": _Need("text", default="'main'"),
        "parent_ids_json": _Need("jsonb", default="'[]'"),
        "params": _Need("jsonb", default="'{}'"),
        "position": _Need("integer", default="0"),
        "status": _STATUS,
        "generation": _GENERATION,
        "observed_generation": _OBSERVED,
        "created_at": _Need("timestamp with time zone", default="clock_timestamp()"),
    },
}

_KEYS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "users": {"users_username_key": ("username",)},
    "workflows": {"workflows_name_key": ("name",)},
    "jobs": {"jobs_workflow_id_name_key": ("workflow_id", "name")},
}
_FOREIGN_KEYS: Final = {
    ("workflows", "user_id"): ("workflows_user_id_fkey", "users"),
    ("jobs", "workflow_id"): ("jobs_workflow_id_fkey", "workflows"),
}

_TEXTS: Final = ("text", "character varying", "character", "name", "citext")
_NUMBERS: Final = ("smallint", "integer", "bigint", "numeric")

_COLUMNS_SQL: Final = """
select c.relname, c.relkind in ('r', 'p'), a.attname, format_type(a.atttypid, null), a.attnotnull,
    a.atthasdef or a.attidentity <> '' or a.attgenerated <> ''
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relname = any (%s)
order by c.relname, a.attnum"""

_UNIQUE_SQL: Final = """
select c.relname, array_agg(a.attname::text)
from pg_index i
join pg_class c on c.oid = i.indrelid
cross join unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
where c.relnamespace = 'public'::regnamespace and c.relname = any (%s) and k.place <= i.indnkeyatts
    and i.indisunique and i.indpred is null and i.indimmediate and i.indisvalid and not i.indnullsnotdistinct
group by i.indexrelid, c.relname"""

_FOREIGN_SQL: Final = """
select c.relname, a.attname, f.conname, t.relname
from pg_constraint f
join pg_class c on c.oid = f.conrelid
join pg_class t on t.oid = f.confrelid
join pg_attribute a on a.attrelid = c.oid and a.attnum = f.conkey[1]
where f.contype = 'f' and cardinality(f.conkey) = 1 and c.relnamespace = 'public'::regnamespace
    and t.relnamespace = 'public'::regnamespace and c.relname = any (%(tables)s)
    and t.relname = any (%(tables)s)"""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column that is there."""

    kind: str
    required: bool
    filled: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """The tables that are there. `unusable` are those that are none, or whose ids can't become uuids."""

    columns: dict[str, dict[str, _Column]]
    unique: set[tuple[str, frozenset[str]]]
    foreign: set[tuple[str, str, str, str]]
    unusable: set[str]

    @classmethod
    def look(cls, connection: Connection) -> _Found:
        names = list(_NEEDED)
        columns: dict[str, dict[str, _Column]] = {}
        unusable: set[str] = set()
        for table, is_table, column, kind, required, filled in connection.execute(_COLUMNS_SQL, [names]):
            columns.setdefault(table, {})[column] = _Column(kind, required, filled)
            need = _NEEDED[table].get(column)
            if not is_table or (need and not _converts(kind, need.kind)):
                unusable.add(table)
        unique = {(table, frozenset(keys)) for table, keys in connection.execute(_UNIQUE_SQL, [names])}
        foreign = set(connection.execute(_FOREIGN_SQL, {"tables": names}).fetchall())
        return cls(columns, unique, foreign, unusable)


def repairs(connection: Connection) -> list[str]:
    """Give the statements that make the tables which stand already fit; none when they do.

    Where ids can't become uuids, the tables are moved out of the way, rows and all.
    """
    found = _Found.look(connection)
    if found.unusable:
        moves = [f"alter table public.{table} set schema before_reconciler;" for table in found.columns]
        return ["create schema if not exists before_reconciler;", *moves]
    retyped = set(_retyped(found))
    return [
        *_drop_foreign_keys(found, retyped),
        *(line for table in found.columns for line in _mend_columns(table, found.columns[table])),
        *(line for table in found.columns for line in _mend_keys(table, found)),
        *_add_foreign_keys(found, retyped),
    ]


def _retyped(found: _Found) -> Iterator[tuple[str, str]]:
    for table, columns in found.columns.items():
        for name, column in columns.items():
            if (need := _NEEDED[table].get(name)) and need.kind != column.kind:
                yield table, name


def _drop_foreign_keys(found: _Found, retyped: set[tuple[str, str]]) -> Iterator[str]:
    """Lift the keys between columns of which one changes its type: both ends must agree."""
    for table, column, name, target in sorted(found.foreign):
        if (table, column) in retyped or (target, "id") in retyped:
            yield f"alter table public.{table} drop constraint {_quoted(name)};"


def _mend_columns(table: str, there: dict[str, _Column]) -> Iterator[str]:
    for name, need in _NEEDED[table].items():
        default = f" default {need.default}" if need.default else ""
        column = there.get(name)
        if column is None:
            required = "" if need.nullable else " not null"
            yield f"alter table public.{table} add column {name} {need.kind}{required}{default};"
            continue
        alter = f"alter table public.{table} alter column {name}"
        if column.kind != need.kind:
            if column.filled:
                yield f"{alter} drop default;"
            yield f"{alter} type {need.kind} using {_conversion(name, column.kind, need.kind)};"
        if need.default and (column.kind != need.kind or not column.filled):
            yield f"{alter} set{default};"
        if not need.nullable and not column.required:
            if need.default:
                yield f"update public.{table} set {name} = {need.default} where {name} is null;"
            yield f"{alter} set not null;"
    for name, column in there.items():
        if name not in _NEEDED[table] and column.required and not column.filled:
            yield f"alter table public.{table} alter column {_quoted(name)} drop not null;"


def _mend_keys(table: str, found: _Found) -> Iterator[str]:
    if (table, frozenset({"id"})) not in found.unique:
        yield f"alter table public.{table} add unique (id);"
    for name, columns in _KEYS[table].items():
        if (table, frozenset(columns)) not in found.unique:
            yield f"alter table public.{table} add constraint {name} unique ({', '.join(columns)});"


def _add_foreign_keys(found: _Found, retyped: set[tuple[str, str]]) -> Iterator[str]:
    for (table, column), (name, target) in _FOREIGN_KEYS.items():
        if table not in found.columns or target not in found.columns:
            continue
        kept = any(one[:2] == (table, column) and one[3] == target for one in found.foreign)
        if not kept or (table, column) in retyped or (target, "id") in retyped:
            yield (
                f"alter table public.{table} add constraint {name} foreign key ({column})"
                f" references public.{target} (id);"
            )


def _converts(kind: str, needed: str) -> bool:
    """Whether every column of a kind can be made what is needed, whatever rows it has."""
    if needed in {kind, "text"}:
        return True
    if needed == "uuid":
        return kind in _TEXTS
    if needed in _NUMBERS:
        return kind in _NUMBERS
    return kind in (*_TEXTS, "json", "jsonb", "timestamp without time zone", "date")


def _conversion(name: str, kind: str, needed: str) -> str:
    if needed == "jsonb":
        # Written by some as a text that itself is JSON.
        once = f"{name}::jsonb"
        return f"case jsonb_typeof({once}) when 'string' then ({once} #>> '{{}}')::jsonb else {once} end"
    if kind == "timestamp without time zone":
        return f"{name} at time zone 'UTC'"
    return f"{name}::{needed}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
