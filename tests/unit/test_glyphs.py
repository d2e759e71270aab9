"""Characters as a screen shows them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.glyphs import columns, harmless


@pytest.mark.parametrize(
    ("text", "shown", "width"),
    [
        ("tile", "tile", 4),
        ("推理任务", "推理任务", 8),
        ("é", "é", 1),
        ("e\N{COMBINING ACUTE ACCENT}", "e\N{COMBINING ACUTE ACCENT}", 1),
        ("\u1112\u1161\u11ab", "\u1112\u1161\u11ab", 2),
        ("a\tb\nc\0", r"a\tb\nc\0", 9),
        ("\x1b[2J", r"\e[2J", 5),
        ("\u202egnp", r"\u202egnp", 9),
        ("\U000e0001", r"\U000e0001", 10),
    ],
)
def test_text_is_shown_and_measured(text: str, shown: str, width: int) -> None:
    """What hides, reorders or steers is written out."""
    assert (harmless(text), columns(harmless(text))) == (shown, width)


@given(st.text())
def test_what_is_shown_steers_nothing_and_stays_as_it_is(text: str) -> None:
    """Whatever the text; and to show it again changes nothing."""
    shown = harmless(text)

    assert harmless(shown) == shown
    assert not any(unicodedata.category(character).startswith("C") for character in shown)
    assert len(shown.splitlines()) <= 1
