"""Decides as whom PostgreSQL runs, since it refuses root and refuses a user without a name."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from reconciler.embedded.home import Home, last_lines
from reconciler.embedded.process import Footing, Program, Spawner, run
from reconciler.embedded.shim import NOBODY
from reconciler.errors import EmbeddedFailed

_PROBE_SECONDS = 10.0


def choose_footing(spawner: Spawner, home: Home, program: Path) -> Footing:
    """Give the first footing on which `program` can be run inside `home`.

    A named user runs it as himself. Root, and a user whom the system has no name for, borrow the name of
    `nobody` in a user namespace; where that is refused, root becomes `nobody` altogether.

    Raises:
        EmbeddedFailed: none of them works.

    """
    uid = os.geteuid()
    if uid != 0 and _has_name(uid):
        return Footing.PLAIN
    candidates = (Footing.MAPPED, Footing.NOBODY) if uid == 0 else (Footing.MAPPED,)
    log = home.log("footing")
    log.unlink(missing_ok=True)
    for footing in candidates:
        probe = Program((str(program), "--version"), home.root, log, footing)
        if run(spawner, probe, _PROBE_SECONDS) == 0:
            log.unlink()
            return footing
    raise EmbeddedFailed(
        "PostgreSQL can't be run as this user",
        where=str(home.root),
        why=f"it refuses root and users without a name (this is uid {uid}), and no way around that is open:\n"
        f"{last_lines(log)}",
        fix="run as an ordinary user, allow user namespaces, or set DATABASE_URL",
    )


def _has_name(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def hand_over(folder: Path, footing: Footing) -> None:
    """Make the folder and all that is in it belong to whom the footing needs; PostgreSQL insists on it.

    The folder itself comes last, so that one that was interrupted is done again.
    """
    owner = NOBODY if footing is Footing.NOBODY else os.geteuid()
    if folder.lstat().st_uid == owner:
        return
    for path, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(path, name), owner, -1, follow_symlinks=False)
    os.chown(folder, owner, -1)
