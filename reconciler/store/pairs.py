"""A change as its rows before and after, and the names that pass from one row to another by it."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.plan import (
    Adopt,
    Change,
    Create,
    Delete,
    Heal,
    Recreate,
    Restate,
    Rows,
    Update,
    UserRow,
    WorkflowRow,
)
from reconciler.resources import Kind

Name = tuple[Kind, str]
"""A username, or the name of a workflow: no two rows of a table bear the same."""


class Pair(NamedTuple):
    """The rows of one change; what is not there yet, or not any more, or not looked at, is None."""

    before: Rows | None
    after: Rows | None

    @property
    def given_up(self) -> Name | None:
        """The name that the change takes away from its row."""
        name = _name(self.before)
        return None if name == _name(self.after) else name

    @property
    def taken(self) -> Name | None:
        """The name that the change gives to its row."""
        name = _name(self.after)
        return None if name == _name(self.before) else name


def pair(change: Change) -> Pair:
    """Give the rows of a change; both None when only the books learn of it."""
    match change:
        case Create(after=after) | Recreate(after=after):
            return Pair(None, after)
        case (
            Update(before=before, after=after)
            | Heal(before=before, after=after)
            | Adopt(before=before, after=after)
        ):
            return Pair(before, after)
        case Restate(rows=rows):
            return Pair(rows, rows)
        case Delete(before=before):
            return Pair(before, None)
        case _:
            return Pair(None, None)


def _name(rows: Rows | None) -> Name | None:
    match rows:
        case UserRow(username=username):
            return Kind.USER, username
        case WorkflowRow(name=str(name)):
            return Kind.WORKFLOW, name
        case _:
            return None
