"""Names that pass from one row to another in one pass: each is unique while every row is written."""

from __future__ import annotations

from reconciler.resources import resource_id
from tests.builders import desired, job, manifest, user, user_key, workflow, workflow_key
from tests.integration.store.conftest import PRUNING, Person, Writer, keys, told
from tests.model import actions

USERS = "select id, username from users order by username"


def test_two_users_swap_their_usernames(writer: Writer, person: Person) -> None:
    """In one pass, ids unmoved."""
    writer.run(manifest(user("a", "one")), manifest(user("b", "two")))

    applied = writer.run(manifest(user("a", "two")), manifest(user("b", "one")))

    assert told(applied) == {}
    assert person.rows(USERS) == [(resource_id(user_key("b")), "one"), (resource_id(user_key("a")), "two")]


def test_a_username_passes_along_a_chain_to_a_new_user(writer: Writer, person: Person) -> None:
    """Everybody moves up by one, and a newcomer takes the last place, whatever the order of their names."""
    writer.run(*(manifest(user(f"u{n}", f"name-{n}")) for n in range(5)))

    applied = writer.run(
        *(manifest(user(f"u{n}", f"name-{n + 1}")) for n in range(5)), manifest(user("z", "name-0"))
    )

    assert told(applied) == {}
    assert person.rows(USERS) == [(resource_id(user_key("z")), "name-0")] + [
        (resource_id(user_key(f"u{n}")), f"name-{n + 1}") for n in range(5)
    ]


def test_a_username_passes_from_a_pruned_user_to_a_new_one(writer: Writer, person: Person) -> None:
    """With its workflow, which is handed over in the same pass."""
    writer.run(manifest(user("old", "ada")), manifest(workflow("w", user="old")), manifest(user("x")))

    state = desired(manifest(user("new", "ada")), manifest(workflow("w", user="new")), manifest(user("x")))
    applied = writer.reconcile(state, PRUNING)
    applied = writer.reconcile(state, PRUNING)

    assert writer.plan(state, PRUNING).empty, told(applied)
    assert person.rows("select username from users order by 1") == [("ada",), ("x",)]


def test_a_name_still_passes_on_when_another_row_of_the_pass_is_refused(
    writer: Writer, person: Person
) -> None:
    """Those who pass a name on are made together, wherever the halves are cut."""
    person.does("alter table users add constraint no_eve check (username <> 'eve')")
    names = [f"u{n:02}" for n in range(16)]
    writer.run(*(manifest(user(name)) for name in names))
    turned = dict(zip(names, [*names[8:], *names[:8]], strict=True))

    applied = writer.run(*(manifest(user(a, b)) for a, b in turned.items()), manifest(user("eve")))

    assert told(applied) == {"User/eve": "RowRefused"}
    assert dict(person.rows(USERS)) == {resource_id(user_key(a)): b for a, b in turned.items()}


def test_names_that_a_hand_has_swapped_are_swapped_back(writer: Writer, person: Person) -> None:
    """Usernames, names of workflows, and names of jobs in one workflow."""
    state = desired(
        manifest(user("a")),
        manifest(user("b")),
        *(manifest(workflow(name, job("x"), job("y", "x"), user="a")) for name in ("v", "w")),
    )
    writer.reconcile(state)
    good = person.rows("select id, name from workflows union all select id, name from jobs order by 1")
    person.does("update users set username = id::text")
    person.does("update workflows set name = id::text")
    person.does("update jobs set name = id::text")
    person.does("update users set username = %s where id = %s", "b", resource_id(user_key("a")))
    person.does("update users set username = %s where id = %s", "a", resource_id(user_key("b")))
    person.does("update workflows set name = %s where id = %s", "w", resource_id(workflow_key("v")))
    person.does("update workflows set name = %s where id = %s", "v", resource_id(workflow_key("w")))
    person.does("update jobs set name = case position when 0 then 'y' else 'x' end")

    plan = writer.plan(state)
    applied = writer.apply(plan)

    assert set(actions(plan).values()) == {"Heal"}
    assert told(applied) == {}
    assert len(keys(applied)) == 4
    assert (
        person.rows("select id, name from workflows union all select id, name from jobs order by 1") == good
    )
    assert person.rows(USERS) == [(resource_id(user_key(name)), name) for name in ("a", "b")]
