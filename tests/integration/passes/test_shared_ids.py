"""Rows of other services may share an id between tables: a user and a workflow are still two resources."""

from __future__ import annotations

import pytest

from reconciler.cli import main
from reconciler.plan import Policy
from reconciler.report import Hints, Outcome
from tests.integration.passes.conftest import Instance, user, workflow

ID = "6a4f2a52-64b6-4df4-8a2f-0d5c3f1c2a10"
ROWS = (
    f"insert into users (id, username) values ('{ID}', 'ada')",  # noqa: S608 - ours
    f"insert into workflows (id, user_id, name) values ('{ID}', '{ID}', 'w')",  # noqa: S608 - ours
)
ADOPT = '{reconciler/adopt: "true"}'
TILE = "name: tile, job_type: tiling"


@pytest.fixture
def shared(instance: Instance) -> Instance:
    """Give an instance that has adopted a user and a workflow whose rows have one id."""
    for row in ROWS:
        instance.execute(row)
    instance.write("users.yaml", user())
    instance.write("w.yaml", workflow("w", TILE, annotations=ADOPT))
    instance.run()
    return instance


def _managed(instance: Instance) -> list[tuple[str, str]]:
    query = "select kind || '/' || name, row_id::text from reconciler.inventory where not orphaned order by 1"
    return instance.rows(query)


def test_a_user_and_a_workflow_that_share_an_id_are_both_adopted(shared: Instance) -> None:
    """And then nothing is left to do."""
    assert _managed(shared) == [("User/ada", ID), ("Workflow/w", ID)]
    assert shared.run().outcome is Outcome.UNCHANGED


def test_each_of_two_that_share_an_id_is_changed_and_healed_by_itself(shared: Instance) -> None:
    """In one pass too: what is locked, compared and written is told apart by its table."""
    shared.write("users.yaml", user().replace("name: ada}", "name: ada}\nspec: {username: ada l.}"))
    shared.write("w.yaml", workflow("w", TILE, "name: merge, job_type: x", annotations=ADOPT))
    assert shared.run().counts.updated == 2
    shared.execute("update users set username = 'eve'")
    shared.execute("update jobs set job_type = 'y'")
    assert shared.run().counts.healed == 2
    assert shared.rows("select username from users") == [("ada l.",)]
    assert shared.run().outcome is Outcome.UNCHANGED


def test_of_two_that_share_an_id_one_can_go(shared: Instance) -> None:
    """Without a manifest it is orphaned, and pruned, alone; the other one keeps its record."""
    (shared.folder / "w.yaml").unlink()
    shared.run()
    assert _managed(shared) == [("User/ada", ID)]
    shared.under(Policy(prune=True)).run()
    assert shared.rows("select count(*) from workflows") == [(0,)]
    assert shared.rows("select kind, name from reconciler.inventory") == [("User", "ada")]
    assert shared.rows("select username from users") == [("ada",)]


def test_a_workflow_that_shares_the_id_of_a_user_who_goes_stays(shared: Instance) -> None:
    """Both are not declared any more, but the workflow is protected: then its user stays as well."""
    shared.write("w.yaml", workflow("w", TILE, annotations="{reconciler/prune: disabled}"))
    shared.run(Hints(paths=frozenset({"w.yaml"})))
    (shared.folder / "w.yaml").unlink()
    (shared.folder / "users.yaml").write_text(user("bob"))
    shared.under(Policy(prune=True, max_prune=1.0)).run()
    assert shared.rows("select username from users order by 1") == [("ada",), ("bob",)]
    assert shared.rows("select name from workflows") == [("w",)]


def test_what_is_made_again_of_two_that_share_an_id_is_both(shared: Instance) -> None:
    """After somebody deleted them by hand."""
    shared.execute("delete from jobs")
    shared.execute("delete from workflows")
    shared.execute("delete from users")
    assert shared.run().counts.healed == 2
    assert _managed(shared) == [("User/ada", ID), ("Workflow/w", ID)]
    assert shared.run().outcome is Outcome.UNCHANGED


def test_a_row_that_shares_the_id_of_another_kinds_is_listed_as_nobodys(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """That the instance manages the user says nothing of the workflow."""
    for row in ROWS:
        instance.execute(row)
    instance.write("users.yaml", user())
    instance.run()
    monkeypatch.setenv("DATABASE_URL", instance.url)
    assert main(["get", "workflows", "--all", "-o", "name"]) == 0
    assert capsys.readouterr().out == "Workflow/w\n"
