"""How the daemon was asked to behave: what SIGHUP may change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from reconciler.daemon.timing import Timing
from reconciler.telemetry import Level


@dataclass(frozen=True, slots=True)
class Habits:
    """When to pass, how long to wait for what, and what to log.

    `prune_delay` is None for a source whose every revision is a snapshot. `drain` is how long a pass may
    take to reach its end once the daemon is told to stop. `history_keep` is the age at which what was is
    forgotten, zero for never.
    """

    timing: Timing
    prune_delay: timedelta | None = timedelta(seconds=10)
    drain: timedelta = timedelta(seconds=25)
    history_keep: timedelta = timedelta(0)
    log_level: Level = Level.INFO
