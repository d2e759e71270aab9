"""How many users, workflows and jobs stand how: counted for all who ask, since it costs what it counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reconciler.ports import Clock
from reconciler.report.listing import Tally
from reconciler.resources import Kind
from reconciler.store.pool import Pool
from reconciler.store.tally import tally_jobs, tally_resources
from reconciler.store.wanted import Wanted
from reconciler.web.shared import Shared

_FRESH: Final = 1.0


@dataclass(frozen=True, slots=True)
class Tallies:
    """How many users, workflows and jobs stand how."""

    users: Tally
    workflows: Tally
    jobs: Tally


def tallies_of(pool: Pool, instance: str, clock: Clock) -> Shared[Tallies]:
    """Count all of an instance, about a second old at most, or ten times as old as counting takes."""

    def count() -> Tallies:
        wanted = Wanted(instance)
        with pool.connection() as connection:
            return Tallies(
                tally_resources(connection, Kind.USER, wanted),
                tally_resources(connection, Kind.WORKFLOW, wanted),
                tally_jobs(connection, wanted),
            )

    return Shared(count, clock, _FRESH)
