"""Connections that many threads share: for those who answer people, where no wait is long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from psycopg import Error
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from reconciler.errors import StoreUnavailable
from reconciler.store.connect import Connection, conninfo_of, describe
from reconciler.store.errors import translated

_SIZE: Final = 8
_WAITING: Final = 200
_PATIENCE: Final = 3.0
"""Seconds to wait for a connection."""
_IDLE: Final = 60.0


class _Hurried(Connection):
    """Nobody waits for a page longer than this."""

    patience = 15.0


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
            kwargs={"autocommit": True, "prepare_threshold": None},
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
