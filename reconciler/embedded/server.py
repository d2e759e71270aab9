"""One supervised server: at most one at a time for its lock, started to readiness, and stopped to the end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reconciler.embedded.home import Home, bound_log, last_lines
from reconciler.embedded.lock import hold, within
from reconciler.embedded.process import Program, Spawner, end
from reconciler.errors import EmbeddedFailed


class Recipe(Protocol):
    """What is particular to a server."""

    @property
    def name(self) -> str: ...

    @property
    def home(self) -> Home: ...

    @property
    def patience(self) -> float:
        """Seconds in which it must be ready."""
        ...

    @property
    def ladder(self) -> tuple[tuple[signal.Signals, float], ...]:
        """The signals that stop it, gentlest first, each with the seconds it is given."""
        ...

    def prepare(self, spawner: Spawner, lock: int) -> None:
        """Bring its files into a state in which it can start, while no process of it runs."""
        ...

    def program(self, lock: int) -> Program: ...

    def is_ready(self, pid: int) -> bool:
        """Whether that process takes connections."""
        ...

    def complete(self) -> None:
        """Do what can only be done once it runs."""
        ...

    def find_running(self) -> int | None:
        """Give the process id of such a server that runs on our data without being our child."""
        ...


@dataclass(frozen=True, slots=True)
class ServerExit:
    """A server that ended though nobody stopped it."""

    server: str
    code: int
    """As the shell counts: negative, the signal that killed it."""
    log: Path
    last_lines: str


class Server:
    """A server of ours, as our child."""

    def __init__(self, recipe: Recipe, spawner: Spawner) -> None:
        self._recipe = recipe
        self._spawner = spawner
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    def start(self) -> None:
        """Start it, and return once it takes connections.

        Raises:
            EmbeddedFailed: it does not come up, or a former one does not end.

        """
        lock = self._outlast_former()
        try:
            bound_log(self._log)
            self._recipe.prepare(self._spawner, lock)
            child = self._child = self._spawner.spawn(self._recipe.program(lock))
        finally:
            os.close(lock)
        is_ready: Callable[[], bool] = lambda: child.poll() is not None or self._recipe.is_ready(child.pid)  # noqa: E731
        ready = within(self._recipe.patience, is_ready)
        if child.poll() is not None:
            raise self._failure(f"it ended with {child.returncode}")
        if not ready:
            self.stop()
            raise self._failure(f"it was not ready after {self._recipe.patience:.0f} s")
        self._recipe.complete()

    def check(self) -> ServerExit | None:
        """Say whether it has ended by itself; and keep its log within bounds."""
        bound_log(self._log)
        if self._child is None or self._child.poll() is None:
            return None
        return ServerExit(self._recipe.name, self._child.returncode, self._log, last_lines(self._log))

    def stop(self) -> None:
        """End it, and return once the last of its processes has ended.

        Raises:
            EmbeddedFailed: the kernel does not let it end.

        """
        child, self._child = self._child, None
        if child is None:
            return
        if not end(child, self._recipe.ladder):
            raise self._failure(f"process {child.pid} does not end, even killed")
        os.close(self._outlast_former())

    @property
    def _log(self) -> Path:
        return self._recipe.home.log(self._recipe.name)

    def _outlast_former(self) -> int:
        """Take the lock, for which the last process of a former server must have ended."""
        path = self._recipe.home.lock(self._recipe.name)
        patience = 10.0
        for number, seconds in (*self._recipe.ladder, (None, 0.0)):
            lock = hold(path, patience)
            if lock is not None:
                return lock
            patience = seconds
            if number is not None:
                self._signal_former(number)
        raise self._failure("a former one does not end", fix=f"end the processes that hold {path}")

    def _signal_former(self, number: signal.Signals) -> None:
        pid = self._recipe.find_running()
        if pid is None:
            return
        try:
            process = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            # Asked again, since now the process that the id stands for can't be replaced by another.
            if self._recipe.find_running() == pid:
                signal.pidfd_send_signal(process, number)
        except ProcessLookupError:
            return
        finally:
            os.close(process)

    def _failure(self, why: str, fix: str = "") -> EmbeddedFailed:
        tail = last_lines(self._log)
        return EmbeddedFailed(
            f"the embedded {self._recipe.name} does not run",
            where=str(self._log),
            why=f"{why}; the end of its log:\n{tail}" if tail else why,
            fix=fix or "mend what its log says, or set DATABASE_URL and REDIS_URL",
        )
