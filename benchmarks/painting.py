"""How soon the dashboard shows something, and what it has to say, however many workflows there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from playwright.sync_api import Browser, expect

from benchmarks.bench import Bench, BrokenPromiseError, milliseconds
from benchmarks.study import USER, slide
from tests.e2e.browser import CHROMIUM, open_browser, visiting
from tests.e2e.daemons import Workplace, until

TITLE: Final = "the overview in Chromium, opened anew each time, with nothing in its cache"
_MANIFOLD: Final = 10
"""How many times as many workflows as the other figures have."""
_VISITS: Final = 10
_TO_A_FILE: Final = 100
_PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_NOW: Final = "performance.now()"


def measure(bench: Bench) -> Iterator[str]:
    """Open the overview again and again beside a daemon at rest."""
    if not CHROMIUM.exists():
        yield f"not measured: there is no {CHROMIUM}"
        return
    size = bench.sizes.large * _MANIFOLD
    with bench.place("painting") as place:
        _write(place, size)
        place.start("--embedded", "--interval", "1h", "--http", "127.0.0.1:0")
        until(lambda: "look further" in place.logs(), within=900)
        with open_browser() as browser:
            visits = [_visit(browser, place.http(), size) for _ in range(_VISITS)]
    painted, told = zip(*visits, strict=True)
    yield f"{size:,} workflows, first contentful paint: {milliseconds(painted, 'visits')}"
    yield f"{size:,} workflows, until the verdict and the counts stand there: {milliseconds(told, 'visits')}"


def _write(place: Workplace, size: int) -> None:
    for first in range(0, size, _TO_A_FILE):
        text = "---\n".join(_small(number) for number in range(first, min(first + _TO_A_FILE, size)))
        (place.manifests / f"{first // _TO_A_FILE:04}.yaml").write_text(text)
    (place.manifests / "users.yaml").write_text(USER)


def _small(number: int) -> str:
    return (
        f"apiVersion: reconciler/v1\nkind: Workflow\nmetadata:\n  name: {slide(number)}\n"
        "spec:\n  user: pathology\n  jobs:\n    - name: tile\n      job_type: tiling\n"
    )


def _visit(browser: Browser, url: str, size: int) -> tuple[float, float]:
    """Give the seconds until something is painted, and until the counts are."""
    with visiting(browser, url) as visitor:
        visitor.page.goto(url)
        expect(visitor.page.locator("main")).to_contain_text(f"{size + 1:,}")
        told: Any = visitor.page.evaluate(_NOW)
        painted: Any = visitor.page.evaluate(_PAINTED)
        if visitor.complaints:
            raise BrokenPromiseError(f"the page complains: {visitor.complaints[0]}")
        return float(painted) / 1000, float(told) / 1000
