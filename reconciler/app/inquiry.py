"""What people ask of an instance, and what they are shown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.app.places import locate
from reconciler.daemon.clock import SystemClock
from reconciler.errors import StatusUnavailable
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report import Board
    from reconciler.store.connect import Connection


@contextmanager
def desk(settings: Settings) -> Iterator[Connection]:
    """Lend a connection for what people ask of an instance: see `reconciler.store.desk`."""
    from reconciler.store.connect import connect, describe
    from reconciler.store.errors import translated

    url = locate(settings).session_url
    with connect(url, "reconciler command") as connection, translated(describe(url)):
        yield connection


def read_board(settings: Settings) -> Board:
    """Give the status, from Redis or else from PostgreSQL, saying which and why."""
    addresses = locate(settings)
    clock = SystemClock()
    degraded = "no Redis is configured"
    if addresses.redis_url:
        from reconciler.status import BoardReader

        reader = BoardReader(addresses.redis_url, settings.instance, clock)
        try:
            board = reader.read()
        except StatusUnavailable as error:
            degraded = str(error)
        else:
            # Heartbeats alone stand there after a flush, until the writer has built its view anew.
            if board is not None and board.sync is not None:
                return board
            degraded = "Redis has no status of this instance"
        finally:
            reader.close()
    from reconciler.store.postgres import PostgresStore

    store = PostgresStore(addresses.database_url, settings.instance, clock)
    try:
        found = store.recall()
    finally:
        store.close()
    return replace(found, degraded=degraded)


def whoami() -> str:
    """Say who asks, for the record: user and host."""
    return f"{os.environ.get('USER') or os.getuid()}@{platform.node()}"
