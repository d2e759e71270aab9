"""Where things are: what an instance has on record as the source of its manifests."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from reconciler.app.places import candidate, locate, shown_root, source_name
from reconciler.embedded import Instance
from reconciler.embedded.home import Home
from reconciler.embedded.instance import announce
from reconciler.embedded.lock import hold
from reconciler.errors import StoreUnavailable
from reconciler.settings import load_settings

DATABASE = {"DATABASE_URL": "postgresql://db.example.org/slides"}


def test_beside_a_real_database_a_source_is_named_by_its_path(tmp_path: Path) -> None:
    """Another folder is another source."""
    assert source_name(load_settings({}, DATABASE, tmp_path)) == f"directory:{tmp_path}/manifests"


def test_beside_embedded_servers_it_moves_with_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever renames the folder of a trial has the same source as before."""
    monkeypatch.chdir(tmp_path)
    assert source_name(load_settings({}, {})) == "directory:manifests"


def test_who_stands_below_an_instance_is_led_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder of the manifests, say; starting another one there would be a second database."""
    below = tmp_path / "my studies" / "manifests"
    below.mkdir(parents=True)
    home = Home(below.parent / ".reconciler")
    home.root.mkdir()
    monkeypatch.chdir(below)
    settings = load_settings({}, {})

    with pytest.raises(StoreUnavailable, match="start one here with `reconciler run --embedded`"):
        locate(settings)
    held = hold(home.owner_lock, 1)
    assert held is not None
    os.write(held, str(os.getpid()).encode())
    announce(home, Instance(os.getpid(), "postgresql:///a", "unix:///b"))
    with pytest.raises(StoreUnavailable, match=re.escape(f"`cd '{below.parent}'`")):
        locate(settings)
    os.close(held)


def test_a_source_that_has_a_name_is_the_same_wherever_it_is_checked_out(tmp_path: Path) -> None:
    """A CI job's `apply`, and replicas whose folders differ, are not taken for strangers."""
    flags = {"source_name": "github.com/acme/studies"}
    here, there = (load_settings(flags, DATABASE, tmp_path / place) for place in ("here", "there"))

    assert here.manifests != there.manifests
    assert candidate(here).source == candidate(there).source == "github.com/acme/studies"


def test_places_are_sought_where_the_source_is_else_in_the_folder_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where neither is, nothing can be opened from here, and no folder is claimed."""
    monkeypatch.chdir(tmp_path)
    settings = load_settings({}, DATABASE)
    elsewhere = f"directory:{tmp_path}/elsewhere"
    assert shown_root(settings, elsewhere) == ""
    (tmp_path / "manifests").mkdir()
    assert shown_root(settings, elsewhere) == shown_root(settings, "github.com/acme") == "manifests/"
    (tmp_path / "elsewhere").mkdir()
    assert shown_root(settings, elsewhere) == "elsewhere/"
    monkeypatch.chdir(tmp_path / "manifests")
    assert shown_root(settings, elsewhere) == f"{tmp_path}/elsewhere/"
    assert shown_root(settings) == ""
