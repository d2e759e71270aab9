"""The status view, as requests read it: from Redis, else PostgreSQL, and no more often than needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Final

from reconciler.errors import StatusUnavailable
from reconciler.ports import Clock
from reconciler.report import Board
from reconciler.report.brief import Summary
from reconciler.status import BoardReader
from reconciler.store import board as shelf
from reconciler.store.pool import Pool
from reconciler.web.shared import Shared

_FRESH: Final = 0.5
"""Seconds for which a board that was read is given to others who ask."""
_MOST: Final = 1000
"""How many resources are looked at one by one for a summary."""


class Boards:
    """Reads the board of one instance; `reader` is None where there is no Redis.

    Every call may raise StoreUnavailable or StoreRefused: neither Redis nor PostgreSQL tells.
    """

    def __init__(self, reader: BoardReader | None, pool: Pool, instance: str, clock: Clock) -> None:
        self._reader = reader
        self._pool = pool
        self._instance = instance
        self._clock = clock
        self._reading = Lock()
        self._whole = Shared(self._read, clock, _FRESH)
        self._glance = Shared(self._look, clock, _FRESH)
        self._summary = Shared(self._sum_up, clock, _FRESH)

    def read(self) -> Board:
        """Give the whole board, about half a second old at most; it says where it was read, and why there."""
        return self._whole.get()

    def glance(self) -> Board:
        """Give it without the resources, at a cost that does not grow with their number."""
        return self._glance.get()

    def summary(self) -> Summary:
        """Give what it comes to."""
        return self._summary.get()

    def close(self) -> None:
        """Hang up."""
        if self._reader is not None:
            self._reader.close()

    def _read(self) -> Board:
        return self._from_redis(BoardReader.read, shelf.recall)

    def _look(self) -> Board:
        return self._from_redis(BoardReader.glance, shelf.glance)

    def _sum_up(self) -> Summary:
        board = self.glance()
        with self._pool.connection() as connection:
            census = shelf.count_unsettled(connection, self._instance)
            some = shelf.unsettled(connection, self._instance, _MOST).items if census else ()
        return Summary.of(replace(board, resources={one.key: one for one in some}), census, self._instance)

    def _from_redis(self, read: Callable[[BoardReader], Board | None], recall: Callable[..., Board]) -> Board:
        degraded = "no Redis is configured"
        if self._reader is not None:
            try:
                with self._reading:
                    board = read(self._reader)
            except StatusUnavailable as error:
                degraded = str(error)
            else:
                # Heartbeats alone stand there after a flush, until the writer has built its view anew.
                if board is not None and board.sync is not None:
                    return board
                degraded = "Redis has no status of this instance"
        with self._pool.connection() as connection:
            found = recall(connection, self._instance, self._clock.now())
        return replace(found, degraded=degraded)
