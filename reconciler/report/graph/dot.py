"""A picture as DOT, the language of Graphviz."""

from __future__ import annotations

from reconciler.report.graph.layout import UNIT, lay_out
from reconciler.report.graph.model import Picture
from reconciler.report.graph.words import LANES, captioned, look
from reconciler.report.terminal import harmless


def render_dot(picture: Picture) -> str:
    """Write a digraph whose clusters are the branches.

    Raises:
        Cycle: the jobs wait for one another in a circle.

    """
    layout = lay_out(picture, UNIT)
    ids = {box.job.name: f"n{number}" for number, box in enumerate(layout.boxes)}
    lines = [
        f"digraph {_quoted(picture.workflow)} {{",
        "  rankdir=LR;",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];',
    ]
    for number, lane in enumerate(layout.lanes):
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f'    label={_quoted(lane.branch)}; style=filled; color="{LANES[number % len(LANES)]}";')
        for box in layout.boxes:
            if box.lane == number:
                color = look(box.job.status).color
                label, kind = _quoted(captioned(box.job)), _quoted(_about(box.job.job_type, box.job.status))
                lines.append(f'    {ids[box.job.name]} [label={label}, tooltip={kind}, color="{color}"];')
        lines.append("  }")
    lines += [f"  {ids[edge.parent]} -> {ids[edge.child]};" for edge in layout.edges]
    return "\n".join([*lines, "}"])


def _about(job_type: str, status: str) -> str:
    return f"{job_type}, {status}" if status else job_type


def _quoted(text: str) -> str:
    """Quote text: backslashes begin escapes in DOT, and `&` an entity as in HTML."""
    safe = harmless(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{safe}"'
