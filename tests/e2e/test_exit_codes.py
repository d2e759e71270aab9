"""Exit codes without Redis: it is a view, so nothing depends on it but what looks after it."""

from __future__ import annotations

from tests.e2e.conftest import Shell, Type
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


def test_no_command_exits_otherwise_because_redis_is_away(shell: Shell, inside: Type) -> None:
    """But for `doctor`, which is asked for just that."""
    shell.write("all.yaml", user(), workflow("w"))
    inside("apply")
    there = {command: inside(*command.split()).code for command in COMMANDS}
    shell.place.environment["REDIS_URL"] = "redis://127.0.0.1:1"
    assert {command: inside(*command.split()).code for command in COMMANDS} == there
    assert inside("doctor", "--only", "redis").code == 1
    assert {command for command, code in there.items() if code} == {
        "status",  # no daemon runs
        "status --daemon",
        "get users nobody",
        "reconcile --timeout 50ms",
    }
