"""How columns share a width."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.report.fit import GAP, Need, fit, full_width

NEEDS = st.lists(
    st.tuples(st.integers(1, 70), st.integers(1, 70), st.integers(0, 5)).map(
        lambda one: Need(one[0], min(one[:2]) if one[2] else one[0], one[2])
    ),
    min_size=1,
    max_size=10,
)


def _taken(widths: list[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


@given(NEEDS, st.integers(40, 200))
def test_columns_never_take_more_than_there_is(needs: list[Need], width: int) -> None:
    """Nor is one wider than it needs, or narrower than it is worth showing at, unless it must be there."""
    widths = fit(needs, width)

    assert _taken([*widths.values()]) <= width or not widths
    assert {place for place, need in enumerate(needs) if need.rank == 0} <= {*widths}
    for place, given_width in widths.items():
        assert needs[place].rank == 0 or needs[place].least <= given_width
        assert 1 <= given_width <= needs[place].full


@given(NEEDS, st.integers(40, 200))
def test_no_room_is_wasted(needs: list[Need], width: int) -> None:
    """A column is left out or shortened only where there is no room for it."""
    widths = fit(needs, width)
    short = width - _taken([*widths.values()])

    if any(need.rank for place, need in enumerate(needs) if place in widths):
        assert all(widths[place] == needs[place].full for place in widths) or short == 0
    for place, need in enumerate(needs):
        assert place in widths or need.least + GAP > short
    if full_width(needs) <= width:
        assert [*widths.values()] == [need.full for need in needs]


def test_the_narrow_ones_stay_whole_where_all_must_be_there() -> None:
    """A status of nine columns is not cut for a name of sixty."""
    assert fit([Need(60, 60), Need(9, 9)], 40) == {0: 29, 1: 9}
    assert fit([Need(60, 60), Need(200, 200), Need(9, 9)], 80) == {0: 33, 1: 34, 2: 9}
