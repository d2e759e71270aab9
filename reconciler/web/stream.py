"""What happens, told to many at once: one connection to Redis, however many pages are open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from threading import Event as Flag
from threading import Lock, Thread
from typing import Final

from starlette.concurrency import run_in_threadpool

from reconciler.errors import StatusUnavailable
from reconciler.report.event import Event
from reconciler.report.wire import dumps
from reconciler.status import BoardReader
from reconciler.status.reader import Numbered

_MOST: Final = 200
"""How many may listen at once."""
_BEHIND: Final = 2000
"""How many entries a listener may be behind before it is sent away; it comes back and is replayed them."""
_REPLAYED: Final = 10_000
_HEARTBEAT: Final = 10.0
_RETRY: Final = 1.0

_News = Numbered | str
"""Entries, or why there are none."""


class TooManyListeners(Exception):
    """No more can be served."""


@dataclass(eq=False)
class _Listener:
    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[_News | None] = field(default_factory=lambda: asyncio.Queue(_BEHIND))

    def put(self, news: _News | None) -> None:
        """Tell a listener, from any thread; one that is too far behind is told nothing any more."""
        self.loop.call_soon_threadsafe(self._take, news)

    def _take(self, news: _News | None) -> None:
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            news = None
        self.queue.put_nowait(news)


class Stream:
    """Follows the stream of one instance while anybody listens; `dial` is None where there is no Redis."""

    def __init__(self, dial: Callable[[], BoardReader] | None) -> None:
        self._follower = dial() if dial else None
        self._asked = dial() if dial else None
        self._listeners: set[_Listener] = set()
        self._lock = Lock()
        self._reading = Lock()
        self._closed = Flag()
        self._thread: Thread | None = None
        self._last = ""

    def recent(self, limit: int, before: str = "") -> Numbered:
        """Give the last entries before one, the oldest first.

        Raises:
            StatusUnavailable: Redis does not answer, or there is none.

        """
        with self._reading:
            return _there(self._asked).numbered(limit, before=before)

    def close(self) -> None:
        """Send everybody away: the server stops."""
        self._closed.set()
        with self._lock:
            for listener in self._listeners:
                listener.put(None)
        for reader in (self._asked, self._follower):
            if reader is not None:
                reader.close()

    async def told(self, last: str) -> AsyncGenerator[str, None]:
        """Give server-sent events for ever: what came after `last` if that is given, then what comes.

        While Redis is away an event `away` says so, and comments keep the connection alive.

        Raises:
            TooManyListeners: come again later.

        """
        listener = self._join()
        try:
            yield "retry: 1000\n\n"
            if last:
                news, last = await self._replay(last)
                yield news
            async with aclosing(self._heard(listener, last)) as heard:
                async for text in heard:
                    yield text
        finally:
            self._leave(listener)

    async def _replay(self, last: str) -> tuple[str, str]:
        try:
            missed = await run_in_threadpool(self._after, last)
        except StatusUnavailable as error:
            return _away(str(error)), last
        return _frames(missed), missed[-1][0] if missed else last

    async def _heard(self, listener: _Listener, last: str) -> AsyncGenerator[str, None]:
        while not self._closed.is_set():
            try:
                news = await asyncio.wait_for(listener.queue.get(), _HEARTBEAT)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            if news is None:
                return
            if isinstance(news, str):
                yield _away(news)
            else:
                fresh = tuple(one for one in news if not last or _place(one[0]) > _place(last))
                if fresh:
                    last = fresh[-1][0]
                    yield _frames(fresh)

    def _join(self) -> _Listener:
        listener = _Listener(asyncio.get_running_loop())
        with self._lock:
            if self._closed.is_set() or len(self._listeners) >= _MOST:
                raise TooManyListeners
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = Thread(target=self._follow, name="events", daemon=True)
                self._thread.start()
        return listener

    def _leave(self, listener: _Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)

    # --- the thread -----------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Read what comes, until nobody listens; nothing is lost while Redis is away for a moment."""
        self._last = ""
        while not self._idle():
            try:
                self._follow_on()
            except StatusUnavailable as error:
                self._tell(str(error))
                self._closed.wait(_RETRY)
        if self._follower is not None:
            self._follower.close()

    def _follow_on(self) -> None:
        reader = _there(self._follower)
        self._last = self._last or reader.newest()
        for news in reader.following(self._last):
            self._last = news[-1][0] if news else self._last
            self._tell(news)
            if self._closed.is_set() or not self._listeners:
                return

    def _idle(self) -> bool:
        with self._lock:
            idle = self._closed.is_set() or not self._listeners
            if idle:
                self._thread = None
            return idle

    def _tell(self, news: _News) -> None:
        if news:
            with self._lock:
                for listener in self._listeners:
                    listener.put(news)

    def _after(self, last: str) -> Numbered:
        with self._reading:
            return _there(self._asked).numbered(_REPLAYED, after=last)


def _there(reader: BoardReader | None) -> BoardReader:
    if reader is None:
        raise StatusUnavailable("there are no events", why="no Redis is configured", fix="set REDIS_URL")
    return reader


def _place(number: str) -> tuple[int, ...]:
    """Give what entries are ordered by."""
    return tuple(int(part) for part in number.split("-"))


def _frames(news: Numbered) -> str:
    return "".join(_frame(number, event) for number, event in news)


def _frame(number: str, event: Event) -> str:
    return f"id: {number}\nevent: {event.type}\ndata: {dumps(event)}\n\n"


def _away(why: str) -> str:
    return f"event: away\ndata: {dumps({'why': why})}\n\n"
