"""Tables for people: columns as wide as what stands in them, and no line wider than the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from reconciler.report.cells import Keep, columns, cut, folded, harmless
from reconciler.report.fit import GAP, Need, fit, full_width
from reconciler.report.terminal import Paper, Style, painted

_NOTHING: Final = "-"
"""What an empty cell shows."""

_T = TypeVar("_T")
_T_contra = TypeVar("_T_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Column(Generic[_T_contra]):
    """One column; `wide` ones are shown only when everything is asked for.

    Where a terminal has no room for all, those of rank 0 stay: by them a row is known. Of the others those of
    the lowest ranks do. One with a `least` is shortened to that many columns before another is left out.
    `keep` says which part of a cell is worth most.
    """

    title: str
    cell: Callable[[_T_contra], str]
    wide: bool = False
    style: Callable[[_T_contra], Style] | None = None
    rank: int = 0
    least: int = 0
    keep: Keep = Keep.BEGINNING


@dataclass(frozen=True, slots=True)
class _Slot(Generic[_T_contra]):
    """A column that is shown, where its cell stands among all, and how wide it is."""

    place: int
    column: Column[_T_contra]
    width: int


@dataclass(slots=True)
class Grid(Generic[_T]):
    """A table that grows: its columns keep the room that they once needed.

    No line is wider than the paper, unless that is a file or a pipe. There nothing is cut and nothing left
    out. With everything asked for, and no room for it side by side, each row is a paragraph.
    """

    layout: Sequence[Column[_T]]
    paper: Paper
    left_out: Sequence[str] = ()
    """The titles of the columns for which there was no room."""
    _fulls: list[int] = field(default_factory=list)
    _titled: Sequence[str] = ()
    _begun: bool = False

    def lines(self, rows: Iterable[_T]) -> list[str]:
        """Give a line for each row; above them the titles, at first and whenever other columns are shown."""
        things, layout = list(rows), self._columns()
        cells = [[harmless(column.cell(thing)) for column in layout] for thing in things]
        self._widen(layout, cells)
        if not things:
            return []
        needs = [_need(column, full) for column, full in zip(layout, self._fulls, strict=True)]
        if self.paper.wide and not self.paper.piped and full_width(needs) > self.paper.width:
            return [line for texts in cells for line in self._paragraph(layout, texts)]
        slots = [_Slot(place, layout[place], width) for place, width in self._fitted(needs).items()]
        titles = [slot.column.title for slot in slots]
        lines = [self._row(thing, texts, slots) for thing, texts in zip(things, cells, strict=True)]
        if titles != self._titled:
            lines.insert(0, self._line([(title, Style.DIM) for title in titles], slots))
        self._titled, self.left_out = titles, [one.title for one in layout if one.title not in titles]
        return lines

    def _columns(self) -> Sequence[Column[_T]]:
        return [column for column in self.layout if self.paper.wide or not column.wide]

    def _widen(self, layout: Sequence[Column[_T]], cells: Iterable[Sequence[str]]) -> None:
        fulls = self._fulls or [columns(column.title) for column in layout]
        for texts in cells:
            fulls = [max(pair) for pair in zip(fulls, map(columns, texts), strict=True)]
        self._fulls = fulls

    def _fitted(self, needs: Sequence[Need]) -> Mapping[int, int]:
        if self.paper.piped:
            return {place: need.full for place, need in enumerate(needs)}
        return fit(needs, self.paper.width)

    def _row(self, thing: _T, texts: Sequence[str], slots: Sequence[_Slot[_T]]) -> str:
        styled = (
            (texts[slot.place] or _NOTHING, slot.column.style(thing) if slot.column.style else Style.PLAIN)
            for slot in slots
        )
        return self._line(styled, slots)

    def _line(self, texts: Iterable[tuple[str, Style]], slots: Sequence[_Slot[_T]]) -> str:
        parts = []
        for (text, style), slot in zip(texts, slots, strict=True):
            shown = cut(text, slot.width, slot.column.keep)
            blanks = " " * (slot.width - columns(shown) + GAP)
            parts.append(f"{painted(shown, style, color=self.paper.coloured)}{blanks}")
        return "".join(parts).rstrip()

    def _paragraph(self, layout: Sequence[Column[_T]], texts: Sequence[str]) -> Iterable[str]:
        """Give what is known of a row, one below the other; an empty line keeps it from the one before."""
        if self._begun:
            yield ""
        self._begun = True
        labels = max(columns(column.title) for column in layout) + GAP
        for column, text in zip(layout, texts, strict=True):
            first, *rest = folded(text, self.paper.width - labels)
            if text:
                label = painted(column.title, Style.DIM, color=self.paper.coloured)
                yield f"{label}{' ' * (labels - columns(column.title))}{first}"
                yield from (f"{' ' * labels}{line}" for line in rest)


def _need(column: Column[_T], full: int) -> Need:
    least = max(column.least, columns(column.title)) if column.least else full
    return Need(full, min(full, least), column.rank)


def table(rows: Iterable[_T], layout: Sequence[Column[_T]], paper: Paper) -> str:
    """Lay rows out beneath their titles; no line break ends it."""
    return "\n".join(Grid(layout, paper).lines(rows))
