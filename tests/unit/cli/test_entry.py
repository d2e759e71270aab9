"""Errors and exit codes, the same for every command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from reconciler.cli.grammar import Command, Group
from reconciler.errors import StoreUnavailable, UsageError
from tests.unit.cli.conftest import Call

HEAVY = {"alembic", "apscheduler", "psycopg", "redis", "rich", "sqlalchemy", "structlog", "watchfiles"}
RECONCILER = (sys.executable, "-m", "reconciler")


def raising(error: Callable[[], BaseException]) -> Group:
    """Give a program whose only command, `fail`, raises this."""

    @click.command("fail", cls=Command)
    def fail() -> None:
        raise error()

    group = Group("reconciler")
    group.add_command(fail)
    return group


def test_done_is_zero(call: Call) -> None:
    """Help and version end well, on stdout."""
    assert call("--version").out.startswith("reconciler ")
    assert call("--version").code == 0
    assert call("-h").code == 0
    assert call("validate", "--help").code == 0


def test_an_error_says_what_where_why_and_the_cure(call: Call) -> None:
    """In one shape, on stderr, and without a traceback; parts that are not known are left away."""
    lost = StoreUnavailable("it is away", where="postgresql://db/app", why="refused", fix="start it")

    told = call("fail", commands=raising(lambda: lost))

    assert told.code == 1
    assert told.out == ""
    assert told.err.splitlines() == [
        "error: it is away",
        "  where: postgresql://db/app",
        "  why:   refused",
        "  fix:   start it",
    ]
    assert call("fail", commands=raising(lambda: StoreUnavailable("no"))).err == "error: no\n"


def test_a_cure_of_several_lines_keeps_them(call: Call) -> None:
    """SQL can be copied out of it."""
    told = call(
        "fail", commands=raising(lambda: StoreUnavailable("no", fix="run:\nalter table a;\nalter b;"))
    )

    assert told.err.splitlines()[1:] == ["  fix:   run:", "         alter table a;", "         alter b;"]


def test_an_error_steers_no_terminal(call: Call) -> None:
    """What it quotes may come from anywhere."""
    assert "\x1b" not in call("fail", commands=raising(lambda: StoreUnavailable("\x1b[2J gone"))).err


def test_wrong_usage_is_two(call: Call) -> None:
    """Ours and click's alike."""
    assert call("fail", commands=raising(lambda: UsageError("no"))).code == 2
    assert call("validate", "--output").code == 2
    assert call("validate", "missing.yaml").code == 2
    assert call().code == 2


def test_a_group_without_a_command_shows_its_help(call: Call) -> None:
    """On stderr, whole: which of its commands was meant is not known."""
    for words in ((), ("db",)):
        told = call(*words)
        assert (told.code, told.out) == (2, "")
        assert "Options:\n" in told.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["stauts"], "status"),
        (["db", "upgrad"], "upgrade"),
        (["validate", "--manifest", "x"], "--manifests"),
        (["status", "-o", "jsn"], "json"),
        (["get", "workflow", "--sync", "Synct"], "Synced"),
    ],
)
def test_a_mistyped_word_is_guessed(call: Call, arguments: list[str], meant: str) -> None:
    """Commands, options and choices."""
    told = call(*arguments)

    assert told.code == 2
    assert re.search(rf"fix: +did you mean .*{meant}", told.err)


def test_an_interrupt_is_130(call: Call) -> None:
    """As a shell tells of Ctrl-C; nothing is printed."""
    told = call("fail", commands=raising(KeyboardInterrupt))

    assert (told.code, told.err) == (130, "")


def test_a_mistake_of_ours_is_one_line_and_a_file(call: Call, here: Path) -> None:
    """A person is not shown a traceback; whoever mends it finds one."""
    (here / ".reconciler").mkdir()

    told = call("fail", commands=raising(lambda: ZeroDivisionError("password=hunter2")))

    assert told.code == 1
    assert "Traceback" not in told.err
    (details,) = (here / ".reconciler").iterdir()
    assert str(Path(".reconciler") / details.name) in told.err
    assert "Traceback" in details.read_text()
    assert "hunter2" not in told.err + details.read_text()


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_debug_shows_where_an_error_comes_from(call: Call, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Of foreseen errors too."""
    if how == "variable":
        monkeypatch.setenv("RECONCILER_DEBUG", "1")
    flags = ["--debug"] if how == "flag" else []

    told = call("fail", *flags, commands=raising(lambda: StoreUnavailable("it is away")))

    assert told.err.startswith("error: it is away\n")
    assert "Traceback" in told.err


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_unless_asked_for(
    call: Call, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], *, coloured: bool
) -> None:
    """NO_COLOR goes before everything."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert ("\x1b[" in call("stauts").err) is coloured


def test_a_reader_that_hangs_up_is_no_error() -> None:
    """Quiet, with the exit code of SIGPIPE."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run([*RECONCILER, "config"], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)

    assert (ended.returncode, ended.stderr) == (141, b"")


def test_a_full_disk_is_told() -> None:
    """Output that is lost is no success."""
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*RECONCILER, "config"], stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )

    assert ended.returncode == 1
    assert "No space left" in ended.stderr


@pytest.mark.parametrize(
    "arguments", [["--help"], ["version"], ["validate", "."], ["schema"], ["validate", "-h"], ["--version"]]
)
def test_what_needs_no_server_loads_no_library_for_one(here: Path, arguments: list[str]) -> None:
    """They cost a second together."""
    (here / "a.yaml").write_text("apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n")
    script = (
        "import sys\nfrom reconciler.cli import main\n"
        f"code = main({arguments!r})\n"
        f"sys.exit(','.join(sorted({HEAVY} & set(sys.modules))) or code)"
    )

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")
