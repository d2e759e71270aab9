"""A picture as numbers, for whoever draws it: where each box and each line is, in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from reconciler.report.graph.layout import lay_out
from reconciler.report.graph.model import GraphJob, Picture
from reconciler.report.graph.svg import PIXELS, path, short
from reconciler.report.terminal import columns

_LETTER: Final = 8
_SMALL_LETTER: Final = 7
"""How wide a column of the name, and of the line beneath it, is taken to be: wider than in most fonts."""
_PICTURE: Final = 30
"""What stands left of both."""
_PAD: Final = 12
_LONGEST_STATUS: Final = ", SUCCEEDED"

_MEASURE: Final = replace(PIXELS, width=lambda job: _PICTURE + _PAD + _text_width(job))


@dataclass(frozen=True, slots=True)
class DrawnLane:
    """A branch; `label` is its name as far as there is room for it."""

    branch: str
    label: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class DrawnJob:
    """A job in its place; `lane` counts from 0. `label` and `caption` are the two lines in its box."""

    name: str
    label: str
    caption: str
    job_type: str
    branch: str
    needs: tuple[str, ...]
    status: str
    layer: int
    lane: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A line from a parent to a child, as the `d` of an SVG path; its colour is that of the parent's lane."""

    parent: str
    child: str
    lane: int
    path: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A workflow's picture. `side` is the width of the names of the lanes, left of all jobs.

    `tangled` says that some lines share a stretch; `strangers` are jobs with a parent that is not a job here.
    """

    workflow: str
    source: str
    width: int
    height: int
    side: int
    tangled: bool
    strangers: tuple[tuple[str, str], ...]
    lanes: tuple[DrawnLane, ...]
    nodes: tuple[DrawnJob, ...]
    edges: tuple[DrawnEdge, ...]


def draw(picture: Picture) -> Graph:
    """Lay a picture out.

    Raises:
        Cycle: the jobs wait for one another in a circle.

    """
    layout = lay_out(picture, _MEASURE)
    side = _SMALL_LETTER * max((columns(short(one.branch)) for one in layout.lanes), default=0) + 2 * _PAD
    lanes = {box.job.name: box.lane for box in layout.boxes}
    nodes = (
        DrawnJob(
            name=box.job.name,
            label=short(box.job.name),
            caption=_caption(box.job),
            job_type=box.job.job_type,
            branch=box.job.branch,
            needs=box.job.needs,
            status=box.job.status,
            layer=box.layer,
            lane=box.lane,
            x=box.x + side,
            y=box.y,
            width=box.width,
            height=box.height,
        )
        for box in layout.boxes
    )
    edges = (
        DrawnEdge(
            edge.parent, edge.child, lanes[edge.parent], path(tuple((x + side, y) for x, y in edge.points))
        )
        for edge in layout.edges
    )
    return Graph(
        workflow=picture.workflow,
        source=picture.source,
        width=layout.width + side + PIXELS.margin,
        height=layout.height + PIXELS.gap,
        side=side,
        tangled=layout.tangled,
        strangers=picture.strangers,
        lanes=tuple(
            DrawnLane(lane.branch, short(lane.branch), lane.y + PIXELS.gap // 2, lane.height)
            for lane in layout.lanes
        ),
        nodes=tuple(nodes),
        edges=tuple(edges),
    )


def dressed(graph: Graph, jobs: Mapping[str, GraphJob]) -> Graph:
    """Give the same picture with the statuses that these jobs have: nothing moves for a status."""
    nodes = (
        replace(node, status=jobs[node.name].status, caption=_caption(jobs[node.name]))
        for node in graph.nodes
    )
    return replace(graph, nodes=tuple(nodes))


def _text_width(job: GraphJob) -> int:
    """Give room for any status, so that nothing moves when it becomes another."""
    beneath = columns(short(job.job_type)) + len(_LONGEST_STATUS)
    return max(_LETTER * columns(short(job.name)), _SMALL_LETTER * beneath)


def _caption(job: GraphJob) -> str:
    """Give the line beneath the name."""
    kind = short(job.job_type)
    return f"{kind}, {short(job.status)}" if job.status else kind
