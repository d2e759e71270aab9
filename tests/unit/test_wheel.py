"""The wheel: all that the package needs is inside, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TAKEN = ("pyproject.toml", "README.md", "LICENSE", "reconciler")
BUILD = "from setuptools import build_meta; build_meta.build_wheel('wheels')"


def test_a_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    """Also what is no module: pages, templates, migrations. Built as the Dockerfile does, asking no index."""
    for name in TAKEN:
        _copy(ROOT / name, tmp_path / name)
    ran = subprocess.run(
        [sys.executable, "-c", BUILD], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = tmp_path / "reconciler"
    there = {str(file.relative_to(tmp_path)) for file in package.rglob("*") if file.is_file()}
    assert names == there
    assert {Path(name).suffix for name in names} > {".py", ".js", ".css", ".html", ".yaml", ".mako"}


def _copy(origin: Path, target: Path) -> None:
    if origin.is_dir():
        shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(origin, target)
