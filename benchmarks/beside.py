"""Somebody else's program, in a process of its own, while passes run."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from typing import Any, TypeVar, cast

_T = TypeVar("_T")
_W = TypeVar("_W")
_PATIENCE = 60.0

Program = Callable[[_W, Event], _T]
"""Works on what it is given, such as a database's address, until the event is set; then tells."""


@contextmanager
def beside(program: Program[_W, _T], work: _W) -> Iterator[Callable[[], _T]]:
    """Run a program beside the block; what is given ends it, and gives what it tells."""
    context = multiprocessing.get_context("spawn")
    stop, (ours, theirs) = context.Event(), context.Pipe()
    process = context.Process(target=_run, args=(program, work, stop, theirs), daemon=True)
    process.start()
    theirs.close()

    def end() -> _T:
        stop.set()
        if not ours.poll(_PATIENCE):
            raise TimeoutError(f"{program} does not end")
        return cast("_T", ours.recv())

    try:
        ours.recv()
        yield end
    finally:
        stop.set()
        process.join(_PATIENCE)
        if process.is_alive():
            process.kill()
            process.join()


def _run(program: Program[Any, Any], work: object, stop: Event, told: Connection) -> None:
    told.send("started")
    told.send(program(work, stop))
