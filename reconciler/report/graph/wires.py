"""Which tracks and gutters the lines of a picture take, so that no two that differ share a stretch."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Final

from reconciler.report.graph.cells import Cells
from reconciler.report.graph.model import Picture

_MOST_TRACKS: Final = 40
"""How many lines stand side by side between two layers, before more share the last track."""
_MOST_RULES: Final = 20_000
"""How many rules about which track is left of which are kept between two layers; beyond them nobody could
follow a line anyway."""


@dataclass(frozen=True, slots=True)
class Way:
    """The way of a line that is not straight.

    It leaves its parent's layer on track `leaving`; then, if a layer lies in between, it runs along `gutter`
    above its child's row, and goes down to the child on track `entering`.
    """

    leaving: int
    gutter: int | None = None
    entering: int = 0


@dataclass(frozen=True, slots=True)
class Wires:
    """The way of every line, None for a straight one; how many tracks each gap and gutters each row has."""

    ways: Mapping[tuple[str, str], Way | None]
    tracks: tuple[int, ...]
    gutters: Mapping[int, int]
    tangled: bool


Height = tuple[int, int]
"""How high a level line runs: (row, 0) in the middle of a row, (row, -n) in the nth gutter above it."""
Key = tuple[str, str]
"""Who share an upright line: all that leave a parent, `("out", name)`, or enter a child, `("in", name)`."""


@dataclass(slots=True)
class _Gap:
    """The upright lines between two layers: where each is met from the left, and left to the right."""

    left: dict[Key, set[Height]] = field(default_factory=dict)
    right: dict[Key, set[Height]] = field(default_factory=dict)

    def add(self, key: Key, start: Height, end: Height) -> None:
        self.left.setdefault(key, set()).add(start)
        self.right.setdefault(key, set()).add(end)

    def tracks(self) -> tuple[dict[Key, int], bool]:
        """Give each line a track, from the left, and whether any had to be shared.

        A line that leaves a row on the left stands left of one that enters the same row on the right: else
        their level parts would lie on one another.
        """
        spans = {key: _span((*self.left[key], *self.right[key])) for key in self.left}
        after, tangled = self._rules()
        order, circle = _in_order(sorted(spans, key=lambda key: (spans[key], key)), after)
        least: dict[Key, int] = dict.fromkeys(spans, 0)
        taken: list[list[tuple[Height, Height]]] = []
        tracks: dict[Key, int] = {}
        for key in order:
            track = _free(taken, least[key], spans[key])
            tangled |= track >= _MOST_TRACKS
            tracks[key] = min(track, _MOST_TRACKS - 1)
            for later in after.get(key, ()):
                least[later] = max(least[later], tracks[key] + 1)
        return tracks, tangled or circle

    def _rules(self) -> tuple[dict[Key, list[Key]], bool]:
        leaving, entering = _by_height(self.left), _by_height(self.right)
        after: dict[Key, list[Key]] = {}
        rules = 0
        for height, firsts in leaving.items():
            seconds = entering.get(height, ())
            rules += len(firsts) * len(seconds)
            if rules > _MOST_RULES:
                return {}, True
            for first in firsts:
                after.setdefault(first, []).extend(second for second in seconds if second != first)
        return after, False


def _by_height(ends: Mapping[Key, Iterable[Height]]) -> dict[Height, list[Key]]:
    found: dict[Height, list[Key]] = {}
    for key, heights in ends.items():
        for height in heights:
            found.setdefault(height, []).append(key)
    return found


def _span(heights: Iterable[Height]) -> tuple[Height, Height]:
    known = sorted(heights)
    return known[0], known[-1]


def _in_order(keys: list[Key], after: Mapping[Key, list[Key]]) -> tuple[list[Key], bool]:
    """Order keys so that each stands before those after it; where that is a circle, break it, and say so."""
    place = {key: number for number, key in enumerate(keys)}
    before = dict.fromkeys(keys, 0)
    for seconds in after.values():
        for second in seconds:
            before[second] += 1
    ready = [place[key] for key in keys if before[key] == 0]
    heapify(ready)
    waiting = dict.fromkeys(keys)
    order: list[Key] = []
    circle = False
    while waiting:
        if ready:
            key = keys[heappop(ready)]
            if key not in waiting:
                continue
        else:
            circle, key = True, next(iter(waiting))
        del waiting[key]
        order.append(key)
        for second in after.get(key, ()):
            before[second] -= 1
            if before[second] == 0 and second in waiting:
                heappush(ready, place[second])
    return order, circle


def _free(taken: list[list[tuple[Height, Height]]], least: int, span: tuple[Height, Height]) -> int:
    """Take the first track, from `least` on, on which nothing touches the span."""
    for track in range(least, len(taken)):
        if all(end < span[0] or span[1] < start for start, end in taken[track]):
            taken[track].append(span)
            return track
    if len(taken) >= _MOST_TRACKS:
        return _MOST_TRACKS
    taken += [[] for _ in range(least - len(taken))]
    taken.append([span])
    return len(taken) - 1


def wire(picture: Picture, cells: Cells) -> Wires:
    """Give each line its way."""
    return _Wiring(picture, cells).wires()


class _Wiring:
    def __init__(self, picture: Picture, cells: Cells) -> None:
        self._cells = cells
        self._occupied: dict[int, list[int]] = {}
        for cell in cells.at.values():
            self._occupied.setdefault(cell.row, []).append(cell.layer)
        for layers in self._occupied.values():
            layers.sort()
        self._edges = picture.edges
        self._bent = [edge for edge in picture.edges if not self._is_straight(*edge)]
        self._gaps = [_Gap() for _ in range(max(cells.layers - 1, 0))]
        self._gutter_of, self._gutters = self._share_gutters()

    def _is_straight(self, parent: str, child: str) -> bool:
        """Whether nothing stands between the two in their row."""
        start, end = self._cells.at[parent], self._cells.at[child]
        if start.row != end.row:
            return False
        layers = self._occupied[start.row]
        return layers[bisect_right(layers, start.layer)] == end.layer

    def _is_long(self, edge: tuple[str, str]) -> bool:
        parent, child = edge
        return self._cells.at[child].layer - self._cells.at[parent].layer > 1

    def _share_gutters(self) -> tuple[dict[str, int], dict[int, int]]:
        """Give each child that is reached along a gutter one of its own for as far as that is used."""
        begins: dict[str, int] = {}
        for parent, child in filter(self._is_long, self._bent):
            layer = self._cells.at[parent].layer
            begins[child] = min(begins.get(child, layer), layer)
        used: dict[int, list[int]] = {}
        gutter_of: dict[str, int] = {}
        for child in sorted(begins, key=lambda name: (begins[name], self._cells.at[name].layer)):
            ends = used.setdefault(self._cells.at[child].row, [])
            free = next((n for n, end in enumerate(ends) if end < begins[child]), len(ends))
            ends[free : free + 1] = [self._cells.at[child].layer - 1]
            gutter_of[child] = free
        return gutter_of, {row: len(ends) for row, ends in used.items()}

    def wires(self) -> Wires:
        keys = self._keys()
        for edge in self._bent:
            self._lead(edge, keys)
        shared = [gap.tracks() for gap in self._gaps]
        tracks = [found for found, _ in shared]
        ways: dict[tuple[str, str], Way | None] = dict.fromkeys(self._edges)
        for parent, child in self._bent:
            start, end = self._cells.at[parent], self._cells.at[child]
            leaving = tracks[start.layer][keys[parent, child]]
            if self._is_long((parent, child)):
                entering = tracks[end.layer - 1]["in", child]
                ways[parent, child] = Way(leaving, self._gutter_of[child], entering)
            else:
                ways[parent, child] = Way(leaving)
        counts = tuple(1 + max(found.values(), default=-1) for found in tracks)
        return Wires(ways, counts, self._gutters, any(tangled for _, tangled in shared))

    def _keys(self) -> dict[tuple[str, str], Key]:
        """Choose for each line whom it shares its upright part with: its siblings, or its child's parents."""
        near = [edge for edge in self._bent if not self._is_long(edge)]
        out, into = Counter(parent for parent, _ in near), Counter(child for _, child in near)
        keys: dict[tuple[str, str], Key] = {edge: ("out", edge[0]) for edge in self._bent}
        keys |= {(p, c): ("in", c) for p, c in near if into[c] > out[p]}
        return keys

    def _lead(self, edge: tuple[str, str], keys: Mapping[tuple[str, str], Key]) -> None:
        parent, child = edge
        start, end = self._cells.at[parent], self._cells.at[child]
        if not self._is_long(edge):
            self._gaps[start.layer].add(keys[edge], (start.row, 0), (end.row, 0))
            return
        gutter = (end.row, -1 - self._gutter_of[child])
        self._gaps[start.layer].add(keys[edge], (start.row, 0), gutter)
        self._gaps[end.layer - 1].add(("in", child), gutter, (end.row, 0))
