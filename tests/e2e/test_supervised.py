"""The daemon under a service manager: this test listens where systemd would."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.daemons import PATIENCE, Workplace, workplace
from tests.integration.passes.conftest import user


@dataclass(frozen=True, slots=True)
class Manager:
    """What systemd hears, one datagram after the other."""

    socket: socket.socket

    def until(self, said: str) -> list[str]:
        """Listen until a line begins so, and give all that was said up to then."""
        lines: list[str] = []
        deadline = time.monotonic() + PATIENCE
        while not any(line.startswith(said) for line in lines):
            assert time.monotonic() < deadline, lines
            lines += self.socket.recv(4096).decode().split("\n")
        return lines


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """Listen at a socket in the test's folder."""
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as heard:
        heard.settimeout(PATIENCE)
        heard.bind(str(tmp_path / "notify"))
        yield Manager(heard)


@pytest.fixture
def supervised(tmp_path: Path, manager: Manager, database_url: str, redis_url: str) -> Iterator[Workplace]:
    """Give a folder whose daemons report to the manager."""
    servers = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    environment = {**servers, "NOTIFY_SOCKET": manager.socket.getsockname()}
    with workplace(tmp_path, environment) as made:
        yield made


def test_a_service_manager_hears_of_the_whole_life(supervised: Workplace, manager: Manager) -> None:
    """Ready only when the rows are there; alive every second; a reload with its end; and that it stops."""
    supervised.write("ada.yaml", user())
    daemon = supervised.start("--interval", "1h")
    manager.until("READY=1")
    assert supervised.rows("select count(*) from users") == [(1,)]
    manager.until("STATUS=writes, epoch 1; 1 Synced; Applied: 1 created")
    manager.until("WATCHDOG=1")
    manager.until("WATCHDOG=1")

    daemon.send_signal(signal.SIGHUP)
    begun = manager.until("RELOADING=1")
    assert "READY=1" not in begun
    manager.until("READY=1")

    supervised.write("ada.yaml", user() + "nonsense: 1\n")
    manager.until("STATUS=writes, epoch 1; 1 Invalid; HeldBack: ")

    daemon.send_signal(signal.SIGTERM)
    manager.until("STOPPING=1")
    assert daemon.wait(PATIENCE) == 0


def test_a_daemon_without_postgresql_is_alive_and_not_ready(supervised: Workplace, manager: Manager) -> None:
    """It waits, and says for what: nothing would be won by starting it anew."""
    supervised.environment["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/nothing"
    supervised.start()
    heard = [*manager.until("STATUS=not ready, StoreUnavailable: "), *manager.until("WATCHDOG=1")]
    assert "READY=1" not in heard
