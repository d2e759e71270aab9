"""The status board in Redis, as commands read it: whole views only, and the stream of what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Timer
from typing import Final, TypeVar, cast

import redis

from reconciler.errors import StatusUnavailable
from reconciler.ports import Clock
from reconciler.report import Board, InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.report.event import Event
from reconciler.report.wire import VERSION, WireError, dumps, loads
from reconciler.status.keys import Keys
from reconciler.status.limits import Limits
from reconciler.status.line import Line, shaped

_T = TypeVar("_T")
_Hash = dict[str, str]
_Entries = list[tuple[str, dict[str, str]]]

Numbered = tuple[tuple[str, Event], ...]
"""Entries of the stream, each with its number."""

_BATCH: Final = 500

_OURS: Final = {"format", "mark", "count", "written_at"}
"""The fields of `sync` that are there for the writers, and are no JSON."""


class BoardReader:
    """Reads what the daemons of one instance have told Redis; every call may raise StatusUnavailable."""

    def __init__(self, url: str, instance: str, clock: Clock, limits: Limits | None = None) -> None:
        """Name the Redis; nothing is connected yet.

        Raises:
            UsageError: `url` is no URL of a Redis.

        """
        self._limits = limits or Limits()
        self._line = Line(url, self._limits.timeout)
        self._keys = Keys(instance)
        self._clock = clock
        self._quiet = int(min(1.0, self._limits.timeout.total_seconds() / 2) * 1000)

    def close(self) -> None:
        """Hang up; the next question dials again."""
        self._line.close()

    def read(self) -> Board | None:
        """Give what is shown at one moment, None when nothing is.

        A view that is damaged, or of a form that is not known, is refused: it could only mislead.
        """
        with self._asking() as client:
            sync, resources, replicas = self._fetch(client)
        with self._understanding():
            return _board(self._clock.now(), replicas, sync, resources)

    def glance(self) -> Board | None:
        """Give the same without the resources, at a cost that does not grow with their number."""
        with self._asking() as client:
            with client.pipeline(transaction=True) as pipe:
                pipe.hgetall(self._keys.sync)
                pipe.smembers(self._keys.replicas)
                sync, members = pipe.execute()
            replicas = self._fetch_replicas(client, members)
        with self._understanding():
            return _board(self._clock.now(), replicas, shaped(sync, dict), None)

    def _fetch(self, client: redis.Redis) -> tuple[_Hash, _Hash, list[_Hash]]:
        with client.pipeline(transaction=True) as pipe:
            pipe.hgetall(self._keys.sync)
            pipe.hgetall(self._keys.resources)
            pipe.smembers(self._keys.replicas)
            sync, resources, members = pipe.execute()
        return shaped(sync, dict), shaped(resources, dict), self._fetch_replicas(client, members)

    def _fetch_replicas(self, client: redis.Redis, members: object) -> list[_Hash]:
        with client.pipeline(transaction=False) as pipe:
            for member in sorted(shaped(members, set)):
                pipe.hgetall(self._keys.daemon_of(member))
            return [shaped(replica, dict) for replica in pipe.execute()]

    def events(self, limit: int = 100) -> tuple[Event, ...]:
        """Give the last entries of the stream, the oldest first."""
        with self._asking() as client:
            entries = cast("_Entries", client.xrevrange(self._keys.events, count=limit))
        with self._understanding():
            return tuple(_event(entry) for _, entry in reversed(entries))

    @contextmanager
    def watching(self) -> Iterator[Iterator[tuple[Event, ...]]]:
        """Lend what gives, for ever, what happens from now on; when nothing does, nothing, once a second."""
        yield (tuple(event for _, event in numbered) for numbered in self.following(self.newest()))

    def newest(self) -> str:
        """Give the number of the last entry of the stream; numbers of later ones are greater."""
        with self._asking() as client:
            found = cast("_Entries", client.xrevrange(self._keys.events, count=1))
        return found[0][0] if found else "0-0"

    def following(self, last: str) -> Iterator[Numbered]:
        """Give, for ever, entries after that one, as they come; when none does, nothing, once a second."""
        while True:
            with self._asking() as client:
                found = client.xread({self._keys.events: last}, count=_BATCH, block=self._quiet)
                entries = cast("list[tuple[str, _Entries]]", found)[0][1] if found else []
            last = entries[-1][0] if entries else last
            with self._understanding():
                yield tuple((number, _event(entry)) for number, entry in entries)

    def numbered(self, limit: int, after: str = "", before: str = "") -> Numbered:
        """Give entries with their numbers, the oldest first: those after one, else the last before one."""
        with self._asking() as client:
            if after:
                found = client.xrange(self._keys.events, min=f"({after}", count=limit)
            else:
                newest = f"({before}" if before else "+"
                found = client.xrevrange(self._keys.events, max=newest, count=limit)
        entries = cast("_Entries", found)
        with self._understanding():
            told = tuple((number, _event(entry)) for number, entry in entries)
        return told if after else told[::-1]

    @contextmanager
    def _asking(self) -> Iterator[redis.Redis]:
        deadline = Timer(self._limits.reading.total_seconds(), self._line.cut)
        deadline.daemon = True
        deadline.start()
        try:
            with self._line.asking() as client:
                yield client
        finally:
            deadline.cancel()

    @contextmanager
    def _understanding(self) -> Iterator[None]:
        try:
            yield
        except WireError as error:
            raise StatusUnavailable(
                "Redis holds a status that can't be relied on",
                where=self._line.address,
                why=str(error),
                fix="the daemon rebuilds it when it next reports",
            ) from error


def _board(at: datetime, replicas: list[_Hash], sync: _Hash, resources: _Hash | None) -> Board | None:
    """Put a board together; `resources` is None when they were not asked for."""
    beating = tuple(_unhashed(ReplicaStatus, told) for told in replicas if told)
    if not sync:
        return Board("redis", at, beating) if beating else None
    if sync.get("format") != VERSION:
        raise WireError(f"its form is {sync.get('format', 'not said')}, not {VERSION}")
    if resources is not None and sync.get("count") != str(len(resources)):
        raise WireError(f"it shows {len(resources)} of {sync.get('count', 'an unknown number of')} resources")
    shown = (loads(ResourceStatus, text) for _, text in sorted((resources or {}).items()))
    return Board(
        "redis", at, beating, _unhashed(InstanceStatus, sync), {status.key: status for status in shown}
    )


def _unhashed(kind: type[_T], told: Mapping[str, str]) -> _T:
    parts = (f"{dumps(name)}:{part}" for name, part in told.items() if name not in _OURS)
    return loads(kind, f"{{{','.join(parts)}}}")


def _event(entry: Mapping[str, str]) -> Event:
    return loads(Event, entry.get("event", ""))
