"""The notification protocol, over real datagram sockets."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from reconciler.systemd import NotifySocket


@contextmanager
def _manager(address: str) -> Iterator[socket.socket]:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as heard:
        heard.settimeout(5)
        heard.bind(address)
        yield heard


@pytest.mark.parametrize("abstract", [True, False])
def test_a_message_is_one_datagram_of_lines(tmp_path: Path, *, abstract: bool) -> None:
    """To a socket in the file system, or to an abstract one, which `@` stands for."""
    name = f"reconciler-test-{os.getpid()}"
    address, bound = (f"@{name}", f"\0{name}") if abstract else (str(tmp_path / "notify"),) * 2
    with _manager(bound) as heard, closing(NotifySocket(address)) as told:
        assert told.tell(READY="1", STATUS="all is well")
        assert heard.recv(4096) == b"READY=1\nSTATUS=all is well"


def test_no_text_can_forge_a_line(tmp_path: Path) -> None:
    """The status quotes errors, which quote names of others; lone surrogates are told as well."""
    with _manager(str(tmp_path / "notify")) as heard, closing(NotifySocket(str(tmp_path / "notify"))) as told:
        assert told.tell(STATUS="no\nREADY=1\r\u2028\x1b[31m\ud800")
        assert heard.recv(4096) == b"STATUS=no\\u000aREADY=1\\u000d\\u2028\\u001b[31m\\ud800"


def test_nobody_listening_stops_nothing(tmp_path: Path) -> None:
    """It is only not told; and who never was there is content with everything."""
    with closing(NotifySocket(str(tmp_path / "gone"))) as told:
        assert not told.tell(WATCHDOG="1")
    for nobody in ("", "vsock:2:1234"):
        with closing(NotifySocket(nobody)) as told:
            assert told.tell(WATCHDOG="1")


def test_a_manager_that_does_not_read_is_not_waited_for(tmp_path: Path) -> None:
    """Its queue fills, and what does not fit is dropped."""
    with _manager(str(tmp_path / "notify")), closing(NotifySocket(str(tmp_path / "notify"))) as told:
        assert not all(told.tell(WATCHDOG="1") for _ in range(10_000))
