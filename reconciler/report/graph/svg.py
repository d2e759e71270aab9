"""A picture as SVG: no script, no style sheet, nothing fetched."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from reconciler.report.graph.layout import Box, Edge, Lane, Measure, Point, lay_out
from reconciler.report.graph.model import GraphJob, Picture
from reconciler.report.graph.words import LANES, captioned, look
from reconciler.report.terminal import columns, cut, harmless

_LETTER: Final = 7
"""How wide a column of text is taken to be, in pixels; `textLength` holds drawing programs to it."""
_LONGEST: Final = 36
_PAD: Final = 12
_ROUND: Final = 6
_HEAD: Final = 44
_NAMESPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
_INK: Final = "#1c2329"
_FONT: Final = 'role="img" font-family="ui-monospace, monospace" font-size="12"'
_LINES: Final = ("#5b6b82", "#a05a1c", "#2b7a4b", "#8a4a8a", "#7a7020", "#22788a", "#5f4bb6", "#a34848")

PIXELS: Final = Measure(
    width=lambda job: _LETTER * max(columns(text) for text in _texts(job)) + 2 * _PAD,
    height=44,
    gap=18,
    gutter=8,
    track=8,
    margin=18,
)
"""How large things are where pictures are drawn in pixels."""


def render_svg(picture: Picture) -> str:
    """Lay it out in pixels and draw it.

    Raises:
        Cycle: the jobs wait for one another in a circle.

    """
    layout = lay_out(picture, PIXELS)
    side = _LETTER * max((columns(short(lane.branch)) for lane in layout.lanes), default=0) + 2 * _PAD
    width, height = layout.width + side + 2 * _PAD, layout.height + _HEAD + _PAD
    lanes = {box.job.name: box.lane for box in layout.boxes}
    title = escape(harmless(f"Workflow/{picture.workflow}"))
    return "\n".join(
        [
            f'<svg {_NAMESPACE} viewBox="0 0 {width} {height}" {_size(width, height)} {_FONT}>',
            f"<title>{title}</title>",
            f'<rect {_size(width, height)} fill="#ffffff"/>',
            f'<text x="{_PAD}" y="28" font-size="15" font-weight="bold">{title}</text>',
            *(_lane(number, lane, width) for number, lane in enumerate(layout.lanes)),
            f'<g transform="translate({side + _PAD} {_HEAD})">',
            *(_edge(edge, lanes) for edge in layout.edges),
            *map(_box, layout.boxes),
            "</g>",
            "</svg>",
        ]
    )


def _lane(number: int, lane: Lane, width: int) -> str:
    y = lane.y + _HEAD + lane.height // 2 + 9
    return (
        f'<rect y="{lane.y + _HEAD + 9}" width="{width}" height="{lane.height}" '
        f'fill="{LANES[number % len(LANES)]}"/>'
        f'<text x="{_PAD}" y="{y + 4}" fill="#44505c"><title>{escape(harmless(lane.branch))}</title>'
        f"{escape(short(lane.branch))}</text>"
    )


def _size(width: int, height: int) -> str:
    return f'width="{width}" height="{height}"'


def _box(box: Box) -> str:
    job, color = box.job, look(box.job.status).color
    name, below = _texts(job)
    whole = escape(harmless(f"{job.name}: {job.job_type} {job.status}".rstrip()))
    return (
        f'<g><title>{whole}</title><rect x="{box.x}" y="{box.y}" {_size(box.width, box.height)} '
        f'rx="{_ROUND}" fill="#ffffff" stroke="{color}"/>'
        f"{_line(name, box.x + _PAD, box.y + 18, _INK)}{_line(below, box.x + _PAD, box.y + 34, color)}</g>"
    )


def _line(text: str, x: int, y: int, color: str) -> str:
    fit = f'textLength="{columns(text) * _LETTER}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{x}" y="{y}" fill="{color}" {fit}>{escape(text)}</text>'


def _texts(job: GraphJob) -> tuple[str, str]:
    """Give the two lines in a box: the name, and the status, or else the type."""
    return short(captioned(job)), short(job.status or job.job_type)


def short(text: str) -> str:
    """Cut text to what a box holds; the whole is shown where the pointer rests."""
    return cut(text, _LONGEST)


def _edge(edge: Edge, lanes: Mapping[str, int]) -> str:
    color = _LINES[lanes[edge.parent] % len(_LINES)]
    x, y = edge.points[-1]
    head = f'<path d="M{x - 7} {y - 4}L{x} {y}L{x - 7} {y + 4}z" fill="{color}"/>'
    return f'<path d="{path(edge.points)}" fill="none" stroke="{color}" stroke-width="1.4"/>{head}'


def path(points: tuple[Point, ...]) -> str:
    """Give a line as the `d` of a path, every corner rounded, by less where a stretch is short."""
    steps = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        x, y = _towards(corner, before)
        end_x, end_y = _towards(corner, after)
        steps.append(f"L{x} {y}Q{corner[0]} {corner[1]} {end_x} {end_y}")
    return "".join([*steps, f"L{points[-1][0]} {points[-1][1]}"])


def _towards(corner: Point, other: Point) -> Point:
    across, down = other[0] - corner[0], other[1] - corner[1]
    reach = min(_ROUND, (abs(across) + abs(down)) // 2)
    return corner[0] + reach * _sign(across), corner[1] + reach * _sign(down)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
