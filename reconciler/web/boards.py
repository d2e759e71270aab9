"""The status view, as requests read it: from Redis, else from PostgreSQL, and no more often than needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Final

from reconciler.errors import StatusUnavailable
from reconciler.ports import Clock
from reconciler.report import Board
from reconciler.status import BoardReader

_FRESH: Final = 0.5
"""Seconds for which a board that was read is given to others who ask."""


class Boards:
    """Reads the board of one instance; `reader` is None where there is no Redis."""

    def __init__(self, reader: BoardReader | None, recall: Callable[[], Board], clock: Clock) -> None:
        self._reader = reader
        self._recall = recall
        self._clock = clock
        self._lock = Lock()
        self._last: tuple[float, Board] | None = None

    def read(self) -> Board:
        """Give the board, at most half a second old; it says where it was read, and why not in Redis.

        Raises:
            StoreUnavailable, StoreRefused: neither Redis nor PostgreSQL tells.

        """
        with self._lock:  # who comes while another reads is given what that one has read
            now = self._clock.monotonic()
            if self._last is None or now - self._last[0] > _FRESH:
                self._last = now, self._read()
            return self._last[1]

    def close(self) -> None:
        """Hang up."""
        if self._reader is not None:
            self._reader.close()

    def _read(self) -> Board:
        degraded = "no Redis is configured"
        if self._reader is not None:
            try:
                board = self._reader.read()
            except StatusUnavailable as error:
                degraded = str(error)
            else:
                # Heartbeats alone stand there after a flush, until the writer has built its view anew.
                if board is not None and board.sync is not None:
                    return board
                degraded = "Redis has no status of this instance"
        return replace(self._recall(), degraded=degraded)
