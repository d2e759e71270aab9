"""The README's journey: every command that it marks as runnable, run in order, with what it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.daemons import PATIENCE, Workplace, until, workplace

ROOT = Path(__file__).parents[2]
RUNNABLE = re.compile(r"<!-- runs -->\n```console\n(.*?)```", re.DOTALL)
STEP = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)

# What differs from run to run: identifiers, who leads, whether a file had settled when it was read, times.
_VARIES: Final = (
    (r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\b[0-9a-f]{12}\b", "ID"),
    (r"leader \S+: (.*?) up .*? epoch \d+", r"leader HOST: \1"),
    (r"\bretry\b", "files"),
    (r"\b\d+ (?:ms|s|min|h)\b", "TIME"),
    (r"-{3,}", "---"),
    (r"\s+", " "),
)


@pytest.fixture
def place() -> Iterator[Workplace]:
    """Give a short path with the examples, this environment as `.venv`, and the daemon of `make run`."""
    with tempfile.TemporaryDirectory(prefix="readme-") as folder, workplace(Path(folder)) as made:
        shutil.copytree(ROOT / "manifests", made.manifests)
        (made.folder / ".venv").symlink_to(sys.prefix)
        made.start("--embedded")
        until(lambda: len(made.rows("select from workflows")) == 3)
        until(lambda: made.command("status").returncode == 0)
        yield made


def test_every_command_of_the_readme_shows_what_the_readme_shows(place: Workplace) -> None:
    """Each is typed once or, while the daemon is still at work, until it shows what it should."""
    path = os.environ["PATH"]
    for block in RUNNABLE.findall((ROOT / "README.md").read_text()):
        for command, shown in STEP.findall(block):
            if command.startswith("PATH="):
                path = _type(f"{command}; printf %s $PATH", place, path)
            elif not shown:
                assert _type(command, place, path) == ""
            else:
                _shows(command, shown, place, path)


def test_the_readme_marks_its_journey_as_runnable() -> None:
    """Look, edit, break, mend, drift and delete are all tried."""
    assert len(RUNNABLE.findall((ROOT / "README.md").read_text())) == 6


def _shows(command: str, shown: str, place: Workplace, path: str) -> None:
    """Type a command; one that only looks is typed again until it shows what the README says."""
    said = ""

    def as_written() -> bool:
        nonlocal said
        said = _type(command, place, path)
        return _agrees(said, shown)

    try:
        until(as_written, 0.0 if "UPDATE" in command else PATIENCE)
    except AssertionError:
        pytest.fail(f"README.md: `{command}` shows\n{said}\ninstead of\n{shown}")


def _type(command: str, place: Workplace, path: str) -> str:
    environment = {"PATH": path, "HOME": str(place.folder), "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=place.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=30,
        check=False,
    )
    return ended.stdout


def _agrees(said: str, shown: str) -> bool:
    """Whether both are the same but for what varies; `…` stands for whatever was left out."""
    parts = (re.escape(_steady(part)) for part in shown.split("…"))
    return re.fullmatch(r".*".join(parts), _steady(said)) is not None


def _steady(text: str) -> str:
    text = " ".join(text.split())
    for varies, steady in _VARIES:
        text = re.sub(varies, steady, text)
    return text.strip()
