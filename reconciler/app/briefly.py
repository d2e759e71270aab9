"""Looks that nobody waits for: what is found in time is told, the rest is left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Thread
from typing import TypeVar

_T = TypeVar("_T")


def found_within(seconds: float, look: Callable[[], Iterable[_T]]) -> tuple[_T, ...]:
    """Give what is found in time; a look that takes longer, or fails, has found nothing. Raises nothing."""
    found: list[_T] = []

    def run() -> None:
        try:
            found.extend(look())
        except Exception:  # noqa: BLE001 - whoever calls this does without
            found.clear()

    thread = Thread(target=run, name="look", daemon=True)
    thread.start()
    thread.join(seconds)
    return () if thread.is_alive() else tuple(found)
