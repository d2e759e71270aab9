"""Looks that nobody waits for."""

from __future__ import annotations

from threading import Event

from reconciler.app.briefly import found_within


def test_what_is_found_in_time_is_given() -> None:
    """All of it, in its order."""
    assert found_within(60, lambda: iter("ab")) == ("a", "b")


def test_a_look_without_end_is_left_behind() -> None:
    """It has found nothing, and nobody waits for it."""
    never = Event()

    def look() -> list[str]:
        never.wait()
        return ["late"]

    try:
        assert found_within(0.01, look) == ()
    finally:
        never.set()


def test_a_look_that_fails_has_found_nothing() -> None:
    """Whatever it was that failed."""

    def look() -> list[str]:
        raise MemoryError

    assert found_within(60, look) == ()
