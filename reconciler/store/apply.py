"""The transaction of a pass: fenced, conditional on what the rows still are, and whole for whoever reads.

In order: the fence; the rows of every touched resource, locked in the order of their keys and skipped where
somebody holds them; the comparison with what the plan saw; the writes, set by set; inventory, history and
the pass itself. What is held, has moved or is in flight leaves the pass as a whole resource. So does what
the database refuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg.types.json import Jsonb

from reconciler.errors import PlanOutdated, PlanStale, SteppedDown
from reconciler.plan import Change, Gate, GateKind, HeldBack, Plan, Reason, Sync, plan_queue
from reconciler.report import Applied, Left, PassHeader
from reconciler.store import book, desk
from reconciler.store.connect import Connection, apply_local_settings
from reconciler.store.isolate import Scribe
from reconciler.store.lock import lock_rows
from reconciler.store.migrate import HEAD
from reconciler.store.queue import Queue, reserve

_NAMED: Final = 20
"""How many resources are named that kept a whole plan from being carried out."""

_FENCE: Final = """
select 1 from reconciler.fence where instance = %s and epoch = %s and schema_version = %s for share"""

_AWAIT_FENCE: Final = "select 1 from reconciler.fence where instance = %s for update"
_LOOK_UP: Final = "select 1 from reconciler.passes where id = %s"

_RECORD: Final = """
insert into reconciler.passes (id, instance, epoch, trigger, revision, started_at, counts)
values (%s, %s, %s, %s, %s, %s, %s)"""

_BLOCKED: Final = {
    GateKind.PRUNE: (Sync.ORPHANED, Reason.PRUNE_BLOCKED),
    GateKind.HEAL: (Sync.OUT_OF_SYNC, Reason.HEAL_BLOCKED),
    GateKind.SOURCE: (Sync.OUT_OF_SYNC, Reason.HEAL_BLOCKED),
}


class CommitUnknown(Exception):
    """COMMIT was sent and never answered; `applied` is what the transaction did if it took place."""

    def __init__(self, applied: Applied) -> None:
        super().__init__("the answer to COMMIT was lost")
        self.applied = applied


def apply_plan(connection: Connection, plan: Plan, header: PassHeader, instance: str) -> Applied:
    """Carry out a plan in one transaction; see `ports.Store.apply`. Errors of the driver pass through.

    Raises:
        CommitUnknown: the connection broke after all was written; `was_committed` can tell on another one.

    """
    queued = plan_queue(plan.changes)
    page = book.Page(instance, plan.revision, header.pass_id)
    first = reserve(connection, instance, header.epoch, len(queued.append)) if queued.append else None
    if queued.append and first is None:
        raise _stepped_down(instance, header.epoch)
    applied: Applied | None = None
    try:
        with connection.transaction():
            apply_local_settings(connection, writer=instance)
            pass_fence(connection, instance, header.epoch)
            applied = _Pass(connection, header, page).run(plan, Queue(connection, queued, first))
    except psycopg.OperationalError as error:
        if applied is not None and connection.broken:
            raise CommitUnknown(applied) from error
        raise
    return applied


def was_committed(connection: Connection, instance: str, header: PassHeader) -> bool:
    """Whether a pass is there whose COMMIT was sent and never answered.

    The fence, which that transaction shares while it lives, is waited for: else the server might still be
    about to commit.
    """
    with connection.transaction():
        apply_local_settings(connection)
        connection.execute(_AWAIT_FENCE, [instance])
        return connection.execute(_LOOK_UP, [header.pass_id]).fetchone() is not None


def pass_fence(connection: Connection, instance: str, epoch: int) -> None:
    """Make sure that this replica still is the writer, and stays it until the transaction ends.

    Raises:
        SteppedDown: it is no more.

    """
    if connection.execute(_FENCE, [instance, epoch, HEAD]).fetchone() is None:
        raise _stepped_down(instance, epoch)


def _stepped_down(instance: str, epoch: int) -> SteppedDown:
    return SteppedDown(
        "another replica writes now",
        where=f"instance {instance}, epoch {epoch}",
        fix="nothing to do: this replica stands by",
    )


@dataclass(frozen=True, slots=True)
class _Pass:
    """One pass's transaction, past the fence."""

    connection: Connection
    header: PassHeader
    page: book.Page

    def run(self, plan: Plan, queue: Queue) -> Applied:
        """Do what can be done; give what was done and what was left."""
        changes, left = lock_rows(self.connection, plan.changes, self.header.force)
        for gate in plan.released:
            changes, blocked = self._release(gate, changes)
            left = [*left, *blocked]
        self._refuse_half(left)
        scribe = Scribe(self.connection, self.page, queue)
        scribe.write(changes)
        self._refuse_half(scribe.left)
        if scribe.done:
            self._record(scribe.done)
        return Applied(
            done=frozenset(change.key for change in scribe.done),
            left=(*left, *scribe.left),
            generations=scribe.generations,
            rows_written=scribe.rows,
        )

    def _refuse_half(self, left: Sequence[Left]) -> None:
        """Give up a plan that is to be carried out whole, if something of it is left."""
        if not (left and self.header.whole):
            return
        refuse = PlanOutdated if all(one.retry for one in left) else PlanStale
        raise refuse(
            "the plan can't be carried out whole, and nothing of it was done",
            why="\n".join(f"{one.held.key}: {one.held.message}" for one in left[:_NAMED]),
            fix="make a new plan when the rows are free",
        )

    def _release(self, gate: Gate, changes: Sequence[Change]) -> tuple[list[Change], list[Left]]:
        """Use an approval up, if all that it is for can be done; else leave all of that, and keep it."""
        subjects = {key for key, _, _ in gate.subjects}
        missing = subjects - {change.key for change in changes}
        if missing:
            reason = f"{min(missing)}, which was approved together with it, can't be changed just now"
        elif desk.consume(self.connection, self.page.instance, gate.digest, self.header.pass_id):
            return list(changes), []
        else:
            reason = f"the approval of {gate.digest} was used, withdrawn or ran out while the pass ran"
        blocked = [change for change in changes if change.key in subjects]
        going = [change for change in changes if change.key not in subjects]
        return going, [_left_behind(change, gate, reason) for change in blocked]

    def _record(self, done: Sequence[Change]) -> None:
        counts = Counter(book.ACTIONS.get(type(change), "noted") for change in done)
        header = self.header
        row = [
            header.pass_id,
            self.page.instance,
            header.epoch,
            header.trigger,
            self.page.revision,
            header.started_at,
            Jsonb(counts),
        ]
        self.connection.execute(_RECORD, row)


def _left_behind(change: Change, gate: Gate, reason: str) -> Left:
    sync, why = _BLOCKED[gate.kind]
    return Left(HeldBack(change.key, sync, why, f"{reason}; tried again"), retry=True)
