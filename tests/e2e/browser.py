"""A browser before the dashboard: Debian's Chromium, which is told to ask nobody else for anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_AXE: Final = Axe()


@dataclass
class Visitor:
    """Somebody who looks at the dashboard; what went wrong meanwhile is kept."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "console", lambda said: self.complaints.append(said.text) if said.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)

    def visit(self, view: str = "") -> None:
        """Open a view, and wait until it shows what it has."""
        self.page.goto(f"{self.url}/#/{view}")
        expect(self.page.locator("main")).not_to_have_attribute("aria-busy", "")
        expect(self.page.locator("main .skeleton")).to_have_count(0)
        expect(self.page.locator("#live")).to_have_text("Live")

    def forgive(self, status: str) -> None:
        """Take a refusal for what was meant to happen: the browser's console tells of each."""
        self.complaints[:] = [one for one in self.complaints if f"a status of {status}" not in one]

    def barriers(self) -> list[str]:
        """Name what would keep somebody from using this view, as axe-core finds it."""
        found: list[dict[str, Any]] = _AXE.run(self.page).response["violations"]
        return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser, and end it with all its processes."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(browser: Browser, url: str, **how: Any) -> Iterator[Visitor]:  # noqa: ANN401 - of a context
    """Look at the dashboard as somebody else than before."""
    context: BrowserContext = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **how})
    context.set_default_timeout(15_000)
    try:
        yield Visitor(context.new_page(), url)
    finally:
        context.close()
