"""Rows shown as they change: the table first, then each row that is new or otherwise, until Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from reconciler import app
from reconciler.cli.listing import seen
from reconciler.cli.output import Form, paper_of
from reconciler.cli.sheets import Sheet
from reconciler.cli.streams import write
from reconciler.cli.terminal import note
from reconciler.daemon.clock import SystemClock
from reconciler.errors import StoreUnavailable, UsageError
from reconciler.report.root import Root
from reconciler.report.table import Grid
from reconciler.report.wire import dumps, encode
from reconciler.settings import Settings
from reconciler.store.connect import Connection

_PLACES: Final = {
    "redis": "watching: every second, and at once when Redis tells of a pass; Ctrl-C ends",
    "postgresql": "watching PostgreSQL every second; Ctrl-C ends",
}
_SHARE: Final = 4
"""Looking may take a fifth of the time: a rest is so many times as long as the look before it."""

_Rows = Mapping[tuple[Any, ...], Any]


def watch_rows(settings: Settings, sheet: Callable[[datetime], Sheet[Any]], form: Form) -> int:
    """Show rows, and then for ever those that change; a PostgreSQL that is away is waited for.

    Raises:
        UsageError: the form is made for one document.

    """
    if form is Form.YAML:
        raise UsageError("what goes on is no YAML document", where="-o yaml", fix="give -o json")
    app.locate(settings)  # one that is away is waited for, one that nobody named is not
    teller = _Teller(settings, form)
    nudges = app.nudges(settings, _tell_place)
    known: _Rows | None = None
    while True:
        try:
            with app.desk(settings) as connection:
                for rows in _looks(connection, sheet, nudges):
                    teller.tell(sheet(SystemClock().now()), known, rows)
                    known = rows
        except StoreUnavailable as error:
            note(f"waiting: {error}")
            next(nudges)


def _tell_place(place: str, why: str) -> None:
    note(f"{_PLACES[place]}{f' ({why})' if why else ''}")


def _looks(
    connection: Connection, sheet: Callable[[datetime], Sheet[Any]], nudges: Iterator[None]
) -> Iterator[_Rows]:
    """Give the rows as they are, again whenever they may be otherwise."""
    while True:
        next(nudges)
        began = time.monotonic()
        chosen = sheet(SystemClock().now())
        yield {chosen.identity(row): row for row in chosen.read(connection, chosen.wanted)}
        time.sleep(min((time.monotonic() - began) * _SHARE, 60.0))


class _Teller:
    """Writes what is new in one form."""

    def __init__(self, settings: Settings, form: Form) -> None:
        self._settings = settings
        self._form = form
        self._grid: Grid[Any] | None = None

    def tell(self, sheet: Sheet[Any], before: _Rows | None, now: _Rows) -> None:
        """Tell what is new or otherwise, and what is gone; the first time everything."""
        known = before or {}
        changed = {key: row for key, row in now.items() if known.get(key) != row}
        gone = [row for key, row in known.items() if key not in now]
        lines = [*self._changed(sheet, known, changed), *self._gone(sheet, gone)]
        write("".join(f"{line}\n" for line in lines))

    def _changed(self, sheet: Sheet[Any], known: _Rows, changed: _Rows) -> Iterable[str]:
        match self._form:
            case Form.JSON:
                for key, row in changed.items():
                    yield _line("changed" if key in known else "added", row)
            case Form.NAME:
                yield from map(sheet.name, changed.values())
            case _:
                yield from self._table(sheet, list(changed.values()))

    def _table(self, sheet: Sheet[Any], rows: list[Any]) -> Iterable[str]:
        paper = paper_of(self._form)
        if self._grid is None:
            self._grid = Grid(sheet.layout, paper)
        self._grid.layout, self._grid.paper = sheet.layout, paper
        root = Root(app.shown_root(self._settings, app.source_on_record(self._settings))) if rows else Root()
        return self._grid.lines(seen(root, self._settings.instance, rows))

    def _gone(self, sheet: Sheet[Any], rows: Iterable[Any]) -> Iterable[str]:
        for row in rows:
            if self._form is Form.JSON:
                yield _line("gone", row)
            else:
                note(f"gone: {sheet.name(row)}")


def _line(what: str, row: object) -> str:
    return dumps({"type": what, "item": encode(row)})
