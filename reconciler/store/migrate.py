"""Bringing a database to the schema that this version needs, and back; Alembic does the steps.

Whoever migrates holds an advisory lock, so that several replicas may start at once. The version stands in
`reconciler.alembic_version`, and in every fence row: a daemon of another version is no longer the writer
then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from reconciler.errors import SchemaMismatch, UsageError
from reconciler.store.connect import Connection, connect, describe
from reconciler.store.errors import translate, translated

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection as AlchemyConnection

HEAD: Final = "0001"
"""The schema version that this version of the program works with."""

_LOCK: Final = "select pg_advisory_lock(hashtextextended('reconciler migration', 0))"
_UNLOCK: Final = "select pg_advisory_unlock(hashtextextended('reconciler migration', 0))"


def current(connection: Connection) -> str:
    """Give the schema version of a database, "" when it has none."""
    exists = connection.execute("select to_regclass('reconciler.alembic_version') is not null").fetchone()
    if exists is None or not exists[0]:
        return ""
    row = connection.execute("select version_num from reconciler.alembic_version").fetchone()
    return str(row[0]) if row else ""


def require(connection: Connection, where: str) -> None:
    """Make sure that a database has the schema of this version.

    Raises:
        SchemaMismatch: it has an older one, a newer one, or none.

    """
    found = current(connection)
    if found == HEAD:
        return
    if found in _known():
        what = f"the database has schema {found or 'none'}, this version needs {HEAD}"
        raise SchemaMismatch(what, where=where, fix="run `reconciler db upgrade`")
    what = f"the database has schema {found}, which this version ({HEAD}) does not know"
    raise SchemaMismatch(what, where=where, fix="run the newer version of reconciler that upgraded it")


def upgrade(url: str) -> tuple[str, str]:
    """Bring a database to the schema of this version; give the version before and after.

    Raises:
        SchemaMismatch: tables that stand already don't fit (the error has the SQL that mends them), or the
            database is ahead of this version.
        StoreRefused: this role may not create tables.

    """
    with _migrating(url) as connection:
        before = current(connection)
        if before == HEAD:
            return before, before
        if before not in _known():
            require(connection, describe(url))
        _refuse_incompatible(connection, describe(url))
        _run(url, lambda config, command: command.upgrade(config, HEAD))
        connection.execute("update reconciler.fence set schema_version = %s, epoch = epoch + 1", [HEAD])
        return before, HEAD


def downgrade(url: str, version: str) -> None:
    """Take a database back to an older schema ("base": none); it refuses to drop rows.

    Raises:
        UsageError: there is no such schema, or the database is not ahead of it.

    """
    older = ["base", *filter(None, _known())]
    with _migrating(url) as connection:
        found = current(connection)
        if version not in older or older.index(version) > older.index(found or "base"):
            what = f"there is no schema {version!r} to go back to"
            raise UsageError(what, where=describe(url), fix=f"name one of: {', '.join(older)}")
        _run(url, lambda config, command: command.downgrade(config, version))


def compare(url: str) -> list[str]:
    """Say in which ways the tables differ from what this version expects; columns of others don't count."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - costs 0.3 s, and is seldom needed
    from alembic.migration import MigrationContext  # noqa: PLC0415

    from reconciler.store.tables import METADATA  # noqa: PLC0415

    with _engine_connection(url) as connection:
        context = MigrationContext.configure(connection, opts=_comparison())
        return [str(difference) for difference in compare_metadata(context, METADATA)]


def configure(context: Any) -> None:  # noqa: ANN401 - Alembic's context is a module
    """Run the migrations on the connection that the configuration carries: what `env.py` calls."""
    from reconciler.store.tables import METADATA  # noqa: PLC0415 - only while migrating

    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=METADATA, **_comparison())
    with context.begin_transaction():
        context.run_migrations()


def _known() -> list[str]:
    versions = Path(__file__).parent / "migrations" / "versions"
    return ["", *sorted(step.name.split("_")[0] for step in versions.glob("[0-9]*_*.py"))]


def _comparison() -> dict[str, Any]:
    """Compare our tables and our columns alone: consumers may add what they like."""

    def ours(_thing: object, _name: str | None, kind: str, reflected: bool, counterpart: object) -> bool:  # noqa: FBT001
        return not (reflected and counterpart is None and kind in {"table", "column", "index"})

    return {
        "version_table_schema": "reconciler",
        "include_schemas": True,
        "include_object": ours,
        "compare_type": True,
        "compare_server_default": False,
    }


