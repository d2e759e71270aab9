"""Both servers together, for one folder and one daemon."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from reconciler.embedded import instance
from reconciler.embedded.binaries import find_postgres, find_valkey
from reconciler.embedded.footing import choose_footing
from reconciler.embedded.home import Home, make_socket_folder, open_home, remove_socket_folder
from reconciler.embedded.instance import Instance
from reconciler.embedded.lock import hold
from reconciler.embedded.postgres import Postgres
from reconciler.embedded.process import Spawner
from reconciler.embedded.server import Server, ServerExit
from reconciler.embedded.valkey import Valkey
from reconciler.errors import AlreadyRunning

# A command that asks whether the lock is held holds it itself for an instant.
_LOCK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Options:
    """How the servers differ from the usual."""

    postgres: Path | None = None
    """The folder with another PostgreSQL's programs."""
    durable: bool = True
    """False gives up the data at a power cut, for speed: for tests."""


class EmbeddedServers:
    """PostgreSQL and Valkey, running until `stop` or until this process ends, whatever ends it."""

    def __init__(self, running: Instance, servers: tuple[Server, ...], cleanup: ExitStack) -> None:
        """Take what `start` has made."""
        self.instance = running
        self._servers = servers
        self._cleanup = cleanup

    @property
    def database_url(self) -> str:
        return self.instance.database_url

    @property
    def redis_url(self) -> str:
        return self.instance.redis_url

    @property
    def pids(self) -> tuple[int, ...]:
        """The servers' process ids."""
        return tuple(server.pid for server in self._servers if server.pid is not None)

    def check(self) -> tuple[ServerExit, ...]:
        """Give the servers that ended by themselves. Cheap; to be asked every second or so."""
        return tuple(gone for server in self._servers if (gone := server.check()))

    def restart(self) -> None:
        """Start again whatever ended, under the same URLs.

        Raises:
            EmbeddedFailed: a server does not come up.

        """
        for server in self._servers:
            if server.check():
                server.start()

    def stop(self) -> None:
        """End both, and return once nothing of them is left but their data. May be called twice."""
        self._cleanup.close()

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
    with ExitStack() as cleanup:
        _own(home, cleanup)
        spawner = cleanup.enter_context(Spawner())
        sockets = make_socket_folder(home)
        cleanup.callback(remove_socket_folder, sockets)
        binaries = options.postgres or find_postgres()
        footing = choose_footing(spawner, home, binaries / "postgres")
        valkey = Valkey(find_valkey(), home, sockets)
        postgres = Postgres(binaries, home, sockets, footing, options.durable)
        servers = tuple(Server(recipe, spawner) for recipe in (valkey, postgres))
        for server in servers:
            cleanup.callback(server.stop)
            server.start()
        running = Instance(os.getpid(), postgres.url, valkey.url)
        cleanup.callback(instance.withdraw, home)
        instance.announce(home, running)
        return EmbeddedServers(running, servers, cleanup.pop_all())


def _own(home: Home, cleanup: ExitStack) -> None:
    """Hold the folder until the cleanup, and sign for it."""
    lock = hold(home.owner_lock, _LOCK_SECONDS)
    if lock is None:
        pid = instance.read_owner(home)
        raise AlreadyRunning(
            "a daemon runs in this folder already",
            where=str(home.root),
            why=f"process {pid} holds its lock" if pid else "its lock is held",
            fix="use it (other commands find it by themselves), stop it, or start in another folder",
        )
    cleanup.callback(os.close, lock)
    instance.withdraw(home)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
