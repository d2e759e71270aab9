"""What a pass left as it is, and whether whoever asked for the pass is owed it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from reconciler.plan import HeldBack, Reason, Sync
from reconciler.report.terminal import Page, Style

_BY_CHOICE: Final = frozenset({Reason.PRUNE_OFF, Reason.PROTECTED, Reason.PRUNE_DELAYED, Reason.SUSPENDED})
"""Somebody wants it left, or left for a moment: the pass did what it should."""

_STYLES: Final = {
    Sync.INVALID: Style.RED,
    Sync.CONFLICT: Style.RED,
    Sync.OUT_OF_SYNC: Style.RED,
    Sync.SUSPENDED: Style.YELLOW,
    Sync.DEFERRED: Style.YELLOW,
    Sync.ORPHANED: Style.YELLOW,
    Sync.SYNCED: Style.PLAIN,
}


def is_owed(held: HeldBack) -> bool:
    """Whether leaving it falls short of what was asked: then a command exits 1."""
    return held.sync is not Sync.SYNCED and held.reason not in _BY_CHOICE


def put_held(page: Page, held_back: Iterable[HeldBack]) -> None:
    """Show what was left, each with the reason and the place."""
    for held in held_back:
        place = f", {held.where}" if held.where and held.where.line else ""
        page.put_whole(f"{held.key} {held.sync} ({held.reason}){place}", _STYLES[held.sync], indent=2)
        if held.message:
            page.put(held.message, indent=4)
