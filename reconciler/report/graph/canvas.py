"""Lines and words on a grid of characters, the lines joined where they meet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from reconciler.report.terminal import Style, columns

_NORTH, _EAST, _SOUTH, _WEST = 1, 2, 4, 8
_LEVEL: Final = _EAST | _WEST
_SIGNS: Final = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
"""The sign for each set of directions, which is its place."""
_CROSSING: Final = "│"
"""Where a level line passes beneath an upright one: a `┼` is only where lines meet."""
_ARROW: Final = "→"
_FROM_ABOVE: Final = "▾"
_FROM_BELOW: Final = "▴"
"""Where a line comes into one that passes: nobody shall take it for a way out of that one."""


class Canvas:
    """Draw the lines first: words go over them."""

    def __init__(self, width: int, height: int) -> None:
        self._directions = [[0] * width for _ in range(height)]
        self._bends: set[tuple[int, int]] = set()
        self._arrows: set[tuple[int, int]] = set()
        self._inlets: dict[tuple[int, int], int] = {}
        self._words: dict[int, dict[int, tuple[str, Style]]] = {}

    def draw(self, points: Sequence[tuple[int, int]], *, forked: bool = False) -> None:
        """Draw a line whose stretches are level or upright, with an arrow before its last point.

        A `forked` line leads elsewhere too: where it comes into another one a sign says from where.
        """
        self._bends.update(points[1:-1])
        for (x, y), (to_x, to_y) in pairwise(points):
            if y == to_y:
                self._level(y, min(x, to_x), max(x, to_x))
            else:
                self._upright(x, min(y, to_y), max(y, to_y))
        x, y = points[-1]
        self._arrows.add((x - 1, y))
        if forked and len(points) > 2:  # noqa: PLR2004 - a line with a bend
            came_from = _NORTH if points[-3][1] < y else _SOUTH
            self._inlets[points[-2]] = self._inlets.get(points[-2], 0) | came_from

    def _level(self, y: int, left: int, right: int) -> None:
        row = self._directions[y]
        for x in range(left, min(right + 1, len(row))):
            row[x] |= (_WEST if x > left else 0) | (_EAST if x < right else 0)

    def _upright(self, x: int, top: int, bottom: int) -> None:
        for y in range(top, bottom + 1):
            self._directions[y][x] |= (_NORTH if y > top else 0) | (_SOUTH if y < bottom else 0)

    def write(self, x: int, y: int, text: str, style: Style) -> None:
        """Write harmless text over what is there."""
        self._words.setdefault(y, {})[x] = text, style

    def lines(self, *, color: bool) -> list[str]:
        """Give the grid line by line."""
        return [self._line(y, color=color) for y in range(len(self._directions))]

    def _line(self, y: int, *, color: bool) -> str:
        parts, x = [], 0
        words = self._words.get(y, {})
        while x < len(self._directions[y]):
            if x in words:
                text, style = words[x]
                parts.append(f"\x1b[{style}m{text}\x1b[0m" if color and style else text)
                x += columns(text)
            else:
                parts.append(self._sign(x, y))
                x += 1
        return "".join(parts).rstrip()

    def _sign(self, x: int, y: int) -> str:
        directions = self._directions[y][x]
        if (x, y) in self._arrows:
            return _ARROW
        if directions & _WEST and (inlet := self._inlets.get((x, y), 0)) and directions & ~inlet == _LEVEL:
            return _FROM_ABOVE if inlet == _NORTH else _FROM_BELOW if inlet == _SOUTH else _SIGNS[directions]
        if directions == _NORTH | _EAST | _SOUTH | _WEST and (x, y) not in self._bends:
            return _CROSSING
        return _SIGNS[directions]
