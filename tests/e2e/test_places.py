"""Places in manifests: whatever command tells one, a person can open it from where they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import Shell, Type
from tests.e2e.daemons import until
from tests.integration.passes.conftest import user, workflow

BROKEN = "name: tile, job_typ: tiling"
HERE = (".", "manifests", "manifests/deep", "elsewhere")
"""Where a person may stand."""
READING = {
    "validate": {"bad"},
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


def test_every_place_that_a_command_tells_can_be_opened_from_here(
    shell: Shell, inside: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its path from here, or else from the root."""
    _declared(shell)
    monkeypatch.setenv("COLUMNS", "200")
    for here in HERE:
        (shell.place.folder / here).mkdir(exist_ok=True)
        monkeypatch.chdir(shell.place.folder / here)
        monkeypatch.delenv("RECONCILER_MANIFESTS", raising=False)
        _check(inside, TELLING)
        monkeypatch.setenv("RECONCILER_MANIFESTS", str(shell.place.manifests))
        _check(inside, {**READING, **TELLING})
    for here in HERE:
        monkeypatch.chdir(shell.place.folder / here)
        _check(inside, {"apply": {"bad"}})


def _check(inside: Type, commands: Mapping[str, set[str]]) -> None:
    for command, expected in commands.items():
        shown = inside(*command.split()).out
        files = _files(shown)
        assert {Path(file).stem for file in files} >= expected, (command, shown)
        assert [file for file in files if not Path(file).is_file()] == [], (command, shown)


def test_json_names_places_within_the_source_wherever_it_is_asked_for(shell: Shell, inside: Type) -> None:
    """Programs may run anywhere: what they are told does not depend on it."""
    _declared(shell)
    listed = inside("get", "workflows", "-o", "json").document["items"]
    described = inside("describe", "Workflow/good", "-o", "json").document["item"]
    stands = inside("status", "-o", "json").document
    events = inside("events", "-o", "json").document["items"]
    past = inside("history", "-o", "json").document["items"]

    assert {one["standing"]["path"] for one in listed} == {"deep/good.yaml", "deep/bad.yaml"}
    assert described["standing"]["path"] == "deep/good.yaml"
    assert {one["where"]["path"] for one in stands["sync"]["diagnostics"]} == {"deep/bad.yaml"}
    assert "manifests/" not in json.dumps([events, past, stands["resources"]])
