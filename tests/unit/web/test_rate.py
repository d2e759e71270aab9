"""How often a client may ask."""

from __future__ import annotations

from reconciler.web.rate import Buckets, Rate


def test_a_client_may_ask_in_a_burst_and_then_at_a_rate() -> None:
    """What it is short of is what it waits for."""
    buckets = Buckets(Rate(per_second=2, at_once=3))
    assert [buckets.take("a", 10.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("a", 10.25) == 0.25
    assert buckets.take("a", 10.5) == 0
    assert buckets.take("a", 100.0) == 0


def test_one_client_costs_no_other_anything() -> None:
    """Each has a bucket of its own."""
    buckets = Buckets(Rate(per_second=1, at_once=1))
    assert [buckets.take("a", 0), buckets.take("a", 0), buckets.take("b", 0)] == [0, 1, 0]
