"""Values of fields, beside what they were."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.terminal import columns
from reconciler.report.values import contrasted, told

VALUES = st.text(max_size=80) | st.text("推理ab ", max_size=80)


@given(VALUES, VALUES, st.integers(40, 120))
def test_two_values_fit_beside_each_other(before: str, after: str, room: int) -> None:
    """Whatever they are; and are whole where there is room for both."""
    old, new = contrasted(before, after, room)

    assert columns(old) + columns(new) <= room
    if columns(told(before)) + columns(told(after)) <= room:
        assert (old, new) == (told(before), told(after))


def test_what_both_begin_with_is_left_out_first() -> None:
    """Of interest is what differs."""
    old, new = contrasted(
        "s3://slides/cohort-2026/" + "x" * 40 + "a", "s3://slides/cohort-2026/" + "x" * 40 + "b", 60
    )

    assert (old, new) == ('…xxxxxxxxa"', '…xxxxxxxxb"')
