"""What is found on this machine, whatever it is."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import closing
from pathlib import Path

import pytest

from reconciler import embedded
from reconciler.embedded.checkup import examine
from reconciler.machine.checkup import examine_door, examine_machine, examine_room
from reconciler.sources.checkup import examine_folder, examine_watching


def test_the_packages_that_are_installed_are_found() -> None:
    """Each with the bounds that this package sets."""
    found = examine_machine()
    click = next(package for package in found.packages if package.name == "click")

    assert found.python == sys.version_info[:3]
    assert click.installed
    assert click.at_least == "8.2"
    assert all(package.installed for package in found.packages)


def test_a_folder_is_counted(tmp_path: Path) -> None:
    """Manifests alone; what begins with a dot is none."""
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "a.yaml").write_text("12345")
    (tmp_path / "b.json").write_text("1")
    (tmp_path / "README.md").write_text("x" * 100)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "c.yaml").write_text("x" * 100)

    found = examine_folder(tmp_path)

    assert (found.files, found.bytes, found.folders, found.complete) == (2, 6, 3, True)
    assert (found.error, found.unreadable) == ("", ())
    assert examine_watching(tmp_path).error == ""


def test_what_is_no_folder_is_said_to_be_none(tmp_path: Path) -> None:
    """Not there, a file, or closed to us."""
    (tmp_path / "file").write_text("")

    assert "No such file" in examine_folder(tmp_path / "missing").error
    assert examine_folder(tmp_path / "file").error == "is no folder"
    assert "No such file" in examine_watching(tmp_path / "missing").error


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_named(tmp_path: Path) -> None:
    """It would hold every deletion back."""
    (tmp_path / "a.yaml").touch(mode=0)

    assert examine_folder(tmp_path).unreadable == (str(tmp_path / "a.yaml"),)


def test_who_listens_at_an_address_is_found() -> None:
    """This very process."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        found = examine_door("127.0.0.1", port)

    assert [*found.by, *found.above] == [os.getpid(), os.getppid()]
    assert examine_door("127.0.0.1", port).taken == ""
    assert examine_door("no.such.host.invalid", 80).taken


def test_room_is_found_also_for_what_is_not_there_yet(tmp_path: Path) -> None:
    """Of the folder in which it would be made."""
    found = examine_room("data", tmp_path / "not" / "yet")

    assert (found.path, 0 < found.free <= found.total) == (str(tmp_path), True)


def test_embedded_servers_are_found_and_what_they_leave(tmp_path: Path) -> None:
    """While they run, after they ended, and after they were killed."""
    nothing = examine(tmp_path)
    with embedded.start(tmp_path):
        running = examine(tmp_path)
    ended = examine(tmp_path)
    (tmp_path / ".reconciler" / "instance.json").write_text("{}")
    killed = examine(tmp_path)

    assert (nothing.present, nothing.pid, nothing.missing, nothing.footing) == (False, None, (), "")
    assert running.pid == os.getpid()
    assert (ended.present, ended.pid, ended.stale) == (True, None, ())
    assert killed.stale == ("instance.json",)
