"""What a person sees in front of a terminal, and what their keys do."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Shell
from tests.e2e.daemons import PATIENCE, until
from tests.e2e.screen import CTRL_C, HIDE, SHOW, opened, screen
from tests.integration.passes.conftest import user

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
    ],
)
def test_a_terminal_is_coloured_unless_somebody_does_not_want_it(
    tmp_path: Path, environment: dict[str, str], *, coloured: bool
) -> None:
    """Errors and tables alike."""
    for words in (["stauts"], ["config"]):
        with screen(tmp_path, *words, environment=environment) as shown:
            shown.end()
        assert ("\x1b[" in shown.drawn) is coloured, words


@pytest.mark.parametrize("columns", [80, 120])
def test_help_and_errors_fit_the_terminal(tmp_path: Path, columns: int) -> None:
    """At whatever width it has."""
    for words in (["-h"], ["stauts"], ["doctor", "--only", "python", "--only", "open-files"]):
        with screen(tmp_path, *words, columns=columns) as shown:
            shown.end()
        lines = _ESCAPE.sub("", shown.drawn).splitlines()
        assert max(map(len, lines)) <= columns, words


def test_long_work_shows_how_far_it_is_and_leaves_no_trace(tmp_path: Path) -> None:
    """On the screen alone, and only after a moment; the cursor is there again."""
    (tmp_path / "manifests").mkdir()
    for number in range(3_000):
        text = f"apiVersion: reconciler/v1\nkind: User\nmetadata: {{name: u{number}}}\n"
        (tmp_path / "manifests" / f"{number}.yaml").write_text(text)

    with screen(tmp_path, "validate") as shown:
        assert shown.end() == 0
    with screen(tmp_path, "validate", environment={"TERM": "dumb"}) as dumb:
        assert dumb.end() == 0

    assert "3000/3000" in _ESCAPE.sub("", shown.drawn)
    assert shown.drawn.count(HIDE) == shown.drawn.count(SHOW) == 1
    assert _ESCAPE.sub("", shown.drawn).rstrip().endswith("3,000 files, 3,000 resources: valid")
    assert _ESCAPE.sub("", dumb.drawn).strip() == "3,000 files, 3,000 resources: valid"


@pytest.mark.parametrize(("how", "code"), [("key", 130), ("signal", 143)])
def test_who_waits_sees_a_wheel_and_may_leave(shell: Shell, how: str, code: int) -> None:
    """Ctrl-C and SIGTERM end it at once, without a word, and bring the cursor back."""
    words = ("reconcile", "--timeout", "60s")
    with screen(shell.place.folder, *words, environment=shell.place.environment) as shown:
        shown.until("waiting for the pass of the daemon")
        if how == "key":
            shown.press(CTRL_C)
        else:
            shown.process.send_signal(signal.SIGTERM)
        assert shown.end() == code

    assert shown.drawn.count(HIDE) == shown.drawn.count(SHOW) == 1
    assert "Traceback" not in shown.drawn
    assert "error" not in shown.drawn


def test_a_daemon_ends_with_the_terminal_in_which_it_was_started(shell: Shell) -> None:
    """It is not left behind with its servers, its lock and its port; SIGHUP from elsewhere ends nothing."""
    shell.write("all.yaml", user())
    with screen(shell.place.folder, "run", "--no-http", environment=shell.place.environment) as shown:
        shown.until("Ctrl-C stops")
        shown.process.send_signal(signal.SIGHUP)
        shell.write("more.yaml", user("grace"))
        shown.until("User/grace")

        shown.hang_up()
        assert shown.process.wait(PATIENCE) >= 0, "it was killed"


def test_nohup_keeps_a_daemon_whose_terminal_is_closed(shell: Shell) -> None:
    """It goes on, and ends when it is told to."""
    shell.write("all.yaml", user())
    command = (shutil.which("nohup") or "", sys.executable, "-m", "reconciler", "run", "--no-http")
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **shell.place.environment}
    told = shell.place.folder / "nohup.out"
    with opened(shell.place.folder, command, 80, environment) as shown:
        until(lambda: told.exists() and "Ctrl-C stops" in told.read_text())
        shown.hang_up()
        shell.write("more.yaml", user("grace"))
        until(lambda: len(shell.place.rows("select 1 from users")) == 2)
        shown.process.terminate()
        assert shown.process.wait(PATIENCE) == 0
