"""How soon a saved file is a row, and how soon a hand edit is put back."""

from __future__ import annotations

import random
import select
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg

from benchmarks import study
from benchmarks.bench import Bench, BrokenPromiseError, milliseconds, wait_for_first_pass
from tests.e2e.daemons import Workplace

TITLE: Final = "save → row, and hand edit → healed, with a daemon on servers of its own"
FEW: Final = 4
_PATIENCE: Final = 10.0
_REVISION: Final = "select params ->> 'revision' from jobs where name = 'tile' and workflow_id = %s"
_BRANCH: Final = "select branch_id from jobs where name = 'report' and workflow_id = %s"
_EDIT: Final = "update jobs set branch_id = 'by-hand' where name = 'report' and workflow_id = %s"


def measure(bench: Bench) -> Iterator[str]:
    """Measure beside few files and beside many: it should make no difference."""
    for name, size in (("few", FEW), ("large", bench.sizes.large)):
        with bench.place(name) as place:
            study.write_study(place.manifests, size)
            place.start("--embedded", "--interval", "1h")
            wait_for_first_pass(place)
            # Apart from the daemon's own connections, ready before the clock starts.
            with psycopg.connect(place.url(), autocommit=True, prepare_threshold=1) as connection:
                saves, heals = _latencies(place, connection, bench.sizes.edits)
        first, *saves = saves
        yield f"{size:,} files, the very first save, while the status of all is told: {first * 1000:.0f} ms"
        yield f"{size:,} files, save → row:         {milliseconds(saves)}"
        yield f"{size:,} files, hand edit → healed: {milliseconds(heals)}"


def _latencies(
    place: Workplace, connection: psycopg.Connection, edits: int
) -> tuple[list[float], list[float]]:
    name = study.slide(1)
    ((workflow,),) = connection.execute("select id from workflows where name = %s", [name]).fetchall()
    # The daemon is met at any moment of what it does on its own; the moments are the same in every run.
    pause = random.Random(20261123)  # noqa: S311 - not for secrecy
    saves, heals = [], []

    def shows(query: str, value: str) -> Callable[[], bool]:
        return lambda: connection.execute(query, [workflow]).fetchall() == [(value,)]

    for number in range(1, edits + 2):
        select.select([], [], [], pause.uniform(0.02, 0.12))
        text = study.workflow(name, revision=number)
        began = time.perf_counter()
        place.write(study.path(1), text)
        saves.append(_wait(shows(_REVISION, str(number)), began))
    for _ in range(edits):
        select.select([], [], [], pause.uniform(0.02, 0.12))
        began = time.perf_counter()
        connection.execute(_EDIT, [workflow])
        heals.append(_wait(shows(_BRANCH, "main"), began))
    return saves, heals


def _wait(happened: Callable[[], Any], began: float) -> float:
    """Look as fast as PostgreSQL answers; give the seconds since `began`."""
    while not happened():
        if time.perf_counter() - began > _PATIENCE:
            raise BrokenPromiseError(f"not within {_PATIENCE:g} s")
    return time.perf_counter() - began
