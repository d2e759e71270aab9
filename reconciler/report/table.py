"""Tables for people: columns as wide as what stands in them, whatever characters that is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from reconciler.report.terminal import Style, columns, cut, harmless

_LEAST = 16
"""Columns that the last column is given even where there is no room for it."""

_T = TypeVar("_T")
_T_contra = TypeVar("_T_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Column(Generic[_T_contra]):
    """One column; `wide` ones are shown only when everything is asked for."""

    title: str
    cell: Callable[[_T_contra], str]
    wide: bool = False
    style: Callable[[_T_contra], Style] | None = None


@dataclass(slots=True)
class Grid(Generic[_T]):
    """A table that grows: its columns keep the width that they once had.

    Its last column is cut where it would reach beyond `width` columns; 0: it never is.
    """

    layout: Sequence[Column[_T]]
    color: bool = False
    width: int = 0
    widths: list[int] = field(default_factory=list)

    def titles(self) -> list[str]:
        """Give the line that names the columns, of the width of what has been laid out."""
        titles = [column.title for column in self.layout]
        self._widen([])
        return [self._line(titles, [Style.DIM] * len(titles))]

    def lines(self, rows: Iterable[_T]) -> list[str]:
        """Give a line for each row; an empty cell shows as `-`."""
        things = list(rows)
        cells = [[harmless(column.cell(thing)) or "-" for column in self.layout] for thing in things]
        self._widen(cells)
        return [
            self._line(
                texts, [column.style(thing) if column.style else Style.PLAIN for column in self.layout]
            )
            for thing, texts in zip(things, cells, strict=True)
        ]

    def _widen(self, cells: Iterable[Sequence[str]]) -> None:
        self.widths = self.widths or [columns(column.title) for column in self.layout]
        for texts in cells:
            self.widths = [max(pair) for pair in zip(self.widths, map(columns, texts), strict=True)]

    def _line(self, texts: Sequence[str], styles: Sequence[Style]) -> str:
        padded = []
        last = len(texts) - 1
        for place, (text, width, style) in enumerate(zip(texts, self.widths, styles, strict=True)):
            shown = cut(text, self._room) if place == last and self.width else text
            gap = " " * (width - columns(text)) if place < last else ""
            painted = f"\x1b[{style}m{shown}\x1b[0m" if self.color and style else shown
            padded.append(f"{painted}{gap}")
        return "  ".join(padded).rstrip()

    @property
    def _room(self) -> int:
        return max(self.width - sum(width + 2 for width in self.widths[:-1]), _LEAST)


def grid(layout: Sequence[Column[_T]], *, color: bool, wide: bool = False, width: int = 0) -> Grid[_T]:
    """Begin a table; `wide` shows every column, and all of the last one whatever `width` is."""
    return Grid([column for column in layout if wide or not column.wide], color, 0 if wide else width)


def table(rows: Iterable[_T], layout: Sequence[Column[_T]], *, color: bool, wide: bool = False) -> str:
    """Lay rows out beneath their titles, as wide as they are."""
    laid = grid(layout, color=color, wide=wide)
    lines = laid.lines(rows)
    return "\n".join([*laid.titles(), *lines])
