"""A picture as Mermaid, which GitHub, GitLab and many editors draw."""

from __future__ import annotations

from typing import Final

from reconciler.report.graph.layout import UNIT, Layout, lay_out
from reconciler.report.graph.model import Picture
from reconciler.report.graph.words import captioned, look
from reconciler.report.terminal import harmless

_PLAIN: Final = frozenset(" -_,./")


def render_mermaid(picture: Picture) -> str:
    """Write a flowchart whose subgraphs are the branches.

    Ids are numbers, and in labels every ASCII character that could mean something is written as its code, so
    that no name is taken for syntax, Markdown or HTML.

    Raises:
        Cycle: the jobs wait for one another in a circle.

    """
    layout = lay_out(picture, UNIT)
    ids = {box.job.name: f"n{number}" for number, box in enumerate(layout.boxes)}
    lines = ["flowchart LR"]
    for number, lane in enumerate(layout.lanes):
        lines.append(f'  subgraph b{number}["{_label(lane.branch)}"]')
        lines += [
            f'    {ids[box.job.name]}["{_label(captioned(box.job))}"]'
            for box in layout.boxes
            if box.lane == number
        ]
        lines.append("  end")
    lines += [f"  {ids[edge.parent]} --> {ids[edge.child]}" for edge in layout.edges]
    return "\n".join([*lines, *_styles(layout, ids)])


def _styles(layout: Layout, ids: dict[str, str]) -> list[str]:
    named: dict[str, list[str]] = {}
    for box in layout.boxes:
        if box.job.status:
            named.setdefault(look(box.job.status).color, []).append(ids[box.job.name])
    lines = []
    for number, (color, members) in enumerate(named.items()):
        lines.append(f"  classDef s{number} color:{color},stroke:{color}")
        lines.append(f"  class {','.join(members)} s{number}")
    return lines


def _label(text: str) -> str:
    return "".join(
        c if c.isalnum() or c in _PLAIN or not c.isascii() else f"#{ord(c)};" for c in harmless(text)
    )
