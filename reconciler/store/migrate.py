"""Bringing a database to the schema that this version needs, and back; Alembic does the steps.

Whoever migrates holds an advisory lock, so that several replicas may start at once. The version stands in
`reconciler.alembic_version`, and in every fence row: a daemon of another version is no longer the writer
then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg

from reconciler.errors import SchemaMismatch, UsageError
from reconciler.report.terminal import many
from reconciler.store import shape
from reconciler.store.columns import OWNED
from reconciler.store.connect import Connection, connect, describe
from reconciler.store.differences import in_words
from reconciler.store.errors import translate, translated
from reconciler.store.migrations import triggers

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine import Connection as AlchemyConnection

HEAD: Final = "0005"
"""The schema version that this version of the program works with."""

_PATIENCE: Final = 3600.0
"""Seconds that a step may take: an index on somebody's large table, for example."""

_LOCK: Final = "select pg_advisory_lock(hashtextextended('reconciler/migration', 0))"
_UNLOCK: Final = "select pg_advisory_unlock(hashtextextended('reconciler/migration', 0))"


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
    from alembic import command  # noqa: PLC0415 - costs 0.3 s, and is seldom needed

    with connect(url, "reconciler migration") as connection, translated(describe(url)):
        if current(connection) == HEAD:
            return HEAD, HEAD
    with _migrating(url) as connection:
        before = current(connection)
        if before == HEAD:
            return before, before
        if before not in _known():
            require(connection, describe(url))
        _refuse_incompatible(connection, describe(url))
        connection.execute("create schema if not exists reconciler")
        _run(url, HEAD, command.upgrade)
        return before, HEAD


def put_back_triggers(url: str) -> list[str]:
    """Make triggers of ours anew that are gone, switch on those that are off, and name them all.

    Nothing is locked when none is missed. Schema and tables have to be those of this version.

    Raises:
        StoreRefused: this role does not own the tables.

    """
    with connect(url, "reconciler migration") as connection, translated(describe(url)):
        if not _missed(connection):
            return []
    with _migrating(url) as connection, connection.transaction():
        connection.execute("set local lock_timeout = '5s'")
        missed = _missed(connection)
        if missed:
            connection.execute(triggers.RENEW_FUNCTIONS)
        for how in missed.values():
            connection.execute(how.encode())
        return list(missed)


def _missed(connection: Connection) -> dict[str, str]:
    """Give, for each trigger that is gone or off, the statement that puts it back."""
    found = dict(connection.execute(triggers.FOUND).fetchall())
    gone = {name: how for name, how in triggers.TRIGGERS.items() if name not in found}
    off = {name: _switch_on(name) for name in triggers.TRIGGERS if found.get(name)}
    return gone | off


def _switch_on(name: str) -> str:
    trigger, _, table = name.partition(" on ")
    return f"alter table {table} enable trigger {trigger}"


def downgrade(url: str, version: str) -> None:
    """Take a database back to an older schema ("base": none); it refuses to drop rows.

    Raises:
        UsageError: there is no such schema, or the database is not ahead of it.
        SchemaMismatch: the database has a schema that this version does not know.

    """
    from alembic import command  # noqa: PLC0415 - costs 0.3 s, and is seldom needed

    older = ["base", *filter(None, _known())]
    with _migrating(url) as connection:
        found = current(connection)
        if found not in _known():
            require(connection, describe(url))
        if version not in older or older.index(version) > older.index(found or "base"):
            what = f"there is no schema {version!r} to go back to"
            raise UsageError(what, where=describe(url), fix=f"name one of: {', '.join(older)}")
        _run(url, version, command.downgrade)


def compare(url: str) -> list[str]:
    """Say in which ways the tables differ from what this version expects; additions of others don't count."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 - costs 0.3 s, and is seldom needed
    from alembic.migration import MigrationContext  # noqa: PLC0415

    from reconciler.store.tables import METADATA  # noqa: PLC0415

    with connect(url, "reconciler check") as connection, translated(describe(url)):
        misfits = shape.repairs(connection)
    with _engine_connection(url) as engine:
        context = MigrationContext.configure(engine, opts=_comparison())
        return [*in_words(compare_metadata(context, METADATA)), *misfits]


def configure(context: Any) -> None:  # noqa: ANN401 - Alembic's context is a module
    """Run the migrations on the connection that the configuration carries: what `env.py` calls."""
    from reconciler.store.tables import METADATA  # noqa: PLC0415 - only while migrating

    connection, target = (context.config.attributes[name] for name in ("connection", "target"))
    context.configure(connection=connection, target_metadata=METADATA, **_comparison())
    with context.begin_transaction():
        _fence_off(connection.connection.driver_connection, target)
        context.run_migrations()


def _fence_off(connection: Connection, target: str) -> None:
    """Let nobody write any more who thinks that the schema is another, as part of the step itself."""
    row = connection.execute("select to_regclass('reconciler.fence') is not null").fetchone()
    if row and row[0]:
        connection.execute("update reconciler.fence set schema_version = %s, epoch = epoch + 1", [target])


def _refuse_incompatible(connection: Connection, where: str) -> None:
    """Refuse tables that stand already and do not fit, with the SQL that mends them."""
    if mending := shape.repairs(connection):
        raise SchemaMismatch(
            "tables called users, workflows or jobs stand already and do not fit",
            where=where,
            why=f"it takes {many(len(mending), 'statement')} to make them what this version needs",
            fix="run this first, on a copy if the rows matter:\n" + "\n".join(mending),
        )


def _known() -> list[str]:
    versions = Path(__file__).parent / "migrations" / "versions"
    return ["", *sorted(step.name.split("_")[0] for step in versions.glob("[0-9]*_*.py"))]


def _comparison() -> dict[str, Any]:
    """Compare what is ours alone: consumers may add what they like, and name their keys as they like."""

    def ours(thing: Any, _name: str | None, kind: str, reflected: bool, counterpart: object) -> bool:  # noqa: ANN401, FBT001
        if kind in {"unique_constraint", "foreign_key_constraint"}:
            # By name: the schema is told or not, depending on the search path of whoever asks.
            return thing.table.name not in OWNED
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
    """Lend a connection that holds the lock of whoever migrates."""
    with connect(url, "reconciler migration", _PATIENCE) as connection, translated(describe(url)):
        connection.execute("set lock_timeout = '60s'")
        connection.execute(_LOCK)
        try:
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

    engine = create_engine("postgresql+psycopg://", creator=lambda: _open(url), poolclass=NullPool)
    try:
        with engine.connect() as connection:
            yield connection
            connection.commit()
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.Error):
            raise translate(error.orig, describe(url)) from error
        raise
    finally:
        engine.dispose()


def _open(url: str) -> Connection:
    """Open a connection whose steps wait for a table only briefly: everybody would wait behind them."""
    connection = connect(url, "reconciler migration", _PATIENCE)
    connection.execute("set lock_timeout = '5s'")
    connection.autocommit = False
    return connection


def _run(url: str, target: str, step: Callable[[Config, str], None]) -> None:
    from alembic.config import Config  # noqa: PLC0415 - costs 0.3 s, and is seldom needed

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with _engine_connection(url) as connection:
        config.attributes["connection"] = connection
        config.attributes["target"] = target
        step(config, target)
