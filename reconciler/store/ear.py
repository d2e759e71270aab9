"""Listening to PostgreSQL: drift, requests, and jobs that were waited for, as notes on one channel.

A note is only a hint. Whenever the connection was lost, notes may have been too: then everything is looked
at.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from threading import Thread
from typing import Final
from uuid import UUID

import psycopg

from reconciler.errors import ReconcilerError
from reconciler.report import Hints, Request, Trigger, Wakeup
from reconciler.store import desk
from reconciler.store.connect import Connection, connect, describe
from reconciler.store.errors import translated
from reconciler.store.migrations.triggers import CHANNEL

_FIRST_DELAY: Final = 0.1
_LONGEST_DELAY: Final = 10.0

Hear = Callable[[Wakeup], None]


class Ear:
    """Turns notes of one instance into wake-ups, on a thread of its own; `hear` is called from there."""

    def __init__(self, session_url: str, instance: str, hear: Hear) -> None:
        self._url = session_url
        self._instance = instance
        self._hear = hear
        self._stopping, self._stop = os.pipe()
        self._thread = Thread(target=self._listen_on, name="ear", daemon=True)
        self.problem = "not listening yet"
        """Why notes may be missed just now, a sentence; "" when they are not."""

    def start(self) -> None:
        """Begin to listen; returns at once, also while PostgreSQL is not there."""
        self._thread.start()

    def stop(self) -> None:
        """End listening; returns when the thread has ended."""
        os.close(self._stop)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._stopping)

    def _listen_on(self) -> None:
        delay = _FIRST_DELAY
        while True:
            try:
                with connect(self._url, f"reconciler ear {self._instance}") as connection:
                    with translated(describe(self._url)):
                        self._listen(connection)
                    return
            except ReconcilerError as error:
                delay = _FIRST_DELAY if not self.problem else min(delay * 2, _LONGEST_DELAY)
                self.problem = f"does not hear of drift and requests: {error}"
            if self._wait(None, delay):
                return

    def _listen(self, connection: Connection) -> None:
        """Listen until told to stop; a connection that breaks raises."""
        line = _Line(connection)
        self.problem = ""
        self._hear(Wakeup((Trigger.START,), None, self._requests(connection)))
        while not self._wait(connection, None):
            while notes := line.notes():
                for note in notes:
                    self._heard(connection, note)

    def _wait(self, connection: Connection | None, seconds: float | None) -> bool:
        """Wait for something to read, or a time; True when told to stop."""
        watched = [self._stopping, *([connection.fileno()] if connection else [])]
        ready, _, _ = select.select(watched, [], [], seconds)
        return self._stopping in ready

    def _requests(self, connection: Connection) -> tuple[Request, ...]:
        try:
            return desk.waiting(connection, self._instance)
        except psycopg.errors.UndefinedTable:
            return ()  # the tables are not there yet: nobody can have asked for anything

    def _heard(self, connection: Connection, note: str) -> None:
        """Make one note, if it is for this instance, a wake-up."""
        word, instance, *rest = [*note.split(" "), "", ""]
        if instance != self._instance:
            return
        match word:
            case "drift" | "status":
                trigger = Trigger.DRIFT if word == "drift" else Trigger.STATUS
                self._hear(Wakeup((trigger,), _row_hint(rest[0])))
            case "request":
                self._hear(Wakeup((Trigger.REQUEST,), None, self._requests(connection)))
            case desk.NARROW:
                narrow = tuple(one for one in self._requests(connection) if one.paths)
                paths = frozenset[str]().union(*(one.paths for one in narrow))
                if narrow:  # else a pass that was under way has served them
                    self._hear(Wakeup((Trigger.REQUEST,), Hints(paths=paths), narrow))
            case _:
                return


def _row_hint(text: str) -> Hints | None:
    """Give the hint that a row id is; anything else means: look at everything."""
    try:
        return Hints(row_ids=frozenset([UUID(text)]))
    except ValueError:
        return None


class _Line:
    """A connection that listens, and the notes that came in on it, also those in the midst of a query."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._early: list[str] = []
        connection.add_notify_handler(lambda note: self._early.append(note.payload))
        connection.execute(f"listen {CHANNEL}")

    def notes(self) -> list[str]:
        """Give the notes that have come, without waiting; raises when the connection was lost."""
        pgconn = self._connection.pgconn
        pgconn.consume_input()
        found, self._early = self._early, []
        while note := pgconn.notifies():
            found.append(note.extra.decode(errors="replace"))
        if pgconn.status != psycopg.pq.ConnStatus.OK:
            raise psycopg.OperationalError("the connection that listens was lost")
        return found


def wait_for_answer(
    connection: Connection, request_id: UUID, seconds: float, put_off: Callable[[str], None] | None = None
) -> dict[str, object] | None:
    """Wait until a request is answered; None when `seconds` pass without an answer.

    `put_off` is told, whenever the reason is a new one, why a pass failed that is tried again.
    """
    line = _Line(connection)
    deadline = time.monotonic() + seconds
    known = ""
    while (reply := desk.reply_to(connection, request_id)).answer is None:
        if put_off is not None and reply.put_off not in ("", known):
            known = reply.put_off
            put_off(known)
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        select.select([connection.fileno()], [], [], left)
        line.notes()
    return reply.answer
