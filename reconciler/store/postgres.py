"""`PostgresStore`: the store of `ports`, on one connection for passes and another for the status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import Any, Final
from uuid import UUID

import psycopg

from reconciler.desired import DesiredState
from reconciler.errors import StoreUnavailable
from reconciler.plan import ActualState, Gate, Plan, Record, Survey
from reconciler.ports import Clock
from reconciler.report import (
    Applied,
    Board,
    InstanceStatus,
    PassHeader,
    ReplicaStatus,
    Request,
    ResourceStatus,
)
from reconciler.resources import Kind, ResourceKey
from reconciler.store import board, desk
from reconciler.store.apply import CommitUnknown, apply_plan, pass_fence, was_committed
from reconciler.store.connect import Connection, apply_local_settings, connect, describe
from reconciler.store.errors import translate
from reconciler.store.examine import examine
from reconciler.store.expiry import expire
from reconciler.store.survey import Sums, add_up, survey

_LOCATE: Final = """
select kind, name from reconciler.inventory where instance = %s and row_id = any (%s)"""

_BRIEFLY: Final = "set local statement_timeout = '5s'"
"""Nobody waits for what is over age to be gone."""

_DISCARD: Final = {"25006"}
"""A server that only reads: it was the primary, and another one is now."""


class PostgresStore:
    """PostgreSQL, as passes and status of one instance use it; connects when it must.

    The calls of a pass belong to one thread; `publish` and `recall` may come from another at the same time.
    """

    def __init__(self, url: str, instance: str, clock: Clock) -> None:
        self._instance = instance
        self._clock = clock
        self._passes = _Link(url, f"reconciler pass {instance}")
        self._sums: Sums | None = None
        self._records: Mapping[ResourceKey, Record] = {}
        self._statuses = _Link(url, f"reconciler status {instance}")

    def survey(self, desired: DesiredState) -> Survey:
        """Look at the inventory and the fingerprints; see `ports.Store.survey`."""
        with self._passes.transaction() as connection:
            if desired.scope is None or self._sums is None:
                self._sums = add_up(connection, self._instance)
            found = survey(connection, self._instance, desired, self._sums)
        self._records = found.records
        return found

    def examine(self, survey: Survey, desired: DesiredState, keys: frozenset[ResourceKey]) -> ActualState:
        """Read the rows of `keys`; see `ports.Store.examine`."""
        if not keys:
            return ActualState(survey)
        with self._passes.transaction() as connection:
            return examine(connection, survey, desired, keys)

    def apply(self, plan: Plan, header: PassHeader) -> Applied:
        """Carry the plan out in one transaction; see `ports.Store.apply`.

        When the answer to COMMIT is lost, the pass row tells whether it took place.
        """
        if plan.empty:
            return Applied()
        try:
            with self._passes.use() as connection:
                applied = apply_plan(connection, plan, header, self._instance)
        except CommitUnknown as unknown:
            applied = self._resolve(unknown, header)
        if self._sums is not None:
            done = [change for change in plan.changes if change.key in applied.done]
            self._sums = self._sums.after(done, self._records)
        return applied

    def _resolve(self, unknown: CommitUnknown, header: PassHeader) -> Applied:
        with self._passes.use() as connection:
            if was_committed(connection, self._instance, header):
                return unknown.applied
        raise StoreUnavailable(
            "the connection broke at COMMIT, and the pass was not committed", where=self._passes.where
        ) from unknown

    def locate(self, row_ids: Iterable[UUID]) -> frozenset[ResourceKey]:
        """Name the resources of these rows; see `ports.Store.locate`."""
        with self._passes.use() as connection:
            rows = connection.execute(_LOCATE, [self._instance, list(row_ids)])
            return frozenset(ResourceKey(Kind(kind), name) for kind, name in rows)

    def propose(
        self, gates: Sequence[Gate], outdated: frozenset[str] = frozenset(), *, lasting: bool = False
    ) -> None:
        """Write down the sets that wait for approval; see `ports.Store.propose`."""
        if gates or outdated:
            with self._passes.transaction() as connection:
                desk.drop(connection, self._instance, outdated)
                desk.propose(connection, self._instance, gates, lasting=lasting)

    def answer(self, requests: Sequence[Request], told: dict[str, Any]) -> None:
        """Answer whoever asked for a pass; see `ports.Store.answer`."""
        if requests:
            with self._passes.use() as connection:
                desk.answer(connection, self._instance, requests, told)

    def put_off(self, requests: Sequence[Request], why: str) -> None:
        """Tell whoever asked for a pass that it is tried again; see `ports.Store.put_off`."""
        if requests:
            with self._passes.use() as connection:
                desk.put_off(connection, self._instance, requests, why)

    def expire(self, epoch: int, keep: timedelta, most: int) -> int:
        """Delete what is over age; see `ports.Archive.expire`."""
        with self._passes.transaction() as connection:
            connection.execute(_BRIEFLY)
            pass_fence(connection, self._instance, epoch)
            return expire(connection, self._instance, keep, most)

    def publish(
        self,
        sync: InstanceStatus | None,
        replica: ReplicaStatus | None,
        changed: Iterable[ResourceStatus],
        gone: Iterable[ResourceKey],
    ) -> None:
        """Write down the status; see `ports.StatusStore.publish`."""
        with self._statuses.transaction() as connection:
            if replica is not None:
                board.publish_replica(connection, replica)
            if sync is None or board.publish_instance(connection, sync):
                board.publish_resources(connection, self._instance, changed, gone)

    def withdraw(self, replica: str) -> None:
        """Take a replica's row down; see `ports.StatusStore.withdraw`."""
        with self._statuses.transaction() as connection:
            board.withdraw_replica(connection, self._instance, replica)

    def recall(self) -> Board:
        """Give the status as it was last written down; see `ports.StatusStore.recall`."""
        with self._statuses.transaction() as connection:
            return board.recall(connection, self._instance, self._clock.now())

    def close(self) -> None:
        """Close the connections."""
        self._passes.close()
        self._statuses.close()


class _Link:
    """A connection opened when it is needed, used by one thread at a time, dropped once broken."""

    def __init__(self, url: str, name: str) -> None:
        self.where = describe(url)
        self._url = url
        self._name = name
        self._connection: Connection | None = None
        self._busy = Lock()

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """Lend the connection; errors of the driver leave as ours."""
        with self._busy:
            if self._connection is None:
                self._connection = connect(self._url, self._name)
            try:
                yield self._connection
            except psycopg.Error as error:
                if self._connection.closed or error.sqlstate in _DISCARD:
                    self._drop()
                raise translate(error, self.where) from error
            except CommitUnknown:
                self._drop()
                raise

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Lend the connection inside a transaction whose waits are bounded."""
        with self.use() as connection, connection.transaction():
            apply_local_settings(connection)
            yield connection

    def close(self) -> None:
        """Close the connection; it is opened again when it is needed."""
        with self._busy:
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
