"""HTTP/1.1 with bounds on the head of a request: how long it may take to arrive, and how long it may be."""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_SECONDS: Final = 10.0
_HEAD_BYTES: Final = 64 * 1024


class BoundedProtocol(HttpToolsProtocol):
    """Hangs up on who connects and says nothing, says it a byte at a time, or never comes to an end."""

    _deadline: TimerHandle | None = None
    _head = 0
    _in_head = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Give the first request its time."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._settle()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came, unless it is more than a head may be."""
        if self._in_head:
            self._head += len(data)
        super().data_received(data)
        if self._in_head and self._head > _HEAD_BYTES:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Give this request its time."""
        self._begin()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Leave the rest to those who know what is asked."""
        self._settle()
        super().on_headers_complete()

    def _begin(self) -> None:
        self._settle()
        self._in_head, self._head = True, 0
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self._hang_up)

    def _settle(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
