"""A workflow's jobs as a picture: laid out once, and drawn from that as text, SVG, Mermaid, DOT and numbers.

Law: pure. The layout decides where everything stands; a renderer decides how it looks and nothing else. Names
are anybody's text: each renderer makes them harmless in its own language.
"""

from reconciler.report.graph.dot import render_dot
from reconciler.report.graph.drawn import DrawnEdge, DrawnJob, DrawnLane, Graph, draw, dressed
from reconciler.report.graph.layout import Box, Edge, Lane, Layout, Measure, lay_out
from reconciler.report.graph.mermaid import render_mermaid
from reconciler.report.graph.model import GraphJob, Picture
from reconciler.report.graph.svg import render_svg
from reconciler.report.graph.text import render_text

__all__ = [
    "Box",
    "DrawnEdge",
    "DrawnJob",
    "DrawnLane",
    "Edge",
    "Graph",
    "GraphJob",
    "Lane",
    "Layout",
    "Measure",
    "Picture",
    "draw",
    "dressed",
    "lay_out",
    "render_dot",
    "render_mermaid",
    "render_svg",
    "render_text",
]
