"""Starts a program as a direct child whose life is tied to ours, and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

_SHIM = Path(__file__).with_name("shim.py")

# Nothing else of ours reaches a server: not the settings that libpq and initdb would obey, and no secret.
_PASSED_ON = ("HOME", "LD_LIBRARY_PATH", "PATH", "TMPDIR")


class Footing(StrEnum):
    """As whom a program runs, seen from inside and from outside."""

    PLAIN = "plain"
    """As ourselves."""
    MAPPED = "mapped"
    """As ourselves, called `nobody` inside a user namespace."""
    NOBODY = "nobody"
    """As `nobody`, with the right to pass through every folder."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how."""

    command: tuple[str, ...]
    folder: Path
    log: Path
    footing: Footing = Footing.PLAIN
    death_signal: signal.Signals = signal.SIGKILL
    """What it gets when we end without having stopped it."""
    inherits: tuple[int, ...] = ()
    """Descriptors that it keeps open: its locks."""


class Spawner:
    """The thread from which children are started.

    The kernel sends a child its death signal when the *thread* that started it ends, so it must be one that
    lives as long as the servers shall.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedded-spawner")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._thread.shutdown()

    def spawn(self, program: Program) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, so that a Ctrl-C in the terminal reaches us and not it."""
        return self._thread.submit(_spawn, program).result()


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    setup = (str(os.getpid()), program.footing, str(int(program.death_signal)), str(program.folder))
    with program.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SHIM), *setup, *program.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ}
            | {"LC_ALL": "C", "TZ": "UTC"},
            pass_fds=program.inherits,
            start_new_session=True,
        )


def run(spawner: Spawner, program: Program, seconds: float) -> int:
    """Run a program that ends by itself, and give its exit code; killed if it takes longer than `seconds`."""
    child = spawner.spawn(program)
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


def end(child: subprocess.Popen[bytes], ladder: Iterable[tuple[signal.Signals, float]]) -> bool:
    """Send each signal of the ladder and wait its seconds, until the child has ended; say whether it has."""
    for number, seconds in ladder:
        child.send_signal(number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return True
    return False
