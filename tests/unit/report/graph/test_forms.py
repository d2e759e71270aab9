"""Pictures in other languages: whatever the names are, they stay names."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from reconciler.report.graph import Picture, render_dot, render_mermaid, render_svg
from reconciler.report.terminal import harmless
from tests.unit.report.graph.pictures import job, picture, pictures

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '<script>alert("x")</script>'


def read_dot(line: str) -> list[str]:
    """Give the quoted texts of a line, as Graphviz reads them."""
    return [unescape(re.sub(r"\\(.)", r"\1", found)) for found in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]


@given(pictures())
def test_svg_has_every_job_and_nothing_that_acts(shown: Picture) -> None:
    """It is well-formed, and its elements are those that draw."""
    root = ET.fromstring(render_svg(shown))  # noqa: S314 - it is ours

    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "rect",
        "text",
        "g",
        "path",
    }
    assert not [
        name for element in root.iter() for name in element.attrib if name.startswith("on") or "href" in name
    ]
    titles = {element.text for element in root.iter(f"{SVG}title")}
    for one in shown.jobs:
        assert harmless(f"{one.name}: {one.job_type} {one.status}".rstrip()) in titles
    paths = [element for element in root.iter(f"{SVG}path") if element.get("stroke")]
    assert len(paths) == len(shown.edges)


@given(pictures())
def test_mermaid_has_every_job_and_a_name_is_no_syntax(shown: Picture) -> None:
    """Each line is one of those that we write, and labels hold no character that means something."""
    lines = render_mermaid(shown).split("\n")

    label = r'\["[^"<>&`\[\](){}|\\\x00-\x1f]*"\]'
    known = (
        rf"flowchart LR|  subgraph b\d+{label}|    n\d+{label}|  end|  n\d+ --> n\d+"
        r"|  classDef s\d+ color:#\w+,stroke:#\w+|  class [n\d,]+ s\d+"
    )
    assert all(re.fullmatch(known, line) for line in lines), lines
    nodes = [line for line in lines if line.startswith("    n")]
    read = {re.sub(r"#(\d+);", lambda code: chr(int(code[1])), line.split('"')[1])[2:] for line in nodes}
    assert read == {harmless(one.name) for one in shown.jobs}
    assert sum("-->" in line for line in lines) == len(shown.edges)


@given(pictures())
def test_dot_has_every_job_and_a_name_is_no_syntax(shown: Picture) -> None:
    """A quoted text is read as what was written."""
    lines = render_dot(shown).split("\n")

    nodes = [line for line in lines if re.match(r"    n\d+ \[", line)]
    assert {read_dot(line)[0][2:] for line in nodes} == {harmless(one.name) for one in shown.jobs}
    assert all(
        re.fullmatch(r' +n\d+ \[label="(?:[^"\\]|\\.)*", tooltip="(?:[^"\\]|\\.)*", color="#\w+"\];', n)
        for n in nodes
    )
    assert sum(bool(re.fullmatch(r"  n\d+ -> n\d+;", line)) for line in lines) == len(shown.edges)
    assert lines[-1] == "}"


@pytest.mark.parametrize("render", [render_svg, render_mermaid, render_dot])
def test_a_script_stays_text(render: Callable[[Picture], str]) -> None:
    """In a job, a type, a branch, a status and a workflow."""
    shown = picture(job("a", branch=NASTY, status=NASTY), job(NASTY, "a"), workflow=NASTY)

    text = render(shown)

    if render is not render_dot:
        assert "<script" not in text
    assert 'alert("' not in text
