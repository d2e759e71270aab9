"""Text as a terminal shows it: each character with the columns it takes, what can't be seen written out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.glyphs import columns, harmless

_TAB: Final = 4
_ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a line that fits into a width, and where the marked characters are in it, in columns."""

    text: str
    start: int
    width: int


def _cell(character: str) -> tuple[str, int]:
    visible = harmless(character)
    return visible, columns(visible)


def lay_out(text: str) -> list[tuple[str, int]]:
    """Give what is shown of each character, and the columns it takes; a tab ends at a multiple of four."""
    cells: list[tuple[str, int]] = []
    column = 0
    for character in text:
        if character == "\t":
            width = _TAB - column % _TAB
            cell = " " * width, width
        else:
            cell = _cell(character)
        cells.append(cell)
        column += cell[1]
    return cells


def window(text: str, column: int, width: int, room: int) -> Window:
    """Show `width` characters from `column` on, counted from 1, with as much around them as fits."""
    cells = lay_out(text)
    first = min(column - 1, len(cells))
    last = min(first + width, len(cells))
    left, right = _crop([cell[1] for cell in cells], first, last, room)
    before = _ELLIPSIS if left else ""
    after = _ELLIPSIS if right < len(cells) else ""
    kept = "".join(cell[0] for cell in cells[left:right])
    start = len(before) + sum(cell[1] for cell in cells[left:first])
    marked = sum(cell[1] for cell in cells[first : min(last, right)])
    return Window(f"{before}{kept}{after}", start, max(1, marked))


def _crop(widths: list[int], first: int, last: int, room: int) -> tuple[int, int]:
    """Choose the part of a line to show: all of it, else what surrounds the marked part."""
    if sum(widths) <= room:
        return 0, len(widths)
    room -= 2 * len(_ELLIPSIS)
    left, right, used = first, first, 0
    while right < last and used + widths[right] <= room:
        used += widths[right]
        right += 1
    while True:
        grew = False
        if left > 0 and used + widths[left - 1] <= room:
            left -= 1
            used += widths[left]
            grew = True
        if right < len(widths) and used + widths[right] <= room:
            used += widths[right]
            right += 1
            grew = True
        if not grew:
            return left, right
