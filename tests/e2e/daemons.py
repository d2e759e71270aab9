"""The daemon as its users run it: a process of its own, edited files, rows that are read from outside."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal, TypeVar

import psycopg

from reconciler import embedded

_T = TypeVar("_T")

_SERVED = re.compile(r"HTTP is served.*?(http://[^\s\"]+)")

PATIENCE = 20.0
"""Seconds after which what should have happened is taken not to: generous, for slow machines."""


def until(look: Callable[[], _T | Literal[False] | None], within: float = PATIENCE) -> _T:
    """Look until what is seen is true, and give it; fails when `within` seconds have passed."""
    deadline = time.monotonic() + within
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {within:g} s; last seen: {seen!r}")
        select.select([], [], [], 0.002)
    return seen


@dataclass
class Workplace:
    """A folder in which commands run: manifests, perhaps embedded servers, and the daemons started here."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    daemons: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def manifests(self) -> Path:
        """The folder that is watched."""
        return self.folder / "manifests"

    def write(self, path: str, text: str) -> None:
        """Save a manifest as an editor does: beside it, then renamed over it."""
        target = self.manifests / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.swp")
        draft.write_text(text)
        draft.rename(target)

    def start(self, *flags: str) -> subprocess.Popen[bytes]:
        """Start a daemon; its output goes to `daemon-N.log` beside the manifests.

        It serves HTTP only when a flag says where: `--http 127.0.0.1:0` for any free port.
        """
        self.manifests.mkdir(exist_ok=True)
        log = (self.folder / f"daemon-{len(self.daemons)}.log").open("wb")
        quiet = () if "--http" in flags else ("--no-http",)
        with log:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "reconciler", "run", *quiet, *flags],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.daemons.append(daemon)
        return daemon

    def command(self, *arguments: str, within: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command here to its end, which comes in so many seconds."""
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )

    def begin(self, *arguments: str, into: int | IO[str] = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Begin a command here, and let it run; what it says goes into `into`, or is not kept."""
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=into,
            stderr=into,
        )

    def listen(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a command here, and let it run; what it says can be read."""
        return subprocess.Popen(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def logs(self) -> str:
        """Give what the daemons said."""
        return "\n".join(log.read_text() for log in sorted(self.folder.glob("daemon-*.log")))

    def _environment(self) -> Mapping[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
        return {**inherited, "USER": "tester", "COLUMNS": "120", **self.environment}

    def end_http(self) -> None:
        """Kill the process that serves HTTP beside the last daemon; the daemon starts another one."""
        daemon = self.daemons[-1].pid
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                parent = int(entry.read_text().rsplit(")", 1)[1].split()[1])
                if parent == daemon and b"reconciler.app.face" in (entry.parent / "cmdline").read_bytes():
                    os.kill(int(entry.parent.name), signal.SIGKILL)

    def http(self) -> str:
        """Give the URL at which the daemon serves HTTP, once it does."""

        def served() -> str:
            found = _SERVED.findall(self.logs())
            return found[-1] if found else ""

        return until(served)

    def url(self) -> str:
        """Give the database: the one of the environment, else the embedded one once it is there."""
        if given := self.environment.get("DATABASE_URL"):
            return given
        instance = until(lambda: embedded.find(self.folder))
        return instance.database_url

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database; nothing, while it is not there or has no tables yet."""
        try:
            with psycopg.connect(self.url(), autocommit=True) as connection:
                return connection.execute(query).fetchall()
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return []

    def execute(self, statement: str) -> None:
        """Do something to the database by hand."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def workplace(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Workplace]:
    """Give a place to work in; every daemon that was started there is gone afterwards."""
    place = Workplace(folder, dict(environment or {}))
    try:
        yield place
    finally:
        for daemon in place.daemons:
            if daemon.poll() is None:
                daemon.terminate()
        for daemon in place.daemons:
            _end(daemon)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    try:
        daemon.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def kill(daemon: subprocess.Popen[bytes]) -> None:
    """End a daemon as a power cut would."""
    daemon.send_signal(signal.SIGKILL)
    daemon.wait()
