"""Connections to PostgreSQL on which no wait is without end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from reconciler.errors import StoreRefused
from reconciler.store.errors import translate

_T = TypeVar("_T")

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

_PATIENCE: Final = 135.0
"""Seconds: a little more than any statement may take."""


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that is given up when the server says nothing for longer than any answer may take.

    The server's own timeouts do not help against a server that is stopped, or a proxy that swallows.
    """

    patience = _PATIENCE

    def wait(self, gen: PQGen[_T], interval: float = 0.1, timeout: float | None = None) -> _T:
        """Wait as the driver does, but for so many seconds at most."""
        began = time.monotonic()
        bound = self.patience if timeout is None else timeout
        try:
            return super().wait(gen, interval, bound)
        except psycopg.OperationalError:
            if time.monotonic() - began >= bound:
                self.pgconn.finish()
            raise


def describe(url: str) -> str:
    """Name the database without user, password or options.

    As `postgresql://host:5432/name`, or `database name at /run/postgresql` where that is a socket's folder.
    """
    try:
        parts = conninfo_to_dict(_plain(url))
    except psycopg.ProgrammingError:
        return "postgresql://(unreadable URL)"
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    database = parts.get("dbname") or ""
    if str(host).startswith("/"):
        return f"database {database} at {host}"
    return f"postgresql://{host}:{parts.get('port') or 5432}/{database}"


def connect(url: str, name: str, patience: float = _PATIENCE) -> Connection:
    """Open a connection in autocommit mode; `name` is what the server shows for it.

    Raises:
        StoreUnavailable, StoreRefused: it can't be opened.

    """
    try:
        connection = Connection.connect(conninfo_of(url, name), autocommit=True, prepare_threshold=None)
    except psycopg.Error as error:
        raise translate(error, describe(url)) from error
    connection.patience = patience
    return connection


def conninfo_of(url: str, name: str) -> str:
    """Give what libpq is told to reach the database of `url` within bounds, as `name`.

    Raises:
        StoreRefused: the URL can't be read.

    """
    return make_conninfo("", **{**_BOUNDS, "application_name": name, **_read(url)})


def _read(url: str) -> dict[str, Any]:
    try:
        return conninfo_to_dict(_plain(url))
    except psycopg.ProgrammingError:
        # What libpq says quotes parts of the URL, the password among them.
        raise StoreRefused(
            "the URL of the database can't be read",
            why="it is neither postgresql://user:password@host:port/name nor key=value pairs",
            fix="correct DATABASE_URL; characters such as @ / % in a password are written as %40 %2F %25",
        ) from None


def _plain(url: str) -> str:
    """Take SQLAlchemy's way of naming the driver out of a URL."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql://{rest}" if separator and scheme.startswith("postgresql+") else url


def apply_local_settings(connection: Connection, writer: str = "") -> None:
    """Bound the waits of the open transaction; a `writer` keeps the drift triggers from telling."""
    settings = {**LOCAL_SETTINGS, "reconciler.writer": writer}
    calls = ", ".join("set_config(%s, %s, true)" for _ in settings)
    connection.execute(f"select {calls}", [part for pair in settings.items() for part in pair])
