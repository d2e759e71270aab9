"""How long a full pass takes that finds nothing to do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from statistics import median
from typing import Any, Final

from benchmarks.bench import Bench, BrokenPromiseError, last_pass, stages, succeed, wait_for_first_pass
from benchmarks.study import write_study
from tests.e2e.daemons import Workplace, until

TITLE: Final = "a full pass when nothing has changed"
_PASSES: Final = 5


def measure(bench: Bench) -> Iterator[str]:
    """Time it in a process of its own, which reads every file, and in a daemon, which remembers them."""
    with bench.served("large") as place:
        write_study(place.manifests, bench.sizes.large)
        succeed(place, "apply")
        took, seconds = [], []
        for _ in range(_PASSES):
            began = time.perf_counter()
            succeed(place, "apply")
            took.append(time.perf_counter() - began)
            seconds.append(_unchanged(last_pass(place)))
        yield f"{bench.sizes.large:,} workflows, `apply`: {median(took):.2f} s in all (of {_PASSES})"
        yield stages(seconds)
    with bench.place("large") as place:
        began = time.perf_counter()
        place.start("--embedded", "--interval", "1h")
        wait_for_first_pass(place)
        yield f"daemon: {time.perf_counter() - began:.2f} s from its start to the end of its first pass"
        seconds = [_pass_of_the_daemon(place) for _ in range(_PASSES)]
        yield f"daemon: {median(sum(one.values()) for one in seconds):.2f} s a pass (of {_PASSES})"
        yield stages(seconds)


def _pass_of_the_daemon(place: Workplace) -> dict[str, float]:
    asked = json.loads(succeed(place, "reconcile", "-o", "json"))["pass_id"]

    def told() -> dict[str, Any] | None:
        sync = json.loads(place.command("status", "-o", "json").stdout)["sync"]
        return sync["last_pass"] if sync["last_pass"]["pass_id"] == asked else None

    return _unchanged(until(told))


def _unchanged(told: dict[str, Any]) -> dict[str, float]:
    if told["outcome"] != "Unchanged":
        raise BrokenPromiseError(f"nothing had changed, and a pass says: {told['outcome']} {told['counts']}")
    return dict(told["seconds"])
