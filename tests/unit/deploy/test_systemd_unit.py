"""The systemd unit: what it promises, and what systemd itself says of it where that is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from reconciler.daemon.pace import TICK
from reconciler.settings.options import BY_NAME, OPTIONS

FOLDER = Path(__file__).parents[3] / "deploy" / "systemd"
UNIT = FOLDER / "reconciler.service"
ANALYZE = shutil.which("systemd-analyze")


def _service() -> dict[str, list[str]]:
    """Give the section of the service, every directive with all its values."""
    lines = UNIT.read_text().partition("\n[Service]\n")[2].partition("\n[")[0].splitlines()
    found: dict[str, list[str]] = {}
    for name, _, value in (line.partition("=") for line in lines if line and line[0] != "#"):
        found.setdefault(name, []).append(value)
    return found


SERVICE = _service()


def _seconds(name: str) -> float:
    (value,) = SERVICE[name]
    return float(value.removesuffix("min")) * 60 if value.endswith("min") else float(value.removesuffix("s"))


def test_the_manager_is_told_by_the_daemon_itself() -> None:
    """Of its readiness and its life; a child that serves HTTP has no say."""
    assert SERVICE["Type"] == ["notify"]
    assert SERVICE["NotifyAccess"] == ["main"]
    assert _seconds("WatchdogSec") >= 10 * TICK
    assert SERVICE["Restart"] == ["always"]
    assert SERVICE["ExecReload"] == ["kill -HUP $MAINPID"]


def test_a_pass_under_way_may_end() -> None:
    """The manager waits for longer than the daemon does."""
    drain = BY_NAME["drain"].default
    assert drain.endswith("s")
    assert _seconds("TimeoutStopSec") > float(drain[:-1])


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("User", "reconciler"),
        ("ProtectSystem", "strict"),
        ("PrivateTmp", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
        ("RestrictNamespaces", "yes"),
        ("SystemCallArchitectures", "native"),
    ],
)
def test_the_daemon_has_no_rights_that_it_does_not_need(directive: str, value: str) -> None:
    """Whatever gets hold of it can write nothing, become nobody else, and open no other kind of socket."""
    assert SERVICE[directive] == [value]


def test_system_calls_are_those_of_a_service() -> None:
    """And of these neither what changes users nor what changes limits."""
    assert SERVICE["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]


def test_the_environment_file_holds_settings_that_there_are() -> None:
    """Also those that stand there as a comment."""
    known = {name for option in OPTIONS for name in option.environment}
    lines = [line.removeprefix("#") for line in (FOLDER / "reconciler.env").read_text().splitlines()]
    named = {line.partition("=")[0] for line in lines if "=" in line and line[0].isupper()}
    assert {"DATABASE_URL", "RECONCILER_MANIFESTS"} <= named <= known
    assert SERVICE["EnvironmentFile"] == ["/etc/reconciler/reconciler.env"]


def test_the_user_is_made_as_the_unit_names_it() -> None:
    """A system user without a home."""
    kind, name, *_ = (FOLDER / "reconciler.sysusers").read_text().split()
    assert (kind, [name]) == ("u", SERVICE["User"])


def test_it_is_started_with_the_machine() -> None:
    """And again for as long as it takes."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.read_string(UNIT.read_text())
    assert parser["Install"]["WantedBy"] == "multi-user.target"
    assert parser["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed here")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    """With a program that is there in the place of ours, it has nothing to say."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/reconciler/bin/reconciler", sys.executable))
    ran = _analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.skipif(ANALYZE is None, reason="systemd is not installed here")
def test_systemd_finds_it_hardly_exposed() -> None:
    """At most 1.5 of 10, whatever version judges; what is left are the network and a group of its own."""
    ran = _analyze("security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT))
    assert ran.returncode == 0, ran.stdout


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *arguments], capture_output=True, text=True, timeout=30, check=False)
