"""Sites that tests ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.web.site import Plan, Site, open_site


@pytest.fixture
def site(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Site]:
    """Give a site on this machine alone, beside a daemon."""
    with open_site(tmp_path, database_url, redis_url) as found:
        yield found


@pytest.fixture
def lonely(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Site]:
    """Give a site on this machine alone whose daemon answers nobody."""
    with open_site(tmp_path, database_url, redis_url, Plan(daemon=False)) as found:
        yield found
