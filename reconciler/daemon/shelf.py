"""The status in PostgreSQL: written as far as it changed, kept back while PostgreSQL is away."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Condition, Lock, Thread
from typing import Final

from reconciler.daemon.pace import TICK
from reconciler.errors import TerminalError, TransientError
from reconciler.ports import Clock, StatusStore
from reconciler.report import (
    Board,
    ConditionType,
    InstanceStatus,
    Movement,
    ReplicaStatus,
    ResourceStatus,
)
from reconciler.report.wire import WireError
from reconciler.resources import ResourceKey
from reconciler.telemetry import get_logger

PATIENCE: Final = 5.0
"""Seconds after which PostgreSQL, asked to write a few rows, counts as one that does not answer."""

EVERY: Final = 5.0
"""Seconds between two heartbeats of a replica in PostgreSQL, and between two tellings of nothing new."""

log = get_logger(__name__)


@dataclass(slots=True)
class _Backlog:
    """What PostgreSQL has yet to be told: of each resource the last status."""

    sync: InstanceStatus | None = None
    changed: dict[ResourceKey, ResourceStatus] = field(default_factory=dict)
    gone: set[ResourceKey] = field(default_factory=set)

    def add(self, later: _Backlog) -> None:
        """Take in what came after it."""
        self.sync = later.sync or self.sync
        for key in later.gone:
            self.changed.pop(key, None)
        self.gone = (self.gone - later.changed.keys()) | later.gone
        self.changed.update(later.changed)


class Shelf:
    """What PostgreSQL is told, by a thread of its own: neither a pass nor a heartbeat waits for it.

    What could not be written is written later, as it stands by then, so that a long absence costs no more
    than telling everything once.
    """

    def __init__(self, store: StatusStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._news = Condition()
        self._writing = Lock()
        self._backlog = _Backlog()
        self._replica: ReplicaStatus | None = None
        self._told: frozenset[tuple[str, bool]] = frozenset()
        self._urgent = False
        self._fresh = False
        self._drops = 0
        self._beat_due = clock.monotonic()
        self._in_touch = False
        self._failing = ""
        self._asked_at: float | None = None
        self._stopped = False
        self._thread = Thread(target=self._write_on, name="shelf", daemon=True)

    @property
    def problem(self) -> str:
        """Why PostgreSQL does not show how things stand; "" when it does, or is known to be away."""
        asked_at = self._asked_at
        if asked_at is not None and (silence := self._clock.monotonic() - asked_at) > PATIENCE:
            return f"PostgreSQL has not answered for {silence:.0f} s"
        return self._failing if self._in_touch else ""

    # --- what is to be told ---------------------------------------------------------------------------------

    def put(
        self, replica: ReplicaStatus, sync: InstanceStatus | None, movement: Movement, *, now: bool
    ) -> None:
        """Take in what is new. It is written with the next heartbeat, with `now` at once.

        A heartbeat is due every few seconds, and whenever a replica begins or ceases to lead, to be ready, to
        be stalled, or to have problems.
        """
        changed = {status.key: status for status in movement.changed}
        with self._news:
            self._replica = replica
            self._backlog.add(_Backlog(sync, changed, set(movement.gone)))
            self._urgent = self._urgent or now
            self._fresh = True
            self._news.notify_all()

    def recall(self) -> Board:
        """Give what was written last, and drop what was not: somebody else may have led in between.

        What another version wrote and this one can't read is as if it were not there: status stops nothing.

        Raises:
            StoreUnavailable: PostgreSQL does not answer.

        """
        with self._writing:
            self.drop()
            try:
                board = self._store.recall()
            except WireError as error:
                log.warning("the last status can't be read and is told anew", error=error)
                board = Board("postgresql", self._clock.now())
        self.regain_touch()
        return board

    def drop(self) -> None:
        """Forget what was not written: it is not ours to tell any more."""
        with self._news:
            self._backlog, self._urgent = _Backlog(), False
            self._drops += 1

    def lose_touch(self) -> None:
        """Keep everything until PostgreSQL is known to answer."""
        self._in_touch = False

    def regain_touch(self) -> None:
        """Write again: PostgreSQL answers."""
        self._in_touch = True

    # --- the writing ----------------------------------------------------------------------------------------

    def write(self) -> None:
        """Write what is due."""
        with self._writing:
            with self._news:
                replica, beat = self._replica, self._beat_is_due()
                if replica is None or not self._in_touch or not (beat or self._urgent):
                    return
                backlog, self._backlog, self._urgent = self._backlog, _Backlog(), False
                drops = self._drops
                if beat:
                    self._beat_due, self._told = self._clock.monotonic() + EVERY, _essence(replica)
            if not self._publish(backlog, replica if beat else None):
                self._take_back(backlog, drops)

    def _beat_is_due(self) -> bool:
        if self._replica is None:
            return False
        return self._clock.monotonic() >= self._beat_due or _essence(self._replica) != self._told

    def _publish(self, backlog: _Backlog, replica: ReplicaStatus | None) -> bool:
        try:
            changed, gone = tuple(backlog.changed.values()), tuple(backlog.gone)
            self._asked_at = self._clock.monotonic()
            self._store.publish(backlog.sync, replica, changed, gone)
        except Exception as error:  # noqa: BLE001 - even a mistake of ours must not end the heartbeats
            self._complain(error)
            return False
        finally:
            self._asked_at = None
        self._failing = ""
        return True

    def _take_back(self, backlog: _Backlog, drops: int) -> None:
        """Keep what could not be written, beneath what has come since, unless it was dropped meanwhile."""
        with self._news:
            if drops == self._drops:
                backlog.add(self._backlog)
                self._backlog = backlog

    def _complain(self, error: Exception) -> None:
        """Say it once; a pass that fails for the same reason says more."""
        if not self._failing:
            foreseen = isinstance(error, TransientError | TerminalError)
            log.warning(
                "the status can't be written to PostgreSQL",
                error=error,
                **({} if foreseen else {"exc_info": error}),
            )
        self._failing = f"the status can't be written to PostgreSQL: {error}"

    # --- the thread -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to write whenever something is due."""
        self._thread.start()

    def stop(self) -> None:
        """Write no more; returns when the thread has ended."""
        with self._news:
            self._stopped = self._fresh = True
            self._news.notify_all()
        self._thread.join()

    def _write_on(self) -> None:
        while not self._stopped:
            self.write()
            with self._news:
                if not self._fresh:
                    self._clock.wait(self._news, TICK)
                self._fresh = False

    def withdraw(self, replica: ReplicaStatus) -> None:
        """Write what is left, and take the replica down: it stops."""
        self.put(replica, None, Movement(), now=True)
        self.write()
        if self._in_touch and not self._failing:
            try:
                self._store.withdraw(replica.replica)
            except (TransientError, TerminalError) as error:
                self._complain(error)


def _essence(replica: ReplicaStatus) -> frozenset[tuple[str, bool]]:
    """Give what must not be told late: it is what a verdict hangs on."""
    lasting = (one for one in replica.conditions if one.type is not ConditionType.RECONCILING)
    told = ((one.type, one.status) for one in lasting)
    return frozenset([(replica.role, True), ("trouble", bool(replica.problems)), *told])
