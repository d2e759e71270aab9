"""Exit codes where servers are not there: whoever runs a command in a script can go by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call

FAILED, WRONG = 1, 2

WITHOUT_POSTGRESQL = {
    "apply": FAILED,
    "plan": FAILED,
    "plan --detailed-exitcode": FAILED,  # where 2 says that there are changes
    "diff": WRONG,  # as diff(1) has it: 1 says that something differs, 2 that it can't be told
    "diff User/ada": WRONG,
    "status": FAILED,
    "status --daemon": FAILED,
    "get users": FAILED,
    "get workflows -w w": WRONG,  # whatever is there or not: workflows are not narrowed so
    "get syncs": FAILED,
    "describe User/ada": FAILED,
    "history": FAILED,
    "events": FAILED,
    "reconcile": FAILED,
    "reconcile User/ada": FAILED,
    "approve": FAILED,
    "approve ffff": FAILED,
    "suspend --reason x": FAILED,
    "suspend User/ada --reason x": FAILED,
    "resume": FAILED,
    "export": FAILED,
    "export User/ada": FAILED,
    "db check": FAILED,
    "db upgrade": FAILED,
    "db downgrade base": FAILED,
    "token list": FAILED,
    "token create x": FAILED,
    "token revoke x": FAILED,
    "doctor": FAILED,
    "validate": 0,
    "graph w --declared": 0,
    "config": 0,
    "version": 0,
    "version -o wide": 0,
    "schema": 0,
    "completion bash": 0,
}
"""What each command exits with, alike where PostgreSQL refuses connections and where there is none."""

NOWHERE: dict[str, str] = {}
REFUSED = {"DATABASE_URL": "postgresql://127.0.0.1:1/app", "REDIS_URL": "redis://127.0.0.1:1"}


@pytest.fixture
def declared(here: Path) -> Path:
    """Stand where a user and a workflow are declared."""
    (here / "manifests").mkdir()
    (here / "manifests/all.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: User\nmetadata: {name: ada}\n---\n"
        "apiVersion: reconciler/v1\nkind: Workflow\nmetadata: {name: w}\n"
        "spec: {user: ada, jobs: [{name: tile, job_type: tiling}]}\n"
    )
    return here


@pytest.mark.parametrize("servers", [NOWHERE, REFUSED], ids=["none", "refused"])
@pytest.mark.parametrize("command", WITHOUT_POSTGRESQL)
def test_a_command_without_postgresql_exits_alike_whether_it_is_away_or_not_named(
    call: Call, declared: Path, monkeypatch: pytest.MonkeyPatch, command: str, servers: dict[str, str]
) -> None:
    """1: it failed, or nothing is known to be healthy; 2 is for words that are wrong, and for `diff`."""
    assert declared.is_dir()
    for name, value in servers.items():
        monkeypatch.setenv(name, value)

    told = call(*command.split())

    assert (told.code, "mistake in reconciler" in told.err) == (WITHOUT_POSTGRESQL[command], False)


def test_a_daemon_that_is_given_no_postgresql_is_called_wrongly(call: Call, declared: Path) -> None:
    """A lost secret is no outage: trying again would not help."""
    assert declared.is_dir()
    assert call("run", "--no-http").code == WRONG
