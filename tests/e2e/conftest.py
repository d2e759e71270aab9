"""The program as people run it: a process of its own, in a folder of its own, on real servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

_PROGRAM = (sys.executable, "-m", "reconciler")
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What it showed with `-o json`."""
        shown: dict[str, Any] = json.loads(self.out)
        return shown


@dataclass
class Shell:
    """A folder with manifests, and an environment that names the servers."""

    folder: Path
    environment: dict[str, str]
    database_url: str
    daemons: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        ended = subprocess.run(
            [*_PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def write(self, path: str, *documents: str) -> None:
        """Write a manifest file."""
        target = self.folder / "manifests" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("---\n".join(documents))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query).fetchall()

    def execute(self, statement: str) -> None:
        """Do something to the database by hand."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement)

    @contextmanager
    def daemon(self, *flags: str) -> Iterator[subprocess.Popen[str]]:
        """Run the daemon until its first pass has ended, and stop it afterwards."""
        process = subprocess.Popen(
            [*_PROGRAM, "run", "--interval", "1h", *flags],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first, process.communicate()[1]
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that another process does."""
        deadline = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "it did not come to pass"
            time.sleep(0.02)


@pytest.fixture
def shell(tmp_path: Path, database_url: str, redis_url: str) -> Shell:
    """Give a shell in an empty folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    return Shell(tmp_path, {**kept, "DATABASE_URL": database_url, "REDIS_URL": redis_url}, database_url)


def user(name: str = "ada") -> str:
    """Spell a user's manifest."""
    return f"apiVersion: reconciler/v1\nkind: User\nmetadata: {{name: {name}}}\n"


def workflow(name: str, *jobs: str) -> str:
    """Spell a workflow's manifest; each job is the inside of a flow mapping."""
    lines = "".join(f"    - {{{job}}}\n" for job in jobs or ("name: tile, job_type: tiling",))
    return (
        f"apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {{name: {name}}}\n"
        f"spec:\n  user: ada\n  jobs:\n{lines}"
    )
