"""Where the jobs of a workflow stand in its picture: layers by depth, branches as lanes, lines in between.

Layers are the columns, from left to right; rows belong to lanes, one lane to a branch. Lines bend only in the
gaps between layers and run along only in the gutters between rows, so that none crosses a job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.report.graph.cells import Cells, arrange
from reconciler.report.graph.model import GraphJob, Picture
from reconciler.report.graph.wires import Wires, wire

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Measure:
    """How large things are, in the unit of whoever draws: columns and lines, or pixels.

    `width` tells how wide a job is, `height` how high each; `gap` is the space above every row, `gutter` what
    each line that runs between rows takes besides, `track` the distance of lines side by side between two
    layers, and `margin` that of a job from the nearest of them.
    """

    width: Callable[[GraphJob], int]
    height: int
    gap: int
    gutter: int
    track: int
    margin: int


UNIT: Final = Measure(width=lambda _: 1, height=1, gap=1, gutter=1, track=1, margin=1)
"""For who needs only the order."""


@dataclass(frozen=True, slots=True)
class Box:
    """A job in its place; `layer`, `row` and `lane` count from 0."""

    job: GraphJob
    layer: int
    row: int
    lane: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Lane:
    """A branch: the band of rows that its jobs stand in."""

    branch: str
    first: int
    rows: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from a parent's right side to its child's left, level or upright from point to point."""

    parent: str
    child: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture in its places. The boxes are ordered by layer, then row.

    `tangled` says that lines of different jobs had to share a stretch, so that nobody could tell them apart
    there without colour.
    """

    picture: Picture
    boxes: tuple[Box, ...]
    lanes: tuple[Lane, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    tangled: bool


def lay_out(picture: Picture, measure: Measure) -> Layout:
    """Give everything its place; the same picture and measure always the same.

    Raises:
        Cycle: the jobs wait for one another in a circle.

    """
    cells = arrange(picture)
    wires = wire(picture, cells)
    return _Draft(picture, cells, wires, measure).layout()


class _Draft:
    """Turns cells and tracks, which are counted, into places, which are measured."""

    def __init__(self, picture: Picture, cells: Cells, wires: Wires, measure: Measure) -> None:
        self._picture, self._cells, self._wires, self._measure = picture, cells, wires, measure
        self._widths = {job.name: measure.width(job) for job in picture.jobs}
        self._layer_x = self._columns()
        self._row_y, self._height = self._rows()

    def _columns(self) -> list[int]:
        """Give the left side of each layer, and at the end where the picture ends."""
        widest = [0] * self._cells.layers
        for name, cell in self._cells.at.items():
            widest[cell.layer] = max(widest[cell.layer], self._widths[name])
        left, sides = 0, []
        for layer, width in enumerate(widest):
            sides.append(left)
            tracks = self._wires.tracks[layer] if layer < len(self._wires.tracks) else 0
            left += width + 2 * self._measure.margin + max(tracks - 1, 0) * self._measure.track
        self._gap_x = [side + width + self._measure.margin for side, width in zip(sides, widest, strict=True)]
        return [*sides, sides[-1] + widest[-1] if sides else 0]

    def _rows(self) -> tuple[list[int], int]:
        """Give the upper side of each row, and how high everything is."""
        y, tops = 0, []
        for row in range(self._cells.rows):
            y += self._measure.gap + self._wires.gutters.get(row, 0) * self._measure.gutter
            tops.append(y)
            y += self._measure.height
        return tops, y + self._measure.gap

    def layout(self) -> Layout:
        boxes = tuple(self._box(job) for job in self._picture.jobs)
        return Layout(
            self._picture,
            tuple(sorted(boxes, key=lambda box: (box.layer, box.row))),
            tuple(self._lanes()),
            tuple(self._edge(*pair) for pair in self._picture.edges),
            self._layer_x[-1],
            self._height,
            self._wires.tangled,
        )

    def _box(self, job: GraphJob) -> Box:
        cell = self._cells.at[job.name]
        x, y = self._layer_x[cell.layer], self._row_y[cell.row]
        return Box(job, cell.layer, cell.row, cell.lane, x, y, self._widths[job.name], self._measure.height)

    def _lanes(self) -> list[Lane]:
        lanes = []
        for band in self._cells.bands:
            above = self._wires.gutters.get(band.first, 0) * self._measure.gutter
            top = self._row_y[band.first] - self._measure.gap - above
            bottom = self._row_y[band.first + band.rows - 1] + self._measure.height
            lanes.append(Lane(band.branch, band.first, band.rows, top, bottom - top))
        return lanes

    def _edge(self, parent: str, child: str) -> Edge:
        start, end = self._cells.at[parent], self._cells.at[child]
        left, right = self._layer_x[start.layer] + self._widths[parent], self._layer_x[end.layer]
        y, last = self._middle(start.row), self._middle(end.row)
        way = self._wires.ways[parent, child]
        if way is None:
            return Edge(parent, child, ((left, y), (right, last)))
        points = [(left, y)]
        x = self._track_x(start.layer, way.leaving)
        points.append((x, y))
        if way.gutter is not None:
            y = self._gutter_y(end.row, way.gutter)
            points.append((x, y))
            x = self._track_x(end.layer - 1, way.entering)
            points.append((x, y))
        points += [(x, last), (right, last)]
        return Edge(parent, child, tuple(points))

    def _track_x(self, gap: int, track: int) -> int:
        return self._gap_x[gap] + track * self._measure.track

    def _gutter_y(self, row: int, gutter: int) -> int:
        """Gutters are counted upwards from the row beneath them."""
        return self._row_y[row] - self._measure.gap // 2 - (gutter + 1) * self._measure.gutter

    def _middle(self, row: int) -> int:
        return self._row_y[row] + self._measure.height // 2
