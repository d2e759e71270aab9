"""What happens to an instance, as it happens: from Redis, else from PostgreSQL, looked at every second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from reconciler.app.counter import desk
from reconciler.app.places import locate
from reconciler.daemon.clock import SystemClock
from reconciler.errors import StatusUnavailable, StoreUnavailable
from reconciler.report.event import Event, EventLog
from reconciler.resources import ResourceKey
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.status.reader import BoardReader

STREAM: Final = 10_000
"""More than the stream in Redis holds."""

_BEAT: Final = 1.0
"""Seconds between two looks at PostgreSQL."""
_AGAIN: Final = 30.0
"""Seconds after which Redis is tried again."""
_OVERLAP: Final = timedelta(seconds=30)
"""What is told of a moment may be committed so much later."""

_NO_REDIS: Final = "no Redis is configured"


@dataclass(frozen=True, slots=True)
class Following:
    """How an instance is followed: `limit` events of the past first, of one resource or of all.

    `told` hears from where events come, and why from there: `redis`, `postgresql`, or `nowhere` for now.
    """

    limit: int
    key: ResourceKey | None = None
    told: Callable[[str, str], None] = lambda _place, _why: None

    def chosen(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Give those of the resource that is followed, if one is."""
        if self.key is None:
            return events
        return tuple(event for event in events if event.subject == str(self.key))


def read_events(settings: Settings, limit: int, key: ResourceKey | None = None) -> EventLog:
    """Give what happened last, the oldest first, from Redis or else PostgreSQL, saying which and why."""
    degraded = _NO_REDIS
    if url := locate(settings).redis_url:
        reader = _reader(settings, url)
        try:
            found = Following(limit, key).chosen(reader.events(STREAM if key else limit))
        except StatusUnavailable as error:
            degraded = str(error)
        else:
            if found:
                return EventLog("redis", found[-limit:])
            degraded = (
                "Redis has no event of this instance" if key is None else f"Redis has no event of {key}"
            )
        finally:
            reader.close()
    with desk(settings) as connection:
        from reconciler.store.happenings import recent_events

        return EventLog("postgresql", recent_events(connection, settings.instance, limit, key), degraded)


def follow_events(settings: Settings, following: Following) -> Iterator[tuple[Event, ...]]:
    """Give what happened last, and then for ever what happens; nothing, at times, when nothing does.

    Servers that go away are waited for. Redis tells at once; while it is away PostgreSQL is asked, which
    knows less: see `reconciler.store.happenings`.
    """
    memory = _Memory()
    while True:
        url = locate(settings).redis_url
        why = _NO_REDIS
        if url:
            try:
                yield from _from_redis(settings, url, following, memory)
            except StatusUnavailable as error:
                why = str(error)
        yield from _from_postgresql(settings, following, memory, why)


def nudges(settings: Settings, told: Callable[[str, str], None]) -> Iterator[None]:
    """Say, for ever, that something may be otherwise: first now, then every second, at once if Redis tells.

    `told` hears `redis` or `postgresql`, and why not Redis.
    """
    yield
    while True:
        url = locate(settings).redis_url
        why = _NO_REDIS
        if url:
            reader = _reader(settings, url)
            try:
                with reader.watching() as stream:
                    told("redis", "")
                    yield from (None for _ in stream)
            except StatusUnavailable as error:
                why = str(error)
            finally:
                reader.close()
        told("postgresql", why)
        for _ in range(int(_AGAIN)):
            time.sleep(_BEAT)
            yield


@dataclass(slots=True)
class _Memory:
    """What has been given already, so that nothing is twice where two looks overlap."""

    last: datetime | None = None
    given: set[Event] = field(default_factory=set)

    def new(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Give what is new of these, and remember it."""
        found = tuple(event for event in events if event not in self.given)
        if found:
            self.last = max(event.at for event in (*found, *self.given))
            horizon = self.last - 2 * _OVERLAP
            self.given = {event for event in (*found, *self.given) if event.at >= horizon}
        return found

    def later(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Give what is later than anything that was given, and remember it."""
        return self.new(tuple(event for event in events if self.last is None or event.at > self.last))


def _from_redis(
    settings: Settings, url: str, following: Following, memory: _Memory
) -> Iterator[tuple[Event, ...]]:
    """Give events until Redis fails, which raises StatusUnavailable."""
    reader = _reader(settings, url)
    try:
        with reader.watching() as stream:
            past = following.chosen(reader.events(STREAM if following.key else following.limit))
            following.told("redis", "")
            yield memory.later(past[-following.limit :])
            for events in stream:
                yield memory.new(following.chosen(events))
    finally:
        reader.close()


def _from_postgresql(
    settings: Settings, following: Following, memory: _Memory, why: str
) -> Iterator[tuple[Event, ...]]:
    """Give events until it is time to try Redis again."""
    from reconciler.store.happenings import recent_events

    following.told("postgresql", why)
    floor, began = memory.last, time.monotonic()
    while time.monotonic() - began < _AGAIN:
        try:
            with desk(settings) as connection:
                while time.monotonic() - began < _AGAIN:
                    since = max(floor, memory.last - _OVERLAP) if floor and memory.last else memory.last
                    found = recent_events(
                        connection, settings.instance, following.limit, following.key, since
                    )
                    yield memory.new(found)
                    time.sleep(_BEAT)
        except StoreUnavailable as error:
            following.told("nowhere", str(error))
            time.sleep(_BEAT)


def _reader(settings: Settings, url: str) -> BoardReader:
    from reconciler.status import BoardReader

    return BoardReader(url, settings.instance, SystemClock())
