"""The server itself: uvicorn on a socket that is there already, and the line to the daemon beside it."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from reconciler.ports import Clock
from reconciler.telemetry import Level, set_level
from reconciler.web.guard import Guard
from reconciler.web.line import Messages, Word, pack
from reconciler.web.protocol import BoundedProtocol

_METRICS_WITHIN: Final = 2.0
_CONNECTIONS: Final = 1000
_KEEP_ALIVE: Final = 30
_GRACE: Final = 3


class Line:
    """Our end of the line to the daemon: `edges.Daemon`."""

    def __init__(self, line: socket.socket, clock: Clock) -> None:
        self._line = line
        self._clock = clock
        self._last = clock.monotonic()
        self._waiting: list[asyncio.Future[bytes]] = []
        self._writer: asyncio.StreamWriter | None = None
        self._messages = Messages()
        self._serving = False

    @property
    def silent_for(self) -> float:
        """Seconds since the daemon's pulse was last felt."""
        return self._clock.monotonic() - self._last

    def charge(self) -> bytes:
        """Wait for what we are to serve.

        Raises:
            EOFError: the daemon is gone.

        """
        while data := self._line.recv(65536):
            for word, content in self._messages.take(data):
                if word is Word.CHARGE:
                    return content
        raise EOFError("the daemon said nothing")

    def serving(self) -> None:
        """Let the daemon know that requests are answered from now on."""
        self._serving = True
        if self._writer is not None:
            self._writer.write(pack(Word.SERVING))

    async def exposition(self) -> bytes:
        """Give the daemon's metrics; nothing when it does not answer in time."""
        if self._writer is None:
            return b""
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            self._writer.write(pack(Word.METRICS))
        try:
            async with asyncio.timeout(_METRICS_WITHIN):
                return await waiting
        except TimeoutError:
            self._waiting = [one for one in self._waiting if not one.done()]
            return b""

    async def attend(self) -> None:
        """Listen to the daemon until it hangs up."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._line)
        if self._serving:
            self._writer.write(pack(Word.SERVING))
        try:
            while data := await reader.read(65536):
                for word, content in self._messages.take(data):
                    self._heard(word, content)
        finally:
            self._writer.close()
            self._writer = None

    def _heard(self, word: Word, content: bytes) -> None:
        match word:
            case Word.BEAT:
                self._last = self._clock.monotonic()
                set_level(Level[content.decode()])  # told with every beat, so that no switch of it is lost
            case Word.METRICS:
                waiting, self._waiting = self._waiting, []
                for one in waiting:
                    if not one.done():
                        one.set_result(content)
            case _:
                pass


class _Server(uvicorn.Server):
    """Tells the daemon when it is ready."""

    def __init__(self, config: uvicorn.Config, line: Line) -> None:
        super().__init__(config)
        self._line = line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            self._line.serving()


def configuration(app: ASGIApp) -> uvicorn.Config:
    """Say how uvicorn is to serve an application: within bounds, and without a word about itself."""
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        loop="uvloop",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )


def serve(app: Guard, bound: socket.socket, line: Line) -> None:
    """Serve until the daemon hangs up, then end what never would, and answer what was asked."""
    # Who sends nonsense is told so, and is not worth a line in the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    server = _Server(configuration(app), line)

    async def beside() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve([bound]))
            try:
                await line.attend()
            finally:
                app.farewell()
                server.should_exit = True

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(beside())
