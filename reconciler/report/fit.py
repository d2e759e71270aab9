"""How columns of a table share the width of a terminal: which are shown, and how wide each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

GAP: Final = 2
"""Blanks between two columns."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a column needs: `full` columns to show all, `least` to be worth showing.

    `rank` says what it is worth: 0 is never left out, and of the others the lowest come first. One of rank 0
    is shortened to its `least` for the sake of others, and further only where nothing else is left.
    """

    full: int
    least: int
    rank: int = 0


def fit(needs: Sequence[Need], width: int) -> Mapping[int, int]:
    """Give the width of each column that is shown, by its place; together with gaps at most `width`.

    What must be there comes first; then, by rank, whatever still fits with what it needs at least; then, by
    rank again, each grows into the room that is left.
    """
    by_rank = sorted(range(len(needs)), key=lambda place: (needs[place].rank, place))
    musts = [place for place in by_rank if needs[place].rank == 0]
    widths = {place: needs[place].least for place in musts}
    left = width + GAP - sum(least + GAP for least in widths.values())
    if left < 0:
        return _levelled({place: needs[place].full for place in sorted(musts)}, width)
    for place in by_rank[len(musts) :]:
        if needs[place].least + GAP <= left:
            widths[place] = needs[place].least
            left -= widths[place] + GAP
    for place in (place for place in by_rank if place in widths):
        grown = min(needs[place].full, widths[place] + left)
        left -= grown - widths[place]
        widths[place] = grown
    return dict(sorted(widths.items()))


def full_width(needs: Sequence[Need]) -> int:
    """Give how many columns a table takes in which nothing is shortened or left out."""
    return sum(need.full + GAP for need in needs) - GAP


def _levelled(fulls: Mapping[int, int], width: int) -> Mapping[int, int]:
    """Shorten the widest, until all fit: the narrow ones stay whole."""
    left = width - GAP * (len(fulls) - 1)
    widths = {}
    for passed, place in enumerate(sorted(fulls, key=lambda one: fulls[one])):
        widths[place] = max(1, min(fulls[place], left // (len(fulls) - passed)))
        left -= widths[place]
    return dict(sorted(widths.items()))
