"""The status board in Redis, as the daemon writes it: bounded in time, fenced by epoch, never by halves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent import futures
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum, auto
from functools import partial
from threading import Lock

from reconciler.errors import StatusUnavailable
from reconciler.ports import Clock
from reconciler.report import Board, InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.resources import ResourceKey
from reconciler.status.breaker import Breaker
from reconciler.status.calls import Reply
from reconciler.status.courier import Courier, Landing
from reconciler.status.keys import Keys
from reconciler.status.limits import Limits
from reconciler.status.line import Line
from reconciler.status.news import Bulletin, News, View
from reconciler.status.reader import BoardReader
from reconciler.status.worker import Worker


class _Standing(Enum):
    """What is known of the view in Redis."""

    UNKNOWN = auto()
    LOST = auto()
    INTACT = auto()


@dataclass(frozen=True, slots=True)
class _Flight:
    """A bulletin on its way; it should take no longer than `allowed`, and land by `due` (monotonic)."""

    bulletin: Bulletin
    landing: futures.Future[Landing]
    allowed: timedelta
    due: float


class RedisBoard:
    """The status board of one replica of an instance.

    What is published goes to Redis in a thread of its own; a publication waits for it as long as
    `Limits.patience` allows, and then goes on without it. What has been missed is told with the next one, or
    the view is built anew.
    """

    def __init__(self, url: str, instance: str, clock: Clock, limits: Limits | None = None) -> None:
        """Name the Redis; nothing is connected yet.

        Raises:
            UsageError: `url` is no URL of a Redis.

        """
        self._limits = limits or Limits()
        self._clock = clock
        self._line = Line(url, self._limits.timeout)
        self._courier = Courier(self._line, Keys(instance), self._limits, clock)
        self._reader = BoardReader(url, instance, clock, self._limits)
        self._worker = Worker("reconciler-redis")
        self._breaker = Breaker(clock, self._limits.backoff, self._limits.longest_backoff)
        self._lock = Lock()
        self._news = News()
        self._view: View | None = None
        self._standing = _Standing.UNKNOWN
        self._flight: _Flight | None = None
        self._problem = ""

    @property
    def problem(self) -> str:
        """What is wrong with Redis, or with our place in it; "" when nothing is known to be."""
        return self._problem

    def read(self) -> Board | None:
        """Give what is shown, None when nothing is.

        Raises:
            StatusUnavailable: Redis does not answer, or what it holds can't be relied on.

        """
        return self._reader.read()

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
        whole: Callable[[], Iterable[ResourceStatus]],
    ) -> None:
        """Tell Redis what changed, or everything when it has lost the view; raises nothing for its sake."""
        with self._lock:
            self._news.say(sync, replica)
            if self._standing is _Standing.INTACT or self._flight:
                self._news.change(changed, gone)
            self._land()
            if self._flight is None and self._breaker.due:
                self._deliver(whole)

    def withdraw(self) -> None:
        """Take the heartbeat down and end the thread; raises nothing for Redis' sake."""
        with self._lock:
            self._land()
            if self._news.replica and self._flight is None and not self._breaker.failing:
                bulletin = Bulletin(self._clock.now(), self._news.replica, None)
                until = self._clock.monotonic() + self._limits.patience.total_seconds()
                errand = partial(self._courier.part, self._news.replica)
                self._send(bulletin, errand, self._limits.patience, until)
            self._line.cut()
            self._worker.run(self._line.close)
            self._worker.stop()
            self._reader.close()

    def _deliver(self, whole: Callable[[], Iterable[ResourceStatus]]) -> None:
        """Tell the news; where the view is found lost, build it anew, in the same breath if possible."""
        patience = self._limits.curtness if self._breaker.failing else self._limits.patience
        until = self._clock.monotonic() + patience.total_seconds()
        bulletin = self._news.take(self._clock.now())
        if bulletin.sync is None:
            # What others write meanwhile is not known here.
            self._view, self._standing = None, _Standing.UNKNOWN
        elif len(bulletin.changed) + len(bulletin.gone) > self._limits.narrow:
            self._standing = _Standing.UNKNOWN
        if self._standing is not _Standing.LOST:
            view = self._view if self._standing is _Standing.INTACT else None
            self._send(bulletin, partial(self._courier.tell, bulletin, view), self._limits.patience, until)
        if bulletin.sync and self._standing is _Standing.LOST:
            entire = replace(bulletin, changed=(), gone=(), whole=tuple(whole()))
            errand = partial(self._courier.build, entire, bulletin.sync, self._view)
            self._send(entire, errand, self._limits.rebuild, until)

    def _send(
        self, bulletin: Bulletin, errand: Callable[[], Landing], allowed: timedelta, until: float
    ) -> None:
        """Send the courier, and wait for him, but not beyond `until` (monotonic)."""
        begun = self._clock.monotonic()
        due = begun + allowed.total_seconds()
        flight = _Flight(bulletin, self._worker.run(errand), allowed, due)
        futures.wait([flight.landing], max(0.0, until - begun))
        self._flight = flight
        self._land()

    def _land(self) -> None:
        """Take in what became of the bulletin on its way, if it has arrived."""
        flight = self._flight
        if flight is None:
            return
        if not flight.landing.done():
            self._overdue(flight)
            return
        self._flight = None
        try:
            landing = flight.landing.result()
        except StatusUnavailable as error:
            self._lose(_Standing.UNKNOWN)
            self._fail(f"{error.what}: {error.why}")
            return
        if landing.seconds <= flight.allowed.total_seconds():
            self._breaker.mend()
            self._problem = ""
        else:
            self._breaker.ease()
        self._take_in(flight.bulletin, landing)

    def _overdue(self, flight: _Flight) -> None:
        """Say so when the courier is late, and call him back when he is far too late."""
        late = self._clock.monotonic() - flight.due
        if late >= 0 and not self._breaker.failing:
            self._fail(f"Redis is slow: nothing after {flight.allowed.total_seconds():g} s")
        if late >= self._limits.timeout.total_seconds():
            self._line.cut()

    def _take_in(self, bulletin: Bulletin, landing: Landing) -> None:
        if landing.shown:
            self._view = landing.shown
            self._view.resources.update((status.key, status) for status in bulletin.changed)
            for key in bulletin.gone:
                self._view.resources.pop(key, None)
            self._standing = _Standing.INTACT
        elif landing.view:
            self._lose(_Standing.LOST if landing.view is Reply.LOST else _Standing.UNKNOWN)
        if landing.view is Reply.STALE:
            self._problem = "Redis shows the status of a newer writer, and takes none of this one's"
        elif landing.heartbeat is Reply.STALE:
            self._problem = "Another process sends heartbeats under this replica's name"

    def _lose(self, standing: _Standing) -> None:
        """Count on nothing that Redis may hold."""
        self._standing = standing
        self._news.forget()

    def _fail(self, what: str) -> None:
        self._breaker.fail()
        self._problem = f"{what} at {self._line.address}"
