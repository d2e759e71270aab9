"""Owners of embedded servers, as processes that a test may kill."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[3]
NOBODY = 65534
BOUND = 20.0


def run_as(uid: int) -> tuple[str, ...]:
    """Give the prefix of a command that makes it run as another user.

    It may read what only root may, since this Python may lie among root's own files; it may not write there.
    """
    return (
        *("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"),
        *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
    )


@dataclass(frozen=True)
class Owner:
    """A process that owns, or tried to own, the servers of a folder."""

    process: subprocess.Popen[str]

    def answer(self) -> dict[str, Any]:
        """Wait for what it has to say."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"it ended with {self.process.wait(BOUND)} and said nothing"
        said: dict[str, Any] = json.loads(line)
        return said

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        self.process.wait(BOUND)

    def release(self) -> int:
        """Let it stop its servers and end."""
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(BOUND)


StartOwner = Callable[..., Owner]


@pytest.fixture
def start_owner() -> Iterator[StartOwner]:
    """Start owners: `start_owner(folder, prefix)`; those still there are killed when the test is over."""
    with ExitStack() as cleanup:

        def start(folder: Path, prefix: Sequence[str] = ()) -> Owner:
            process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "tests.integration.embedded.owner", str(folder)],
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            )
            owner = Owner(process)
            cleanup.callback(_end, owner)
            return owner

        yield start


def _end(owner: Owner) -> None:
    owner.kill()
    for stream in (owner.process.stdin, owner.process.stdout):
        assert stream
        stream.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name that anybody may reach, which no process may outlive for long."""
    path = Path(tempfile.mkdtemp(prefix="reconciler-test-"))
    path.chmod(0o755)
    yield path
    assert await_end(watch(processes_in(path)))
    shutil.rmtree(path)


def watch(pids: Iterable[int]) -> list[int]:
    """Get hold of those processes that still live, so that their end can be waited for."""
    handles = []
    for pid in pids:
        with suppress(ProcessLookupError):
            handles.append(os.pidfd_open(pid))
    return handles


def await_end(handles: list[int]) -> bool:
    """Wait until all these processes have ended; say whether they did within the bound."""
    ended = [bool(select.select([handle], [], [], BOUND)[0]) for handle in handles]
    for handle in handles:
        os.close(handle)
    return all(ended)


def processes_in(folder: Path) -> dict[int, str]:
    """Give the processes whose command line names the folder or whose working directory lies in it."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            command = (
                entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            )
            if str(folder) in command or entry.joinpath("cwd").readlink().is_relative_to(folder):
                found[int(entry.name)] = command
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
