"""Commands called in this process, as a shell would."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from reconciler.cli.entry import main
from reconciler.cli.program import program


@dataclass(frozen=True, slots=True)
class Called:
    """What came of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What it showed with `-o json` or `-o yaml`."""
        shown: dict[str, Any] = yaml.safe_load(self.out)
        return shown


Call = Callable[..., Called]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder, with an environment that says nothing to us."""
    for name in ("DATABASE_URL", "REDIS_URL", "NO_COLOR", "FORCE_COLOR", "RECONCILER_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(here: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Give a way to call a command: `call("validate", "-o", "json")`; of `commands`, if not ours."""
    assert here.is_dir()

    def run(*arguments: str, commands: click.Group = program) -> Called:
        capsys.readouterr()
        code = main(arguments, commands)
        out, err = capsys.readouterr()
        return Called(code, out, err)

    return run
