"""`reconciler graph` of rows."""

from __future__ import annotations

from tests.e2e.conftest import Shell
from tests.integration.passes.conftest import user, workflow

CHAIN = ("name: tile, job_type: tiling", "name: infer, job_type: inference, needs: [tile]")


def test_rows_are_drawn_with_the_status_of_each_job(shell: Shell) -> None:
    """As they are, not as they are declared."""
    shell.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    shell("apply")
    shell.place.execute("update jobs set status = 'SUCCEEDED' where name = 'tile'")

    told = shell("graph", "cmu-1")

    assert (told.code, told.out.splitlines()) == (
        0,
        [
            "Workflow/cmu-1  2 jobs, 1 branch, from the rows",
            "○ PENDING 1   ✓ SUCCEEDED 1",
            "",
            "✓ tile╶──→○ infer",
        ],
    )
    assert "from the manifests" in shell("graph", "cmu-1", "--declared").out


def test_a_workflow_without_rows_is_not_drawn_from_elsewhere(shell: Shell) -> None:
    """What is declared and not there yet is for --declared."""
    shell.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    shell("db", "upgrade")

    told = shell("graph", "cmu-1")

    assert told.code == 1
    assert "there is no workflow 'cmu-1' with jobs" in told.err
    assert "--declared" in told.err


def test_rows_that_wait_for_one_another_are_an_error(shell: Shell) -> None:
    """Whoever wrote them: no layer comes first."""
    shell.write("all.yaml", user(), workflow("cmu-1", *CHAIN))
    shell("apply")
    shell.place.execute("update jobs set parent_ids_json = (select jsonb_agg(id) from jobs)")

    told = shell("graph", "cmu-1")

    assert told.code == 1
    assert "in a circle" in told.err
