"""The whole interface, tried by its own description: what it takes, what it refuses, and what it gives."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.store.tokens import Scope
from reconciler.web.guard import Limits, Rules
from reconciler.web.rate import Rate
from tests.integration.web.site import Plan, Site, open_site

# What a schema can't say: that a cursor is one that was given (400), that no character is invisible, and that
# parents are there and wait for nobody in a circle (422).
_CONFIGURATION = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 400, 401, 403, 404, 409]

[[operations]]
include-path-regex = "^/(users|workflows)/$"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 409, 422]
"""
_ENDLESS = "/api/v1/events/stream"


@pytest.fixture
def busy(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Site]:
    """Give a site beyond this machine, beside a daemon, where one client may ask as often as it likes."""
    many = Rate(per_second=100_000, at_once=100_000)
    plan = Plan(local=False, rules=Rules.of((), Limits(reading=many, writing=many)))
    with open_site(tmp_path, database_url, redis_url, plan) as found:
        yield found


@pytest.mark.timeout(240)  # a quarter of a minute, where nobody else is at work
def test_the_interface_is_what_it_says_it_is(busy: Site, tmp_path: Path) -> None:
    """Every operation, with what fits and what does not: no 5xx, nothing undescribed, no token ignored."""
    url, header = str(busy.client.base_url), busy.token(*Scope)["Authorization"]
    (tmp_path / "schemathesis.toml").write_text(_CONFIGURATION)
    tried = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "run",
            f"{url}/openapi.json",
            f"--header=Authorization: {header}",
            f"--exclude-path={_ENDLESS}",
            "--phases=examples,coverage,fuzzing",
            "--max-examples=4",
            "--request-timeout=60",
            "--seed=1",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=230,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout
