"""Mounts that come and go, and the kernel's limits: real ones, in a namespace of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ALONE = ["unshare", "--user", "--map-root-user", "--mount"]


def may_unshare() -> bool:
    """Whether this machine lets anybody have a namespace."""
    try:
        return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = pytest.mark.skipif(not may_unshare(), reason="no namespace of our own to be had here")


@pytest.mark.parametrize("scene", ["unmounted", "no_watches_left", "no_instances_left"])
def test_the_watcher_lives_through(scene: str, tmp_path: Path) -> None:
    """What happens, and what must come of it, stands in `scenes.py`."""
    scenes = [sys.executable, "-m", "tests.integration.sources.scenes", scene, str(tmp_path)]
    done = subprocess.run(
        [*ALONE, *scenes], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
