"""PostgreSQL: how its data folder is made, and how the server is started, known to be ready, and stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psycopg

from reconciler.embedded.footing import hand_over
from reconciler.embedded.home import POSTGRES_SOCKET, Home, last_lines
from reconciler.embedded.process import Footing, Program, Spawner, run
from reconciler.errors import EmbeddedFailed

_NAME = "reconciler"
_INITDB_SECONDS = 120.0
_STATUS_LINE = 7  # of postmaster.pid, counted from 0
_BUILTIN_LOCALES_SINCE = 17
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": _NAME,
}
_UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL: its programs, its places, and as whom it runs."""

    binaries: Path
    home: Home
    sockets: Path
    footing: Footing
    durable: bool

    name: ClassVar[str] = "postgres"
    patience: ClassVar[float] = 60.0
    """Seconds to wait for it to be ready: after a crash it has its log to replay."""
    ladder: ClassVar[tuple[tuple[signal.Signals, float], ...]] = (
        (signal.SIGINT, 10.0),
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, 5.0),
    )
    """Fast shutdown, immediate shutdown, and the end; each with the seconds it is given."""

    @property
    def url(self) -> str:
        return self._url(_NAME)

    @property
    def _data(self) -> Path:
        return self.home.postgres_data

    @property
    def _socket(self) -> Path:
        return self.sockets / POSTGRES_SOCKET

    def prepare(self, spawner: Spawner, lock: int) -> None:
        """Make the data folder unless it is there, see that it suits us, and clear away stale files."""
        for leftover in self.home.root.glob("postgres.new-*"):
            shutil.rmtree(leftover)
        version = self._version()
        if not self._data.exists():
            self._initialise(spawner, lock, version)
        self._check_version(version)
        self._check_unused()
        hand_over(self._data, self.footing)
        # Its process has ended, or the lock would be held: a process that bears the id now is a stranger.
        for stale in (
            self._data / "postmaster.pid",
            self._socket,
            self._socket.with_name(f"{POSTGRES_SOCKET}.lock"),
        ):
            stale.unlink(missing_ok=True)

    def program(self, lock: int) -> Program:
        """Give the server's command; settings go with it, so that no older version's linger in the folder."""
        settings = _SETTINGS | {"unix_socket_directories": '"' + str(self.sockets).replace('"', '""') + '"'}
        if not self.durable:
            settings |= _UNSAFE_SETTINGS
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            command=(str(self.binaries / "postgres"), "-D", str(self._data), *flags),
            folder=self.home.root,
            log=self.home.log(self.name),
            footing=self.footing,
            death_signal=signal.SIGINT,
            inherits=(lock,),
        )

    def is_ready(self, pid: int) -> bool:
        """Whether this process has written into its pid file that it takes connections."""
        lines = self._pid_file()
        return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"

    def complete(self) -> None:
        """Make the database unless it is there."""
        try:
            with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=10) as connection:
                known = connection.execute("select from pg_database where datname = %s", [_NAME]).fetchone()
                if known is None:
                    connection.execute(f"create database {_NAME}")
        except psycopg.Error as error:
            raise EmbeddedFailed(
                "the embedded PostgreSQL started, and can't be used",
                where=str(self._socket),
                why=str(error).strip(),
                fix=f"look into {self.home.log(self.name)}",
            ) from error

    def find_running(self) -> int | None:
        """Give the process of the pid file, if it is a PostgreSQL and works in our data folder."""
        pid = next(iter(self._pid_file()), "")
        try:
            process = Path("/proc", str(int(pid)))
            is_postgres = process.joinpath("exe").readlink().name.startswith("postgres")
            is_here = process.joinpath("cwd").samefile(self._data)
        except (OSError, ValueError):
            return None
        return int(pid) if is_postgres and is_here else None

    def _url(self, database: str) -> str:
        return f"postgresql://{_NAME}@/{database}?host={quote(str(self.sockets), safe='')}&port=5432"

    def _pid_file(self) -> list[str]:
        try:
            return self._data.joinpath("postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _version(self) -> int:
        """Give the major version of the programs."""
        command = (str(self.binaries / "postgres"), "--version")
        try:
            text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10).stdout
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedFailed(
                "PostgreSQL does not run on this machine",
                where=command[0],
                why=str(error),
                fix="install one that does, or set DATABASE_URL",
            ) from error
        return int(text.split()[2].partition(".")[0])

    def _check_version(self, version: int) -> None:
        found = self._data.joinpath("PG_VERSION").read_text().strip()
        if found != str(version):
            raise EmbeddedFailed(
                f"the data folder is PostgreSQL {found}'s, the installed one is {version}",
                where=str(self._data),
                why="a major version can't read another's files",
                fix=f"remove the folder to begin anew (the rows are made again from the manifests, their"
                f" statuses are not), or install PostgreSQL {found}, dump, and load into a new one",
            )

    def _check_unused(self) -> None:
        pid = self.find_running()
        if pid is not None:
            raise EmbeddedFailed(
                "another PostgreSQL works in the data folder",
                where=str(self._data),
                why=f"process {pid} was not started by reconciler",
                fix="stop it",
            )

    def _initialise(self, spawner: Spawner, lock: int, version: int) -> None:
        """Make the data folder under another name, and give it its own once it is whole and on disk."""
        unfinished = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.home.root))
        hand_over(unfinished, self.footing)
        log = self.home.log(self.name)
        command = (str(self.binaries / "initdb"), "-D", str(unfinished), *self._initdb_flags(version))
        program = Program(command, self.home.root, log, self.footing, inherits=(lock,))
        code = run(spawner, program, _INITDB_SECONDS)
        if code != 0:
            raise EmbeddedFailed(
                "PostgreSQL's data folder can't be made",
                where=str(self._data),
                why=f"initdb ended with {code}:\n{last_lines(log)}",
                fix="mend what it says, or set DATABASE_URL",
            )
        unfinished.rename(self._data)
        _sync(self.home.root)

    def _initdb_flags(self, version: int) -> list[str]:
        flags = ["-U", _NAME, "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject"]
        flags.append("--no-instructions")
        if version >= _BUILTIN_LOCALES_SINCE:
            flags += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--sync-method=syncfs"]
        return flags if self.durable else [*flags, "--no-sync"]


def _sync(folder: Path) -> None:
    """See that a rename in the folder outlives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
