"""On what was measured: without it, a figure says nothing."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from reconciler import __version__
from reconciler.embedded.binaries import find_postgres, find_valkey


def describe() -> Iterator[str]:
    """Tell the command, the machine and the versions, a line each."""
    arguments = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    yield f"$ {arguments}"
    yield f"{_processor()}, {len(os.sched_getaffinity(0))} core(s), {_memory()}, {platform.platform()}"
    yield f"load before: {os.getloadavg()[0]:.2f}"
    yield (
        f"reconciler {__version__}{_commit()}, Python {platform.python_version()}, "
        f"{_says(find_postgres() / 'postgres')}, {_says(find_valkey() / 'valkey-server')}, "
        f"psycopg {version('psycopg')}, pydantic {version('pydantic')}"
    )


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _memory() -> str:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{pages / 2**30:.0f} GB"


def _commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - whichever git the machine has
        capture_output=True,
        text=True,
        check=False,
    )
    return f" ({asked.stdout.strip()})" if asked.returncode == 0 else ""


def _says(program: Path) -> str:
    """Give what a server says of itself, without the name of its build."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"^(\w+).*?(\d+(?:\.\d+)+)", told)
    return f"{found.group(1)} {found.group(2)}" if found else told.strip()
