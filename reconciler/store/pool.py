"""Connections that many threads share: for those who answer people, where no wait is long."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final, Self

from psycopg import Error
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from reconciler.errors import StoreUnavailable
from reconciler.store.connect import Connection, conninfo_of, describe
from reconciler.store.errors import translated
from reconciler.telemetry import get_logger

log = get_logger(__name__)

_SIZE: Final = 8
_WAITING: Final = 200
_PATIENCE: Final = 3.0
"""Seconds to wait for a connection."""
_IDLE: Final = 60.0


class _Outlook:
    """Whether PostgreSQL is there, as attempts to connect show it: told once when that is otherwise."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._lock = Lock()
        self._away = False

    def tell(self, why: str) -> None:
        """Take in why an attempt failed, "" when it did not."""
        with self._lock:
            turned, self._away = self._away != bool(why), bool(why)
        if turned and why:
            log.warning("PostgreSQL is away", where=self._where, why=why)
        elif turned:
            log.info("PostgreSQL is back", where=self._where)


class _Hurried(Connection):
    """Nobody waits for a page longer than this."""

    patience = 15.0

    @classmethod
    def connect(cls, conninfo: str = "", *, outlook: _Outlook, **how: Any) -> Self:  # type: ignore[override]  # noqa: ANN401 - as the driver takes it
        """Connect as the driver does, and tell how that went."""
        try:
            made = super().connect(conninfo, **how)
        except Error as error:
            outlook.tell(" ".join(str(error).split()))
            raise
        outlook.tell("")
        return made


class Pool:
    """A few connections to one database; opened and closed once."""

    def __init__(self, url: str, name: str) -> None:
        """Name the database; nothing is connected yet.

        Raises:
            StoreRefused: `url` can't be read.

        """
        self._where = describe(url)
        self._pool = ConnectionPool(
            conninfo_of(url, name),
            connection_class=_Hurried,
            kwargs={"autocommit": True, "prepare_threshold": None, "outlook": _Outlook(self._where)},
            min_size=1,
            max_size=_SIZE,
            open=False,
            timeout=_PATIENCE,
            max_waiting=_WAITING,
            max_idle=_IDLE,
            check=ConnectionPool.check_connection,
        )

    def open(self) -> None:
        """Begin to connect; returns at once, also while PostgreSQL is not there."""
        # It tells of every attempt, in words that no program can rely on; we tell what comes of them.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        self._pool.open(wait=False)

    def close(self) -> None:
        """Hang up."""
        self._pool.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Lend a connection in autocommit mode; no error of the driver leaves.

        Raises:
            StoreUnavailable: none is to be had in time, or it was lost.
            StoreRefused: PostgreSQL says no.

        """
        try:
            with self._pool.connection() as connection, translated(self._where):
                yield connection
        except (PoolTimeout, PoolClosed, TooManyRequests) as error:
            raise StoreUnavailable(
                "PostgreSQL can't be used at the moment",
                where=self._where,
                why=f"no connection within {_PATIENCE:g} s",
                fix="try again in a moment; `reconciler status` tells how things stand",
            ) from error
        except Error as error:  # what the pool itself met with
            raise StoreUnavailable(
                "PostgreSQL can't be used at the moment", where=self._where, why=str(error)
            ) from error
