"""Where things stand in a picture, whatever the workflow."""

from __future__ import annotations

from itertools import combinations, pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.graph import Box, Edge, Layout, Measure, Picture, lay_out
from reconciler.report.terminal import columns, harmless
from reconciler.resources import Cycle, depths
from tests.unit.report.graph.pictures import chains, job, layers, picture, pictures

TEXT = Measure(lambda one: columns(harmless(one.name)) + 2, height=1, gap=0, gutter=1, track=2, margin=2)
PIXELS = Measure(lambda one: 7 * len(one.name) + 24, height=44, gap=18, gutter=8, track=8, margin=18)
measures = st.sampled_from([TEXT, PIXELS])


def boxes_of(layout: Layout) -> dict[str, Box]:
    """Give the boxes by name."""
    return {box.job.name: box for box in layout.boxes}


def crosses(edge: Edge, box: Box) -> bool:
    """Whether a line touches a box, the ends of the line in its own two boxes aside."""
    if box.job.name in {edge.parent, edge.child}:
        return False
    return any(
        min(x, to_x) < box.x + box.width
        and max(x, to_x) >= box.x
        and min(y, to_y) < box.y + box.height
        and max(y, to_y) >= box.y
        for (x, y), (to_x, to_y) in pairwise(edge.points)
    )


@given(pictures(), measures)
def test_every_job_stands_exactly_once_and_none_on_another(drawn: Picture, measure: Measure) -> None:
    """Boxes are disjoint, and inside the picture."""
    layout = lay_out(drawn, measure)

    assert sorted(box.job.name for box in layout.boxes) == sorted(one.name for one in drawn.jobs)
    for one, other in combinations(layout.boxes, 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
    for box in layout.boxes:
        assert 0 <= box.x <= box.x + box.width <= layout.width
        assert 0 <= box.y <= box.y + box.height <= layout.height


@given(pictures(), measures)
def test_every_line_runs_forward_and_crosses_no_job(drawn: Picture, measure: Measure) -> None:
    """From its parent's right side to its child's left, level or upright, never back, never outside."""
    layout = lay_out(drawn, measure)
    boxes = boxes_of(layout)

    assert sorted((edge.parent, edge.child) for edge in layout.edges) == sorted(drawn.edges)
    for edge in layout.edges:
        parent, child = boxes[edge.parent], boxes[edge.child]
        assert edge.points[0] == (parent.x + parent.width, parent.y + parent.height // 2)
        assert edge.points[-1] == (child.x, child.y + child.height // 2)
        for (x, y), (to_x, to_y) in pairwise(edge.points):
            assert to_x > x or (to_x == x and to_y != y)
            assert x == to_x or y == to_y
            assert 0 <= to_y < layout.height
        assert not [box.job.name for box in layout.boxes if crosses(edge, box)]


@given(pictures(), measures)
def test_lines_that_share_a_stretch_have_an_end_in_common(drawn: Picture, measure: Measure) -> None:
    """Else nobody could tell which job waits for which; where that can't be had, the layout says so."""
    layout = lay_out(drawn, measure)
    for one, other in combinations(layout.edges, 2):
        if layout.tangled or one.parent == other.parent or one.child == other.child:
            continue
        assert not any(
            _shared(stretch, another)
            for stretch in pairwise(one.points)
            for another in pairwise(other.points)
        )


Stretch = tuple[tuple[int, int], tuple[int, int]]


def _shared(one: Stretch, other: Stretch) -> bool:
    """Whether two stretches lie on one another for longer than a point."""
    for axis in (0, 1):
        level = {one[0][axis], one[1][axis], other[0][axis], other[1][axis]}
        along = 1 - axis
        begin = max(min(one[0][along], one[1][along]), min(other[0][along], other[1][along]))
        end = min(max(one[0][along], one[1][along]), max(other[0][along], other[1][along]))
        if len(level) == 1 and begin < end:
            return True
    return False


@given(pictures())
def test_layers_are_depths_and_lanes_are_branches(drawn: Picture) -> None:
    """A branch has rows of its own."""
    layout = lay_out(drawn, TEXT)
    depth = depths(drawn.graph)

    assert {box.job.name: box.layer for box in layout.boxes} == depth
    assert len({lane.branch for lane in layout.lanes}) == len(layout.lanes)
    for box in layout.boxes:
        lane = layout.lanes[box.lane]
        assert lane.branch == box.job.branch
        assert lane.first <= box.row < lane.first + lane.rows
        assert lane.y <= box.y
        assert box.y + box.height <= lane.y + lane.height
    for above, below in pairwise(layout.lanes):
        assert above.first + above.rows == below.first
        assert above.y + above.height <= below.y


@given(pictures(), measures)
def test_the_same_jobs_always_make_the_same_picture(drawn: Picture, measure: Measure) -> None:
    """Nothing hangs on chance."""
    assert lay_out(drawn, measure) == lay_out(Picture.of(drawn.workflow, drawn.source, drawn.jobs), measure)


def test_a_chain_is_a_straight_line() -> None:
    """Also where others run beside it."""
    layout = lay_out(chains(3, 4), TEXT)

    inner = [edge for edge in layout.edges if edge.child != "report"]
    assert all(len(edge.points) == 2 for edge in inner)
    assert not layout.tangled


def test_children_stand_beside_their_parents() -> None:
    """In the order that crosses nothing, whatever the order of the manifest."""
    layout = lay_out(picture(job("a"), job("b"), job("d", "b"), job("c", "a")), TEXT)

    assert [box.job.name for box in layout.boxes] == ["a", "b", "c", "d"]
    assert all(len(edge.points) == 2 for edge in layout.edges)


def test_a_parent_that_the_workflow_does_not_have_is_told() -> None:
    """The rows are everybody's: it is named, and no line drawn."""
    drawn = picture(job("a", "gone"))

    assert drawn.strangers == (("a", "gone"),)
    assert lay_out(drawn, TEXT).edges == ()


def test_a_circle_is_refused() -> None:
    """It has no layers."""
    with pytest.raises(Cycle):
        lay_out(picture(job("a", "b"), job("b", "a")), TEXT)


@pytest.mark.parametrize(
    "drawn",
    [chains(100, 10), chains(1, 1000), chains(500, 2), layers(100, 10)],
    ids=["chains", "one chain", "a fan", "knots"],
)
def test_a_thousand_jobs_are_laid_out_in_a_second(drawn: Picture) -> None:
    """Of this process's own time: the machine may be busy."""
    began = process_time()
    lay_out(drawn, PIXELS)

    assert process_time() - began < 1


def test_lines_without_number_are_no_hindrance() -> None:
    """Ninety thousand, which nobody can follow, are drawn all the same, and soon."""
    began = process_time()
    layout = lay_out(layers(10, 100), PIXELS)

    assert (len(layout.edges), layout.tangled) == (90_000, True)
    assert process_time() - began < 5
