"""Text as a terminal shows it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.glyphs import columns
from reconciler.report.cells import Keep, broken, cut, folded, harmless, padded, window, wrapped


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


ANY = st.text(max_size=40) | st.text("推理é\N{COMBINING ACUTE ACCENT}ab ", max_size=40)


@pytest.mark.parametrize(
    ("keep", "text", "shown"),
    [
        (Keep.BEGINNING, "a message that goes on", "a messa…"),
        (Keep.END, "studies/2026/nuclei.yaml:12", "…yaml:12"),
        (Keep.ENDS, "cmu-1-nuclei-2026", "cmu-…026"),
        (Keep.BEGINNING, "推理任务推理任务", "推理任…"),
        (Keep.ENDS, "推理任务推理任务", "推理…务"),
        (
            Keep.END,
            "0123456e\N{COMBINING ACUTE ACCENT}567890\N{COMBINING ACUTE ACCENT}",
            "…e\N{COMBINING ACUTE ACCENT}567890\N{COMBINING ACUTE ACCENT}",
        ),
        (Keep.END, "01234567e\N{COMBINING ACUTE ACCENT}56789a", "…56789a"),
        (Keep.BEGINNING, "a\x1b[31mb\u202ec", r"a\e[31m…"),
    ],
)
def test_what_is_worth_most_stays_where_a_text_is_cut(keep: Keep, text: str, shown: str) -> None:
    """With an ellipsis for the rest, and no accent without its letter."""
    room = 7 if shown == "…56789a" else 8
    assert cut(text, room, keep) == shown


@given(ANY, st.integers(0, 50), st.sampled_from(Keep))
def test_a_cut_text_fits(text: str, room: int, keep: Keep) -> None:
    """It fills the room but for half of a wide character at each cut, and is whole where there is room."""
    shown, whole = cut(text, room, keep), harmless(text)
    assert columns(shown) <= room
    assert (shown == whole) is (columns(whole) <= room)
    assert shown == whole or columns(shown) >= room - (2 if keep is Keep.ENDS else 1)
    assert columns(padded(text, room)) == room


@given(ANY, st.integers(2, 50))
def test_folded_lines_fit_and_hold_every_word(text: str, width: int) -> None:
    """Also a word that is longer than a line; short ones are broken between words alone."""
    text = harmless(text)
    lines = folded(text, width)
    assert all(columns(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    if all(columns(word) <= width for word in text.split()):
        assert lines == wrapped(text, width)


def test_what_fits_keeps_the_blanks_that_it_quotes() -> None:
    """Words are put together anew only where lines are broken."""
    assert broken("called 'a  b'", 13) == ["called 'a  b'"]
    assert broken("called 'a  b'", 11) == ["called 'a", "b'"]
