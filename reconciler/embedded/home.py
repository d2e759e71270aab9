"""The folder `.reconciler`, in which one instance keeps its servers' data, locks, logs and sockets."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import EmbeddedFailed

NAME = ".reconciler"
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"

_LONGEST_SOCKET_PATH = 107  # sun_path in unix(7), less the byte that ends it
_LOG_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Home:
    """Where everything of one instance lies."""

    root: Path

    @property
    def owner_lock(self) -> Path:
        """Held by the daemon alone; its text is the daemon's process id."""
        return self.root / "daemon.lock"

    @property
    def state(self) -> Path:
        """Tells other commands how to reach the servers."""
        return self.root / "instance.json"

    @property
    def postgres_data(self) -> Path:
        return self.root / "postgres"

    def lock(self, server: str) -> Path:
        """Held by every process of that server."""
        return self.root / f"{server}.lock"

    def log(self, server: str) -> Path:
        return self.root / f"{server}.log"


def open_home(folder: Path) -> Home:
    """Make `folder/.reconciler` unless it is there, for its owner alone, and unknown to git.

    Raises:
        EmbeddedFailed: it can't be made, or belongs to somebody else.

    """
    root = folder.resolve() / NAME
    try:
        root.mkdir(mode=0o700, exist_ok=True)
        strangers = {root.lstat().st_uid, root.stat().st_uid} - {os.geteuid()}
        if not strangers:
            root.joinpath(".gitignore").write_text("*\n")
    except OSError as error:
        raise EmbeddedFailed(
            "no place to keep the embedded servers",
            where=str(root),
            why=error.strerror or str(error),
            fix="run where you may write, or set DATABASE_URL and REDIS_URL",
        ) from error
    if strangers:
        owner = strangers.pop()
        raise EmbeddedFailed(
            "the embedded servers of this folder belong to somebody else",
            where=str(root),
            why=f"its owner has uid {owner}, this process uid {os.geteuid()}",
            fix=f"run as uid {owner}, or in a folder of your own",
        )
    return Home(root)


def make_socket_folder(home: Home) -> Path:
    """Give a folder that only we may enter, with a path short enough for a socket's.

    That is `.reconciler/run`, unless no socket can be addressed there; then one named after it among the
    temporary files.

    Raises:
        EmbeddedFailed: there is no such folder, or somebody else took its name.

    """
    name = f"reconciler-{os.geteuid()}-{hashlib.sha256(os.fsencode(home.root)).hexdigest()[:16]}"
    candidates = [home.root / "run", *(base / name for base in _short_bases())]
    for folder in candidates:
        path = os.fsencode(folder / POSTGRES_SOCKET)
        # libpq takes a comma for the end of a host's name, and has no way to quote one.
        if len(path) <= _LONGEST_SOCKET_PATH and b"," not in path:
            return _make_private(folder)
    raise EmbeddedFailed(
        "no folder for the sockets of the embedded servers",
        where=str(candidates[-1]),
        why=f"a socket's path may have {_LONGEST_SOCKET_PATH} bytes, and no comma",
        fix="set TMPDIR to a folder with a short path",
    )


def _short_bases() -> list[Path]:
    """Folders in which a private one may be made; XDG_RUNTIME_DIR may be left over from before a `sudo`."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    ours = runtime.is_dir() and runtime.stat().st_uid == os.geteuid()
    return [runtime] * ours + [Path(tempfile.gettempdir())]


def _make_private(folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    if not private:
        raise EmbeddedFailed(
            "the folder for the sockets is not ours alone",
            where=str(folder),
            why=f"it has owner {found.st_uid} and mode {stat.filemode(found.st_mode)}",
            fix="remove it",
        )
    return folder


def remove_socket_folder(folder: Path) -> None:
    """Remove the folder with whatever a server that was killed left in it."""
    shutil.rmtree(folder)


def bound_log(log: Path) -> None:
    """Keep a log from growing for ever: past its limit, it becomes the one old copy, and starts again.

    The server goes on writing into the same file, which it opened to append; a line that it writes between
    the copy and the cut is lost.
    """
    try:
        if log.stat().st_size <= _LOG_BYTES:
            return
    except FileNotFoundError:
        return
    shutil.copyfile(log, log.with_suffix(".log.1"))
    os.truncate(log, 0)


def last_lines(log: Path, count: int = 15) -> str:
    """Give the end of a log, to be shown when its server fails."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(f"  {line}" for line in lines[-count:])
