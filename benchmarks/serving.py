"""How quick the HTTP interface answers while a cold pass runs, and whether it holds that pass up."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.bench import Bench, BrokenPromiseError, milliseconds, wait_for_first_pass
from benchmarks.beside import beside
from benchmarks.clients import Crowd, Heard, ask
from benchmarks.study import USER, slide, workflow, write_study
from tests.e2e.daemons import Workplace, until

TITLE: Final = "the list of workflows, asked for by fifty clients beside a cold pass"
CLIENTS: Final = 50
_FIRST: Final = 200
"""Workflows that stand there before: what the clients are shown."""
_EMPTY: Final = "drop schema reconciler cascade; drop table jobs, workflows, users cascade"
_COLD: Final = """
select extract(epoch from committed_at - started_at)::float8
from reconciler.passes order by committed_at desc limit 1"""
_MOST: Final = 0.10
"""The share by which clients may lengthen a pass."""


def measure(bench: Bench) -> Iterator[str]:
    """Run the same pass alone and beside clients, in turn; then ask with nothing else to do."""
    size, runs = bench.sizes.large, max(2, bench.sizes.repeats)
    write_study(bench.root / "many", size)
    alone: list[float] = []
    accompanied: list[float] = []
    heard: list[Heard] = []
    with bench.place("serving") as place:
        for _ in range(runs):
            alone.append(_cold(place, bench.root / "many", size, None)[0])
            took, told = _cold(place, bench.root / "many", size, CLIENTS)
            accompanied.append(took)
            heard.append(told)
    answers = [one for told in heard for one in told.seconds]
    yield f"{CLIENTS} clients, once a second each, beside the pass: {milliseconds(answers, 'answers')}"
    yield (
        f"the pass over {size:,} workflows: {median(alone):.2f} s alone, "
        f"{median(accompanied):.2f} s beside them (medians of {runs})"
    )


def _cold(place: Workplace, many: Path, size: int, clients: int | None) -> tuple[float, Heard]:
    """Take up a folder of many workflows at once; give how long that pass took, and what clients heard."""
    _begin_anew(place)
    place.start("--embedded", "--interval", "1h", "--http", "127.0.0.1:0")
    wait_for_first_pass(place)
    url = f"{place.http()}/api/v1/workflows?limit=50"
    if clients is None:
        return _take_up(place, many, size), Heard((), ())
    with beside(ask, Crowd(url, clients, 1.0)) as end:
        took = _take_up(place, many, size)
        heard = end()
    if heard.failures:
        raise BrokenPromiseError(f"{len(heard.failures)} answers were none, the first {heard.failures[0]}")
    return took, heard


def _begin_anew(place: Workplace) -> None:
    for daemon in place.daemons:
        daemon.terminate()
        daemon.wait(60)
    place.daemons.clear()
    shutil.rmtree(place.manifests)
    shutil.rmtree(place.folder / ".reconciler", ignore_errors=True)
    place.manifests.mkdir()
    (place.manifests / "first.yaml").write_text(
        "---\n".join([USER, *(workflow(f"first-{slide(number)}") for number in range(_FIRST))])
    )


def _take_up(place: Workplace, many: Path, size: int) -> float:
    """Move the folder in, and give the seconds of the pass that made its rows."""
    staged = place.folder / "staged"
    shutil.copytree(many, staged, ignore=shutil.ignore_patterns("users.yaml"))
    staged.rename(place.manifests / "many")
    until(lambda: place.rows("select count(*) from workflows") == [(size + _FIRST,)], within=300)
    ((took,),) = place.rows(_COLD)
    return float(took)
