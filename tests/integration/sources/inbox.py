"""What a watcher told, and following it as a daemon does."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Condition

from reconciler.ports import Source
from reconciler.sources import Watcher
from tests.contract.source_suite import Model, parse

SOON = 10.0  # seconds after which a test fails that waits for what takes milliseconds


class Inbox:
    """What a watcher told, to be waited for."""

    def __init__(self) -> None:
        self._turn = Condition()
        self.told: list[frozenset[str] | None] = []
        self.modes: list[str] = []
        self.watcher: Watcher | None = None

    def __call__(self, paths: frozenset[str] | None) -> None:
        with self._turn:
            if self.watcher:
                self.modes.append(self.watcher.mode)
            self.told.append(paths)
            self._turn.notify_all()

    def wait_for(self, *paths: str | None) -> None:
        """Wait until each of these was told since the last time; None is a look at everything."""

        def all_told() -> bool:
            looks = None in self.told
            named = set[str]().union(*filter(None, self.told))
            return all(path in named if path is not None else looks for path in paths)

        with self._turn:
            assert self._turn.wait_for(all_told, SOON), (paths, self.told)
            self.told.clear()

    def take(self) -> frozenset[str] | None:
        """Wait for what is told next, and give all that was told, as one."""
        with self._turn:
            assert self._turn.wait_for(lambda: self.told, SOON)
            told, self.told = self.told, []
        return None if None in told else frozenset[str]().union(*filter(None, told))

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something else holds that comes with a telling."""
        with self._turn:
            assert self._turn.wait_for(holds, SOON), self.told


def follow(source: Source, inbox: Inbox, model: Model, contents: dict[str, bytes]) -> None:
    """Look where it is told to, as a daemon does, until these are the contents."""
    deadline = time.monotonic() + SOON
    while model.contents != contents:
        assert time.monotonic() < deadline, model.contents
        model.take(source.fetch(parse, inbox.take()))
