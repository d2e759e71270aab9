"""Pictures in a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given

from reconciler.report.graph import Picture, render_text
from reconciler.report.terminal import Paper, columns, harmless
from tests.unit.report.graph.pictures import chains, job, picture, pictures

NARROW = Paper(coloured=False, width=80, wide=False)
MODELS = picture(
    job("tile", status="SUCCEEDED"),
    job("hovernet", "tile", branch="a", status="RUNNING"),
    job("cellpose", "tile", branch="b", status="FAILED"),
    job("compare", "hovernet", "cellpose"),
)


def drawn(shown: Picture, width: int = 80) -> list[str]:
    """Give what stands beneath the head, without colour."""
    return (
        render_text(shown, Paper(coloured=False, width=width, wide=False)).partition("\n\n")[2].splitlines()
    )


def test_branches_are_lanes_and_lines_lead_from_parents_to_children() -> None:
    """A fork and a join."""
    assert drawn(MODELS) == [
        "main  ✓ tile╶─╮             ╭→· compare",
        "a             ├→▶ hovernet╶─┤",
        "b             ╰→✗ cellpose╶─╯",
    ]


def test_each_status_is_a_glyph_and_a_word() -> None:
    """With how many have it."""
    head = render_text(MODELS, NARROW).splitlines()[:2]

    assert head == [
        "Workflow/cmu-1  4 jobs, 3 branches, from the rows",
        "✗ FAILED 1   ▶ RUNNING 1   ✓ SUCCEEDED 1",
    ]


def test_a_line_goes_around_what_stands_between() -> None:
    """And comes back to its child from above."""
    assert drawn(picture(job("a"), job("b", "a"), job("c", "b", "a"))) == [
        "     ╭──────╮",
        "· a╶─┴→· b╶─▾→· c",
    ]


def test_a_line_that_comes_into_another_is_no_way_out_of_it() -> None:
    """From b it leads to y alone; the line from a, which leads to x too, comes down into it, or up."""
    down = picture(job("a"), job("b", branch="2"), job("x", "a"), job("y", "a", "b", branch="2"))
    up = picture(job("b"), job("a", branch="2"), job("y", "a", "b"), job("x", "a", branch="2"))
    alone = picture(job("a"), job("b", branch="2"), job("y", "a", "b", branch="2"))

    assert drawn(down) == ["main  · a╶─┬→· x", "2     · b╶─▾→· y"]
    assert drawn(up) == ["main  · b╶─▴→· y", "2     · a╶─┴→· x"]
    assert drawn(alone) == ["main  · a╶─╮", "2     · b╶─┴→· y"]


def test_chinese_names_take_two_columns_each() -> None:
    """The next layer stands where it would beside a name of the same width."""
    chinese, latin = (
        drawn(picture(job("切片"), job("x", "切片"))),
        drawn(picture(job("tile"), job("x", "tile"))),
    )

    assert [columns(line) for line in chinese] == [columns(line) for line in latin]


def test_names_that_begin_alike_can_be_told_apart_where_they_are_cut() -> None:
    """Of a long name its beginning and its end are kept, of a job's and of a branch's."""
    long = "whole-slide-image-nuclei-segmentation-and-outline"
    branches = ("postprocessing-model-a", "postprocessing-model-b")
    both = [job(f"{long}-{branch[-1]}", "tile", branch=branch) for branch in branches]
    lines = drawn(picture(job("tile"), *both, job("merge", *(one.name for one in both))))

    assert [line.split()[0] for line in lines[1:]] == ["postpro…odel-a", "postpro…odel-b"]
    assert [line.split()[2].rstrip("╶─┤╯") for line in lines[1:]] == [
        "whole-slide-image-…ation-and-outline-a",
        "whole-slide-image-…ation-and-outline-b",
    ]


def test_what_does_not_fit_is_a_list() -> None:
    """By layers, each job with its parents."""
    listed = drawn(chains(1, 40))

    assert listed[0].split() == ["LAYER", "JOB", "TYPE", "BRANCH", "NEEDS"]
    assert listed[2].split() == ["2", "·", "0.1", "tiling", "slide", "0", "0.0"]
    assert len(listed) == 42


def test_hundreds_of_jobs_are_a_list() -> None:
    """One line each."""
    assert len(drawn(chains(100, 5))) == 502


def test_twenty_jobs_are_drawn_in_eighty_columns() -> None:
    """Six slides of three steps and what they lead to."""
    lines = drawn(chains(6, 3))

    assert len(lines) == 7
    assert sum("→" in line for line in lines) == 7


def test_colour_changes_nothing_but_colour() -> None:
    """Without it the text is the same."""
    coloured = render_text(MODELS, Paper(coloured=True, width=80, wide=False))

    assert "\x1b[31m✗ cellpose\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9]*m", "", coloured) == render_text(MODELS, NARROW)


def test_a_parent_that_is_missing_is_told() -> None:
    """Beneath the picture."""
    assert drawn(picture(job("a", "gone")))[-1] == (
        "a also names gone as a parent, which is no job of this workflow"
    )


@pytest.mark.parametrize("width", [80, 120])
@given(shown=pictures())
def test_nothing_is_wider_than_the_terminal_and_no_name_steers_it(width: int, shown: Picture) -> None:
    """Whatever the names are."""
    text = render_text(shown, Paper(coloured=False, width=width, wide=False))

    assert all(harmless(line) == line for line in text.split("\n"))
    body = text.partition("\n\n")[2].partition("\n\n")[0].split("\n")
    assert max(map(columns, body)) <= width


def test_a_list_with_long_texts_ends_where_the_terminal_does() -> None:
    """What is cut ends in an ellipsis."""
    long = "a name that goes on "
    jobs = (
        job(
            f"{long * 4}{place}",
            *([f"{long * 4}{place - 1}"] if place else []),
            branch=long * 3,
            status="FAILED",
        )
        for place in range(9)
    )

    lines = drawn(picture(*jobs))

    assert max(map(columns, lines)) <= 80
    assert lines[-1].count("…") == 3


def test_into_a_pipe_the_picture_goes_as_wide_as_it_is() -> None:
    """Nothing of it is cut, and it does not become a list for want of room."""
    long = picture(job("a" * 90), job("b" * 90, "a" * 90))

    piped = render_text(long, Paper(coloured=False, width=80, wide=False, piped=True))

    assert "a" * 90 in piped
    assert "LAYER" not in piped
    assert "…" in render_text(long, NARROW)
