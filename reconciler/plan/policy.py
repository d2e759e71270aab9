"""Safety as data: what a pass may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import floor

from reconciler.resources import ResourceKey


@dataclass(frozen=True, slots=True)
class Policy:
    """What a pass may do.

    `max_prune` is a share (0 to 1) of what is managed, in force once `small` are; `prune_cap` an absolute
    number. Both count what an hour has pruned. `absent_long_enough` are the resources that have been
    missing for the delay that a folder needs; None waives the delay. `force` names workflows whose in-flight
    jobs may be altered. With `targets` nothing but these is changed.
    """

    prune: bool = False
    self_heal: bool = True
    max_prune: float = 0.30
    prune_cap: int = 1000
    small: int = 10
    absent_long_enough: frozenset[ResourceKey] | None = None
    force: frozenset[ResourceKey] = field(default_factory=frozenset)
    targets: frozenset[ResourceKey] | None = None

    def prune_allowance(self, managed: int) -> int:
        """How many resources an hour that began with `managed` of them may prune without approval."""
        return min(self._share(managed), self.prune_cap)

    def heal_allowance(self, rows: int) -> int:
        """How many of the `rows` that are managed one pass may make again without approval."""
        return self._share(rows)

    def _share(self, managed: int) -> int:
        # Rounded first: 100 * 0.57 falls short of 57 in binary.
        return managed if managed < self.small else floor(round(managed * self.max_prune, 6))
