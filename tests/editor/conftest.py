"""An editor on a repository as `reconciler init` writes it; skipped where npm can't install what it needs."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from tests.editor.language_server import Editor, editing

HERE: Final = Path(__file__).parent
NAMES: Final = ("package.json", "package-lock.json")
WITHIN: Final = 180
"""Seconds that npm is given to install."""


@pytest.fixture(scope="session")
def packages() -> Path:
    """Give the folder with the packages of npm, installed once for each lock file beside the environment."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs node and npm")
    digest = sha256(b"".join((HERE / name).read_bytes() for name in NAMES)).hexdigest()[:12]
    shelf = Path(sys.prefix) / f"editor-{digest}"
    shelf.mkdir(exist_ok=True)
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several pytest processes one installs
        if not (shelf / "installed").exists():
            _install(npm, shelf)
    return shelf / "node_modules"


def _install(npm: str, shelf: Path) -> None:
    for name in NAMES:
        shutil.copyfile(HERE / name, shelf / name)
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(
            [npm, "ci", *flags],
            cwd=shelf,
            check=True,
            timeout=WITHIN,
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm can't install what this needs: {error}")
    (shelf / "installed").touch()


@pytest.fixture(scope="session")
def editor(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """Give an editor in a new repository, with the settings that it comes with."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run([sys.executable, "-m", "reconciler", "init", str(folder)], check=True, capture_output=True)
    mapped = json.loads((folder / ".vscode/settings.json").read_text())["yaml.schemas"]
    yaml = {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},
        "schemas": {(folder / path).as_uri(): globs for path, globs in mapped.items()},
    }
    server = packages / "yaml-language-server/bin/yaml-language-server"
    with editing(["node", str(server), "--stdio"], folder, {"yaml": yaml}) as opened:
        yield opened
