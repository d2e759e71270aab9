"""Both servers together, for one folder and one daemon."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.embedded.binaries import find_postgres, find_valkey
from reconciler.embedded.footing import choose_footing
from reconciler.embedded.home import Home, make_socket_folder, open_home, remove_socket_folder
from reconciler.embedded.instance import Instance, announce, read_owner, withdraw
from reconciler.embedded.lock import hold, is_still
from reconciler.embedded.postgres import Postgres
from reconciler.embedded.process import Spawner
from reconciler.embedded.server import Server, ServerExit, launch
from reconciler.embedded.valkey import Valkey
from reconciler.errors import AlreadyRunning, EmbeddedFailed

# A command that asks whether the lock is held holds it itself for an instant.
_LOCK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Options:
    """How the servers differ from the usual."""

    postgres: Path | None = None
    """The folder with another PostgreSQL's programs."""
    durable: bool = True
    """False gives up the data at a power cut, for speed: for tests."""


@dataclass(frozen=True, slots=True)
class _Ownership:
    """The daemon's hold on a folder."""

    home: Home
    lock: int

    @property
    def holds(self) -> bool:
        """False once the folder was removed: what lies there now may belong to another daemon."""
        return is_still(self.home.owner_lock, self.lock)

    def require(self) -> None:
        if not self.holds:
            raise EmbeddedFailed(
                "the folder of the embedded servers is gone",
                where=str(self.home.root),
                why="it was removed or replaced while they ran",
                fix="start again",
            )


@dataclass(frozen=True, slots=True)
class _Running:
    """What `start` has made, and how all of it is undone."""

    ownership: _Ownership
    servers: list[Server]
    spawner: Spawner
    cleanup: ExitStack


class EmbeddedServers:
    """PostgreSQL and Valkey, running until `stop` or until this process ends, whatever ends it."""

    def __init__(self, instance: Instance, running: _Running) -> None:
        """Take what `start` has made."""
        self.instance = instance
        self._running = running

    @property
    def database_url(self) -> str:
        return self.instance.database_url

    @property
    def redis_url(self) -> str:
        return self.instance.redis_url

    @property
    def pids(self) -> dict[str, int]:
        """The servers' process ids, by name."""
        return {server.recipe.name: server.child.pid for server in self._running.servers}

    def check(self) -> tuple[ServerExit, ...]:
        """Give the servers that ended by themselves. Cheap; to be asked every second or so."""
        return tuple(gone for server in self._running.servers if (gone := server.check()))

    def restart(self) -> None:
        """Start again whatever ended, under the same URLs.

        Raises:
            EmbeddedFailed: a server does not come up, or `.reconciler` was removed meanwhile; `check` goes
                on telling of what ended.

        """
        with _told_as_failure(self._running.ownership.home):
            self._running.ownership.require()
            for place, server in enumerate(self._running.servers):
                if server.check():
                    self._running.servers[place] = launch(server.recipe, self._running.spawner)
                    self._running.servers[place].await_ready()

    def stop(self) -> None:
        """End both, and return once nothing of them is left but their data. May be called twice.

        Raises:
            EmbeddedFailed: the kernel does not let one end.

        """
        self._running.cleanup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def start(folder: Path, options: Options | None = None) -> EmbeddedServers:
    """Start the servers of `folder`, making their data under `folder/.reconciler` the first time.

    Raises:
        AlreadyRunning: another daemon has this folder; it is not disturbed.
        EmbeddedFailed: they are not installed, may not be run, or do not come up; nothing is left running.

    """
    options = options or Options()
    home = open_home(folder)
    with _told_as_failure(home), ExitStack() as cleanup:
        ownership = _own(home, cleanup)
        spawner = cleanup.enter_context(Spawner())
        sockets = make_socket_folder(home)
        cleanup.callback(_tidy, ownership, sockets)
        servers: list[Server] = []
        cleanup.callback(_stop_all, servers, ownership)
        binaries = find_postgres(options.postgres)
        valkey = Valkey(find_valkey(), home, sockets)
        servers.append(launch(valkey, spawner))
        footing = choose_footing(spawner, home, binaries / "postgres")
        postgres = Postgres(binaries, home, sockets, footing, options.durable)
        servers.append(launch(postgres, spawner))
        for server in servers:
            server.await_ready()
        instance = Instance(os.getpid(), postgres.url, valkey.url)
        announce(home, instance)
        return EmbeddedServers(instance, _Running(ownership, servers, spawner, cleanup.pop_all()))


def _own(home: Home, cleanup: ExitStack) -> _Ownership:
    """Hold the folder until the cleanup, and sign for it."""
    lock = hold(home.owner_lock, _LOCK_SECONDS)
    if lock is None:
        pid = read_owner(home)
        raise AlreadyRunning(
            "a daemon runs in this folder already",
            where=str(home.root),
            why=f"process {pid} holds its lock" if pid else "its lock is held",
            fix="use it (other commands find it by themselves), stop it, or start in another folder",
        )
    cleanup.callback(os.close, lock)
    withdraw(home)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return _Ownership(home, lock)


def _tidy(ownership: _Ownership, sockets: Path) -> None:
    """Leave no socket and no announcement; unless what lies there now may be another daemon's."""
    if ownership.holds:
        withdraw(ownership.home)
        remove_socket_folder(sockets)


def _stop_all(servers: list[Server], ownership: _Ownership) -> None:
    """Stop each, whatever becomes of the others."""
    with ExitStack() as each:
        for server in servers:
            if ownership.holds:
                each.callback(server.await_rest)
            each.callback(server.stop)


@contextmanager
def _told_as_failure(home: Home) -> Iterator[None]:
    """Translate what the operating system says: a full disk, a missing right, too many processes."""
    try:
        yield
    except OSError as error:
        raise EmbeddedFailed(
            "the embedded servers can't be started",
            where=str(error.filename or home.root),
            why=error.strerror or str(error),
            fix="mend that, or set DATABASE_URL and REDIS_URL",
        ) from error
