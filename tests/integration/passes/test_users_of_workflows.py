"""Whose a workflow is: a name, which may come to mean another row without an edit of the workflow."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from reconciler.plan import Policy, Reason
from reconciler.report import Hints, Order, Outcome, Trigger, Wakeup
from tests.integration.passes.conftest import Instance, user, workflow


def _owner(instance: Instance) -> str:
    (owner,) = instance.rows("select username from users u join workflows w on w.user_id = u.id")
    return str(owner[0])


def _exchange(instance: Instance) -> None:
    """Give the username to another row, as somebody does who replaces an account by hand."""
    instance.execute("update users set username = 'eve, gone' where username = 'eve'")
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'eve')")


def test_a_workflow_follows_its_username_to_another_row(instance: Instance) -> None:
    """A whole pass finds it, once; a row that nobody manages tells nobody that it moved."""
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'eve')")
    instance.write("w.yaml", workflow("w", user="eve"))
    instance.run()
    _exchange(instance)
    assert _owner(instance) == "eve, gone"

    result = instance.run()

    assert (_owner(instance), result.counts.healed) == ("eve", 1)
    assert instance.run().outcome is Outcome.UNCHANGED


def test_a_workflow_whose_username_nobody_bears_any_more_is_told(instance: Instance) -> None:
    """Its rows stay as they are, until somebody bears it again."""
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'eve')")
    instance.write("w.yaml", workflow("w", user="eve"))
    instance.run()
    instance.execute("update users set username = 'adam'")

    (held,) = instance.run().held_back

    assert (str(held.key), held.reason) == ("Workflow/w", Reason.USER_NOT_FOUND)
    assert _owner(instance) == "adam"
    instance.execute("update users set username = 'eve'")
    assert instance.run().outcome is Outcome.UNCHANGED


def test_the_rows_of_a_workflow_whose_user_is_gone_are_not_read_by_every_pass(instance: Instance) -> None:
    """Nothing can be done with them: of a hundred thousand that would take longer than the rest of a pass."""
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'eve')")
    instance.write("w.yaml", workflow("w", user="eve"))
    instance.run()
    instance.execute("update users set username = 'adam'")

    draft = instance.reconciler.draft(Order(Wakeup((Trigger.COMMAND,)), uuid4(), instance.epoch))

    assert [str(held.key) for held in draft.plan.held_back] == ["Workflow/w"]
    assert draft.actual.rows == {}


def test_a_manifest_that_takes_a_lost_username_has_its_workflows_in_the_same_pass(instance: Instance) -> None:
    """Under whatever name the manifest itself goes."""
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'eve')")
    instance.write("w.yaml", workflow("w", user="eve"))
    instance.run()
    instance.execute("update users set username = 'adam'")
    instance.write("users.yaml", user("other").replace("name: other}", "name: other}\nspec: {username: eve}"))

    assert (instance.run().outcome, _owner(instance)) == (Outcome.APPLIED, "eve")


def test_a_user_manifest_takes_its_workflows_from_who_bears_its_name(instance: Instance) -> None:
    """In the pass that makes its row, narrow or not; and they go back when it is gone."""
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'eve')")
    instance.write("w.yaml", workflow("w", user="eve"))
    instance.run()
    declared = user("eve").replace("name: eve}", "name: eve}\nspec: {username: eve of accounts}")
    instance.write("users.yaml", declared)
    instance.run(Hints(paths=frozenset({"users.yaml"})))
    assert _owner(instance) == "eve of accounts"
    Path(instance.folder / "users.yaml").unlink()
    instance.run()
    assert _owner(instance) == "eve"
    assert instance.run().outcome is Outcome.HELD_BACK  # the user is an orphan, and that is all


def test_without_self_heal_a_workflow_of_another_row_is_only_told(instance: Instance) -> None:
    """As any drift is."""
    instance.execute("insert into users (id, username) values (gen_random_uuid(), 'eve')")
    instance.write("w.yaml", workflow("w", user="eve"))
    instance.run()
    _exchange(instance)

    (held,) = instance.under(Policy(self_heal=False)).run().held_back

    assert (str(held.key), held.reason) == ("Workflow/w", Reason.DRIFTED)
    assert "its user is another row now" in held.message
    assert _owner(instance) == "eve, gone"
