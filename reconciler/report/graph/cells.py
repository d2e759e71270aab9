"""Which layer and which row each job stands in: a cell of its own, near its parents, in its branch's band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.report.graph.model import Picture
from reconciler.resources import depths

_SWEEPS: Final = 4
"""How often the order is improved, by parents and by children in turn; once more by parents follows."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a job stands."""

    layer: int
    row: int
    lane: int


@dataclass(frozen=True, slots=True)
class Band:
    """The rows of a branch."""

    branch: str
    first: int
    rows: int


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a picture, and how many layers and rows they take."""

    at: Mapping[str, Cell]
    bands: tuple[Band, ...]
    layers: int
    rows: int


def arrange(picture: Picture) -> Cells:
    """Give each job a cell of its own.

    Bands stand in the order in which their branches begin. In a band the jobs of a layer are ordered by the
    mean row of their neighbours (the barycentre method of Sugiyama, Tagawa and Toda), and stand as near to it
    as there is room.

    Raises:
        Cycle: there are no layers.

    """
    return _Arranging(picture).cells()


class _Arranging:
    def __init__(self, picture: Picture) -> None:
        self._parents = picture.graph
        self._children: dict[str, list[str]] = {job.name: [] for job in picture.jobs}
        for parent, child in picture.edges:
            self._children[parent].append(child)
        self._depth = depths(self._parents)
        self._order = {job.name: place for place, job in enumerate(picture.jobs)}
        ordered = sorted(picture.jobs, key=lambda job: (self._depth[job.name], self._order[job.name]))
        self._branch = {job.name: job.branch for job in picture.jobs}
        self._groups: dict[tuple[int, str], list[str]] = {}
        for job in ordered:
            self._groups.setdefault((self._depth[job.name], job.branch), []).append(job.name)
        self._bands = self._make_bands(list(dict.fromkeys(job.branch for job in ordered)))
        self._row: dict[str, int] = {}

    def _make_bands(self, branches: list[str]) -> dict[str, Band]:
        highest = dict.fromkeys(branches, 0)
        for (_, branch), names in self._groups.items():
            highest[branch] = max(highest[branch], len(names))
        bands, first = {}, 0
        for branch in branches:
            bands[branch] = Band(branch, first, highest[branch])
            first += highest[branch]
        return bands

    def cells(self) -> Cells:
        for (_, branch), names in self._groups.items():
            self._row |= {name: self._bands[branch].first + place for place, name in enumerate(names)}
        rightwards = sorted(self._groups)
        for _ in range(_SWEEPS // 2):
            self._sweep(rightwards, self._parents)
            self._sweep(rightwards[::-1], self._children)
        self._sweep(rightwards, self._parents)
        lanes = {branch: lane for lane, branch in enumerate(self._bands)}
        at = {
            name: Cell(self._depth[name], row, lanes[self._branch[name]]) for name, row in self._row.items()
        }
        layers = 1 + max(self._depth.values(), default=-1)
        return Cells(at, tuple(self._bands.values()), layers, sum(b.rows for b in self._bands.values()))

    def _sweep(self, groups: list[tuple[int, str]], neighbours: Mapping[str, Sequence[str]]) -> None:
        for group in groups:
            self._place(group, neighbours)

    def _place(self, group: tuple[int, str], neighbours: Mapping[str, Sequence[str]]) -> None:
        """Order a layer's jobs in their band, and move each towards the row where it is drawn."""
        names, band = self._groups[group], self._bands[group[1]]
        wish = {name: self._wish(name, neighbours[name]) for name in names}
        names.sort(key=lambda name: (wish[name], self._row[name]))
        free = band.first
        for place, name in enumerate(names):
            last = band.first + band.rows - (len(names) - place)
            self._row[name] = min(max(free, round(wish[name])), last)
            free = self._row[name] + 1

    def _wish(self, name: str, neighbours: Sequence[str]) -> float:
        rows = [self._row[neighbour] for neighbour in neighbours]
        return sum(rows) / len(rows) if rows else self._row[name]
