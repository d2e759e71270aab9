"""What people ask of an instance, and what they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from reconciler.app.counter import desk
from reconciler.app.places import locate
from reconciler.daemon.clock import SystemClock
from reconciler.errors import ReconcilerError, StatusUnavailable
from reconciler.resources import Kind, ResourceKey
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.report import Board
    from reconciler.report.description import Description

_EVENTS: Final = 20
_SUGGESTED: Final = 300
_ALIKE: Final = 3
"""Whoever mistypes a name seldom mistypes so many of its first letters."""


def read_board(settings: Settings) -> Board:
    """Give the status, from Redis or else from PostgreSQL, saying which and why."""
    addresses = locate(settings)
    clock = SystemClock()
    degraded = "no Redis is configured"
    if addresses.redis_url:
        from reconciler.status import BoardReader

        reader = BoardReader(addresses.redis_url, settings.instance, clock)
        try:
            board = reader.read()
        except StatusUnavailable as error:
            degraded = str(error)
        else:
            # Heartbeats alone stand there after a flush, until the writer has built its view anew.
            if board is not None and board.sync is not None:
                return board
            degraded = "Redis has no status of this instance"
        finally:
            reader.close()
    from reconciler.store.postgres import PostgresStore

    store = PostgresStore(addresses.database_url, settings.instance, clock)
    try:
        found = store.recall()
    finally:
        store.close()
    return replace(found, degraded=degraded)


def source_on_record(settings: Settings) -> str:
    """Give the source that the instance last told it has; "" when it told none, or nobody can be asked."""
    from reconciler.store.identity import source_of

    with suppress(ReconcilerError), desk(settings) as connection:
        return source_of(connection, settings.instance)
    return ""


def describe(settings: Settings, key: ResourceKey) -> Description | None:
    """Tell all that is known of a resource; None when the instance knows nothing of it.

    Of the manifest, which may be on another machine, what can be read from here.
    """
    from reconciler.app.happenings import read_events
    from reconciler.store.describe import describe as tell

    with desk(settings) as connection:
        told = tell(connection, settings.instance, key)
    if told is None:
        return None
    events = read_events(settings, _EVENTS, key)
    return replace(told, events=events, annotations=_annotations(settings, key, told.item.standing.path))


def names(settings: Settings, kind: Kind, word: str, *, everything: bool = False) -> list[str]:
    """Name some hundreds of what the instance knows of a kind: the word first, then what is like it.

    With `everything`, of what any instance knows, and of what nobody manages.
    """
    from reconciler.store.list import list_users, list_workflows
    from reconciler.store.wanted import Wanted

    anything = Wanted(settings.instance, everything, limit=_SUGGESTED)
    with desk(settings) as connection:
        found: dict[str, None] = {}
        itself = replace(anything, names=(word,))
        for wanted in (itself, replace(anything, search=word[:_ALIKE]), anything):
            items = (list_users if kind is Kind.USER else list_workflows)(connection, wanted)
            found |= dict.fromkeys(item.name for item in items)
    return list(found)


def _annotations(settings: Settings, key: ResourceKey, path: str) -> Mapping[str, str] | None:
    from reconciler.desired import parse_file
    from reconciler.sources import read_once

    file = settings.manifests / path
    if not path or not file.is_file():
        return None
    for parsed in read_once([file], parse_file, SystemClock()).files:
        for manifest in parsed.manifests:
            if manifest.key == key:
                return manifest.meta.annotations
    return None
