"""A list read and written page by page: what a million rows need is time, not memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

from reconciler import app
from reconciler.cli.output import Form, as_json, as_yaml, paper_of
from reconciler.cli.sheets import Sheet
from reconciler.cli.sought import absent, hints, sought
from reconciler.cli.streams import write
from reconciler.cli.terminal import note, note_left_out
from reconciler.desired.suggest import did_you_mean
from reconciler.report.listing import Page, SyncItem, list_document
from reconciler.report.root import Root
from reconciler.report.table import Grid
from reconciler.settings import Settings
from reconciler.store.connect import Connection
from reconciler.store.identity import source_of

_T = TypeVar("_T")

_PAGE: Final = 5_000
"""So many rows are read and written at once."""
_COMPARED: Final = 300
"""With so many rows a name that is not there is compared."""


def list_rows(settings: Settings, sheet: Sheet[_T], form: Form) -> int:
    """Write a list to stdout; give 1 when something that was named is not in it, else 0.

    Raises:
        BrokenPipeError: nobody reads any more.
        ReconcilerError: it can't be read, or written.

    """
    passed = _Passed(sheet)
    with app.desk(settings) as connection:
        pages = passed.by(connection)
        if form in {Form.TABLE, Form.WIDE}:
            root = Root(app.shown_root(settings, source_of(connection, settings.instance)))
            pages = (replace(page, items=seen(root, settings.instance, page)) for page in pages)
        for text in written(sheet, pages, form):
            write(text)
    lacking = [] if sheet.wanted.after else [*_missing(settings, passed), *absent(settings, sheet.wanted)]
    if form in {Form.TABLE, Form.WIDE}:
        passed.tell(() if lacking else hints(settings, sheet.wanted))
    for what in lacking:
        note(what)
    return 1 if lacking else 0


def _missing(settings: Settings, passed: _Passed[_T]) -> Iterator[str]:
    """Say which of what was named did not go by."""
    sheet = passed.sheet
    if sheet.known_as is None:
        return
    for name in sorted(set(sheet.wanted.names) - passed.names):
        if sheet.of:
            known = app.names(settings, sheet.of, name, everything=sheet.wanted.everything)
        else:
            with app.desk(settings) as connection:
                page = sheet.read(connection, replace(sheet.wanted, names=(), limit=_COMPARED))
            known = [sheet.known_as(row) for row in page]
        hint = did_you_mean(name, known)
        yield f"not found: {name}{f'; {hint}' if hint else ''}"


def seen(root: Root, instance: str, rows: Iterable[Any]) -> tuple[Any, ...]:
    """Give rows with the places of those that this instance manages as they are opened from here."""
    return tuple(row if isinstance(row, SyncItem) else root.item(row, instance) for row in rows)


@dataclass(slots=True)
class _Passed(Generic[_T]):
    """What has gone by of a list: how many rows, which of those that were named, and how it goes on."""

    sheet: Sheet[_T]
    number: int = 0
    names: set[str] = field(default_factory=set)
    next: str = ""
    kind: str = ""

    def by(self, connection: Connection) -> Iterator[Page[_T]]:
        """Give the pages of the list; only the last one says how it goes on."""
        wanted = self.sheet.wanted
        left = wanted.limit
        while True:
            size = _PAGE if left is None else min(_PAGE, left)
            page = self.sheet.read(connection, replace(wanted, limit=size))
            self._note(page)
            left = None if left is None else left - len(page)
            if not page.next or left == 0:
                yield page
                return
            yield replace(page, next="")
            wanted = replace(wanted, after=page.next)

    def _note(self, page: Page[_T]) -> None:
        self.number += len(page)
        self.next, self.kind = page.next, page.kind
        if self.sheet.known_as and self.sheet.wanted.names:
            self.names |= {self.sheet.known_as(row) for row in page}

    def tell(self, hints: Iterable[str]) -> None:
        """Tell a person what the table does not show."""
        if not self.number:
            note(f"nothing found: {sought(self.kind, self.sheet.wanted)}")
            for hint in hints:
                note(hint)
        elif self.next:
            note(f"the first {self.number:,}; what follows: --after {self.next}")


def written(sheet: Sheet[_T], pages: Iterator[Page[_T]], form: Form) -> Iterator[str]:
    """Give the text of a list piece by piece: put together, as if all of it had been one page."""
    match form:
        case Form.JSON:
            return _json(map(list_document, pages))
        case Form.YAML:
            return _yaml(map(list_document, pages))
        case Form.NAME:
            return ("".join(f"{sheet.name(row)}\n" for row in page) for page in pages)
        case Form.TABLE | Form.WIDE:
            return _table(Grid(sheet.layout, paper_of(form)), pages)


def _table(laid: Grid[_T], pages: Iterator[Page[_T]]) -> Iterator[str]:
    for page in pages:
        yield "".join(f"{line}\n" for line in laid.lines(page))
    note_left_out(laid.left_out)


def _json(documents: Iterator[dict[str, Any]]) -> Iterator[str]:
    before, tail = "", ""
    for document in documents:
        head, tail = as_json({**document, "items": [0]}).split("[\n    0\n  ]")
        yield "" if before else f"{head}["
        before = before or "\n"
        if items := document["items"]:
            inner = as_json(items).removeprefix("[\n").removesuffix("\n]").replace("\n", "\n  ")
            yield f"{before}  {inner}"
            before = ",\n"
    end = "\n  ]" if before == ",\n" else "]"
    yield f"{end}{tail}\n"


def _yaml(documents: Iterator[dict[str, Any]]) -> Iterator[str]:
    begun, tail = False, ""
    for document in documents:
        items, tail = document.pop("items"), as_yaml({"next": document.pop("next")})
        if not begun:
            yield as_yaml(document) + ("items:\n" if items else "items: []\n")
            begun = True
        if items:
            yield as_yaml(items)
    yield tail
