"""The process that serves HTTP, as the daemon sees it: started, fed, started again when it dies, stopped."""

from __future__ import annotations

import os
import select
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Final

from reconciler.ports import Clock
from reconciler.telemetry import get_level, get_logger
from reconciler.web.line import Messages, Word, pack
from reconciler.web.listen import url_of

log = get_logger(__name__)

_FIRST_DELAY: Final = 0.2
_LONGEST_DELAY: Final = 10.0
_SETTLED: Final = 30.0
"""Seconds after which a process counts as one that works: its end is not the next of a row."""
_GRACE: Final = 5.0
"""Seconds that it has to answer what was asked before it is told to stop."""
_READ: Final = 65536


@dataclass(frozen=True, slots=True)
class Serving:
    """What to run and what it is told.

    `command` is completed with the descriptors of socket and line and with our process id. `charge` is the
    first message: it may hold secrets, which a command line may not. `exposition` gives the metrics.
    """

    bound: socket.socket
    command: Sequence[str]
    charge: bytes
    exposition: Callable[[], bytes]


class WebProcess:
    """Keeps one process alive that serves HTTP, on a thread of its own; `ports.Face`.

    The kernel kills the process when the thread that started it ends: the thread lives as long as the daemon.
    """

    note = ""

    def __init__(self, serving: Serving, clock: Clock) -> None:
        self._serving = serving
        self._clock = clock
        self._stopping, self._stop = os.pipe()
        self._thread = Thread(target=self._run, name="http", daemon=True)
        self._lock = Lock()
        self._line: socket.socket | None = None
        self._deaths = 0
        self.address = url_of(serving.bound)
        self.problem = ""
        """Why nobody is served just now, a sentence; "" when they are."""

    def start(self) -> None:
        """Begin to serve; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Let it answer what was asked, and end it; returns when it has ended."""
        os.close(self._stop)
        if self._thread.is_alive():
            self._thread.join()
        os.close(self._stopping)

    def beat(self) -> None:
        """Let it know that the daemon's pulse goes on, and from which level on to log; never waits."""
        if self._lock.acquire(blocking=False):
            try:
                if self._line is not None:
                    with suppress(OSError):  # it is full, or broken: then it is started anew
                        self._line.send(pack(Word.BEAT, get_level().name.encode()))
            finally:
                self._lock.release()

    # --- the thread -------------------------------------------------------------------------------------

    def _run(self) -> None:
        delay = _FIRST_DELAY
        while True:
            began = self._clock.monotonic()
            try:
                ended = self._serve()
            except OSError as error:
                ended = f"can't be started: {error.strerror or error}"
            if ended is None:
                return
            delay = _FIRST_DELAY if self._clock.monotonic() - began > _SETTLED else delay
            self._deaths += 1
            self.problem = f"HTTP is not served: its process {ended}"
            log.error("the process that serves HTTP is gone", why=ended, again_in=delay)
            if select.select([self._stopping], [], [], delay)[0]:
                return
            delay = min(delay * 2, _LONGEST_DELAY)

    def _serve(self) -> str | None:
        """Run the process until it dies, and say how; None when it was told to stop."""
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        with ours:
            with theirs:
                child = self._spawn(theirs)
            try:
                self._tell(ours, pack(Word.CHARGE, self._serving.charge))
                self._line = ours
                if self._attend(ours):
                    return None
            except OSError as error:  # it died before it had heard us out, or does not listen
                log.debug("the line to the process that serves HTTP broke", why=str(error))
            finally:
                with self._lock:
                    self._line = None
                with suppress(OSError):
                    ours.shutdown(socket.SHUT_RDWR)
                code = _end(child)
            return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def _spawn(self, theirs: socket.socket) -> subprocess.Popen[bytes]:
        descriptors = (self._serving.bound.fileno(), theirs.fileno())
        return subprocess.Popen(
            [*self._serving.command, *map(str, descriptors), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            pass_fds=descriptors,
            start_new_session=True,  # a Ctrl-C in the terminal reaches the daemon, which ends it in order
        )

    def _attend(self, line: socket.socket) -> bool:
        """Answer what comes over the line until it breaks; True when told to stop."""
        messages = Messages()
        while True:
            ready, _, _ = select.select([self._stopping, line.fileno()], [], [])
            if self._stopping in ready:
                return True
            data = line.recv(_READ)
            if not data:
                return False
            for word, _content in messages.take(data):
                match word:
                    case Word.SERVING:
                        self.problem = ""
                        log.info("HTTP is served", url=self.address)
                    case Word.METRICS:
                        self._tell(line, pack(Word.METRICS, self._metrics()))
                    case _:
                        pass

    def _metrics(self) -> bytes:
        try:
            return self._serving.exposition()
        except Exception:
            log.exception("the metrics met with a mistake of ours")
            return b""

    def _tell(self, line: socket.socket, message: bytes) -> None:
        """Send a message; a process that does not read it in time is taken for dead."""
        left, deadline = memoryview(message), self._clock.monotonic() + _GRACE
        with self._lock:  # a beat must not land in the midst of it
            while left:
                wait = deadline - self._clock.monotonic()
                if wait <= 0 or not select.select([], [line], [], wait)[1]:
                    raise TimeoutError("nothing is read")
                left = left[line.send(left) :]


def _end(child: subprocess.Popen[bytes]) -> int:
    """Wait for a process whose line is cut: it ends by itself, or it is made to."""
    try:
        return child.wait(_GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        return child.wait()


class Unserved:
    """Where HTTP was to be served, but is not: a default that another process has taken; `ports.Face`."""

    address = ""
    problem = ""

    def __init__(self, note: str) -> None:
        self.note = note

    def start(self) -> None:
        """Say so, once."""
        log.warning("HTTP is not served", why=self.note)

    def stop(self) -> None:
        """There is nothing to stop."""

    def beat(self) -> None:
        """Nobody listens."""
