"""Upkeep: what is over age is removed a little at a time, while nobody waits for a pass."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from reconciler.errors import SteppedDown, TerminalError, TransientError
from reconciler.ports import Archive, Clock
from reconciler.telemetry import get_logger

EVERY: Final = 3600.0
"""Seconds between two looks for what is over age."""

FIRST: Final = 60.0
"""Seconds after the start: there is more to do then than this."""

MOST: Final = 1000
"""Rows that one go removes: some milliseconds, in a transaction of their own."""

log = get_logger(__name__)


class Upkeep:
    """Has PostgreSQL drop history and the like once they are older than `keep`; zero keeps everything."""

    def __init__(self, clock: Clock, archive: Archive, keep: timedelta) -> None:
        self._keep = keep
        self._clock = clock
        self._archive = archive
        self._due = clock.monotonic() + FIRST
        self._removed = 0

    def adopt(self, keep: timedelta) -> None:
        """Keep what was for so long from now on."""
        self._keep = keep

    def tend(self, epoch: int) -> None:
        """Do what is due, as the writer under this epoch; what fails is tried again when it is next due."""
        if not self._keep or self._clock.monotonic() < self._due:
            return
        self._due = self._clock.monotonic() + EVERY
        try:
            removed = self._archive.expire(epoch, self._keep, MOST)
        except SteppedDown:
            return  # the next pass finds it out too, and draws the consequences
        except (TransientError, TerminalError) as error:
            log.warning("what is over age can't be removed", error=error)
            return
        self._removed += removed
        if removed == MOST:
            self._due = self._clock.monotonic()
        elif self._removed:
            log.info("what is over age was removed", rows=self._removed)
            self._removed = 0
