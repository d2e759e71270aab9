"""Whether a watcher still hears: what full looks find is held against what events announced."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

_GRACE = 1.0
_MOST = 10_000


class Probe:
    """Remembers what was announced since the last full look but one, and which changes nobody announced.

    Writing into a folder to see whether an event comes would prove more, and would be an intrusion into a
    folder that belongs to others and may be read-only. For several threads.
    """

    def __init__(self, grace: float = _GRACE) -> None:
        self._grace = grace
        self._lock = Lock()
        self._before: set[str] | None = None
        self._announced: set[str] | None = None
        self._unheard: dict[str, float] = {}

    def announce(self, paths: Iterable[str] | None) -> None:
        """Take down what an event announced, None for anything."""
        with self._lock:
            if paths is None:
                self._announced = None
                self._unheard.clear()
            elif self._announced is not None:
                self._announced.update(paths)
                if len(self._announced) > _MOST:
                    self._announced = None
            announced = self._announced
            if announced is not None:
                self._unheard = {p: since for p, since in self._unheard.items() if not _covers(announced, p)}

    def found(self, changes: Iterable[str], now: float) -> None:
        """Take down what a full look found changed; `now` in monotonic seconds."""
        with self._lock:
            before, announced = self._before, self._announced
            if before is not None and announced is not None:
                for path in changes:
                    if not _covers(before, path) and not _covers(announced, path):
                        self._unheard.setdefault(path, now)
            self._before, self._announced = announced, set()

    def unheard(self, now: float) -> list[str]:
        """Give, once, the changes that no event has announced in time."""
        with self._lock:
            late = [path for path, since in self._unheard.items() if now - since > self._grace]
            for path in late:
                del self._unheard[path]
            return sorted(late)


def _covers(announced: set[str], path: str) -> bool:
    while path:
        if path in announced:
            return True
        path = path.rpartition("/")[0]
    return False
