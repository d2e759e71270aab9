"""`reconciler graph` where there is no database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call

WORKFLOW = """\
apiVersion: reconciler/v1
kind: Workflow
metadata: {name: cmu-1}
spec:
  user: ada
  jobs:
    - {name: tile, job_type: tiling}
    - {name: 推理, job_type: inference, needs: [tile], branch_id: nuclei}
"""


@pytest.fixture(autouse=True)
def manifests(here: Path) -> Path:
    """Declare a workflow."""
    folder = here / "manifests"
    folder.mkdir()
    (folder / "cmu.yaml").write_text(WORKFLOW)
    return folder


def test_without_a_database_the_manifests_are_drawn(call: Call) -> None:
    """And it says so, on stderr."""
    told = call("graph", "cmu-1")

    assert told.code == 0
    assert told.out.splitlines() == [
        "Workflow/cmu-1  2 jobs, 2 branches, from the manifests",
        "",
        "main    · tile╶─╮",
        "nuclei          ╰→· 推理",
    ]
    assert "drawn from the manifests" in told.err
    assert call("graph", "cmu-1", "--declared").err == ""


@pytest.mark.parametrize(
    ("form", "begin"), [("svg", "<svg "), ("mermaid", "flowchart LR\n"), ("dot", 'digraph "cmu-1" {\n')]
)
def test_other_forms_are_for_other_programs(call: Call, form: str, begin: str) -> None:
    """Nothing else is on stdout."""
    told = call("graph", "cmu-1", "--declared", "-o", form)

    assert told.code == 0
    assert told.out.startswith(begin)
    assert "推理" in told.out


def test_a_mistyped_name_is_guessed(call: Call) -> None:
    """From the workflows that are declared."""
    told = call("graph", "cmu-2", "--declared")

    assert told.code == 1
    assert "there is no workflow 'cmu-2' with jobs" in told.err
    assert "did you mean `cmu-1`?" in told.err


def test_a_manifest_with_a_mistake_is_not_drawn(call: Call, manifests: Path) -> None:
    """Where and why is told."""
    (manifests / "cmu.yaml").write_text(WORKFLOW.replace("needs: [tile]", "needs: [tiles]"))

    told = call("graph", "cmu-1", "--declared")

    assert told.code == 1
    assert "cmu.yaml:8" in told.err
    assert "no job `tiles`" in told.err
