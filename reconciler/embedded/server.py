"""One supervised server: at most one at a time for its lock, started to readiness, and stopped to the end."""

from __future__ import annotations

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reconciler.embedded.home import Home, bound_log, last_lines
from reconciler.embedded.lock import hold, is_held, within
from reconciler.embedded.process import Program, Spawner, end
from reconciler.errors import EmbeddedFailed

_REST_SECONDS = 5.0


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


@dataclass(frozen=True, slots=True)
class Server:
    """A server of ours, running as our child."""

    recipe: Recipe
    child: subprocess.Popen[bytes]

    def await_ready(self) -> None:
        """Return once it takes connections.

        Raises:
            EmbeddedFailed: it ended, or takes too long.

        """
        if not within(self.recipe.patience, self._is_ready_or_gone):
            self.stop()
            raise _failure(self.recipe, f"it was not ready after {self.recipe.patience:.0f} s")
        if self.child.poll() is not None:
            raise _failure(self.recipe, f"it ended with {self.child.returncode}")
        self.recipe.complete()

    def check(self) -> ServerExit | None:
        """Say whether it has ended by itself; and keep its log within bounds."""
        log = _log(self.recipe)
        bound_log(log)
        if self.child.poll() is None:
            return None
        return ServerExit(self.recipe.name, self.child.returncode, log, last_lines(log))

    def stop(self) -> None:
        """End it; processes that it had started may take an instant longer.

        Raises:
            EmbeddedFailed: the kernel does not let it end.

        """
        if not end(self.child, self.recipe.ladder):
            raise _failure(self.recipe, f"process {self.child.pid} does not end, even killed")

    def await_rest(self) -> None:
        """Return once the last of its processes has ended.

        Raises:
            EmbeddedFailed: one does not end.

        """
        lock = self.recipe.home.lock(self.recipe.name)
        if not within(_REST_SECONDS, lambda: not is_held(lock)):
            raise _failure(self.recipe, "its last processes do not end", _end_holders(lock))

    def _is_ready_or_gone(self) -> bool:
        return self.child.poll() is not None or self.recipe.is_ready(self.child.pid)


def launch(recipe: Recipe, spawner: Spawner) -> Server:
    """Start a server once the last process of a former one has ended; it is not waited for.

    Raises:
        EmbeddedFailed: it can't be started, or a former one does not end.

    """
    lock = _outlast_former(recipe)
    try:
        bound_log(_log(recipe))
        recipe.prepare(spawner, lock)
        return Server(recipe, spawner.spawn(recipe.program(lock)))
    finally:
        os.close(lock)


def _outlast_former(recipe: Recipe) -> int:
    """Take the server's lock, for which the last process of a former one must have ended.

    It has been told to end when its daemon ended, and most often has; if not, it is told again.
    """
    path = recipe.home.lock(recipe.name)
    patience = recipe.ladder[0][1]
    for number, seconds in recipe.ladder:
        lock = hold(path, patience)
        if lock is not None:
            return lock
        _signal_former(recipe, number)
        patience = seconds
    lock = hold(path, patience)
    if lock is None:
        raise _failure(recipe, "a former one does not end", _end_holders(path))
    return lock


def _signal_former(recipe: Recipe, number: signal.Signals) -> None:
    pid = recipe.find_running()
    if pid is None:
        return
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # Asked again, since now the process that the id stands for can't be replaced by another.
        if recipe.find_running() == pid:
            signal.pidfd_send_signal(process, number)
    except ProcessLookupError:
        return
    finally:
        os.close(process)


def _end_holders(lock: Path) -> str:
    return f"end the processes that have {lock} open"


def _log(recipe: Recipe) -> Path:
    return recipe.home.log(recipe.name)


def _failure(recipe: Recipe, why: str, fix: str = "") -> EmbeddedFailed:
    log = _log(recipe)
    tail = last_lines(log)
    return EmbeddedFailed(
        f"the embedded {recipe.name} does not run",
        where=str(log),
        why=f"{why}; the end of its log:\n{tail}" if tail else why,
        fix=fix or "mend what its log says, or set DATABASE_URL and REDIS_URL",
    )
