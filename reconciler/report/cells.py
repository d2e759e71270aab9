"""Text in the columns of a terminal: measured, cut, filled up, broken into lines, shown through a window.

All of it goes by one account: each character as it is shown, with the columns that this takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from typing import Final

from reconciler.glyphs import columns, harmless

__all__ = [
    "Keep",
    "Window",
    "broken",
    "columns",
    "cut",
    "folded",
    "harmless",
    "padded",
    "together",
    "window",
    "wrapped",
]

_TAB: Final = 4
_ELLIPSIS: Final = "…"
_GLUE: Final = "\N{NO-BREAK SPACE}"
_BREAKS: Final = re.compile(rf"[^\S{_GLUE}]+")
_QUOTED: Final = re.compile(r"`[^`]+`")

Cell = tuple[str, int]
"""What is shown of a character, and the columns it takes; none for what combines with the one before."""


class Keep(Enum):
    """Which part of a text is worth most, and so stays where it is cut."""

    BEGINNING = "beginning"
    ENDS = "ends"
    END = "end"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a line that fits into a width, and where the marked characters are in it, in columns."""

    text: str
    start: int
    width: int


def lay_out(text: str) -> list[Cell]:
    """Give what is shown of each character, and the columns it takes; a tab ends at a multiple of four."""
    cells: list[Cell] = []
    column = 0
    for character in text:
        cell = _tab(column) if character == "\t" else _cell(character)
        cells.append(cell)
        column += cell[1]
    return cells


def _cell(character: str) -> Cell:
    visible = harmless(character)
    return visible, columns(visible)


def _tab(column: int) -> Cell:
    width = _TAB - column % _TAB
    return " " * width, width


# --- cut and filled up --------------------------------------------------------------------------------------


def cut(text: str, room: int, keep: Keep = Keep.BEGINNING) -> str:
    """Give as much of a text as `room` columns show once it is harmless, with an ellipsis for the rest."""
    text = harmless(text)
    if columns(text) <= room:
        return text
    if room < 1:
        return ""
    cells = [_cell(character) for character in text]
    left = room - 1
    match keep:
        case Keep.BEGINNING:
            return f"{_first(cells, left)}{_ELLIPSIS}"
        case Keep.END:
            return f"{_ELLIPSIS}{_last(cells, left)}"
        case Keep.ENDS:
            head = _first(cells, (left + 1) // 2)
            return f"{head}{_ELLIPSIS}{_last(cells, left - columns(head))}"


def _first(cells: Sequence[Cell], room: int) -> str:
    """Give what fits of the beginning, each character with what combines with it."""
    used = accumulate(width for _, width in cells)
    return "".join(shown for (shown, _), so_far in zip(cells, used, strict=True) if so_far <= room)


def _last(cells: Sequence[Cell], room: int) -> str:
    """Give what fits of the end; what would combine with a character that is cut goes with it."""
    used = accumulate(width for _, width in reversed(cells))
    kept = sum(so_far <= room for so_far in used)
    while kept and cells[-kept][1] == 0:
        kept -= 1
    return "".join(shown for shown, _ in cells[len(cells) - kept :])


def padded(text: str, room: int) -> str:
    """Give a text cut or filled up to exactly `room` columns."""
    text = cut(text, room)
    return f"{text}{' ' * (room - columns(text))}"


# --- broken into lines --------------------------------------------------------------------------------------


def wrapped(text: str, width: int) -> list[str]:
    """Break harmless text between words so that its lines take no more than `width` columns.

    A longer word stands on a line of its own, whole, so that it can be copied. What `together` gave is one
    word, and so is what stands in backticks, if a line has room for it: most of that are commands.
    """
    text = _QUOTED.sub(lambda one: together(one[0]) if columns(one[0]) <= width else one[0], text)
    return _lines(_BREAKS.split(text.strip()), width)


def broken(text: str, width: int) -> list[str]:
    """Break harmless text that is too long as `wrapped` does; any other keeps every blank that it quotes."""
    return [text] if columns(text) <= width else wrapped(text, width)


def folded(text: str, width: int) -> list[str]:
    """Break harmless text as `wrapped` does, and a word that is too long as well: no line is wider.

    `width` has room for any character.
    """
    words = [piece for word in _BREAKS.split(text.strip()) for piece in _pieces(word, width)]
    return _lines(words, width)


def together(text: str) -> str:
    """Keep a few words on one line wherever lines are broken."""
    return text.replace(" ", _GLUE)


def _lines(words: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    room = 0
    for word in words:
        need = columns(word)
        if lines and need < room:
            lines[-1] += f" {word}"
            room -= need + 1
        else:
            lines.append(word)
            room = width - need
    return [line.replace(_GLUE, " ") for line in lines] or [""]


def _pieces(word: str, width: int) -> list[str]:
    if columns(word) <= width:
        return [word]
    pieces, room = [""], width
    for character in word:
        need = columns(character)
        if need > room:
            pieces.append("")
            room = width
        pieces[-1] += character
        room -= need
    return pieces


# --- shown through a window ---------------------------------------------------------------------------------


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