@contextmanager
def _migrating(url: str) -> Iterator[Connection]:
    where = describe(url)
    with connect(url, "reconciler migration") as connection, translated(where):
        connection.execute(_LOCK)
        try:
            connection.execute("create schema if not exists reconciler")
            yield connection
        finally:
            if not connection.closed:
                connection.execute(_UNLOCK)


@contextmanager
def _engine_connection(url: str) -> Iterator[AlchemyConnection]:
    """Lend Alembic a connection of ours, and give errors of the driver in our words."""
    from sqlalchemy import create_engine  # noqa: PLC0415 - costs 0.2 s, and is seldom needed
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: connect(url, "reconciler migration"), poolclass=NullPool
    )
    try:
        with engine.connect() as connection:
            connection.connection.driver_connection.autocommit = False  # type: ignore[union-attr]
            yield connection
            connection.commit()
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.Error):
            raise translate(error.orig, describe(url)) from error
        raise
    finally:
        engine.dispose()


def _run(url: str, step: Any) -> None:  # noqa: ANN401 - a call with Alembic's config and command
    from alembic import command  # noqa: PLC0415 - costs 0.3 s, and is seldom needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with _engine_connection(url) as connection:
        config.attributes["connection"] = connection
        step(config, command)


_NEEDED: Final = {
    "users": {
        "id": "uuid",
        "username": "text",
        "created_at": "timestamp with time zone",
    },
    "workflows": {
        "id": "uuid",
        "user_id": "uuid",
        "name": "text",
        "status": "text",
        "generation": "bigint",
        "observed_generation": "bigint",
        "created_at": "timestamp with time zone",
    },
    "jobs": {
        "id": "uuid",
        "workflow_id": "uuid",
        "name": "text",
        "job_type": "text",
        "branch_id": "text",
        "parent_ids_json": "jsonb",
        "params": "jsonb",
        "position": "integer",
        "status": "text",
        "generation": "bigint",
        "observed_generation": "bigint",
        "created_at": "timestamp with time zone",
    },
}
_DEFAULTS: Final = {
    "generation": " not null default 1",
    "params": " not null default '{}'",
    "position": " not null default 0",
    "branch_id": " not null default 'main'",
    "status": " not null default 'PENDING'",
    "parent_ids_json": " not null default '[]'",
    "created_at": " not null default clock_timestamp()",
}
_KEYS: Final = {
    "users": (("id",), ("username",)),
    "workflows": (("id",), ("name",)),
    "jobs": (("id",), ("workflow_id", "name")),
}

_COLUMNS_SQL: Final = """
select table_name, column_name, data_type from information_schema.columns
where table_schema = 'public' and table_name = any (%s)
"""

_UNIQUE_SQL: Final = """
select c.relname, array_agg(a.attname::text order by k.ord)
from pg_index i
join pg_class c on c.oid = i.indrelid
cross join unnest(i.indkey::int2[]) with ordinality as k(attnum, ord)
join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
where c.relnamespace = 'public'::regnamespace and c.relname = any (%s)
    and i.indisunique and i.indpred is null and i.indimmediate
group by i.indexrelid, c.relname
"""


def _refuse_incompatible(connection: Connection, where: str) -> None:
    """Refuse tables that stand already and do not fit, with the SQL that mends them."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(_COLUMNS_SQL, [list(_NEEDED)]):
        found.setdefault(table, {})[column] = kind
    unique = {(table, frozenset(names)) for table, names in connection.execute(_UNIQUE_SQL, [list(_NEEDED)])}
    mending = [
        statement
        for table, columns in found.items()
        for statement in (*_column_repairs(table, columns), *_key_repairs(table, unique))
    ]
    if mending:
        raise SchemaMismatch(
            f"the tables {', '.join(sorted(found))} stand already and do not fit",
            where=where,
            why=f"{len(mending)} difference(s) from the tables of this version",
            fix="run this first, on a copy if the rows matter:\n" + "\n".join(mending),
        )


def _column_repairs(table: str, columns: dict[str, str]) -> Iterator[str]:
    for column, kind in _NEEDED[table].items():
        if column not in columns:
            yield f"alter table public.{table} add column {column} {kind}{_DEFAULTS.get(column, '')};"
        elif columns[column] != kind:
            yield f"alter table public.{table} alter column {column} type {kind} using {column}::{kind};"


def _key_repairs(table: str, unique: set[tuple[str, frozenset[str]]]) -> Iterator[str]:
    for names in _KEYS[table]:
        if (table, frozenset(names)) not in unique:
            yield f"alter table public.{table} add unique ({', '.join(names)});"
