"""The transaction of a pass: fenced, conditional on what the rows still are, and whole for whoever reads.

In order: the fence; the rows of every touched resource, locked in the order of their keys and skipped where
somebody holds them; the comparison with what the plan saw; the writes, set by set; inventory, history and
the pass itself. What is held, has moved or is in flight leaves the pass as a whole resource. Rows that the
database refuses are found by halving, under savepoints, and leave it too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg.types.json import Jsonb

from reconciler.errors import PlanOutdated, SteppedDown
from reconciler.plan import Change, HeldBack, Plan, Reason, Sync, plan_queue
from reconciler.report import Applied, Left, PassHeader
from reconciler.store import book, desk, write
from reconciler.store.connect import Connection, apply_local_settings
from reconciler.store.errors import explain, rows_refused
from reconciler.store.lock import lock_rows
from reconciler.store.migrate import HEAD

_FENCE: Final = """
select 1 from reconciler.fence where instance = %s and epoch = %s and schema_version = %s for share"""

_RECORD: Final = """
insert into reconciler.passes (id, instance, epoch, trigger, revision, started_at, counts)
values (%s, %s, %s, %s, %s, %s, %s)"""

_LOCK_TIMEOUT: Final = "55P03"


@dataclass(slots=True)
class _Transaction:
    """One pass's transaction, while it is open."""

    connection: Connection
    header: PassHeader
    page: book.Page
    done: list[Change] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    rows: int = 0

    def run(self, plan: Plan) -> None:
        self._pass_fence()
        self._consume(plan)
        changes, self.left = lock_rows(self.connection, plan.changes, self.header.force)
        if plan.released:
            self._require_whole(plan, changes)
        if changes:
            self._write(changes, write.Queue(self.connection, plan_queue(changes)))
        if self.done:
            self._record_pass()

    def _pass_fence(self) -> None:
        """Make sure that this replica still is the writer, and stays it until the transaction ends."""
        fence = [self.page.instance, self.header.epoch, HEAD]
        if self.connection.execute(_FENCE, fence).fetchone() is None:
            raise SteppedDown(
                "another replica writes now",
                where=f"instance {self.page.instance}, epoch {self.header.epoch}",
                fix="nothing to do: this replica stands by",
            )

    def _consume(self, plan: Plan) -> None:
        """Use up the approvals that the plan acts on: each serves once, in this transaction."""
        for gate in plan.released:
            if not desk.consume(self.connection, self.page.instance, gate.digest, self.header.pass_id):
                raise PlanOutdated("an approval was withdrawn, used or ran out while the pass ran")

    def _require_whole(self, plan: Plan, changes: Sequence[Change]) -> None:
        """Hold an approved set together: what was approved is done as it stands, or not at all."""
        going = {change.key for change in changes}
        subjects = {key for gate in plan.released for key, _, _ in gate.subjects}
        if missing := subjects - going:
            raise PlanOutdated("rows of an approved set changed while the pass ran", where=str(min(missing)))

    def _write(self, changes: Sequence[Change], queue: write.Queue) -> None:
        """Write some changes; where the database refuses, halve them until the culprit stands alone."""
        try:
            with self.connection.transaction():
                rows = write.write_rows(self.connection, changes, queue)
                book.write_book(self.connection, changes, self.header, self.page)
        except psycopg.Error as error:
            if not (rows_refused(error) or error.sqlstate == _LOCK_TIMEOUT):
                raise
            if len(changes) == 1:
                self.left.append(_refused(changes[0], error))
                return
            middle = len(changes) // 2
            self._write(changes[:middle], queue)
            self._write(changes[middle:], queue)
        else:
            self.done.extend(changes)
            self.rows += rows

    def told(self) -> Applied:
        """Give what the transaction did."""
        return Applied(
            done=frozenset(change.key for change in self.done),
            left=tuple(self.left),
            rows_written=self.rows,
        )

    def _record_pass(self) -> None:
        counts = Counter(book.ACTIONS.get(type(change), "noted") for change in self.done)
        header = self.header
        self.connection.execute(
            _RECORD,
            [
                header.pass_id,
                self.page.instance,
                header.epoch,
                header.trigger,
                self.page.revision,
                header.started_at,
                Jsonb(counts),
            ],
        )


def _refused(change: Change, error: psycopg.Error) -> Left:
    if error.sqlstate == _LOCK_TIMEOUT:
        message = "rows that it needs are held by another transaction; tried again"
        return Left(HeldBack(change.key, Sync.OUT_OF_SYNC, Reason.ROW_LOCKED, message), retry=True)
    message = f"PostgreSQL refuses its rows: {explain(error)}"
    return Left(HeldBack(change.key, Sync.CONFLICT, Reason.ROW_REFUSED, message), retry=False)


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
    transaction = _Transaction(connection, header, book.Page(instance, plan.revision))
    applied: Applied | None = None
    try:
        with connection.transaction():
            apply_local_settings(connection, writer=instance)
            transaction.run(plan)
            applied = transaction.told()
    except psycopg.OperationalError as error:
        if applied is not None and connection.broken:
            raise CommitUnknown(applied) from error
        raise
    return applied


def was_committed(connection: Connection, header: PassHeader) -> bool:
    """Whether a pass is there whose COMMIT was sent and never answered."""
    found = connection.execute("select 1 from reconciler.passes where id = %s", [header.pass_id])
    return found.fetchone() is not None
