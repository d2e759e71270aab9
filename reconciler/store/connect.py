"""Connections to PostgreSQL on which no wait is without end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.store.errors import translate

Connection = psycopg.Connection[tuple[Any, ...]]

_BOUNDS: Final[Mapping[str, str | int]] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "target_session_attrs": "read-write",
    "client_encoding": "utf8",
}
"""libpq's parameters: a dead host is noticed within 15 seconds; a standby that only reads is not taken."""

LOCAL_SETTINGS: Final = {
    "lock_timeout": "2s",
    "statement_timeout": "120s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",
    "search_path": "pg_catalog, public",
    "timezone": "UTC",
}
"""Set in each transaction, for it alone: a pooler in between may give the session to somebody else."""


def describe(url: str) -> str:
    """Name the database without user, password or options: `postgresql://host:5432/name`."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "postgresql://(unreadable URL)"
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    port = "" if str(host).startswith("/") else f":{parts.get('port') or 5432}"
    return f"postgresql://{host}{port}/{parts.get('dbname') or ''}"


def connect(url: str, name: str) -> Connection:
    """Open a connection in autocommit mode; `name` is what the server shows for it.

    Raises:
        StoreUnavailable, StoreRefused: it can't be opened.

    """
    try:
        given = conninfo_to_dict(_plain(url))
        conninfo = make_conninfo("", **{**_BOUNDS, "application_name": name, **given})
        return psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise translate(error, describe(_plain(url))) from error


def _plain(url: str) -> str:
    """Take SQLAlchemy's way of naming the driver out of a URL."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql://{rest}" if separator and scheme.startswith("postgresql+") else url


def apply_local_settings(connection: Connection, writer: str = "") -> None:
    """Bound the waits of the open transaction; a `writer` keeps the drift triggers from telling."""
    settings = {**LOCAL_SETTINGS, "reconciler.writer": writer}
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    connection.execute(f"select {calls}", [part for pair in settings.items() for part in pair])
