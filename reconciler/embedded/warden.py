"""Looking after running servers: one that ends by itself is brought back under the same address."""

from __future__ import annotations

from threading import Event, Thread
from typing import Final

from reconciler.embedded.servers import EmbeddedServers
from reconciler.errors import ReconcilerError
from reconciler.telemetry import get_logger

_LOOK_EVERY: Final = 0.5
"""Seconds between two looks; a daemon is to be back within two of a server's death."""

log = get_logger(__name__)


class Warden:
    """Restarts what ends, on a thread of its own, until it is stopped."""

    def __init__(self, servers: EmbeddedServers) -> None:
        self._servers = servers
        self._stopping = Event()
        self._thread = Thread(target=self._watch, name="warden", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End looking; returns when no restart is under way any more."""
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY):
            for ended in self._servers.check():
                log.warning("an embedded server ended", server=ended.server, code=ended.code)
                self._restart()

    def _restart(self) -> None:
        try:
            self._servers.restart()
        except ReconcilerError as error:
            log.warning("an embedded server can't be started again", error=error)
