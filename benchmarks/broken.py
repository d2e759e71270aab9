"""What becomes of five hundred files of which twenty break, each in its own way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks import study
from benchmarks.bench import Bench, BrokenPromiseError, succeed
from tests.e2e.daemons import Workplace

FILES, BROKEN = 500, 20
TITLE: Final = f"{FILES} files of which {BROKEN} break: the others proceed, and nothing is deleted"
_BROKEN: Final = Path(__file__).parents[1] / "tests" / "data" / "broken"
_ROWS: Final = "select w.name, j.params ->> 'revision' from workflows w join jobs j on j.workflow_id = w.id"


def measure(bench: Bench) -> Iterator[str]:
    """Apply all of them whole; break some, change the others, and apply again."""
    with bench.served("broken") as place:
        study.write_study(place.manifests, FILES - 1)
        succeed(place, "apply")
        before = place.rows("select id, created_at from jobs order by id")
        broken = _break(place)
        began = time.perf_counter()
        ended = place.command("apply")
        took = time.perf_counter() - began
        if ended.returncode != 1:
            raise BrokenPromiseError(f"`apply` exits {ended.returncode} beside broken files")
        told = json.loads(place.command("status", "-o", "json").stdout)["resources"]
        reported = {one["where"]["path"] for one in told if one["sync"] == "Invalid"}
        rows = dict(place.rows(f"{_ROWS} where j.name = 'tile'"))
        after = place.rows("select id, created_at from jobs order by id")
    stale = {study.path(n) for n in range(FILES - 1) if rows.get(study.slide(n)) != "1"}
    if not broken == stale == reported:
        raise BrokenPromiseError(f"broken {broken}, reported {reported}, not applied {stale}")
    if after != before:
        raise BrokenPromiseError("a row is gone, or is another one than before")
    yield f"{took:.2f} s for `apply`; {len(reported)} files quarantined and reported, none other"
    yield f"{FILES - 1 - BROKEN} workflows applied; all {len(after):,} jobs stand, with id and created_at"


def _break(place: Workplace) -> set[str]:
    """Break some files and change the others; name the broken ones."""
    ways = iter(sorted(_BROKEN.glob("*.yaml"))[::2])
    broken = set()
    for number in range(FILES - 1):
        path = study.path(number)
        if number % (FILES // BROKEN) == 0:
            (place.manifests / path).write_bytes(next(ways).read_bytes())
            broken.add(path)
        else:
            (place.manifests / path).write_text(study.workflow(study.slide(number), revision=1))
    return broken
