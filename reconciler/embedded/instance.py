"""How other commands find the servers of the daemon that runs in their folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from reconciler.embedded.home import NAME, Home
from reconciler.embedded.lock import is_held
from reconciler.errors import EmbeddedFailed


@dataclass(frozen=True, slots=True)
class Instance:
    """A daemon with embedded servers, and how to reach them."""

    pid: int
    database_url: str
    redis_url: str


def find(folder: Path) -> Instance | None:
    """Give the instance that runs in `folder`; None when none does, or when it is not ready yet.

    What stands in a file is believed only while the daemon that wrote it lives; its lock is the proof.

    Raises:
        EmbeddedFailed: there may be one, but it is another user's.

    """
    home = Home(folder.resolve() / NAME)
    try:
        if not is_held(home.owner_lock):
            return None
        instance = _parse(home.state.read_text(), home)
        return instance if instance.pid == read_owner(home) else None
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise EmbeddedFailed(
            "the embedded servers of this folder belong to somebody else",
            where=str(home.root),
            why=str(error),
            fix="run as the user who started them",
        ) from error


def _parse(text: str, home: Home) -> Instance:
    try:
        return Instance(**json.loads(text))
    except (TypeError, ValueError) as error:
        raise EmbeddedFailed(
            "the running daemon can't be understood",
            where=str(home.state),
            why="it is of another version of reconciler",
            fix="use the version that it has, or start it again with this one",
        ) from error


def read_owner(home: Home) -> int | None:
    """Give the process that last held the daemon's lock, None when it has not written its id yet."""
    text = home.owner_lock.read_text()
    return int(text) if text.isdecimal() else None


def announce(home: Home, instance: Instance) -> None:
    """Let the other commands know, all at once."""
    unfinished = home.state.with_suffix(".new")
    unfinished.write_text(json.dumps(asdict(instance)))
    os.replace(unfinished, home.state)  # noqa: PTH105


def withdraw(home: Home) -> None:
    """Take back what a daemon before us, or we, announced."""
    home.state.unlink(missing_ok=True)
