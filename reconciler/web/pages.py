"""Answers that many ask for in the same moment: each is made once, and given to all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from reconciler.ports import Clock
from reconciler.web.replies import Reply, respond

_MOST: Final = 500


class Pages:
    """Remembers answers for a moment, by what was asked; for one event loop.

    A page that is kept open asks again and again, and so do all who look at the same. `seconds` are how old
    an answer may be.
    """

    def __init__(self, clock: Clock, seconds: float = 0.2) -> None:
        self._clock = clock
        self._seconds = seconds
        self._known: dict[str, tuple[float, asyncio.Task[Reply]]] = {}

    async def answer(self, request: Request, make: Callable[[], dict[str, Any]]) -> Response:
        """Give the document that `make` makes in a thread, or made a moment ago for the same request.

        Who comes while it is made waits for it; an error is everybody's who waited, and is not remembered.
        """
        asked = f"{request.url.path}?{request.url.query}"
        known = self._known.get(asked)
        task = known[1] if known and self._clock.monotonic() < known[0] else self._begin(asked, make)
        # Whoever goes away meanwhile takes nothing from those who stay.
        return respond(request, await asyncio.shield(task))

    def _begin(self, asked: str, make: Callable[[], dict[str, Any]]) -> asyncio.Task[Reply]:
        if len(self._known) >= _MOST:
            self._known.clear()
        task = asyncio.create_task(run_in_threadpool(lambda: Reply.of(make())))
        self._known[asked] = float("inf"), task

        def made(_: asyncio.Task[Reply]) -> None:
            if task.cancelled() or task.exception():
                self._known.pop(asked, None)
            else:
                self._known[asked] = self._clock.monotonic() + self._seconds, task

        task.add_done_callback(made)
        return task
