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

    def _fetch(self, client: redis.Redis) -> tuple[_Hash, _Hash, list[_Hash]]:
        with client.pipeline(transaction=True) as pipe:
            pipe.hgetall(self._keys.sync)
            pipe.hgetall(self._keys.resources)
            pipe.smembers(self._keys.replicas)
            sync, resources, members = pipe.execute()
        with client.pipeline(transaction=False) as pipe:
            for member in sorted(shaped(members, set)):
                pipe.hgetall(self._keys.daemon_of(member))
            replicas = [shaped(replica, dict) for replica in pipe.execute()]
        return shaped(sync, dict), shaped(resources, dict), replicas

    def events(self, limit: int = 100) -> tuple[Event, ...]:
        """Give the last entries of the stream, the oldest first."""
        with self._asking() as client:
            entries = cast("_Entries", client.xrevrange(self._keys.events, count=limit))
        with self._understanding():
            return tuple(_event(entry) for _, entry in reversed(entries))

    @contextmanager
    def watching(self) -> Iterator[Iterator[tuple[Event, ...]]]:
        """Lend what gives, for ever, what happens from now on; when nothing does, nothing, once a second."""
        with self._asking() as client:
            newest = cast("_Entries", client.xrevrange(self._keys.events, count=1))
        yield self._happenings(newest[0][0] if newest else "0")

    def _happenings(self, last: str) -> Iterator[tuple[Event, ...]]:
        while True:
            with self._asking() as client:
                found = client.xread({self._keys.events: last}, block=self._quiet)
                entries = cast("list[tuple[str, _Entries]]", found)[0][1] if found else []
            with self._understanding():
                events = tuple(_event(entry) for _, entry in entries)
            if entries:
                last = entries[-1][0]
            yield events

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
                fix="The daemon rebuilds it when it next reports",
            ) from error


def _board(at: datetime, replicas: list[_Hash], sync: _Hash, resources: _Hash) -> Board | None:
    beating = tuple(_unhashed(ReplicaStatus, told) for told in replicas if told)
    if not sync:
        return Board("redis", at, beating) if beating else None
    if sync.get("format") != VERSION:
        raise WireError(f"its form is {sync.get('format', 'not said')}, not {VERSION}")
    if sync.get("count") != str(len(resources)):
        raise WireError(f"it shows {len(resources)} of {sync.get('count', 'an unknown number of')} resources")
    shown = (loads(ResourceStatus, text) for _, text in sorted(resources.items()))
    return Board(
        "redis", at, beating, _unhashed(InstanceStatus, sync), {status.key: status for status in shown}
    )


def _unhashed(kind: type[_T], told: Mapping[str, str]) -> _T:
    parts = (f"{dumps(name)}:{part}" for name, part in told.items() if name not in _OURS)
    return loads(kind, f"{{{','.join(parts)}}}")


def _event(entry: Mapping[str, str]) -> Event:
    return loads(Event, entry.get("event", ""))
