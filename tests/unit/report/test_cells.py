"""Text as a terminal shows it."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from reconciler.glyphs import columns
from reconciler.report.cells import window


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    """A caret beneath them stands where they stand."""
    view = window("名称: 推理 x", 5, 2, 80)
    assert (view.text, view.start, view.width) == ("名称: 推理 x", 6, 4)
    view = window("re\u0301sume\u0301 x", 10, 1, 80)
    assert (view.start, view.width) == (7, 1)


def test_a_tab_goes_to_the_next_multiple_of_four() -> None:
    """It is shown as the spaces that it is worth."""
    view = window("a\tb", 3, 1, 80)
    assert (view.text, view.start) == ("a   b", 4)


def test_what_cannot_be_seen_is_written_out() -> None:
    """No escape sequence reaches the terminal, no override turns the line round."""
    view = window("a\x1b[31mb\u202ec\x85", 2, 1, 80)
    assert view.text == "a\\e[31mb\\u202ec\\x85"
    assert (view.start, view.width) == (1, 2)


def test_a_long_line_is_cut_around_what_is_marked() -> None:
    """At both ends, and no wider than there is room."""
    view = window("x" * 100 + "here" + "y" * 100, 101, 4, 30)
    assert len(view.text) == 30
    assert view.text.startswith("…x")
    assert view.text.endswith("y…")
    assert view.text[view.start : view.start + view.width] == "here"


def test_a_caret_behind_the_end_of_a_line_is_shown_there() -> None:
    """Where something is missing."""
    view = window("abc", 4, 1, 80)
    assert (view.text, view.start, view.width) == ("abc", 3, 1)
    assert window("", 1, 1, 80).text == ""


@given(st.text(max_size=60), st.integers(1, 70), st.integers(1, 70), st.integers(10, 40))
def test_it_fits_and_the_caret_is_within_it(text: str, column: int, width: int, room: int) -> None:
    """Whatever the characters."""
    view = window(text, column, width, room)
    assert columns(view.text) <= max(room, columns(view.text) if columns(text) <= room else room)
    assert 0 <= view.start <= columns(view.text)
    assert view.start + view.width <= max(columns(view.text), view.start + 1)
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs"} for character in view.text)
