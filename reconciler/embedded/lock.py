"""Locks that the kernel releases when the last process that holds them has ended, however it ended.

A lock belongs to the open file, so that a server which inherits the descriptor goes on holding it after the
daemon is gone. That is how the next daemon knows, without looking at any process id, that the last process of
the former server has ended.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

_POLL_SECONDS = 0.002


def within(seconds: float, is_done: Callable[[], bool]) -> bool:
    """Wait until `is_done`, `seconds` at most; say whether it came about."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def hold(path: Path, seconds: float) -> int | None:
    """Take the lock, waiting for it at most `seconds`: a descriptor that keeps it until closed, or None."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    if within(seconds, lambda: _try(descriptor, fcntl.LOCK_EX)):
        return descriptor
    os.close(descriptor)
    return None


def is_held(path: Path) -> bool:
    """Whether some process holds the lock.

    To ask is to hold it for an instant: whoever wants the lock should wait for longer than that.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def is_still(path: Path, descriptor: int) -> bool:
    """Whether the path leads to the very file that is open: not so once somebody removed or replaced it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
