"""What `doctor` wants to know of the embedded servers: whether they run, could run, and left something."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from reconciler.embedded import shim
from reconciler.embedded.binaries import find_postgres, find_valkey, installer
from reconciler.embedded.home import NAME, Home
from reconciler.embedded.instance import read_owner
from reconciler.embedded.lock import is_held
from reconciler.errors import EmbeddedFailed
from reconciler.report.checkup.facts import Embedded

_SECONDS: Final = 2.0


def examine(folder: Path) -> Embedded:
    """Look at the servers of a folder, and disturb nobody.

    Raises:
        EmbeddedFailed: they belong to another user.

    """
    home = Home(data_of(folder))
    try:
        running = is_held(home.owner_lock)
        return Embedded(
            home=str(home.root),
            present=home.postgres_data.exists(),
            installer=installer(),
            pid=read_owner(home) if running else None,
            stale=() if running else tuple(_stale(home)),
            missing=tuple(_missing()),
            footing=_footing(home),
        )
    except PermissionError as error:
        raise EmbeddedFailed(
            "the embedded servers of this folder belong to somebody else",
            where=str(home.root),
            why=error.strerror or str(error),
            fix="run as the user who started them",
        ) from error


def data_of(folder: Path) -> Path:
    """Name the folder in which the embedded servers keep, or would keep, their data."""
    return folder.resolve() / NAME


def _stale(home: Home) -> Iterator[str]:
    """Name what a daemon takes away when it ends in good order."""
    for path in (home.state, home.postgres_data / "postmaster.pid"):
        if path.exists():
            yield path.name


def _missing() -> Iterator[str]:
    searches: tuple[tuple[str, Callable[[], Path]], ...] = (
        ("PostgreSQL", find_postgres),
        ("Valkey", find_valkey),
    )
    for name, find in searches:
        try:
            find()
        except EmbeddedFailed:
            yield name


def _footing(home: Home) -> str:
    """Try, as root, to be somebody else in a user namespace, else to be `nobody`: one of them will do."""
    if os.geteuid() != 0:
        return ""
    try:
        return _try(home, "mapped") and _try(home, "nobody")
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)


def _try(home: Home, footing: str) -> str:
    folder = home.root if home.root.exists() else home.root.parent
    shimmed = [sys.executable, "-I", "-S", shim.__file__, str(os.getpid())]
    trial = [*shimmed, footing, "0", str(folder), "/bin/true"]
    ended = subprocess.run(trial, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return "" if ended.returncode == 0 else ended.stderr.strip() or f"exit {ended.returncode}"
