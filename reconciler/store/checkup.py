"""What `doctor` wants to know of PostgreSQL: read from its catalogues, which need no right on any table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final, LiteralString

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

from reconciler.ports import Clock
from reconciler.report.checkup.facts import Database, Missing, Neighbour, Schema, Server, Session, skew
from reconciler.store import migrate, shape
from reconciler.store.columns import BEGUN, KEYS, OWNED
from reconciler.store.connect import Connection, connect, describe
from reconciler.store.election import share_a_session
from reconciler.store.errors import translated
from reconciler.store.migrations.triggers import FOUND, TRIGGERS

_PATIENCE: Final = 4.0
"""Seconds that one answer may take: who calls the doctor waits in front of a screen."""

_READ: Final = ("SELECT",)
_BOOK: Final = ("SELECT", "INSERT", "UPDATE", "DELETE")
_KEPT: Final = ("SELECT", "INSERT", "DELETE")
RIGHTS: Final[Mapping[str, tuple[str, ...]]] = {
    "public.users": _BOOK,
    "public.workflows": _BOOK,
    "public.jobs": _BOOK,
    "reconciler.alembic_version": _READ,
    "reconciler.fence": ("SELECT", "INSERT", "UPDATE"),
    "reconciler.gates": _BOOK,
    "reconciler.history": _KEPT,
    "reconciler.instances": ("SELECT", "INSERT", "UPDATE"),
    "reconciler.inventory": _BOOK,
    "reconciler.passes": _KEPT,
    "reconciler.queue_clock": ("SELECT", "UPDATE"),
    "reconciler.replicas": _BOOK,
    "reconciler.requests": _BOOK,
    "reconciler.statuses": _BOOK,
    "reconciler.suspensions": _BOOK,
    "reconciler.tokens": _BOOK,
}
"""What a role must be granted that runs the daemon on tables which another one made.

On the consumers' tables INSERT and UPDATE are needed on the columns that we write, and on no others.
"""

_SERVER: Final = """
select current_setting('server_version_num')::int, pg_is_in_recovery(),
    current_setting('default_transaction_read_only')::bool,
    current_setting('max_connections')::int, clock_timestamp(), current_user,
    coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false),
    current_setting('superuser_reserved_connections')::int,
    (select count(*) from pg_stat_activity where backend_type is null or backend_type = 'client backend'),
    (select rolconnlimit from pg_roles where rolname = current_user),
    (select datconnlimit from pg_database where datname = current_database()),
    (select count(*) from pg_stat_activity where usename = current_user),
    (select count(*) from pg_stat_activity where datname = current_database()),
    current_database(), (select source from pg_settings where name = 'default_transaction_read_only')"""

_DATA: Final = """
select current_setting('data_directory')
where pg_has_role(current_user, 'pg_read_all_settings', 'usage')"""

_MAY_CREATE: Final = """
select has_database_privilege(current_database(), 'create')
    and has_schema_privilege((select oid from pg_namespace where nspname = 'public'), 'create')"""

_TABLES: Final = """
select n.nspname || '.' || c.relname, c.oid, has_schema_privilege(n.oid, 'usage')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname || '.' || c.relname = any (%s) and c.relkind in ('r', 'p')"""

_HAS: Final = "select has_table_privilege(%s::oid, %s)"
_HAS_COLUMNS: Final = """
select bool_and(has_column_privilege(%s::oid, a.attnum, %s)) from pg_attribute a
where a.attrelid = %s and a.attname = any (%s)"""

_NEIGHBOURS: Final = """
select f.instance, f.source, exists (
    select from reconciler.replicas r
    where r.instance = f.instance and r.lease_at > clock_timestamp() - interval '1 minute')
