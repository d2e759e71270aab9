"""The status in PostgreSQL: written as far as it changed, kept back while PostgreSQL is away."""

from __future__ import annotations

from typing import Final

from reconciler.errors import TerminalError, TransientError
from reconciler.ports import Clock, StatusStore
from reconciler.report import Board, ConditionType, InstanceStatus, Movement, ReplicaStatus, ResourceStatus
from reconciler.resources import ResourceKey
from reconciler.telemetry import get_logger

EVERY: Final = 5.0
"""Seconds between two heartbeats of a replica in PostgreSQL, and between two tellings of nothing new."""

log = get_logger(__name__)


class Shelf:
    """What PostgreSQL has yet to be told.

    What could not be written is written later, as it stands by then: of each resource the last status, so
    that a long absence costs no more than telling everything once.
    """

    def __init__(self, store: StatusStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._changed: dict[ResourceKey, ResourceStatus] = {}
        self._gone: set[ResourceKey] = set()
        self._sync: InstanceStatus | None = None
        self._beat_due = clock.monotonic()
        self._told: frozenset[tuple[str, bool]] = frozenset()
        self._in_touch = False
        self._failing = False

    def recall(self) -> Board:
        """Give what was written last, and drop what was not: somebody else may have led in between.

        Raises:
            StoreUnavailable: PostgreSQL does not answer.

        """
        board = self._store.recall()
        self.drop()
        self._in_touch = True
        return board

    def drop(self) -> None:
        """Forget what was not written: it is not ours to tell any more."""
        self._changed.clear()
        self._gone.clear()
        self._sync = None

    def lose_touch(self) -> None:
        """Keep everything until PostgreSQL is known to answer: a heartbeat shall not wait for it."""
        self._in_touch = False

    def regain_touch(self) -> None:
        """Write again: PostgreSQL answers."""
        self._in_touch = True

    def add(self, sync: InstanceStatus | None, movement: Movement) -> None:
        """Take in what changed."""
        self._sync = sync or self._sync
        for status in movement.changed:
            self._changed[status.key] = status
            self._gone.discard(status.key)
        for key in movement.gone:
            self._changed.pop(key, None)
            self._gone.add(key)

    def write(self, replica: ReplicaStatus, *, now: bool) -> None:
        """Write what is new; with `now` at once, else together with the next heartbeat that is due.

        A heartbeat is due every few seconds, and whenever a replica begins or ceases to lead, to be ready, to
        be stalled, or to have problems.
        """
        time = self._clock.monotonic()
        beat = time >= self._beat_due or _essence(replica) != self._told
        if not self._in_touch or not (beat or now):
            return
        if beat:
            self._beat_due, self._told = time + EVERY, _essence(replica)
        try:
            changed, gone = tuple(self._changed.values()), tuple(self._gone)
            self._store.publish(self._sync, replica if beat else None, changed, gone)
        except (TransientError, TerminalError) as error:
            self._complain(error)
            return
        self._failing = False
        self.drop()

    def withdraw(self, replica: ReplicaStatus) -> None:
        """Write what is left, and take the replica down: it stops."""
        self.write(replica, now=True)
        if self._in_touch and not self._failing:
            try:
                self._store.withdraw(replica.replica)
            except (TransientError, TerminalError) as error:
                self._complain(error)

    def _complain(self, error: TransientError | TerminalError) -> None:
        """Say it once; the pass that fails for the same reason says more."""
        if not self._failing:
            log.warning("the status can't be written to PostgreSQL", error=error)
        self._failing = True


def _essence(replica: ReplicaStatus) -> frozenset[tuple[str, bool]]:
    """Give what must not be told late: it is what a verdict hangs on."""
    lasting = (one for one in replica.conditions if one.type is not ConditionType.RECONCILING)
    told = ((one.type, one.status) for one in lasting)
    return frozenset([(replica.role, True), ("trouble", bool(replica.problems)), *told])
