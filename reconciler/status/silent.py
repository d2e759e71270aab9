"""The board of a daemon that was given no Redis: nothing is shown there, and nothing is amiss."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reconciler.report import Board, InstanceStatus, ReplicaStatus, ResourceStatus
from reconciler.resources import ResourceKey


class SilentBoard:
    """Shows nothing: see `ports.StatusBoard`; PostgreSQL keeps the status all the same."""

    @property
    def problem(self) -> str:
        return ""

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
        whole: Callable[[], Iterable[ResourceStatus]],
    ) -> None:
        """Do nothing."""

    def withdraw(self) -> None:
        """Do nothing."""

    def read(self) -> Board | None:
        """Give nothing."""
        return None
