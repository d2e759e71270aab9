"""Options that are settings, and the command that shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call


def setting(call: Call, name: str, *flags: str) -> tuple[str, str]:
    """Give the value and the origin of a setting."""
    shown = call("config", "-o", "json", *flags).document["settings"]
    return next((one["value"], one["origin"]) for one in shown if one["name"] == name)


def test_flags_go_before_environment_before_file_before_defaults(
    call: Call, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each value says where it comes from."""
    assert setting(call, "interval") == ("1m", "default")
    (here / "reconciler.toml").write_text('interval = "40s"\n')
    assert setting(call, "interval") == ("40s", "reconciler.toml:1")
    monkeypatch.setenv("RECONCILER_INTERVAL", "30s")
    assert setting(call, "interval") == ("30s", "RECONCILER_INTERVAL")
    assert setting(call, "interval", "--interval", "20s") == ("20s", "--interval")


def test_a_switch_has_two_ways(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment turned on a flag turns off."""
    monkeypatch.setenv("RECONCILER_PRUNE", "true")

    assert setting(call, "prune")[0] == "true"
    assert setting(call, "prune", "--no-prune") == ("false", "--prune")
    assert setting(call, "self_heal", "--no-self-heal")[0] == "false"
    assert setting(call, "no_http", "--no-http")[0] == "true"


def test_another_file_can_be_named(call: Call, here: Path) -> None:
    """One that is not there is wrong usage."""
    (here / "other.toml").write_text('instance = "study-7"\n')

    assert setting(call, "instance", "--config", "other.toml") == ("study-7", "other.toml:1")
    assert call("config", "--config", "missing.toml").code == 2


def test_a_wrong_setting_is_wrong_usage(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever said it."""
    monkeypatch.setenv("RECONCILER_INTERVAL", "soon")

    told = call("config")

    assert told.code == 2
    assert "RECONCILER_INTERVAL" in told.err
    assert call("config", "--interval", "0s").code == 2


def test_secrets_are_masked(call: Call) -> None:
    """In every form."""
    flag = "--database-url=postgresql://me:hunter2@db/app"
    for form in ("table", "wide", "json", "yaml", "name"):
        told = call("config", flag, "-o", form)
        assert told.code == 0
        assert "hunter2" not in told.out + told.err


def test_without_a_database_it_is_said_what_to_do(call: Call) -> None:
    """Every command that needs one says so alike."""
    for words in (["get", "users"], ["approve"], ["reconcile"], ["db", "check"], ["apply"]):
        told = call(*words)
        assert told.code == 1, words
        assert "DATABASE_URL" in told.err


def test_the_daemon_starts_nothing_unasked(call: Call, here: Path) -> None:
    """A lost secret must not become a healthy empty database."""
    assert call("run").code == 2
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["suspend", "Flow/x", "--reason", "x"],
        ["suspend", "Workflow/x", "--reason", "x", "--for", "2"],
        ["suspend", "Workflow/x"],
        ["reconcile", "--force", "User/ada"],
        ["reconcile", "--timeout", "0s"],
        ["get", "users", "-l", "team"],
        ["get", "syncs", "x"],
        ["get", "syncs", "-l", "a=b"],
        ["get", "users", "-w", "x"],
    ],
)
def test_a_word_that_means_nothing_is_wrong_usage(call: Call, arguments: list[str]) -> None:
    """And found before anything is asked of a server."""
    told = call(*arguments, "--database-url=postgresql://localhost:1/none")

    assert told.code == 2
