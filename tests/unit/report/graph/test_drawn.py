"""The picture as numbers: all there, each in its place, and still when a status changes."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given

from reconciler.report.graph import Picture, draw, dressed
from tests.unit.report.graph.pictures import job, pictures


@given(pictures())
def test_every_job_stands_in_its_lane_and_on_no_other(picture: Picture) -> None:
    """Whatever the graph and the names."""
    graph = draw(picture)
    assert {node.name for node in graph.nodes} == {one.name for one in picture.jobs}
    assert {(edge.parent, edge.child) for edge in graph.edges} == set(picture.edges)
    for node in graph.nodes:
        lane = graph.lanes[node.lane]
        assert lane.branch == node.branch
        assert lane.y <= node.y
        assert node.y + node.height <= lane.y + lane.height
        assert graph.side <= node.x
        assert node.x + node.width <= graph.width
    for one, other in combinations(graph.nodes, 2):
        apart = one.x + one.width <= other.x or other.x + other.width <= one.x
        assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_nothing_moves_when_a_status_changes() -> None:
    """The picture of a workflow that runs is laid out once."""
    waiting = Picture.of("w", "", [job("a"), job("b", "a")])
    running = Picture.of("w", "", [job("a", status="SUCCEEDED"), job("b", "a", status="RUNNING")])
    jobs = {one.name: one for one in running.jobs}
    assert dressed(draw(waiting), jobs) == draw(running)
    assert [node.status for node in draw(running).nodes] == ["SUCCEEDED", "RUNNING"]
    assert [node.caption for node in draw(running).nodes] == ["tiling, SUCCEEDED", "tiling, RUNNING"]
