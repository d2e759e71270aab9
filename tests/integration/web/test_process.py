"""The process that serves HTTP, as the daemon sees it; a small program stands in for the server."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from reconciler.daemon.clock import SystemClock
from reconciler.errors import UsageError
from reconciler.telemetry import Level, get_level, set_level
from reconciler.web.line import Word, pack
from reconciler.web.listen import is_loopback, listen, url_of
from reconciler.web.process import Serving, WebProcess
from reconciler.web.serve import Line
from tests.e2e.daemons import until

_SERVER = """
import os, socket, sys
sys.path.insert(0, {root!r})
from reconciler.web.line import Messages, Word, pack

bound, line = socket.socket(fileno=int(sys.argv[1])), socket.socket(fileno=int(sys.argv[2]))
messages = Messages()
while data := line.recv(65536):
    for word, content in messages.take(data):
        with open({log!r}, "a") as log:
            log.write(f"{{word.name}} {{content.decode()}} {{os.getpid()}}\\n")
        if word is Word.CHARGE:
            line.sendall(pack(Word.SERVING) + pack(Word.METRICS))
"""


class _Stage:
    def __init__(self, folder: Path) -> None:
        self.log = folder / "log"
        program = _SERVER.format(root=str(Path(__file__).parents[3]), log=str(self.log))
        self.bound = listen("127.0.0.1", 0)
        command = (sys.executable, "-c", program)
        self.process = WebProcess(Serving(self.bound, command, b"secret", lambda: b"up 1"), SystemClock())

    def heard(self) -> list[list[str]]:
        """Give what the server heard, and under which process id."""
        return [line.split(" ") for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def feels(self, beat: str) -> bool:
        """Let the pulse beat once, and say whether the server has felt this; a beat may be left out."""
        self.process.beat()
        return beat.split(" ") in self.heard()

    def pid(self, times: int = 1) -> int:
        """Give the process id of the server, once it was started so many times."""

        def started() -> list[list[str]]:
            return [one for one in self.heard() if one[0] == "CHARGE"][times - 1 :]

        return int(until(started)[0][-1])


@contextmanager
def _level(level: Level) -> Iterator[None]:
    """Log from this level upwards, and as before afterwards."""
    before = get_level()
    set_level(level)
    try:
        yield
    finally:
        set_level(before)


@contextmanager
def _running(folder: Path) -> Iterator[_Stage]:
    stage = _Stage(folder)
    stage.process.start()
    try:
        yield stage
    finally:
        stage.process.stop()
        stage.bound.close()


def test_the_server_is_told_what_to_serve_hears_the_pulse_and_is_given_the_metrics(tmp_path: Path) -> None:
    """All over the line; nothing of it stands on a command line."""
    with _running(tmp_path) as stage:
        pid = stage.pid()
        until(lambda: len(stage.heard()) == 2)
        until(lambda: stage.feels(f"BEAT {get_level().name} {pid}"))
        assert [one[:2] for one in stage.heard()[:2]] == [["CHARGE", "secret"], ["METRICS", "up"]]
        assert stage.process.problem == ""
        assert stage.process.address == url_of(stage.bound)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_log_level_that_is_switched_reaches_the_server_with_the_next_beat(tmp_path: Path) -> None:
    """By SIGHUP or SIGUSR1; a server that was started anew hears of it as well."""
    with _running(tmp_path) as stage, _level(Level.DEBUG):
        first = stage.pid()
        until(lambda: stage.feels(f"BEAT DEBUG {first}"))
        set_level(Level.ERROR)
        until(lambda: stage.feels(f"BEAT ERROR {first}"))
        os.kill(first, signal.SIGKILL)
        second = stage.pid(times=2)
        until(lambda: stage.feels(f"BEAT ERROR {second}"))


def test_the_server_logs_from_the_level_that_the_beat_tells() -> None:
    """From that one upwards, whatever it was started with."""

    async def beat(level: Level) -> None:
        ours, theirs = socket.socketpair()
        with ours:
            ours.sendall(pack(Word.BEAT, level.name.encode()))
            ours.shutdown(socket.SHUT_WR)
            await Line(theirs, SystemClock()).attend()

    with _level(Level.INFO):
        asyncio.run(beat(Level.DEBUG))
        assert get_level() is Level.DEBUG


def test_a_server_that_dies_is_started_again_and_that_is_shown_meanwhile(tmp_path: Path) -> None:
    """The socket stays: who connects meanwhile waits, and is not refused."""
    with _running(tmp_path) as stage:
        first = stage.pid()
        os.kill(first, signal.SIGKILL)
        until(lambda: "was killed by signal 9" in stage.process.problem)
        assert stage.pid(times=2) != first
        until(lambda: stage.process.problem == "")


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    """Before anything else is started."""
    with listen("127.0.0.1", 0) as taken:
        with pytest.raises(UsageError) as refused:
            listen("127.0.0.1", taken.getsockname()[1])
        assert refused.value.why == "another process listens there"
        assert "--no-http" in refused.value.fix
        assert is_loopback(taken)
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url_of(taken), timeout=0.05)
