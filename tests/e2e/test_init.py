"""A new repository against a real PostgreSQL."""

from __future__ import annotations

from tests.e2e.conftest import Shell


def test_a_new_repository_is_applied_and_then_plans_clean(shell: Shell) -> None:
    """What `init` promises: from nothing to rows in three commands, with nothing left to do."""
    assert shell("init").code == 0

    applied = shell("apply")

    assert (applied.code, "\nApplied: 2 created\n" in applied.out) == (0, True), applied
    assert shell("plan", "--detailed-exitcode").code == 0
    assert shell.place.rows("select branch_id, count(*) from jobs group by 1 order by 1") == [
        ("main", 2),
        ("nuclei", 2),
        ("tissue", 1),
    ]
