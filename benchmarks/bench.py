"""What every figure is given: sizes, a folder of its own, and servers as `--embedded` runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

from reconciler import embedded
from tests.e2e.daemons import Workplace, until, workplace

_PATIENCE: Final = 600.0
_STAGES: Final = ("fetch", "build", "load", "plan", "apply")


class BrokenPromiseError(Exception):
    """What was measured contradicts what is promised."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured: workflows in a large folder, edits for a latency, repetitions, revisions."""

    large: int
    edits: int
    repeats: int
    revisions: int

    def proving(self, revisions: int) -> Self:
        """Give the same with another number of revisions for the proofs."""
        return replace(self, revisions=revisions)


FULL: Final = Sizes(large=10_000, edits=50, repeats=3, revisions=1_000)
QUICK: Final = Sizes(large=1_000, edits=20, repeats=1, revisions=100)


@dataclass(frozen=True, slots=True)
class Bench:
    """A place to measure in."""

    root: Path
    sizes: Sizes

    @contextmanager
    def place(self, name: str) -> Iterator[Workplace]:
        """Give the folder of that name, the same one every time, to run commands and daemons in."""
        folder = self.root / name
        (folder / "manifests").mkdir(parents=True, exist_ok=True)
        with workplace(folder) as place:
            yield place

    @contextmanager
    def served(self, name: str) -> Iterator[Workplace]:
        """Give the folder of that name with its servers running; the commands find them by themselves."""
        with self.place(name) as place, embedded.start(place.folder):
            yield place


def succeed(place: Workplace, *arguments: str) -> str:
    """Run a command that must succeed, and give what it shows."""
    ended = place.command(*arguments, within=_PATIENCE)
    if ended.returncode:
        raise BrokenPromiseError(f"reconciler {' '.join(arguments)} failed:\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def stages(seconds: Sequence[dict[str, float]]) -> str:
    """Say how long each stage of a pass took: the median of several passes."""
    names = [name for name in _STAGES if name in seconds[0]]
    return ", ".join(f"{name} {median(one[name] for one in seconds):.2f} s" for name in names)


def wait_for_first_pass(place: Workplace) -> None:
    """Wait until a daemon that was started there has greeted."""
    until(lambda: "look further" in place.logs(), within=120)


def last_pass(place: Workplace) -> dict[str, Any]:
    """Give what PostgreSQL tells of the last pass that no daemon ran."""
    ((told,),) = place.rows("select status -> 'last_pass' from reconciler.instances")
    return dict(told)


def milliseconds(seconds: Sequence[float], what: str = "edits") -> str:
    """Say the median and the 99th percentile (nearest rank), the worst of fewer than a hundred."""
    ranked = sorted(seconds)
    p99 = ranked[min(len(ranked) - 1, -(-99 * len(ranked) // 100) - 1)]
    return f"p50 {median(ranked) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms ({len(ranked):,} {what})"
