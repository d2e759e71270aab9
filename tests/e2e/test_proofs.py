"""The proofs of the benchmarks, over fewer revisions: a reader and a scheduler beside the passes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize(("proof", "kept"), [("reader", "nothing wrong in any"), ("scheduler", "none lost")])
def test_consumers_are_never_wronged_while_passes_run(proof: str, kept: str) -> None:
    """P1, P8: no workflow is seen without its jobs; no status is lost, no job in flight deleted."""
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", proof, "--quick", "--revisions", "50"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert kept in ran.stdout
