"""Stand-ins for the ports: what they promise, without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Condition

from reconciler.errors import StatusUnavailable
from reconciler.report import Board, InstanceStatus, ReplicaStatus, ResourceStatus, Role
from reconciler.resources import ResourceKey

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


class HandClock:
    """A clock that stands still until it is moved by hand."""

    def __init__(self) -> None:
        self._elapsed = 0.0

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    def wait(self, condition: Condition, seconds: float) -> None:
        condition.wait(0)
        self.forward(timedelta(seconds=seconds))

    def forward(self, duration: timedelta) -> None:
        """Let time pass."""
        self._elapsed += duration.total_seconds()


@dataclass
class MemoryRedis:
    """What the boards of an instance's replicas share; set `broken` and it answers nobody."""

    broken: str = ""
    replicas: dict[str, ReplicaStatus] = field(default_factory=dict)
    sync: InstanceStatus | None = None
    resources: dict[ResourceKey, ResourceStatus] = field(default_factory=dict)
    writer: object = None

    def flush(self) -> None:
        """Lose everything."""
        self.replicas, self.sync, self.resources, self.writer = {}, None, {}, None


class MemoryBoard:
    """A status board without Redis."""

    def __init__(self, server: MemoryRedis | None = None) -> None:
        self.server = server or MemoryRedis()
        self.problem = ""
        self._sync: InstanceStatus | None = None
        self._replica: ReplicaStatus | None = None
        self._view: object = None

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
        whole: Callable[[], Iterable[ResourceStatus]],
    ) -> None:
        self._replica = replica or self._replica
        self._sync = sync or self._sync
        if self._replica and self._replica.role is not Role.LEADER:
            self._sync = None
        self.problem = self.server.broken
        if self.server.broken:
            self._view = None
            return
        if self._replica:
            self.server.replicas[self._replica.replica] = self._replica
        if self._sync:
            self._show(self._sync, changed, gone, whole)

    def _show(
        self,
        sync: InstanceStatus,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
        whole: Callable[[], Iterable[ResourceStatus]],
    ) -> None:
        if self.server.sync and self.server.sync.epoch > sync.epoch:
            self.problem = "a newer writer's status is shown"
            return
        if self._view is None or self._view is not self.server.writer:
            self._view = self.server.writer = object()
            self.server.resources = {status.key: status for status in whole()}
        else:
            for key in gone:
                self.server.resources.pop(key, None)
            self.server.resources.update((status.key, status) for status in changed)
        self.server.sync = sync

    def withdraw(self) -> None:
        if self._replica and not self.server.broken:
            self.server.replicas.pop(self._replica.replica, None)

    def read(self) -> Board | None:
        if self.server.broken:
            raise StatusUnavailable(self.server.broken)
        replicas = tuple(replica for _, replica in sorted(self.server.replicas.items()))
        if not replicas and not self.server.sync:
            return None
        return Board("redis", NOON, replicas, self.server.sync, dict(sorted(self.server.resources.items())))
