"""A thread of its own for work that may hang, so that whoever asks for it waits no longer than he will."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

_T = TypeVar("_T")
_Tasks = SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]


class Worker:
    """Does one thing after the other, in a thread that starts with the first and keeps no process alive.

    The standard library's pool is not used, because the interpreter waits for its threads when it exits.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = Lock()
        self._tasks: _Tasks | None = None

    def run(self, job: Callable[[], _T]) -> Future[_T]:
        """Have a job done; its result, or what it raised, is in the future."""
        future: Future[_T] = Future()
        with self._lock:
            if self._tasks is None:
                self._tasks = SimpleQueue()
                Thread(target=_work, args=(self._tasks,), name=self._name, daemon=True).start()
                weakref.finalize(self, self._tasks.put, None)
            self._tasks.put((future, job))
        return future

    def stop(self) -> None:
        """Let the thread end when it has done what it was given; another job starts another."""
        with self._lock:
            if self._tasks is not None:
                self._tasks.put(None)
                self._tasks = None


def _work(tasks: _Tasks) -> None:
    while (task := tasks.get()) is not None:
        future, job = task
        try:
            result = job()
        except BaseException as error:  # noqa: BLE001 - it is raised where the future is asked
            future.set_exception(error)
        else:
            future.set_result(result)
        del task, future, job
