"""Valkey, which speaks Redis's protocol: how it is started, known to be ready, and stopped."""

from __future__ import annotations

import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from reconciler.embedded.home import VALKEY_SOCKET, Home
from reconciler.embedded.process import Program, Spawner

_SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "save": "",  # what it holds is a view, made again from PostgreSQL
    "appendonly": "no",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
}


@dataclass(frozen=True, slots=True)
class Valkey:
    """One Valkey: its program and its places."""

    binaries: Path
    home: Home
    sockets: Path

    name: ClassVar[str] = "valkey"
    patience: ClassVar[float] = 15.0
    """Seconds to wait for it to be ready."""
    ladder: ClassVar[tuple[tuple[signal.Signals, float], ...]] = (
        (signal.SIGTERM, 5.0),
        (signal.SIGKILL, 5.0),
    )

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}?db=0"

    @property
    def _socket(self) -> Path:
        return self.sockets / VALKEY_SOCKET

    def prepare(self, spawner: Spawner, lock: int) -> None:
        """Nothing: it keeps nothing."""

    def program(self, lock: int) -> Program:
        settings = _SETTINGS | {"unixsocket": str(self._socket), "dir": str(self.sockets)}
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Program(
            command=(str(self.binaries / "valkey-server"), *flags),
            folder=self.home.root,
            log=self.home.log(self.name),
            # It may be deaf to SIGTERM while it runs a script, and has nothing to lose.
            death_signal=signal.SIGKILL,
            inherits=(lock,),
        )

    def is_ready(self, pid: int) -> bool:
        """Whether it answers; the socket lies where only our own server can put one."""
        del pid
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            try:
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def complete(self) -> None:
        """Nothing: it is empty, and that is right."""

    def find_running(self) -> int | None:
        """Give None: the kernel kills it with its parent, and there is nothing to wait for."""
        return None
