"""How long the first pass over many workflows takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Final

from benchmarks.bench import Bench, BrokenPromiseError, last_pass, stages, succeed
from benchmarks.study import JOBS, write_study
from tests.e2e.daemons import Workplace

TITLE: Final = f"`reconciler apply` of every workflow ({JOBS} jobs each) into an empty database"
_EMPTY: Final = (
    "drop schema if exists reconciler cascade; drop table if exists jobs, workflows, users cascade"
)


def measure(bench: Bench) -> Iterator[str]:
    """Time the whole command, tables made included, and the stages of its pass."""
    size = bench.sizes.large
    with bench.served("large") as place:
        write_study(place.manifests, size)
        took, seconds = [], []
        for _ in range(bench.sizes.repeats):
            place.execute(_EMPTY)
            began = time.perf_counter()
            succeed(place, "apply")
            took.append(time.perf_counter() - began)
            seconds.append(last_pass(place)["seconds"])
            _expect(place, size)
    yield f"{size:,} workflows, {size * JOBS:,} jobs: {median(took):.1f} s in all (of {len(took)})"
    yield stages(seconds)


def _expect(place: Workplace, size: int) -> None:
    found = place.rows("select (select count(*) from workflows), (select count(*) from jobs)")
    if found != [(size, size * JOBS)]:
        raise BrokenPromiseError(f"{size} workflows were declared, and there are {found}")
