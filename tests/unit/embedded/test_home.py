"""Promises about `.reconciler` and the folder for sockets."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.embedded.home import Home, bound_log, last_lines, make_socket_folder, open_home
from reconciler.errors import EmbeddedFailed


def test_the_home_is_private_and_unknown_to_git(tmp_path: Path) -> None:
    """Nobody else may enter, and no commit takes it along."""
    home = open_home(tmp_path)
    assert home.root.stat().st_mode & 0o777 == 0o700
    assert home.root.joinpath(".gitignore").read_text() == "*\n"


def test_a_squatted_socket_folder_is_refused(tmp_path: Path) -> None:
    """A folder that others may enter, or a link to one, is none to put a socket into."""
    home = open_home(tmp_path)
    run = home.root / "run"
    run.mkdir(mode=0o755)
    with pytest.raises(EmbeddedFailed, match="not ours alone"):
        make_socket_folder(home)
    run.rmdir()
    run.symlink_to(tmp_path)
    with pytest.raises(EmbeddedFailed, match="not ours alone"):
        make_socket_folder(home)


def test_without_any_short_folder_the_error_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary folder with a long path is no way out either."""
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with pytest.raises(EmbeddedFailed, match="TMPDIR"):
        make_socket_folder(Home(long))


def test_a_log_that_grew_too_long_is_cut_and_kept_once(tmp_path: Path) -> None:
    """Whoever has it open to append goes on writing into the same file."""
    log = tmp_path / "postgres.log"
    with log.open("ab", buffering=0) as server:
        server.write(b"x" * 5 * 1024 * 1024)
        bound_log(log)
        server.write(b"first\nlast\n")
    assert log.read_bytes() == b"first\nlast\n"
    assert tmp_path.joinpath("postgres.log.1").stat().st_size == 5 * 1024 * 1024
    assert last_lines(log, 1) == "  last"
