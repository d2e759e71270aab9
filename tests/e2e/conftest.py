"""Commands as people type them, in a folder of their own, on real servers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli import main
from tests.e2e.daemons import Workplace, until, workplace


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


@dataclass(frozen=True, slots=True)
class Shell:
    """Types commands in a workplace."""

    place: Workplace

    def __call__(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        ended = self.place.command(*arguments)
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def write(self, path: str, *documents: str) -> None:
        """Save a manifest file of these documents."""
        self.place.write(path, "---\n".join(documents))

    @contextmanager
    def daemon(self, *flags: str) -> Iterator[None]:
        """Run the daemon from the end of its first pass on, with flags of its own."""
        daemon = self.place.start("--interval", "1h", *flags)
        until(lambda: "look further" in self.place.logs())
        yield
        daemon.terminate()
        assert daemon.wait(30) == 0


Type = Callable[..., Ended]
"""Types a command, and gives how it ended."""


@pytest.fixture
def shell(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Shell]:
    """Give a shell in an empty folder."""
    with workplace(tmp_path, {"DATABASE_URL": database_url, "REDIS_URL": redis_url}) as place:
        yield Shell(place)


@pytest.fixture
def inside(shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Type:
    """Give a way to type commands in this very process: starting one for each would often show no more."""
    monkeypatch.chdir(shell.place.folder)
    monkeypatch.setenv("COLUMNS", "120")

    def typed(*arguments: str) -> Ended:
        for name, value in shell.place.environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = main(arguments)
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    return typed
