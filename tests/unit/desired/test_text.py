"""Bytes to text, and where a character stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired.codes import Code
from reconciler.desired.limits import LIMITS
from reconciler.desired.text import Decoded, SourceText, decode


def decoded(content: bytes) -> Decoded:
    """Decode under the usual limits."""
    return decode("a.yaml", content, LIMITS)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("a: é".encode("latin-1"), "Latin-1"),
        ("名称: 推理任务".encode("gb18030"), "GB 18030"),
        ("a: 1".encode("utf-16"), "UTF-16"),
        ("a: 1".encode("utf-16-le"), "UTF-16"),
        ("a: 1".encode("utf-16-be"), "UTF-16"),
        ("a: 1".encode("utf-32"), "UTF-32"),
        (b"a: \xed\xa0\x80", "UTF-8"),
        (b"\xc0\xaf", "UTF-8"),
    ],
)
def test_what_is_not_utf8_is_not_read(content: bytes, named: str) -> None:
    """And the encoding that it most likely has is named."""
    found = decoded(content)
    assert not found.readable
    (mistake,) = found.mistakes
    assert mistake.code is Code.NOT_UTF8
    assert named in f"{mistake.summary} {mistake.hint}"


def test_a_mark_in_front_is_accepted_and_inside_is_not() -> None:
    """Columns are counted as an editor counts them, which does not show the mark."""
    found = decoded(b"\xef\xbb\xbfa: \xef\xbb\xbf1")
    assert [mistake.span for mistake in found.mistakes] == [(3, 4)]
    assert found.text.location(3).column == 4


def test_control_characters_are_told_one_by_one_until_it_is_no_text_at_all() -> None:
    """A few are worth going on for; a binary file is not."""
    assert len(decoded(b"a: \x00\x07\x1b").mistakes) == 3
    assert decoded(b"a: \x00\x07\x1b").readable
    assert not decoded(b"a: " + b"\x01" * 1000).readable


BREAKS = ["\n", "\r\n", "\r"]


def as_an_editor_counts(text: str, offset: int) -> tuple[int, int]:
    """Count lines and columns character by character."""
    line, column, position = 1, 1, 0
    while position < offset:
        if text.startswith("\r\n", position):
            if position + 1 == offset:
                break
            position += 1
            line, column = line + 1, 0
        elif text[position] in "\r\n":
            line, column = line + 1, 0
        position += 1
        column += 1
    return line, column


@given(st.lists(st.sampled_from(["a", "é", "推", "😀", "\t", "\u2028", "\x85", *BREAKS])), st.data())
def test_a_place_is_where_an_editor_shows_it(pieces: list[str], data: st.DataObject) -> None:
    """LF, CR LF and CR break a line; nothing else does."""
    written = "".join(pieces)
    offset = data.draw(st.integers(0, max(0, len(written) - 1)))
    text = SourceText("a.yaml", written)
    where = text.location(offset)
    assert (where.line, where.column) == as_an_editor_counts(written, offset)
    excerpt = text.excerpt((offset, offset + 1))
    assert excerpt.text == written.replace("\r\n", "\n").replace("\r", "\n").split("\n")[where.line - 1]
    assert excerpt.column == where.column


def test_a_place_far_down_is_right_as_well() -> None:
    """Breaks are counted in blocks; one may stand across two of them."""
    for width in (3, 4095, 4096, 4097):
        written = ("x" * (width - 2) + "\r\n") * 3 + "\ry"
        text = SourceText("a.yaml", written)
        for offset in (0, width - 2, width - 1, width, 4095, 4096, 4097, 3 * width, len(written) - 1):
            if offset < len(written):
                where = text.location(offset)
                assert (where.line, where.column) == as_an_editor_counts(written, offset)


def test_the_end_of_a_file_is_the_end_of_its_last_line() -> None:
    """There is nothing to show behind the last break."""
    assert SourceText("a.yaml", "ab\ncd\n").location(6) == SourceText("a.yaml", "ab\ncd").location(5)
    assert SourceText("a.yaml", "ab\ncd").location(5).column == 3


def test_an_excerpt_of_a_long_line_is_its_neighbourhood() -> None:
    """A line of a megabyte is not carried along."""
    text = SourceText("a.json", "x" * 5_000 + "here" + "y" * 5_000)
    excerpt = text.excerpt((5_000, 5_004))
    assert len(excerpt.text) == 804
    assert excerpt.text[excerpt.column - 1 :].startswith("here")
    assert text.location(5_000).column == 5_001


def test_stand_ins_are_characters_that_the_file_does_not_have() -> None:
    """Neither as themselves nor as an escape."""
    text = SourceText("a.yaml", "\u2028\U00100000\\U00100001")
    stand_in = text.parsed[0]
    assert stand_in not in "\U00100000\U00100001\u2028"
    assert text.restore(f"\U00100000\U00100001{stand_in}") == "\U00100000\U00100001\u2028"
