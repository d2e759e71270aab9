"""How often a client may ask: a bucket of tokens for each, refilled as time goes by."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_MOST_CLIENTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second for long, and so many at once."""

    per_second: float
    at_once: int


class Buckets:
    """One bucket for each client; the least recently seen are forgotten when there are too many."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str, now: float) -> float:
        """Take one token of a client at `now` (monotonic): 0 when there was one, else the seconds to wait."""
        level, then = self._levels.pop(client, (float(self._rate.at_once), now))
        level = min(float(self._rate.at_once), level + (now - then) * self._rate.per_second)
        wait = 0.0 if level >= 1 else (1 - level) / self._rate.per_second
        self._levels[client] = (level - 1 if level >= 1 else level), now
        if len(self._levels) > _MOST_CLIENTS:
            self._levels.popitem(last=False)
        return wait
