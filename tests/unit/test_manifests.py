"""The examples under `manifests/`: what `make run` shows first, and what people copy."""

from __future__ import annotations

from pathlib import Path

from reconciler.daemon.clock import SystemClock
from reconciler.desired import build_desired, parse_file
from reconciler.sources import DirectorySource

MANIFESTS = Path(__file__).parents[2] / "manifests"


def test_every_example_is_valid_and_names_a_user_that_is_there() -> None:
    """No example has a mistake, and none refers to what a new user would not have."""
    desired = build_desired(DirectorySource(MANIFESTS, SystemClock()).fetch(parse_file))

    assert desired.diagnostics == ()
    assert desired.complete
    assert {manifest.user for manifest in desired.manifests.values()} - {""} <= desired.users
