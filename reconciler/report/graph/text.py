"""A picture as text for a terminal: drawn where it fits, else a list that says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from reconciler.report.cells import Keep
from reconciler.report.graph.canvas import Canvas
from reconciler.report.graph.layout import Box, Layout, Measure, lay_out
from reconciler.report.graph.model import GraphJob, Picture
from reconciler.report.graph.words import captioned, look
from reconciler.report.table import Column, Grid
from reconciler.report.terminal import Page, Paper, Style, columns, cut, harmless, painted

_MOST_ROWS: Final = 60
_MOST_JOBS: Final = 200
_LENGTHS: Final = (60, 40, 30, 24, 20)
"""How many columns a job's name may take at most; the first with which the picture fits is taken."""
_ANY: Final = 1 << 16
"""Into a file or a pipe the picture goes as wide as it is."""
_LANE: Final = 14


def render_text(picture: Picture, paper: Paper) -> str:
    """Draw the picture if it is small enough to be followed, else list the jobs layer by layer.

    Raises:
        Cycle: the jobs wait for one another in a circle.

    """
    drawn = _drawn(picture, paper)
    body = drawn if drawn is not None else _listed(lay_out(picture, _measure(max(_LENGTHS))), paper)
    strangers = [
        harmless(f"{job} also names {need} as a parent, which is no job of this workflow")
        for job, need in picture.strangers
    ]
    return "\n".join([*_head(picture, paper), "", *body, *([""] if strangers else []), *strangers])


def _measure(longest: int) -> Measure:
    return Measure(lambda job: columns(_caption(job, longest)), height=1, gap=0, gutter=1, track=2, margin=2)


def _caption(job: GraphJob, longest: int) -> str:
    return cut(captioned(job), longest, Keep.ENDS)


def _head(picture: Picture, paper: Paper) -> list[str]:
    branches = len({job.branch for job in picture.jobs})
    counts = f"{_many(len(picture.jobs), 'job')}, {_many(branches, 'branch', 'branches')}"
    title = f"Workflow/{picture.workflow}"
    page = Page(paper.coloured, paper.width)
    page.put_beside(title, Style.BOLD, f"{counts}, {picture.source}", Style.PLAIN)
    told = Counter(job.status for job in picture.jobs if job.status)
    parts = [
        painted(
            harmless(f"{look(status).glyph} {status} {number:,}"), look(status).style, color=paper.coloured
        )
        for status, number in sorted(told.items())
    ]
    return [*page.lines, *(["   ".join(parts)] if parts else [])]


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def _drawn(picture: Picture, paper: Paper) -> list[str] | None:
    """Draw it, None if it would not fit, or could not be read."""
    if len(picture.jobs) > _MOST_JOBS:
        return None
    side = 2 + max((columns(_lane(job.branch)) for job in picture.jobs), default=0)
    if len({job.branch for job in picture.jobs}) == 1:
        side = 0
    for longest in (_ANY,) if paper.piped else _LENGTHS:
        layout = lay_out(picture, _measure(longest))
        if layout.tangled or layout.height > _MOST_ROWS:
            return None
        if paper.piped or layout.width + side <= paper.width:
            return _canvas(layout, side, longest, paper)
    return None


def _lane(branch: str) -> str:
    return cut(branch, _LANE, Keep.ENDS)


def _canvas(layout: Layout, side: int, longest: int, paper: Paper) -> list[str]:
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
    for y, line in enumerate(canvas.lines(color=paper.coloured)):
        label = begins.get(y, "")
        gap = " " * (side - columns(label))
        lines.append(f"{painted(label, Style.DIM, color=paper.coloured)}{gap}{line}".rstrip())
    return lines


def _listed(layout: Layout, paper: Paper) -> list[str]:
    """List the jobs by layer, each with its parents; columns that are empty throughout are left out."""
    told = [column for column in _LIST if any(column.cell(box) for box in layout.boxes)]
    return Grid(told, paper).lines(layout.boxes)


_LIST: Final[Sequence[Column[Box]]] = (
    Column("LAYER", lambda box: str(box.layer + 1)),
    Column("JOB", lambda box: captioned(box.job), style=lambda box: look(box.job.status).style, least=24),
    Column("STATUS", lambda box: box.job.status, rank=2),
    Column("TYPE", lambda box: box.job.job_type, rank=4, least=12),
    Column("BRANCH", lambda box: box.job.branch, rank=3, least=10),
    Column("NEEDS", lambda box: ", ".join(box.job.needs), style=lambda _: Style.DIM, rank=1, least=14),
)
