"""A folder to fill, and a source that reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sources import DirectorySource
from tests.contract.source_suite import Model
from tests.integration.sources.folders import FileClock


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make an empty folder for manifests; its parent is outside of it."""
    path = tmp_path / "manifests"
    path.mkdir()
    return path


@pytest.fixture
def clock() -> FileClock:
    """Give a clock that is turned by hand."""
    return FileClock()


@pytest.fixture
def source(root: Path, clock: FileClock) -> DirectorySource:
    """Make a source as a command that runs once has it."""
    return DirectorySource(root, clock)


@pytest.fixture
def model() -> Model:
    """Give what folds snapshots into what is known."""
    return Model()
