"""Where things are: what an instance has on record as the source of its manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.app.places import candidate, source_name
from reconciler.settings import load_settings

DATABASE = {"DATABASE_URL": "postgresql://db.example.org/slides"}


def test_beside_a_real_database_a_source_is_named_by_its_path(tmp_path: Path) -> None:
    """Another folder is another source."""
    assert source_name(load_settings({}, DATABASE, tmp_path)) == f"directory:{tmp_path}/manifests"


def test_beside_embedded_servers_it_moves_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever renames the folder of a trial has the same source as before."""
    monkeypatch.chdir(tmp_path)
    assert source_name(load_settings({}, {})) == "directory:manifests"


def test_a_source_that_has_a_name_is_the_same_wherever_it_is_checked_out(tmp_path: Path) -> None:
    """A CI job's `apply`, and replicas whose folders differ, are not taken for strangers."""
    flags = {"source_name": "github.com/acme/studies"}
    here, there = (load_settings(flags, DATABASE, tmp_path / place) for place in ("here", "there"))

    assert here.manifests != there.manifests
    assert candidate(here).source == candidate(there).source == "github.com/acme/studies"
