"""Locking the rows of a plan, and finding out which of its changes still hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from reconciler.plan import (
    Change,
    Heal,
    HeldBack,
    JobRow,
    Reason,
    Rows,
    Sync,
    UserRow,
    WorkflowRow,
)
from reconciler.report import Left
from reconciler.resources import ResourceKey
from reconciler.store import rows as stored
from reconciler.store.connect import Connection
from reconciler.store.pairs import Pair, pair

_KEPT_USERS: Final = """
select id from public.users where id = any (%s) order by id for key share skip locked"""

_JOBS_ALONE: Final = "select id from public.jobs where id = any (%s) order by id for update skip locked"


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
    """The rows as they are under our locks; what is missing is held by somebody else, or gone.

    `counts` has the number of jobs beneath each workflow, held or not. `kept` are users that stay as long as
    we write. `alone` are jobs to which nobody can come to refer, as their deletion or renaming needs.
    """

    users: dict[UUID, UserRow]
    workflows: dict[UUID, WorkflowRow]
    counts: dict[UUID, int]
    kept: frozenset[UUID]
    alone: frozenset[UUID]
    force: frozenset[ResourceKey]

    @classmethod
    def take(
        cls, connection: Connection, changes: Sequence[Change], force: frozenset[ResourceKey]
    ) -> _Locked:
        pairs = [pair(change) for change in changes]
        users: dict[UUID, UserRow] = {}
        workflows: dict[UUID, WorkflowRow] = {}
        for ids, lock in _by_lock(pairs, UserRow):
            users |= stored.read_users(connection, ids, lock)
        kept = _keep_users(connection, pairs)
        for ids, lock in _by_lock(pairs, WorkflowRow):
            workflows |= stored.read_workflows(connection, ids, lock)
        workflows |= _moved_jobs(connection, pairs, workflows)
        counts = stored.count_jobs(connection, [*workflows]) if workflows else {}
        wanted = sorted(row_id for each in pairs for row_id in _jobs_needed_alone(*each))
        alone = connection.execute(_JOBS_ALONE, [wanted]).fetchall() if wanted else []
        return cls(users, workflows, counts, kept, frozenset(row_id for (row_id,) in alone), force)

    def obstacle(self, change: Change) -> Left | None:
        """Say what keeps this change from being made now, None when nothing does."""
        before, after = pair(change)
        if before is not None and (moved := self._moved(change, before, after)):
            return moved
        if isinstance(after, WorkflowRow) and after.user_id not in self.kept:
            message = "the row of its user is held by another transaction, or gone"
            return _left(change, Reason.ROW_LOCKED, message)
        return None

    def _moved(self, change: Change, before: Rows, after: Rows | None) -> Left | None:
        there = (self.users if isinstance(before, UserRow) else self.workflows).get(before.id)
        if there is None:
            return _left(change, Reason.ROW_LOCKED, "its row is held by another transaction, or just went")
        if isinstance(before, UserRow) or isinstance(there, UserRow):
            return None if there == before else _row_moved(change)
        held = sum(job.moved_to is None for job in there.jobs) < self.counts.get(there.id, 0)
        if held or not self.alone.issuperset(_jobs_needed_alone(before, after)):
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


def _by_lock(pairs: Iterable[Pair], kind: type[Rows]) -> Iterator[tuple[list[UUID], str]]:
    """Part the rows of a kind by what is done to them, each with the lock that this needs.

    While a row goes or takes another name, nobody may be about to refer to it.
    """
    parts: dict[str, list[UUID]] = {stored.SHARED: [], stored.EXCLUSIVE: []}
    for each in pairs:
        if isinstance(each.before, kind):
            lock = stored.EXCLUSIVE if each.taken or each.after is None else stored.SHARED
            parts[lock].append(each.before.id)
    for lock, ids in parts.items():
        if ids:
            yield sorted(ids), lock


def _moved_jobs(
    connection: Connection, pairs: Iterable[Pair], rows: Mapping[UUID, WorkflowRow]
) -> dict[UUID, WorkflowRow]:
    """Lock the jobs that the plan saw beneath other workflows than their own, and add them to these."""
    befores = [each.before for each in pairs if isinstance(each.before, WorkflowRow)]
    homes = {job.id: row.id for row in befores for job in row.jobs if job.moved_to is not None}
    moved = stored.read_moved(connection, homes, stored.EXCLUSIVE)
    there = ((rows.get(row_id), jobs) for row_id, jobs in moved.items())
    return {row.id: stored.with_jobs(row, jobs) for row, jobs in there if row is not None}


def _jobs_needed_alone(before: Rows | None, after: Rows | None) -> Iterator[UUID]:
    """Name the jobs that a change deletes or renames in a workflow that stays."""
    if isinstance(before, WorkflowRow) and isinstance(after, WorkflowRow) and before is not after:
        names = {job.id: job.name for job in after.jobs}
        yield from (job.id for job in before.jobs if names.get(job.id) != job.name)


def _keep_users(connection: Connection, pairs: Iterable[Pair]) -> frozenset[UUID]:
    """Keep the users that workflows refer to from being deleted; those that the plan makes count as kept."""
    pairs = list(pairs)
    new = {each.after.id for each in pairs if isinstance(each.after, UserRow) and each.before is None}
    needed = {each.after.user_id for each in pairs if isinstance(each.after, WorkflowRow)} - new
    if not needed:
        return frozenset(new)
    kept = connection.execute(_KEPT_USERS, [sorted(needed)])
    return frozenset(new).union(row_id for (row_id,) in kept)


def _row_moved(change: Change) -> Left:
    return _left(change, Reason.ROW_MOVED, "its rows changed while the pass ran")


def _left(change: Change, reason: Reason, message: str) -> Left:
    return Left(HeldBack(change.key, Sync.OUT_OF_SYNC, reason, f"{message}; tried again"), retry=True)
