"""Takes down declarations: writes the manifest, asks for a pass, and sees to it that a row comes of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import uuid4

from reconciler.errors import SourceRefused
from reconciler.plan import HeldBack, Reason, Sync
from reconciler.report import Outcome, Request
from reconciler.report.answer import Answer
from reconciler.report.wire import decode
from reconciler.resources import Kind, ResourceKey, User
from reconciler.sources.declared import DeclaredFolder, is_declared
from reconciler.store import desk, stand
from reconciler.store.connect import Connection
from reconciler.store.ear import wait_for_answer
from reconciler.store.pool import Pool
from reconciler.store.stand import Standing, UserRow, WorkflowRow
from reconciler.web.declare import Declaration, declared_by, is_same_request
from reconciler.web.problems import Fault, Problem

_FOLDERS: Final = {Kind.USER: "users", Kind.WORKFLOW: "workflows"}
_INVALID: Final = frozenset({Reason.MANIFEST_INVALID, Reason.ROW_REFUSED, Reason.USER_NOT_FOUND})

_Row = TypeVar("_Row", UserRow, WorkflowRow)
Find = Callable[[Connection, ResourceKey], _Row | None]
"""Gives the row that a manifest declares."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """Takes down what requests declare, and waits so many seconds for a pass.

    `session` lends a connection without a pooler in between.
    """

    instance: str
    folder: DeclaredFolder
    pool: Pool
    session: Callable[[], AbstractContextManager[Connection]]
    patience: float = 30.0

    def take_down(self, declaration: Declaration, find: Find[_Row], who: str) -> _Row:
        """Give the row that came of a declaration, or had come of the same request before.

        Raises:
            Problem: 409 when something stands in the way, 422 when it can't be, 503 and 504 when the daemon
                did not answer in time: then the declaration stands. Otherwise nothing of it is left.

        """
        path = self.folder.path_of(_FOLDERS[declaration.key.kind], declaration.stem)
        content = declaration.text.encode()
        if self._is_there(path, declaration) and (row := self._row(declaration, find)) is not None:
            return row
        try:
            self._refuse_taken(declaration)
        except Problem:
            if not self._is_there(path, declaration):  # or the same request has come in meanwhile
                raise
        else:
            created = self._create(path, content)
            if not created and not self._is_there(path, declaration):
                raise _taken(declaration.key, path)
        return self._committed(declaration, path, find, who)

    def withdraw(self, key: ResourceKey, standing: Standing, who: str) -> str:
        """Remove the manifest of a resource; say what becomes of its rows, "" when they are gone.

        Raises:
            Problem: 409 when it is not one that a request wrote.

        """
        if standing.instance != self.instance or not is_declared(standing.path):
            raise _declared_elsewhere(key, standing)
        content = self.folder.read(standing.path)
        if content is not None:
            if {manifest.key for manifest in declared_by(content, standing.path).manifests} != {key}:
                why = "the file holds something else as well, or was changed by a person"
                raise Problem(
                    Fault(409, "DeclaredWithOthers"),
                    f"the manifest of {key} can't be removed",
                    where=standing.path,
                    why=why,
                    fix="remove it from there by hand",
                )
            self.folder.remove(standing.path, content)
        answer = self.ask(Request(uuid4()), who)
        held = _held(answer, key)
        return held.message if held else "its rows go once its absence is proven"

    def ask(self, request: Request, who: str) -> Answer | None:
        """Have the daemon run a pass, and give its answer; None when there was none in time."""
        with self.session() as connection:
            number = desk.ask(connection, self.instance, who, request)
            told = wait_for_answer(connection, number, self.patience)
        return decode(Answer, told) if told is not None else None

    def _is_there(self, path: str, declaration: Declaration) -> bool:
        """Whether the same request has written this before; refuses another one under the same key."""
        content = self.folder.read(path)
        if content is None:
            return False
        if is_same_request(declared_by(content, path), declaration):
            return True
        if declaration.by_key:
            raise Problem(
                Fault(422, "IdempotencyKeyReused"),
                "another request was made with this Idempotency-Key",
                where=path,
                fix="use a new key for a new request",
            )
        return False

    def _refuse_taken(self, declaration: Declaration) -> None:
        user = declaration.resource if isinstance(declaration.resource, User) else None
        with self.pool.connection() as connection:
            found = stand.declared_as(connection, self.instance, declaration.key)
            bearer = stand.user_by_username(connection, user.username) if user and not found else None
        if found:
            raise _taken(declaration.key, found.place)
        if bearer is None or _is_left_of(bearer.standing, declaration.key):
            return
        raise _taken(declaration.key, bearer.standing.place or "the table, and in no manifest")

    def _create(self, path: str, content: bytes) -> bool:
        try:
            return self.folder.create(path, content)
        except SourceRefused as error:
            raise Problem(
                Fault(409, error.reason), error.what, where=error.where, why=error.why, fix=error.fix
            ) from error

    def _committed(self, declaration: Declaration, path: str, find: Find[_Row], who: str) -> _Row:
        for _ in range(2):  # a file that was read in the midst of something is read again
            answer = self.ask(Request(uuid4(), paths=frozenset([path])), who)
            if answer is None or answer.outcome is Outcome.STALLED:
                raise _unanswered(declaration.key, answer, self.patience)
            if held := _held(answer, declaration.key):
                raise self._taken_back(declaration, path, _refused(held))
            if (row := self._row(declaration, find)) is not None:
                return row
        raise self._taken_back(declaration, path, _unseen(declaration.key, path))

    def _row(self, declaration: Declaration, find: Find[_Row]) -> _Row | None:
        with self.pool.connection() as connection:
            row = find(connection, declaration.key)
        return row if row is not None and row.standing.instance == self.instance else None

    def _taken_back(self, declaration: Declaration, path: str, problem: Problem) -> Problem:
        """Take a declaration back of which nothing came, and have the daemon see that."""
        if self.folder.remove(path, declaration.text.encode()):
            with self.session() as connection:
                desk.ask(connection, self.instance, "http", Request(uuid4(), paths=frozenset([path])))
        return problem


def _held(answer: Answer | None, key: ResourceKey) -> HeldBack | None:
    return next((held for held in answer.held_back if held.key == key), None) if answer else None


def _is_left_of(standing: Standing, key: ResourceKey) -> bool:
    """Whether a row is what a manifest of this name has left behind: it comes back to life."""
    return standing.sync == Sync.ORPHANED and standing.name == key.name


def _taken(key: ResourceKey, place: str) -> Problem:
    what = f"there is a {key.kind.lower()} of that name already"
    why = f"it stands in {place}"
    return Problem(Fault(409, "Exists"), what, where=str(key), why=why, fix="choose another name")


def _declared_elsewhere(key: ResourceKey, standing: Standing) -> Problem:
    if not standing.name:
        why, fix = "no manifest declares it", "delete the row by hand, if nobody needs it"
    else:
        why = f"its manifest is {standing.place}" if standing.path else "it belongs to another instance"
        fix = "remove the manifest where it comes from"
    fault = Fault(409, "DeclaredElsewhere")
    return Problem(fault, "what no request declared, none removes", where=str(key), why=why, fix=fix)


def _refused(held: HeldBack) -> Problem:
    status = 422 if held.reason in _INVALID else 409
    return Problem(Fault(status, held.reason), "it can't be done", where=str(held.key), why=held.message)


def _unseen(key: ResourceKey, path: str) -> Problem:
    return Problem(
        Fault(409, "NotRead"),
        "the daemon does not read what is declared here",
        where=f"{key}, {path}",
        why="the replica that writes reads another folder, or a .reconcilerignore leaves this file out",
        fix="declare it where the manifests come from",
    )


def _unanswered(key: ResourceKey, answer: Answer | None, patience: float) -> Problem:
    what = "the daemon can't reconcile just now" if answer else "the daemon did not answer in time"
    fault = Fault(503 if answer else 504, "Stalled" if answer else "NoAnswer", headers={"Retry-After": "5"})
    return Problem(
        fault,
        what,
        where=str(key),
        why=answer.error if answer else f"no pass ended within {patience:g} s",
        fix="the declaration stands and is reconciled as soon as can be; `reconciler status` tells more",
    )
