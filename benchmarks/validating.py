"""How long `reconciler validate` takes for a thousand files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Final

from benchmarks.bench import Bench, succeed
from benchmarks.study import JOBS, write_study

FILES: Final = 1_000
TITLE: Final = f"`reconciler validate` of {FILES:,} files with a workflow of {JOBS} jobs each"


def measure(bench: Bench) -> Iterator[str]:
    """Time the whole command, and the start of Python and the program in it."""
    with bench.place("validate") as place:
        write_study(place.manifests, FILES - 1)
        took, start = [], []
        for _ in range(2 * bench.sizes.repeats + 1):
            began = time.perf_counter()
            succeed(place, "version")
            started = time.perf_counter()
            succeed(place, "validate")
            took.append(time.perf_counter() - started)
            start.append(started - began)
    yield f"{median(took):.2f} s in all, of which {median(start):.2f} s to start Python (of {len(took)})"
