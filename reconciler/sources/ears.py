"""Events of the file system, as watchfiles tells them, made hints: which paths may have changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, Self

from reconciler.sources.watched import folders_to_watch

Changes = set[tuple[int, str]] | Literal["signal", "stop", "timeout"]
NOTHING: frozenset[str] = frozenset()

_DEBOUNCE = 20  # milliseconds after which changes are told although more keep coming
_STEP = 1  # milliseconds without another change after which they are told
_WAIT = 50  # milliseconds without any change after which that is told
_MANY = 1000  # changes at once: some may be lost, and one look at everything costs less than so many
_TRIES = 10
_OVERLAP = 20  # how often old watches are still asked once new ones stand: a second, when nothing happens


class Events(Protocol):
    """What is used of watchfiles' RustNotify."""

    def watch(self, debounce_ms: int, step_ms: int, timeout_ms: int, stop_event: None) -> Changes:
        """Wait for changes."""
        ...

    def close(self) -> None:
        """End it."""
        ...


Listen = Callable[[list[str]], Events]
"""Begins to watch these folders, not what is beneath them."""


def listen(folders: list[str]) -> Events:
    """Let the kernel tell what happens in these folders.

    Not recursively: watchfiles would follow links, to wherever they lead, and watch what is hidden; and where
    the kernel has no more watches it would leave some out and say nothing, while it raises for a list.
    """
    from watchfiles._rust_notify import RustNotify  # noqa: PLC0415 - 40 ms, which reading once need not spend

    debug = polling = recursive = ignore_permission_denied = False
    return RustNotify(folders, debug, polling, 0, recursive, ignore_permission_denied)


class Ears:
    """Hears what happens beneath `root`, from its making until it is left; raises what watchfiles raises."""

    def __init__(self, root: Path, concerns: Callable[[str], bool], begin: Listen = listen) -> None:
        self._root = root
        self._concerns = concerns
        self._begin = begin
        self._grown = NOTHING
        self._events = self._watch_all()
        self._fading: list[tuple[Events, int]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for events in (self._events, *(fading for fading, _ in self._fading)):
            events.close()

    def hear(self) -> frozenset[str] | None:
        """Wait a moment for events, and give the paths that may have changed; None when anything may have.

        What is put into a new folder before it is watched makes no event: so the folder is told a second
        time.
        """
        again, self._grown = self._grown, NOTHING
        if again:
            self._grow()
        heard = again or self._understand(self._events.watch(_DEBOUNCE, _STEP, _WAIT, None))
        late = self._hear_fading()
        return None if heard is None or late is None else heard | late

    def _grow(self) -> None:
        """Watch the new folders too; the old watches go on for a while.

        What happened before the new ones stood reaches the old ones alone, and on a busy machine not at once.
        """
        fading = (self._events, _OVERLAP)
        self._events = self._watch_all()
        self._fading.append(fading)

    def _hear_fading(self) -> frozenset[str] | None:
        """Give what old watches heard, and let those go whose time is over."""
        heard: frozenset[str] | None = NOTHING
        for events, times in self._fading:
            late = self._understand(events.watch(_STEP, _STEP, _STEP, None))
            heard = None if heard is None or late is None else heard | late
            if times <= 1:
                events.close()
        self._fading = [(events, times - 1) for events, times in self._fading if times > 1]
        return heard

    def _watch_all(self) -> Events:
        """Watch every folder that there is once the watches stand.

        A folder that is made after its parent was listed and before that is watched makes no event.
        """
        for _ in range(_TRIES - 1):
            folders = folders_to_watch(self._root)
            try:
                events = self._begin(folders)
            except FileNotFoundError:  # a folder vanished between being found and being watched
                continue
            if set(folders).issuperset(folders_to_watch(self._root)):
                return events
            events.close()
        return self._begin(folders_to_watch(self._root))

    def _understand(self, changes: Changes) -> frozenset[str] | None:
        if not isinstance(changes, set):
            return NOTHING
        prefix = f"{os.fspath(self._root)}/"
        inside = {path.removeprefix(prefix) for _, path in changes if path.startswith(prefix)}
        hints = frozenset(filter(self._concerns, inside))
        self._grown |= set(filter(self._wants_ears, hints))
        return None if len(changes) > _MANY else hints

    def _wants_ears(self, path: str) -> bool:
        """Whether this is a folder, or a link that may lead to one."""
        try:
            mode = os.lstat(self._root / path).st_mode
        except OSError:  # gone again
            return False
        return stat.S_ISDIR(mode) or stat.S_ISLNK(mode)
