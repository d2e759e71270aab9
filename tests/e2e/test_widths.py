"""Real commands on real terminals: whatever the names, no line is wider than the screen."""

from __future__ import annotations

import os
import sys

import pytest

from reconciler.report.terminal import columns
from tests.e2e.conftest import Shell
from tests.e2e.screen import opened
from tests.integration.passes.conftest import user, workflow

NAME = "cohort-2026-all-slides-nuclei-density-and-tumour-outline-v2"
JOBS = (
    "name: tile, job_type: tiling, branch_id: a-branch-with-a-long-name",
    "name: 推理任务推理任务推理任务推理任务推理任务推理任务, job_type: inference, needs: [tile]",
    *(f"name: 任务-{n}, job_type: postprocessing, branch_id: slide-{n}, needs: [tile]" for n in range(12)),
)
COMMANDS = (
    "get workflows",
    "get workflows -o wide",
    "get users",
    "get jobs",
    f"get jobs -w {NAME} -o wide",
    "get syncs -o wide",
    "events",
    "history",
    "status",
    "status -o wide",
    "validate",
    "plan",
    "diff",
    f"describe Workflow/{NAME}",
    "describe Workflow/bad",
    f"graph {NAME}",
    "config",
    "config -o wide",
    "doctor --only postgresql --only schema",
    "export -o table",
    "get workflow --sync Foo",
    "approve 1234",
)
_NEXT = "--- next ---"
_ONE_AFTER_THE_OTHER = f"""
import sys
from reconciler.cli import main
for words in sys.argv[1:]:
    print({_NEXT!r}, flush=True)
    main(words.split())
"""


@pytest.mark.parametrize("width", [80, 120])
def test_no_command_prints_a_line_that_is_wider_than_the_terminal(shell: Shell, width: int) -> None:
    """With long names, Chinese ones, and mistakes; all in one process, since starting more shows no more."""
    shell.write("users.yaml", user())
    shell.write("studies/2026/whole-slide/large.yaml", workflow(NAME, *JOBS))
    shell.write(
        "bad.yaml", workflow("bad", "name: tile, job_typ: tiling", "name: 推理, job_type: x, needs: [tlie]")
    )
    shell("apply")

    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        **shell.place.environment,
        "NO_COLOR": "1",
    }
    command = (sys.executable, "-c", _ONE_AFTER_THE_OTHER, *COMMANDS)
    with opened(shell.place.folder, command, width, environment) as shown:
        assert shown.end() == 0
    printed = shown.shown.split(_NEXT)[1:]
    assert len(printed) == len(COMMANDS), printed[-1]
    for words, text in zip(COMMANDS, printed, strict=True):
        lines = text.splitlines()
        assert lines, words
        assert not [line for line in lines if columns(line) > width and not _excused(line, width)], words


def _excused(line: str, width: int) -> bool:
    """Whether it holds a path or a digest for which no line would do, which stands whole; or is a bar."""
    return "━" in line or any(columns(word) > width - 16 for word in line.split())


def test_in_a_pipe_nothing_is_cut_and_every_column_is_there(shell: Shell) -> None:
    """However wide that is."""
    shell.write("all.yaml", user(), workflow(NAME, *JOBS))
    shell.place.environment["COLUMNS"] = ""
    shell("apply")

    listed = shell("get", "jobs", "-o", "wide").out.splitlines()

    assert all(title in listed[0] for title in ("WORKFLOW", "OBSERVED", "INSTANCE", "ID", "NEEDS"))
    assert max(map(columns, listed)) > 200
    assert "…" not in "".join(listed)
    assert not shell("get", "workflows").err
