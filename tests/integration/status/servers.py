"""Redis servers to order: a real one with any settings, and sockets that misbehave as a script says."""

from __future__ import annotations

import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Event, Thread

from reconciler.embedded.binaries import find_valkey


class RunningClock:
    """The machine's clock, for tests of what is bounded in real time."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, condition: Condition, seconds: float) -> None:
        condition.wait(seconds)


class Valkey:
    """A Valkey of a test's own, on a socket, that can be stopped and started again."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(folder),
            "save": "",
            **settings,
        }
        self._process: subprocess.Popen[str] | None = None

    def start(self, **settings: str) -> None:
        """Start it, with these settings besides, and come back when it takes commands."""
        flags = [part for name, value in (self._settings | settings).items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [find_valkey() / "valkey-server", *flags], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout
        assert any("eady to accept connections" in line for line in self._process.stdout)

    def stop(self) -> None:
        """Kill it, if it runs."""
        if self._process:
            self._process.kill()
            self._process.communicate(timeout=10)
            self._process = None


@contextmanager
def valkey(**settings: str) -> Iterator[Valkey]:
    """Run a Valkey in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="reconciler-redis-"))
    server = Valkey(folder, settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


Script = Callable[[socket.socket, Event], None]
"""What happens on one connection, until the event is set."""


@contextmanager
def scripted(script: Script) -> Iterator[str]:
    """Listen on a port of the loopback, do to each connection as the script says, and give the URL."""
    ended = Event()
    listener = socket.create_server(("127.0.0.1", 0))
    threads: list[Thread] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(Thread(target=serve, args=(connection,)))
                threads[-1].start()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            script(connection, ended)

    acceptor = Thread(target=accept)
    acceptor.start()
    try:
        yield f"redis://ada:s3cret@127.0.0.1:{listener.getsockname()[1]}/0"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(10)


def never_answer(connection: socket.socket, ended: Event) -> None:
    """Accept, and be silent."""
    del connection
    ended.wait()


def hang_up(connection: socket.socket, ended: Event) -> None:
    """Accept, and close."""
    del connection, ended


def drip(connection: socket.socket, ended: Event) -> None:
    """Answer a byte at a time, and never come to an end."""
    while not ended.wait(0.02):
        connection.sendall(b"+")


def babble(connection: socket.socket, ended: Event) -> None:
    """Answer what no Redis would."""
    del ended
    while connection.recv(65536):
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def gibber(seed: int) -> Script:
    """Answer sensibly at times, and else with any scraps of the protocol."""
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    scraps = [
        "+OK",
        "-ERR what",
        "-MOVED 1",
        ":1",
        "$-1",
        "*-1",
        "*2",
        "$3",
        "foo",
        "%1",
        "_",
        "#t",
        "ÿ",
        "*99999",
        "$99999",
    ]

    def script(connection: socket.socket, ended: Event) -> None:
        del ended
        connection.settimeout(1)
        while connection.recv(65536):
            parts = ["+OK"] if chance.random() < 1 / 3 else chance.choices(scraps, k=chance.randint(1, 5))
            connection.sendall("".join(f"{part}\r\n" for part in parts).encode("latin-1"))

    return script


def refuse_with(error: str) -> Script:
    """Answer everything with an error."""

    def script(connection: socket.socket, ended: Event) -> None:
        del ended
        connection.settimeout(10)
        while connection.recv(65536):
            connection.sendall(f"-{error}\r\n".encode())

    return script


def forward(server: Valkey, delay: float) -> Script:
    """Pass everything on to a server, and its answers back with a delay."""

    def script(connection: socket.socket, ended: Event) -> None:
        with socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(str(server.socket))
            upstream.settimeout(10)
            connection.settimeout(10)
            while request := connection.recv(1 << 20):
                upstream.sendall(request)
                answer = upstream.recv(1 << 20)
                ended.wait(delay)
                connection.sendall(answer)

    return script


def swallow_more_than(size: int, server: Valkey) -> Script:
    """Pass small requests on to a server, and let large ones vanish."""

    def script(connection: socket.socket, ended: Event) -> None:
        with socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(str(server.socket))
            upstream.settimeout(0.1)
            connection.settimeout(10)
            while request := connection.recv(1 << 20):
                if len(request) > size:
                    ended.wait()
                    return
                upstream.sendall(request)
                connection.sendall(_answer(upstream, ended))

    return script


def _answer(upstream: socket.socket, ended: Event) -> bytes:
    """Wait for what a server says, or for the end: of half a request it says nothing."""
    while not ended.is_set():
        with suppress(TimeoutError):
            return upstream.recv(1 << 20)
    return b""
