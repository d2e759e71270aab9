"""Unified diffs of two texts, in time that grows with their length: a workflow may have ten thousand jobs.

Lines that occur once in either text are matched first, as many as stand in the same order (the "patience"
method of Bram Cohen); between them `difflib` compares. It alone takes minutes where every job differs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher
from typing import Final

_CONTEXT: Final = 3
"""Lines that are shown around each difference."""
_SEARCHED: Final = 4_000_000
"""Pairs of lines without any anchor among which likenesses are looked for; in more, all lines are others."""

_Pair = tuple[int, int]


def unified(before: Sequence[str], after: Sequence[str], sides: tuple[str, str]) -> str:
    """Give the difference as text, "" when there is none; `sides` name the two texts."""
    lines: list[str] = []
    for group in _Patient(before, after).get_grouped_opcodes(_CONTEXT):
        (_, first, _, start, _), (_, _, last, _, end) = group[0], group[-1]
        lines.append(f"@@ -{_span(first, last)} +{_span(start, end)} @@")
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                lines += [f" {line}" for line in before[old:old_end]]
                continue
            lines += [f"-{line}" for line in before[old:old_end]]
            lines += [f"+{line}" for line in after[new:new_end]]
    return "\n".join([f"--- {sides[0]}", f"+++ {sides[1]}", *lines]) if lines else ""


def _span(first: int, end: int) -> str:
    """Give lines as a diff counts them: from 1, and an empty span by the line before it."""
    length = end - first
    if length == 1:
        return str(first + 1)
    return f"{first + (length > 0)},{length}"


class _Patient(SequenceMatcher[str]):
    """Finds what two texts have in common, gap by gap between the lines that both have once."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        super().__init__(None, before, after)
        self._before = before
        self._after = after

    def get_matching_blocks(self) -> list[Match]:
        """Give spans of equal lines in ascending order, and an empty one at the end."""
        blocks: list[Match] = []
        for match in self._matches():
            last = blocks[-1] if blocks else Match(0, 0, 0)
            if blocks and (last.a + last.size, last.b + last.size) == (match.a, match.b):
                blocks[-1] = Match(last.a, last.b, last.size + match.size)
            elif match.size:
                blocks.append(match)
        return [*blocks, Match(len(self._before), len(self._after), 0)]

    def _matches(self) -> Iterator[Match]:
        old = new = 0
        for at, to in [*_in_order(_shared(self._before, self._after)), (len(self._before), len(self._after))]:
            for match in _between(self._before[old:at], self._after[new:to]):
                yield Match(old + match.a, new + match.b, match.size)
            if at < len(self._before):
                yield Match(at, to, 1)
            old, new = at + 1, to + 1


def _between(before: Sequence[str], after: Sequence[str]) -> Sequence[Match]:
    if before == after:
        return [Match(0, 0, len(before))]
    if len(before) * len(after) > _SEARCHED:
        return []
    return SequenceMatcher(None, before, after).get_matching_blocks()


def _shared(before: Sequence[str], after: Sequence[str]) -> list[_Pair]:
    """Find the lines that both have once, in the order of `before`, each with its place in either."""
    once = Counter(after)
    places = {line: place for place, line in enumerate(after) if once[line] == 1}
    counts = Counter(before)
    return [
        (place, places[line]) for place, line in enumerate(before) if counts[line] == 1 and line in places
    ]


def _in_order(pairs: Sequence[_Pair]) -> list[_Pair]:
    """Keep as many as ascend in both: a longest increasing subsequence, by piles."""
    tops: list[int] = []
    piles: list[int] = []
    previous: list[int] = []
    for index, (_, place) in enumerate(pairs):
        pile = bisect_left(tops, place)
        previous.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        piles[pile : pile + 1] = [index]
    kept: list[_Pair] = []
    index = piles[-1] if piles else -1
    while index >= 0:
        kept.append(pairs[index])
        index = previous[index]
    return kept[::-1]
