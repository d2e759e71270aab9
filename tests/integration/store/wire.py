"""A wire to PostgreSQL that fails as it is told to, at any one message of the protocol."""

from __future__ import annotations

import selectors
import shutil
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_LENGTH: Final = struct.Struct("!i")


class Fault(Enum):
    """What becomes of a line: ended before or in the midst of a message, mute, or a byte at a time."""

    CUT = auto()
    HALVED = auto()
    FROZEN = auto()
    TRICKLING = auto()


class Wire:
    """Passes messages on between clients and a server, one by one; `url` leads through it."""

    def __init__(self, url: str, folder: Path) -> None:
        parts = conninfo_to_dict(url)
        name = f".s.PGSQL.{parts.get('port') or 5432}"
        self._server = str(Path(str(parts["host"])) / name)
        self.url = make_conninfo(url, host=str(folder))
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / name))
        (folder / name).chmod(0o777)
        self._listener.listen()
        self._counting = Lock()
        self._left: int | None = None
        self._fault = Fault.CUT
        self._closed = Event()
        Thread(target=self._accept, daemon=True).start()

    def fail_at(self, message: int, fault: Fault = Fault.CUT) -> None:
        """Fail at so many messages from now, counted in both directions; the first is 0.

        A line made anew is whole.
        """
        with self._counting:
            self._left, self._fault = message, fault

    def mend(self) -> bool:
        """Fail no more; say whether it did."""
        with self._counting:
            failed, self._left = self._left is None, None
            return failed

    def close(self) -> None:
        """Take no more lines, and end those that have failed."""
        self._closed.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._pass_on, args=[client], daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server, selectors.DefaultSelector() as selector:
            server.connect(self._server)
            selector.register(client, selectors.EVENT_READ, (server, _Frames(begun=False)))
            selector.register(server, selectors.EVENT_READ, (client, _Frames(begun=True)))
            with suppress(OSError):
                while True:
                    for ready, _ in selector.select():
                        to, frames = ready.data
                        if not self._carry(ready.fileobj, to, frames):  # type: ignore[arg-type]
                            return

    def _carry(self, one: socket.socket, other: socket.socket, frames: _Frames) -> bool:
        """Pass on what has come; False when the line has ended."""
        received = one.recv(65536)
        for message in frames.take(received):
            if self._is_due():
                self._fail(other, message)
                return False
            other.sendall(message)
        return bool(received)

    def _fail(self, other: socket.socket, message: bytes) -> None:
        match self._fault:
            case Fault.CUT:
                pass
            case Fault.HALVED:
                other.sendall(message[: len(message) // 2])
            case Fault.FROZEN:
                self._closed.wait()
            case Fault.TRICKLING:
                for byte in message:
                    other.sendall(bytes([byte]))
                    self._closed.wait(0.05)

    def _is_due(self) -> bool:
        with self._counting:
            if self._left is None:
                return False
            self._left -= 1
            if self._left < 0:
                self._left = None
                return True
            return False


class _Frames:
    """Parts a stream into messages: a type and a length each, but for the first of a client."""

    def __init__(self, *, begun: bool) -> None:
        self._begun = begun
        self._rest = b""

    def take(self, received: bytes) -> Iterator[bytes]:
        """Give the messages that are whole by now."""
        self._rest += received
        while True:
            kind = 1 if self._begun else 0
            if len(self._rest) < kind + _LENGTH.size:
                return
            end = kind + _LENGTH.unpack_from(self._rest, kind)[0]
            if len(self._rest) < end:
                return
            message, self._rest = self._rest[:end], self._rest[end:]
            self._begun = True
            yield message


@contextmanager
def wire(url: str) -> Iterator[Wire]:
    """Lay a wire to a server."""
    folder = Path(tempfile.mkdtemp(prefix="reconciler-wire-"))
    folder.chmod(0o755)
    laid = Wire(url, folder)
    try:
        yield laid
    finally:
        laid.close()
        shutil.rmtree(folder)