from reconciler.fence f order by f.instance"""

_UNLIMITED: Final = -1


def examine(url: str, session_url: str, instance: str, clock: Clock) -> Database:
    """Look at a PostgreSQL; `session_url` is the way that must not lead through a pooler.

    Raises:
        StoreUnavailable, StoreRefused: it does not let us in.

    """
    with _look(url) as connection, translated(describe(url)):
        connection.execute(f"set statement_timeout = {int(_PATIENCE * 1000)}")
        asked = clock.now()
        row = _row(connection, _SERVER)
        answered = clock.now()
        local, pooled = _is_local(connection), _is_pooled(session_url)
        session = Session(describe(url), row[5], bool(row[6]), local, pooled, row[-2])
        server = _server(connection, row, skew(row[4], asked, answered))
        schema = _schema(connection)
        known = _neighbours(connection) if not schema.missing and schema.found == schema.needed else []
    others = tuple(one for one in known if one.instance != instance)
    source = next((one.source for one in known if one.instance == instance), "")
    return Database(session, server, schema, others, source)


def _look(url: str) -> Connection:
    """Open a connection to look: a standby will do as well."""
    try:
        wide = make_conninfo(url, target_session_attrs="any", connect_timeout=int(_PATIENCE))
    except ProgrammingError:
        wide = url  # one that can't be read is refused in better words than libpq's
    return connect(wide, "reconciler doctor", _PATIENCE)


def _row(connection: Connection, query: LiteralString, *parameters: object) -> tuple[Any, ...]:
    row = connection.execute(query, parameters or None).fetchone()
    return row if row is not None else ()


def _is_local(connection: Connection) -> bool:
    info = connection.info
    if info.host.startswith("/"):
        return True
    try:
        return ip_address(info.hostaddr).is_loopback
    except ValueError:
        return False


def _is_pooled(session_url: str) -> bool:
    with _look(session_url) as one, _look(session_url) as other, translated(describe(session_url)):
        return share_a_session(one, other)


def _server(connection: Connection, row: tuple[Any, ...], ahead: timedelta) -> Server:
    (
        version,
        standby,
        read_only,
        most,
        _,
        _,
        _,
        reserved,
        taken,
        of_role,
        of_database,
        by_role,
        in_database,
        _,
        read_only_by,
    ) = row
    left = most - reserved - taken
    if of_role != _UNLIMITED:
        left = min(left, of_role - by_role)
    if of_database != _UNLIMITED:
        left = min(left, of_database - in_database)
    data = _row(connection, _DATA) if _is_local(connection) else ()
    folder = str(data[0]) if data else ""
    return Server(version, read_only, standby, left, most, ahead, folder, read_only_by)


def _schema(connection: Connection) -> Schema:
    found = {name: (oid, usable) for name, oid, usable in connection.execute(_TABLES, [list(RIGHTS)])}
    missing = tuple(_missing(connection, found))
    may_create = bool(_row(connection, _MAY_CREATE)[0])
    blind = {"schema reconciler", "reconciler.alembic_version"} & {one.table for one in missing}
    version = None if blind else migrate.current(connection)
    misfits = tuple(shape.repairs(connection))
    known = dict(connection.execute(FOUND).fetchall())
    return Schema(
        found=version,
        needed=migrate.HEAD,
        may_create=may_create,
        misfits=misfits,
        triggers_missing=tuple(name for name in TRIGGERS if name not in known),
        triggers_off=tuple(name for name in TRIGGERS if known.get(name)),
        missing=missing,
    )


def _missing(connection: Connection, found: Mapping[str, tuple[int, bool]]) -> Iterator[Missing]:
    for schema in ("public", "reconciler"):
        tables = [oid_and_usage for name, oid_and_usage in found.items() if name.startswith(f"{schema}.")]
        if tables and not tables[0][1]:
            yield Missing(f"schema {schema}", ("USAGE",))
    for table, rights in RIGHTS.items():
        if table not in found:
            continue
        oid = found[table][0]
        lacking = tuple(right for right in rights if not _has(connection, table, oid, right))
        if lacking:
            yield Missing(table, tuple(_as_granted(table, right) for right in lacking))


def _has(connection: Connection, table: str, oid: int, right: str) -> bool:
    if columns := _written(table, right):
        return bool(_row(connection, _HAS_COLUMNS, oid, right, oid, columns)[0])
    return bool(_row(connection, _HAS, oid, right)[0])


def _as_granted(table: str, right: str) -> str:
    columns = ", ".join(_written(table, right))
    return f"{right} ({columns})" if columns else right


def _written(table: str, right: str) -> list[str]:
    """Name the columns on which a right is needed, none for the whole table."""
    schema, name = table.split(".")
    if schema != "public" or right not in {"INSERT", "UPDATE"}:
        return []
    if right == "INSERT":
        return [*OWNED[name], *BEGUN[name]]
    return [column for column in OWNED[name] if column not in KEYS]


def _neighbours(connection: Connection) -> list[Neighbour]:
    return [Neighbour(*row) for row in connection.execute(_NEIGHBOURS)]
