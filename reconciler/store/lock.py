"""Locking the rows of a plan, and finding out which of its changes still hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from reconciler.plan import (
    Adopt,
    Change,
    Create,
    Delete,
    Heal,
    HeldBack,
    JobRow,
    Reason,
    Recreate,
    Restate,
    Rows,
    Sync,
    Update,
    UserRow,
    WorkflowRow,
)
from reconciler.report import Left
from reconciler.resources import ResourceKey
from reconciler.store import rows as stored
from reconciler.store.connect import Connection

_KEPT_USERS = "select id from public.users where id = any (%s) order by id for key share skip locked"


def lock_rows(
    connection: Connection, changes: Sequence[Change], force: frozenset[ResourceKey]
) -> tuple[list[Change], list[Left]]:
    """Lock every row that the changes touch, and keep the changes whose rows are what the plan saw.

    Users come before workflows and workflows before jobs, each in the order of their ids, so that two writers
    can't wait for each other in a circle. Nothing here waits: a row that somebody holds is skipped.
    """
    locked = _Locked.take(connection, changes, force)
    going: list[Change] = []
    left: list[Left] = []
    for change in changes:
        obstacle = locked.obstacle(change)
        if obstacle is None:
            going.append(change)
        else:
            left.append(obstacle)
    return going, left


@dataclass(frozen=True, slots=True)
class _Locked:
    """The rows as they are under our locks; what is missing is held by somebody else, or gone."""

    rows: dict[UUID, Rows]
    jobs: dict[UUID, int]
    users: frozenset[UUID]
    force: frozenset[ResourceKey]

    @classmethod
    def take(
        cls, connection: Connection, changes: Sequence[Change], force: frozenset[ResourceKey]
    ) -> _Locked:
        going = [change for change in changes if isinstance(change, Delete)]
        staying = [change for change in changes if isinstance(change, Update | Heal | Adopt | Restate)]
        rows: dict[UUID, Rows] = {}
        for part, lock in ((staying, stored.SHARED), (going, stored.EXCLUSIVE)):
            if ids := _ids(part, UserRow):
                rows |= stored.read_users(connection, ids, lock)
        users = _kept_users(connection, changes)
        for part, lock in ((staying, stored.SHARED), (going, stored.EXCLUSIVE)):
            if ids := _ids(part, WorkflowRow):
                rows |= stored.read_workflows(connection, ids, lock)
        workflows = [row_id for row_id, row in rows.items() if isinstance(row, WorkflowRow)]
        jobs = stored.count_jobs(connection, workflows) if workflows else {}
        return cls(rows, jobs, users, force)

    def obstacle(self, change: Change) -> Left | None:
        """Say what keeps this change from being made now, None when nothing does."""
        match change:
            case Create(after=after) | Recreate(after=after):
                return self._user_missing(change, after)
            case Update(before=before, after=after) | Heal(before=before, after=after):
                return self._moved(change, before, after) or self._user_missing(change, after)
            case Adopt(before=before, after=after):
                return self._moved(change, before, after) or self._user_missing(change, after)
            case Delete(before=before):
                return self._moved(change, before, None)
            case Restate(rows=rows):
                return self._moved(change, rows, rows)
            case _:
                return None

    def _user_missing(self, change: Change, after: Rows) -> Left | None:
        if isinstance(after, WorkflowRow) and after.user_id not in self.users:
            message = "the row of its user is held by another transaction, or gone"
            return _left(change, Reason.ROW_LOCKED, message)
        return None

    def _moved(self, change: Change, before: Rows, after: Rows | None) -> Left | None:
        there = self.rows.get(before.id)
        if there is None:
            return _left(change, Reason.ROW_LOCKED, "its row is held by another transaction, or just went")
        if isinstance(before, UserRow) or isinstance(there, UserRow):
            return None if there == before else _row_moved(change)
        if len(there.jobs) < self.jobs.get(there.id, 0):
            return _left(change, Reason.ROW_LOCKED, "rows of its jobs are held by another transaction")
        seen = {job.id: job for job in before.jobs}
        found = {job.id: job for job in there.jobs}
        moved = replace(there, jobs=()) != replace(before, jobs=())
        if moved or any(found.get(row_id) != job for row_id, job in seen.items()):
            return _row_moved(change)
        if after is None and found.keys() != seen.keys():
            return _row_moved(change)
        if change.key in self.force or isinstance(change, Heal):
            return None
        return _taken_up(change, seen, found, after)


def _taken_up(
    change: Change, seen: dict[UUID, JobRow], found: dict[UUID, JobRow], after: Rows | None
) -> Left | None:
    """Find a job that a worker took up since the plan, and that the change would alter or delete."""
    wanted = {job.id: job for job in after.jobs} if isinstance(after, WorkflowRow) else {}
    for row_id, job in seen.items():
        now = found[row_id]
        target = wanted.get(row_id)
        if now.in_flight and not job.in_flight and (target is None or not target.means_the_same(now)):
            message = f"waits for jobs in flight: {now.name!r} is {now.status}"
            held = HeldBack(change.key, Sync.DEFERRED, Reason.IN_FLIGHT, message)
            return Left(held, retry=True)
    return None


def _kept_users(connection: Connection, changes: Iterable[Change]) -> frozenset[UUID]:
    """Keep the users that workflows refer to from being deleted; those that the plan makes count as kept."""
    new: set[UUID] = set()
    needed: set[UUID] = set()
    for change in changes:
        match change:
            case Create(after=UserRow(id=row_id)) | Recreate(after=UserRow(id=row_id)):
                new.add(row_id)
            case (
                Create(after=WorkflowRow() as after)
                | Recreate(after=WorkflowRow() as after)
                | Update(after=WorkflowRow() as after)
                | Heal(after=WorkflowRow() as after)
                | Adopt(after=WorkflowRow() as after)
            ):
                needed.add(after.user_id)
            case _:
                continue
    if not needed - new:
        return frozenset(new)
    kept = connection.execute(_KEPT_USERS, [sorted(needed - new)])
    return frozenset(new).union(row_id for (row_id,) in kept)


def _ids(changes: Iterable[Update | Heal | Adopt | Restate | Delete], kind: type[Rows]) -> list[UUID]:
    rows = (change.rows if isinstance(change, Restate) else change.before for change in changes)
    return sorted(row.id for row in rows if isinstance(row, kind))


def _row_moved(change: Change) -> Left:
    return _left(change, Reason.ROW_MOVED, "its rows changed while the pass ran")


def _left(change: Change, reason: Reason, message: str) -> Left:
    return Left(HeldBack(change.key, Sync.OUT_OF_SYNC, reason, f"{message}; tried again"), retry=True)
