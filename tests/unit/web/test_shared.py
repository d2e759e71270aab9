"""What is read once for all who ask."""

from __future__ import annotations

from datetime import timedelta

from reconciler.web.shared import Shared
from tests.fakes import HandClock


class _Counter:
    """Gives how often it was read; reading takes so long."""

    def __init__(self, clock: HandClock, takes: float) -> None:
        self._clock, self._takes, self.read = clock, timedelta(seconds=takes), 0

    def __call__(self) -> int:
        self._clock.forward(self._takes)
        self.read += 1
        return self.read


def test_a_value_is_good_for_a_while() -> None:
    """And read again when it is too old."""
    clock = HandClock()
    shared = Shared(_Counter(clock, takes=0), clock, seconds=1)
    assert [shared.get(), shared.get()] == [1, 1]
    clock.forward(timedelta(seconds=1.1))
    assert shared.get() == 2


def test_what_takes_long_to_read_is_kept_for_longer() -> None:
    """Reading takes no more than a tenth of the time."""
    clock = HandClock()
    shared = Shared(_Counter(clock, takes=2), clock, seconds=1)
    assert shared.get() == 1
    clock.forward(timedelta(seconds=19))
    assert shared.get() == 1
    clock.forward(timedelta(seconds=2))
    assert shared.get() == 2
