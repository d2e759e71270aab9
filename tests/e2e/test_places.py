"""Places in manifests: whatever command tells one, a person can open it from where they stand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from reconciler.cli import main
from tests.e2e.conftest import Shell
from tests.e2e.daemons import until
from tests.integration.passes.conftest import user, workflow

BROKEN = "name: tile, job_typ: tiling"
READING = {
    "validate": {"bad"},
    "apply": {"bad"},
    "plan": {"bad", "new"},
    "diff": {"new"},
}
"""Commands that read the manifests of the settings, and the files of which each has to tell."""
TELLING = {
    "status": {"bad"},
    "status -o wide": {"bad"},
    "get workflows": {"bad", "good"},
    "get jobs -o wide": {"good"},
    "describe Workflow/bad": {"bad"},
    "describe Workflow/good -o wide": {"good"},
    "describe Job/good/tile": {"good"},
    "history": {"good"},
    "events -o wide": {"bad", "good"},
}
"""Commands that show what was told by whoever ran the pass, wherever that was."""


def _files(text: str) -> set[str]:
    return set(re.findall(r"[^\s,]+\.yaml\b", text))


def _declared(shell: Shell) -> None:
    """Have an instance that knows a good file and a broken one; a third is new to it."""
    shell.write("users.yaml", user())
    shell.write("deep/good.yaml", workflow("good"))
    shell.write("deep/bad.yaml", workflow("bad", BROKEN))
    with shell.daemon():
        until(lambda: "Workflow/bad" in shell("events", "-o", "name").out)
    shell.write("deep/new.yaml", workflow("new"))


@pytest.mark.parametrize("here", [".", "manifests", "manifests/deep", "elsewhere"])
def test_every_place_that_a_command_tells_can_be_opened_from_here(
    shell: Shell, here: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its path from here, or else from the root; in this process, since starting more shows no more."""
    _declared(shell)
    folder = shell.place.folder / here
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    for name, value in shell.place.environment.items():
        monkeypatch.setenv(name, value)
    for command, expected in TELLING.items():
        main(command.split())
        _check(command, expected, capsys.readouterr().out)
    monkeypatch.setenv("RECONCILER_MANIFESTS", str(shell.place.manifests))
    for command, expected in [*reversed(READING.items()), *TELLING.items()]:
        main(command.split())
        _check(command, expected, capsys.readouterr().out)


def _check(command: str, expected: set[str], shown: str) -> None:
    files = _files(shown)
    assert {Path(file).stem for file in files} >= expected, (command, shown)
    assert [file for file in files if not Path(file).is_file()] == [], (command, shown)


def test_json_names_places_within_the_source_wherever_it_is_asked_for(shell: Shell) -> None:
    """Programs may run anywhere: what they are told does not depend on it."""
    _declared(shell)
    listed = shell("get", "workflows", "-o", "json").document["items"]
    described = shell("describe", "Workflow/good", "-o", "json").document["item"]
    stands = shell("status", "-o", "json").document
    events = shell("events", "-o", "json").document["items"]
    past = shell("history", "-o", "json").document["items"]

    assert {one["standing"]["path"] for one in listed} == {"deep/good.yaml", "deep/bad.yaml"}
    assert described["standing"]["path"] == "deep/good.yaml"
    assert {one["where"]["path"] for one in stands["sync"]["diagnostics"]} == {"deep/bad.yaml"}
    assert "manifests/" not in json.dumps([events, past, stands["resources"]])
