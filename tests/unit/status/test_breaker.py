"""When what failed is tried again."""

from __future__ import annotations

from datetime import timedelta

from reconciler.status.breaker import Breaker
from tests.fakes import HandClock


def test_each_try_after_a_failure_comes_twice_as_late_up_to_a_bound() -> None:
    """And what works is tried at once."""
    clock = HandClock()
    breaker = Breaker(clock, timedelta(seconds=1), timedelta(seconds=5))
    assert breaker.due
    for delay in (1, 2, 4, 5, 5):
        breaker.fail()
        clock.forward(timedelta(seconds=delay - 0.1))
        assert (breaker.failing, breaker.due) == (True, False)
        clock.forward(timedelta(seconds=0.2))
        assert (breaker.failing, breaker.due) == (True, True)
    breaker.mend()
    assert (breaker.failing, breaker.due) == (False, True)
    breaker.fail()
    clock.forward(timedelta(seconds=1))
    assert breaker.due


def test_what_works_badly_is_tried_at_once_though_it_is_failing() -> None:
    """The next failure is a first one again."""
    clock = HandClock()
    breaker = Breaker(clock, timedelta(seconds=1), timedelta(seconds=5))
    breaker.fail()
    breaker.ease()
    assert (breaker.failing, breaker.due) == (True, True)
