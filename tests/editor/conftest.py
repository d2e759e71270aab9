"""An editor on a repository as `reconciler init` writes it; skipped where npm can't install its server."""

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
def server_program() -> list[str]:
    """Give the command of the language server, installed once for each lock file beside the environment."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs node and npm")
    digest = sha256(b"".join((HERE / name).read_bytes() for name in NAMES)).hexdigest()[:12]
    shelf = Path(sys.prefix) / f"editor-{digest}"
    shelf.mkdir(exist_ok=True)
    with (shelf / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several pytest processes one installs
        if not (shelf / "installed").exists():
            _install(npm, shelf)
    return [node, str(shelf / "node_modules/yaml-language-server/bin/yaml-language-server"), "--stdio"]


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
        pytest.skip(f"npm can't install the language server: {error}")
    (shelf / "installed").touch()


@pytest.fixture(scope="session")
def editor(server_program: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
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
    with editing(server_program, folder, {"yaml": yaml}) as opened:
        yield opened
