"""Where things are: the servers to talk to, the source, and the name of this process."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Final

from reconciler.errors import ReconcilerError, StoreUnavailable
from reconciler.settings import Settings

if TYPE_CHECKING:
    from reconciler.store.election import Candidate

_START: Final = "start one here with `reconciler run --embedded`"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where PostgreSQL and Redis are; `session_url` leads to PostgreSQL without a pooler in between."""

    database_url: str
    session_url: str
    redis_url: str = ""


def locate(settings: Settings, folder: Path | None = None) -> Addresses:
    """Give the servers to talk to: those of the settings, else the embedded ones that run in this folder.

    Raises:
        StoreUnavailable: neither is there.

    """
    if settings.database_url is not None:
        return given(settings)
    from reconciler import embedded

    here = folder or Path.cwd()
    found = embedded.find(here)
    if found is not None:
        redis_url = settings.redis_url.reveal() if settings.redis_url else found.redis_url
        return Addresses(found.database_url, found.database_url, redis_url)
    above = _runs_above(here)
    start = f"go to the one that runs above with `cd {quote(str(above))}`" if above else _START
    raise StoreUnavailable(
        "no PostgreSQL to talk to",
        why="DATABASE_URL is not set, and no embedded instance runs in this folder",
        fix=f"set DATABASE_URL, or {start}",
    )


def _runs_above(here: Path) -> Path | None:
    """Name the nearest folder above in which an embedded instance runs, None when none does."""
    from reconciler import embedded

    for folder in here.resolve().parents:
        try:
            if embedded.find(folder):
                return folder
        except (ReconcilerError, OSError):  # somebody else's
            continue
    return None


def given(settings: Settings) -> Addresses:
    """Give the servers that the settings name; "" for what they don't."""
    database = settings.database_url.reveal() if settings.database_url else ""
    session = settings.session_url.reveal() if settings.session_url else database
    return Addresses(database, session, settings.redis_url.reveal() if settings.redis_url else "")


def candidate(settings: Settings) -> Candidate:
    """Say who stands for election here, and for what."""
    from reconciler.store.election import Candidate

    return Candidate(settings.instance, replica_name(settings), source_name(settings))


def replica_name(settings: Settings) -> str:
    """Name this process among the replicas of its instance."""
    return settings.replica or f"{platform.node()}-{os.getpid()}"


def source_name(settings: Settings) -> str:
    """Name the source on record: as it was called, else by its path.

    Beside embedded servers that is relative to here, since all of it may move.
    """
    if settings.source_name:
        return settings.source_name
    here, root = Path.cwd(), settings.manifests.absolute()
    if settings.database_url is None and root.is_relative_to(here):
        return f"directory:{root.relative_to(here)}"
    return f"directory:{root}"


def from_here(path: Path) -> Path:
    """Name a path as a person would who stands here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def shown_root(settings: Settings, source: str = "") -> str:
    """Give what leads from here to the manifests, with a slash at its end; "" when they are here.

    That is the folder that is on record as `source`, else the one of the settings. When neither is there
    nothing can be opened from here, and places are told as they are within the source: then too it is "".
    """
    kind, _, recorded = source.partition(":")
    folders = [Path(recorded).absolute()] if kind == "directory" and recorded else []
    for folder in (*folders, settings.manifests.absolute()):
        if folder.is_dir():
            root = from_here(folder).as_posix()
            return "" if root == "." else f"{root.rstrip('/')}/"
    return ""
