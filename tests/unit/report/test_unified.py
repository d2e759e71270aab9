"""Unified diffs."""

from __future__ import annotations

from itertools import pairwise
from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.unified import unified

TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=30)


def show(before: list[str], after: list[str]) -> list[str]:
    """Give the lines of a diff beneath the names of its sides."""
    return unified(before, after, ("one", "other")).split("\n")[2:]


def patched(before: list[str], lines: list[str]) -> list[str]:
    """Do to a text what a diff says, and see that every line which it quotes is there."""
    result: list[str] = []
    at = 0
    for line in lines:
        sign, text = line[:1], line[1:]
        if sign == "@":
            start, _, length = line.split()[1].removeprefix("-").partition(",")
            begin = int(start) - (length != "0")
            result += before[at:begin]
            at = begin
            continue
        if sign in "- ":
            assert before[at] == text
            at += 1
        if sign in "+ ":
            result.append(text)
    return result + before[at:]


def test_equal_texts_have_no_difference() -> None:
    """Not even a head."""
    assert unified(["a"], ["a"], ("one", "other")) == ""
    assert unified([], [], ("one", "other")) == ""


def test_a_difference_is_shown_with_three_lines_around_it() -> None:
    """Counted from 1, as every tool that reads diffs does."""
    before = list("abcdefghij")
    assert show(before, [*"abcdeXghij"]) == [
        "@@ -3,7 +3,7 @@",
        " c",
        " d",
        " e",
        "-f",
        "+X",
        " g",
        " h",
        " i",
    ]
    assert show([], ["a", "b"]) == ["@@ -0,0 +1,2 @@", "+a", "+b"]
    assert show(["a"], []) == ["@@ -1 +0,0 @@", "-a"]


def test_two_differences_that_are_far_apart_stand_in_two_hunks() -> None:
    """And near ones in one."""
    before = [str(number) for number in range(40)]
    far = ["x", *before[1:30], "y", *before[31:]]
    assert [line for line in show(before, far) if line.startswith("@")] == [
        "@@ -1,4 +1,4 @@",
        "@@ -28,7 +28,7 @@",
    ]


@given(TEXTS, TEXTS)
def test_a_diff_leads_from_the_one_to_the_other(before: list[str], after: list[str]) -> None:
    """Whatever the two are; no hunk touches the next."""
    lines = show(before, after)
    assert patched(before, lines if before != after else []) == after
    starts = [
        int(line.split()[2].removeprefix("+").partition(",")[0]) for line in lines if line.startswith("@")
    ]
    assert all(one < next_ for one, next_ in pairwise(starts))


def test_ten_thousand_jobs_that_all_differ_take_no_minutes() -> None:
    """As they would if every line were compared with every other one."""
    before = [
        line for n in range(10_000) for line in (f"- name: {n}", "  type: a", "  size: 1", f"  t: {n % 90}")
    ]
    edited = [line.replace("size: 1", "size: 2") for line in before]
    renamed = [line.replace("name: ", "name: other-") for line in before]
    began = process_time()

    assert len(show(before, edited)) > 50_000
    assert len(show(before, renamed)) > 50_000
    assert len(show(before, before[::-1])) > 50_000

    assert process_time() - began < 10
