"""Whose a workflow is: the row of the user that it names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from reconciler.desired import DesiredState, Manifest
from reconciler.plan.actual import ActualState, Survey
from reconciler.plan.change import Adopt, Change, Create, Heal, Recreate, Update
from reconciler.plan.held import HeldBack, Reason, Sync
from reconciler.plan.rows import UserRow, WorkflowRow
from reconciler.plan.verdict import Verdicts, sort_out
from reconciler.resources import Kind, resource_id


@dataclass(frozen=True, slots=True)
class Users:
    """The rows of users by the name of their manifest and by their username, as they will be."""

    desired: DesiredState
    survey: Survey
    by_name: dict[str, UUID] = field(default_factory=dict)
    by_username: dict[str, UUID] = field(default_factory=dict)

    def learn(self, change: Change) -> None:
        """Take in what the same pass does to a user, before the workflows that may name it."""
        match change:
            case Create() | Adopt() | Recreate() | Update() | Heal() if isinstance(change.after, UserRow):
                self.by_name[change.key.name] = change.after.id
                self.by_username[change.after.username] = change.after.id
            case _:
                pass

    def row_id_for(self, manifest: Manifest) -> UUID | HeldBack:
        """Give the user's row that a manifest belongs to: its own for a user."""
        if manifest.key.kind is Kind.USER:
            return resource_id(manifest.key)
        name = manifest.user
        if (found := self.find(name)) is not None:
            return found
        if name in self.desired.users:
            reason, message = Reason.USER_HELD, f"waits for User/{name}, which is declared but has no row yet"
        else:
            reason = Reason.USER_NOT_FOUND
            message = f"its user {name!r} is neither a User manifest nor a username that the database has"
        return HeldBack(manifest.key, Sync.OUT_OF_SYNC, reason, message, manifest.where)

    def find(self, name: str) -> UUID | None:
        """Give the row that a workflow means by its user's name, None when there is none yet, or any more."""
        declared = name in self.desired.users
        found = self._managed(name) if declared or self.desired.gaps else None
        return found or (None if declared else self._bearer(name))

    def _managed(self, name: str) -> UUID | None:
        """Find the user by its manifest; while some file is not understood, that may be in there."""
        return self.by_name.get(name) or self.survey.user_ids.get(name)

    def _bearer(self, username: str) -> UUID | None:
        return self.by_username.get(username) or self.survey.usernames.get(username)


def hold_unowned(changes: Iterable[Change], actual: ActualState) -> Verdicts:
    """Hold back the workflows whose user's row is gone and is not made again in this pass."""
    changes = tuple(changes)
    made = {
        change.after.id
        for change in changes
        if isinstance(change, Create | Adopt | Recreate) and isinstance(change.after, UserRow)
    }
    lost = {
        record.row_id: key
        for key, record in actual.survey.records.items()
        if key.kind is Kind.USER and record.seen is None and key not in actual.rows
        if record.row_id not in made
    }
    if not lost:
        return Verdicts(changes)

    def judged(change: Change) -> Change | HeldBack:
        match change:
            case Create() | Adopt() | Recreate() | Update() | Heal() if (
                isinstance(change.after, WorkflowRow) and change.after.user_id in lost
            ):
                message = f"waits for {lost[change.after.user_id]}, whose row is gone"
                where = change.manifest.where
                return HeldBack(change.key, Sync.OUT_OF_SYNC, Reason.USER_HELD, message, where)
            case _:
                return change

    return sort_out(judged(change) for change in changes)
