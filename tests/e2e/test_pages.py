"""The pages that people follow: every command that they mark as runnable, with what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import pages


@pytest.mark.parametrize("path", pages.tried(), ids=lambda path: str(path.relative_to(pages.ROOT)))
def test_every_command_of_a_page_shows_what_the_page_shows(path: Path) -> None:
    """Each is typed once or, where it only looks, until it shows what it should."""
    page = path.read_text()
    with pages.terminal(page) as at:
        assert pages.walk(page, at, pages.CHECKING) == page
