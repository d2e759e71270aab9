"""Writing what can be written: what the database refuses is found by halving, and left with what needs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import psycopg

from reconciler.plan import Change, Create, HeldBack, Reason, Recreate, Sync, UserRow, WorkflowRow
from reconciler.report import Left
from reconciler.resources import ResourceKey
from reconciler.store import book, write
from reconciler.store.columns import OWNED
from reconciler.store.connect import Connection
from reconciler.store.errors import explain, lock_timed_out, referring_table, rows_refused
from reconciler.store.pairs import pair
from reconciler.store.queue import Queue

Bundle = tuple[Change, ...]
"""Changes that pass a name from row to row, and so are made together or not at all; mostly a single one."""

_OUR_TABLES: Final = frozenset(f"public.{table}" for table in OWNED)

_BE_BRIEF: Final = "select set_config('lock_timeout', '200ms', true)"
_BE_BRIEFER: Final = "select set_config('lock_timeout', '20ms', true)"
"""The rows are locked, and workers wait for them: whoever is in the way in spite of that gets little time,
and the second time less."""

_CHECK: Final = "set constraints all immediate"
_DEFER: Final = "set constraints all deferred"
"""What consumers have deferred is checked for each set that is written, while its culprit can be found."""


@dataclass(slots=True)
class Scribe:
    """Writes changes under savepoints, and keeps account of what was done and what was left."""

    connection: Connection
    page: book.Page
    queue: Queue
    done: list[Change] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    generations: dict[ResourceKey, int] = field(default_factory=dict)
    rows: int = 0
    _refused_users: dict[UUID, ResourceKey] = field(default_factory=dict)

    def write(self, changes: Sequence[Change]) -> None:
        """Write every change that the database takes."""
        self.connection.execute(_BE_BRIEF)
        self._write(list(bundle(changes)))

    def _write(self, bundles: Sequence[Bundle]) -> None:
        bundles = [one for one in bundles if not self._leave_dependent(one)]
        changes = [change for one in bundles for change in one]
        if not changes:
            return
        try:
            with self.connection.transaction():
                rows = write.write_rows(self.connection, changes, self.queue)
                generations = book.write_book(self.connection, changes, self.page)
                self.connection.execute(_CHECK)
        except (psycopg.Error, book.Outrun) as error:
            self._part(bundles, error)
        else:
            self.done.extend(changes)
            self.generations |= generations
            self.rows += rows

    def _part(self, bundles: Sequence[Bundle], error: psycopg.Error | book.Outrun) -> None:
        """Look for the culprit in either half; alone, it is left."""
        if isinstance(error, psycopg.Error):
            if lock_timed_out(error):
                self.connection.execute(_BE_BRIEFER)
            elif not rows_refused(error):
                raise error
        if len(bundles) == 1:
            self._leave(bundles[0], error)
            return
        middle = len(bundles) // 2
        for half in (bundles[:middle], bundles[middle:]):
            self.connection.execute(_DEFER)
            self._write(half)

    def _leave(self, refused: Bundle, error: psycopg.Error | book.Outrun) -> None:
        for change in refused:
            self.left.append(_refusal(change, error))
            if isinstance(change, Create | Recreate) and isinstance(change.after, UserRow):
                self._refused_users[change.after.id] = change.key

    def _leave_dependent(self, candidates: Bundle) -> bool:
        """Leave workflows whose user was to be made and could not be."""
        if not self._refused_users:
            return False
        after = [pair(change).after for change in candidates]
        users = {row.user_id for row in after if isinstance(row, WorkflowRow)} & self._refused_users.keys()
        for user_id in sorted(users)[:1]:
            message = f"waits for {self._refused_users[user_id]}, whose row PostgreSQL refuses"
            for change in candidates:
                held = HeldBack(change.key, Sync.OUT_OF_SYNC, Reason.USER_HELD, message)
                self.left.append(Left(held, retry=False))
        return bool(users)


def bundle(changes: Iterable[Change]) -> Iterator[Bundle]:
    """Put changes together that pass a username or a workflow's name from one row to another.

    A bundle stands where its first change stood, so that users still come before their workflows.
    """
    changes = list(changes)
    pairs = [pair(change) for change in changes]
    givers = {each.given_up: place for place, each in enumerate(pairs) if each.given_up}
    together = {place: [place] for place in range(len(changes))}
    for place, each in enumerate(pairs):
        giver = givers.get(each.taken) if each.taken else None
        if giver is not None and together[giver] is not together[place]:
            joined = sorted([*together[giver], *together[place]])
            together.update(dict.fromkeys(joined, joined))
    for place, members in together.items():
        if members[0] == place:
            yield tuple(changes[member] for member in members)


def _refusal(change: Change, error: psycopg.Error | book.Outrun) -> Left:
    if isinstance(error, book.Outrun):
        message = "another instance came first to it"
        return Left(HeldBack(change.key, Sync.CONFLICT, Reason.OTHER_INSTANCE, message), retry=True)
    if lock_timed_out(error):
        message = "rows that it needs are held by another transaction; tried again"
        return Left(HeldBack(change.key, Sync.OUT_OF_SYNC, Reason.ROW_LOCKED, message), retry=True)
    table = referring_table(error)
    if table and table not in _OUR_TABLES:
        message = f"rows of {table} hang beneath it: {explain(error)}"
        return Left(HeldBack(change.key, Sync.CONFLICT, Reason.REFERENCED, message), retry=False)
    message = f"PostgreSQL refuses its rows: {explain(error)}"
    # A row that it refers to has just gone, or one that refers to it is about to.
    return Left(HeldBack(change.key, Sync.CONFLICT, Reason.ROW_REFUSED, message), retry=bool(table))
