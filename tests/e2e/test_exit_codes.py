"""Exit codes without Redis: it is a view, so nothing depends on it but what looks after it."""

from __future__ import annotations

import pytest

from reconciler.cli import main
from tests.e2e.conftest import Shell
from tests.integration.passes.conftest import user, workflow

COMMANDS = (
    "apply",
    "plan",
    "plan --detailed-exitcode",
    "diff",
    "status",
    "status --daemon",
    "get workflows",
    "get users nobody",
    "describe User/ada",
    "graph w",
    "history",
    "events",
    "events User/ada",
    "reconcile --timeout 50ms",
    "approve",
    "export",
    "version -o wide",
)


def test_no_command_exits_otherwise_because_redis_is_away(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for `doctor`, which is asked for just that; in this process, as starting more shows no more."""
    shell.write("all.yaml", user(), workflow("w"))
    shell("apply")
    monkeypatch.chdir(shell.place.folder)
    for name, value in shell.place.environment.items():
        monkeypatch.setenv(name, value)
    there = {command: main(command.split()) for command in COMMANDS}
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    assert {command: main(command.split()) for command in COMMANDS} == there
    assert main(["doctor", "--only", "redis"]) == 1
    assert {command for command, code in there.items() if code} == {
        "status",  # no daemon runs
        "status --daemon",
        "get users nobody",
        "reconcile --timeout 50ms",
    }
