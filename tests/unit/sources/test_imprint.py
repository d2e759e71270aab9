"""What is remembered of a content recognises every cut-off version of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.sources.imprint import digest_of, imprint, is_cut_off

contents = st.binary(max_size=400)


@given(contents, st.data())
def test_every_beginning_is_recognised(content: bytes, data: st.DataObject) -> None:
    """Whatever its length, short of the whole."""
    length = data.draw(st.integers(0, max(0, len(content) - 1)))
    assert is_cut_off(content[:length], imprint(content)) == (length < len(content))


@given(contents, contents)
def test_what_is_as_long_is_not_cut_off(content: bytes, more: bytes) -> None:
    """Appending is no truncation."""
    assert not is_cut_off(content + more, imprint(content))


def test_a_difference_before_the_last_cut_is_seen() -> None:
    """A shorter text was edited, not cut off, if it differs in more than its last bytes."""
    old = bytes(range(160)) * 10
    assert not is_cut_off(b"x" + old[1:500], imprint(old))
    assert not is_cut_off(old[:-3] + b"xx", imprint(old))
    assert not is_cut_off(old[:-60] + b"x" * 30, imprint(old))


def test_an_imprint_is_small() -> None:
    """It is kept for every file."""
    assert max(len(imprint(b"x" * size)) for size in (0, 1, 15, 16, 17, 1000, 100_000)) == 60


@given(contents, contents)
def test_other_content_has_another_digest(one: bytes, other: bytes) -> None:
    """And the same content the same."""
    assert (digest_of(imprint(one)) == digest_of(imprint(other))) == (one == other)
