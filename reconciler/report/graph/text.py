"""A picture as text for a terminal: drawn where it fits, else a list that says the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from reconciler.report.graph.canvas import Canvas
from reconciler.report.graph.layout import Box, Layout, Measure, lay_out
from reconciler.report.graph.model import GraphJob, Picture
from reconciler.report.graph.words import captioned, look, shortened
from reconciler.report.terminal import Style, columns, harmless

_MOST_ROWS: Final = 60
_MOST_JOBS: Final = 200
_LENGTHS: Final = (60, 40, 30, 24, 20)
"""How many columns a job's name may take at most; the first with which the picture fits is taken."""
_LANE: Final = 14


@dataclass(frozen=True, slots=True)
class Terminal:
    """What text is written on: whether it takes colour, and how many columns it has."""

    color: bool
    width: int


def render_text(picture: Picture, terminal: Terminal) -> str:
    """Draw the picture if it is small enough to be followed, else list the jobs layer by layer.

    Raises:
        Cycle: the jobs wait for one another in a circle.

    """
    drawn = _drawn(picture, terminal)
    body = drawn if drawn is not None else _listed(lay_out(picture, _measure(max(_LENGTHS))), terminal)
    strangers = [
        harmless(f"{job} also names {need} as a parent, which is no job of this workflow")
        for job, need in picture.strangers
    ]
    return "\n".join([*_head(picture, terminal), "", *body, *([""] if strangers else []), *strangers])


def _measure(longest: int) -> Measure:
    return Measure(lambda job: columns(_caption(job, longest)), height=1, gap=0, gutter=1, track=2, margin=2)


def _caption(job: GraphJob, longest: int) -> str:
    return shortened(harmless(captioned(job)), longest)


def _head(picture: Picture, terminal: Terminal) -> list[str]:
    branches = len({job.branch for job in picture.jobs})
    counts = f"{_many(len(picture.jobs), 'job')}, {_many(branches, 'branch', 'branches')}"
    title = harmless(f"Workflow/{picture.workflow}")
    lines = [f"{_painted(title, Style.BOLD, terminal)}  {counts}, {picture.source}"]
    told = Counter(job.status for job in picture.jobs if job.status)
    parts = [
        _painted(harmless(f"{look(status).glyph} {status} {number:,}"), look(status).style, terminal)
        for status, number in sorted(told.items())
    ]
    return [*lines, *(["   ".join(parts)] if parts else [])]


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def _painted(text: str, style: Style, terminal: Terminal) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if terminal.color and style and text else text


def _drawn(picture: Picture, terminal: Terminal) -> list[str] | None:
    """Draw it, None if it would not fit, or could not be read."""
    if len(picture.jobs) > _MOST_JOBS:
        return None
    side = 2 + max((columns(_lane(job.branch)) for job in picture.jobs), default=0)
    if len({job.branch for job in picture.jobs}) == 1:
        side = 0
    for longest in _LENGTHS:
        layout = lay_out(picture, _measure(longest))
        if layout.tangled or layout.height > _MOST_ROWS:
            return None
        if layout.width + side <= terminal.width:
            return _canvas(layout, side, longest, terminal)
    return None


def _lane(branch: str) -> str:
    return shortened(harmless(branch), _LANE)


def _canvas(layout: Layout, side: int, longest: int, terminal: Terminal) -> list[str]:
    canvas = Canvas(layout.width, layout.height)
    children = Counter(edge.parent for edge in layout.edges)
    for edge in layout.edges:
        canvas.draw(edge.points, forked=children[edge.parent] > 1)
    for box in layout.boxes:
        canvas.write(box.x, box.y, _caption(box.job, longest), look(box.job.status).style)
    begins: dict[int, str] = {}
    if side:
        tops = {box.lane: box.y for box in sorted(layout.boxes, key=lambda box: -box.y)}
        begins = {y: _lane(layout.lanes[lane].branch) for lane, y in tops.items()}
    lines = []
    for y, line in enumerate(canvas.lines(color=terminal.color)):
        label = begins.get(y, "")
        gap = " " * (side - columns(label))
        lines.append(f"{_painted(label, Style.DIM, terminal)}{gap}{line}".rstrip())
    return lines


_TITLES: Final = ("LAYER", "JOB", "STATUS", "TYPE", "BRANCH", "NEEDS")
_SHRINKING: Final = (4, 3, 1)
"""The columns that give way, in this order, so that the last has room."""
_LEAST: Final = 14


def _listed(layout: Layout, terminal: Terminal) -> list[str]:
    """List the jobs by layer, each with its parents, in columns that end where the terminal does."""
    rows = [_cells(box) for box in layout.boxes]
    shown = [place for place in range(5) if any(row[place] for row in rows)]
    widths = _fitted(
        {place: max(columns(row[place]) for row in (_TITLES, *rows)) for place in shown}, terminal
    )
    room = max(terminal.width - sum(widths.values()) - 2 * len(widths), _LEAST)
    lines = []
    for box, row in zip((None, *layout.boxes), (_TITLES, *rows), strict=True):
        parts = []
        for place in shown:
            text = shortened(row[place], widths[place])
            style = Style.DIM if box is None else look(box.job.status).style if place == 1 else Style.PLAIN
            parts.append(f"{_painted(text, style, terminal)}{' ' * (widths[place] - columns(text))}")
        last = shortened(row[5], room)
        parts.append(_painted(last, Style.DIM, terminal))
        lines.append("  ".join(parts).rstrip())
    return lines


def _fitted(widths: dict[int, int], terminal: Terminal) -> dict[int, int]:
    """Take from the wider columns what the last one needs."""
    fitted = {place: min(width, terminal.width // 2) for place, width in widths.items()}
    for place in _SHRINKING:
        over = sum(fitted.values()) + 2 * len(fitted) + _LEAST - terminal.width
        if place in fitted and over > 0:
            fitted[place] = max(fitted[place] - over, min(fitted[place], _LEAST))
    return fitted


def _cells(box: Box) -> tuple[str, ...]:
    job = box.job
    cells = (str(box.layer + 1), captioned(job), job.status, job.job_type, job.branch, ", ".join(job.needs))
    return tuple(map(harmless, cells))
