"""The place of new jobs in the queue: a `created_at` for each, no two alike, whoever else writes.

Jobs that go behind all others stand on whole ticks, taken from a clock that only grows; parents that come
late stand between the ticks. So instances that write at the same time never meet, and need not wait for one
another.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from reconciler.plan import Placement, QueuePlan
from reconciler.store.connect import Connection

_TICK: Final = timedelta(microseconds=10)
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

_ADVANCE: Final = """
update reconciler.queue_clock set last = %s + date_bin('10 microseconds',
    greatest(clock_timestamp(), last) + interval '10 microseconds', timestamptz 'epoch')
where exists (select from reconciler.fence where instance = %s and epoch = %s)
returning last"""

_PLACING: Final = "select pg_advisory_xact_lock(hashtextextended('reconciler/queue', 0))"
_CHILDREN: Final = """
select id, created_at from public.jobs
where id = any (%s) and created_at between '1970-01-01' and '9000-01-01'"""

_TAKEN: Final = """
select created_at from public.jobs
where status = any ('{PENDING,QUEUED,RUNNING,SUCCEEDED,FAILED,CANCELLED}')
    and created_at >= %s and created_at < %s"""


def reserve(connection: Connection, instance: str, epoch: int, jobs: int) -> datetime | None:
    """Take the next places behind all others for so many jobs; give the first, None if we are no writer.

    A transaction of its own, so that no other instance waits until the pass has ended. That a crash may lose
    it does no harm: the rows that bear these times would be lost with it.
    """
    span = _TICK * (jobs - 1)
    with connection.transaction():
        connection.execute("set local synchronous_commit = off")
        row = connection.execute(_ADVANCE, [span, instance, epoch]).fetchone()
    return row[0] - span if row else None


class Queue:
    """The `created_at` of every new job of a plan, fixed before the first row is written."""

    def __init__(self, connection: Connection, plan: QueuePlan, first: datetime | None) -> None:
        self._times: dict[UUID, datetime] = {}
        if first is not None:
            self._times = {job.id: first + _TICK * place for place, (_, job) in enumerate(plan.append)}
        if plan.before:
            connection.execute(_PLACING)
            self._place(plan.before, connection)

    def __getitem__(self, job_id: UUID) -> datetime:
        return self._times[job_id]

    def _place(self, placements: Sequence[Placement], connection: Connection) -> None:
        """Give each placement the latest free microsecond before its children and those placed before it."""
        children = [child for placement in placements for child in placement.children]
        times: dict[UUID, datetime] = dict(connection.execute(_CHILDREN, [children]).fetchall())
        limits: dict[UUID, datetime] = {}
        taken: set[datetime] = set()
        for placement in placements:
            bounds = [times[child] for child in placement.children if child in times]
            if placement.workflow_id in limits:
                bounds.append(limits[placement.workflow_id])
            slot = _free_before(min(bounds, default=_EPOCH), taken, connection)
            taken.add(slot)
            times[placement.job.id] = limits[placement.workflow_id] = self._times[placement.job.id] = slot


def _free_before(limit: datetime, taken: set[datetime], connection: Connection) -> datetime:
    """Find the latest microsecond before `limit` that no job has, and that is no tick."""
    width = timedelta(milliseconds=1)
    while True:
        rows = connection.execute(_TAKEN, [limit - width, limit], binary=True)
        occupied = taken.union(at for (at,) in rows)
        slot = limit - _MICROSECOND
        while slot in occupied or slot.microsecond % 10 == 0:
            slot -= _MICROSECOND
        if slot >= limit - width:
            return slot
        width *= 16
