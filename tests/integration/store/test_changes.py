"""Every kind of change, from survey to commit: what it does to rows, inventory and history."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from reconciler.plan import Policy
from reconciler.resources import job_id, resource_id
from tests.builders import desired, job, manifest, user, user_key, workflow, workflow_key
from tests.integration.store.conftest import PRUNING, Open, Person, Writer, keys, told
from tests.model import actions

ADA = manifest(user("ada"))
CMU = manifest(workflow("cmu-1", job("tile"), job("infer", "tile"), job("merge", "infer")))
CMU_ID = resource_id(workflow_key("cmu-1"))
INVENTORY = "select name, generation, revision, job_names, protected, orphaned from reconciler.inventory"
OWNED_COLUMNS = """
select id, name, job_type, branch_id, parent_ids_json, params, position, generation from jobs order by id"""
HISTORY = "select action, before, after from reconciler.history where name = 'cmu-1' order by id desc limit 1"


def test_creating_writes_rows_inventory_and_history_and_nothing_twice(writer: Writer, person: Person) -> None:
    """Ids follow from names, statuses are PENDING, and history keeps no copy of what a manifest has."""
    applied = writer.run(ADA, CMU)

    assert keys(applied) == {"User/ada", "Workflow/cmu-1"}
    assert applied.rows_written == 5
    assert applied.generations == {user_key("ada"): 1, workflow_key("cmu-1"): 1}
    assert person.rows("select id, username from users") == [(resource_id(user_key("ada")), "ada")]
    assert person.rows(
        "select id, user_id, name, status, generation, observed_generation from workflows"
    ) == [(CMU_ID, resource_id(user_key("ada")), "cmu-1", "PENDING", 1, None)]
    assert person.rows(
        "select id, name, parent_ids_json, params, position, status, generation from jobs order by created_at"
    ) == [
        (job_id(CMU_ID, "tile"), "tile", [], {}, 0, "PENDING", 1),
        (job_id(CMU_ID, "infer"), "infer", [str(job_id(CMU_ID, "tile"))], {}, 1, "PENDING", 1),
        (job_id(CMU_ID, "merge"), "merge", [str(job_id(CMU_ID, "infer"))], {}, 2, "PENDING", 1),
    ]
    assert person.rows(f"{INVENTORY} where kind = 'Workflow'") == [
        ("cmu-1", 1, "r1", ["tile", "infer", "merge"], False, False)
    ]
    assert person.rows("select kind, name, action, before, after from reconciler.history order by id") == [
        ("User", "ada", "created", None, None),
        ("Workflow", "cmu-1", "created", None, None),
    ]
    assert person.rows("select instance, epoch, trigger, counts from reconciler.passes") == [
        ("default", writer.epoch, "command", {"created": 2})
    ]


def test_an_update_touches_only_the_rows_that_differ(writer: Writer, person: Person) -> None:
    """One job altered, one added, one removed; the fourth keeps its very place on disk."""
    base = workflow("cmu-1", job("tile"), job("infer", "tile"), job("drop", "tile"), job("merge", "infer"))
    writer.run(ADA, manifest(base))
    untouched = person.rows("select ctid, xmin from jobs where name in ('tile')")
    edited = workflow(
        "cmu-1", job("tile"), job("infer", "tile", v=2), job("late", "infer"), job("merge", "infer", "late")
    )

    applied = writer.run(ADA, manifest(edited), revision="r2")

    assert applied.rows_written == 5
    assert applied.generations == {workflow_key("cmu-1"): 2}
    assert person.rows("select name, generation, params from jobs order by position") == [
        ("tile", 1, {}),
        ("infer", 2, {"v": 2}),
        ("late", 1, {}),
        ("merge", 2, {}),
    ]
    assert person.rows("select ctid, xmin from jobs where name in ('tile')") == untouched
    assert person.value("select revision from reconciler.inventory where kind = 'Workflow'") == "r2"
    action, before, after = person.rows(HISTORY)[0]
    assert action == "updated"
    assert {one["name"] for one in before["jobs"]} == {"infer", "drop", "merge"}
    assert {one["name"] for one in after["jobs"]} == {"infer", "late", "merge"}


def test_reordering_jobs_moves_positions_and_no_generation(writer: Writer, person: Person) -> None:
    """`position` alone is no change of what runs."""
    writer.run(ADA, manifest(workflow("cmu-1", job("a"), job("b"))))

    applied = writer.run(ADA, manifest(workflow("cmu-1", job("b"), job("a"))))

    assert applied.generations == {workflow_key("cmu-1"): 1}
    assert person.rows("select name, position, generation from jobs order by name") == [
        ("a", 1, 1),
        ("b", 0, 1),
    ]


def test_healing_puts_every_owned_column_back_and_moves_no_generation(writer: Writer, person: Person) -> None:
    """What a hand did to any column is undone; status, created_at and columns of others stay."""
    person.does("alter table jobs add column picked_by text")
    writer.run(ADA, CMU)
    good = person.rows(OWNED_COLUMNS)
    person.does("update users set username = 'x'")
    person.does("update workflows set name = 'y', generation = 9, status = 'RUNNING'")
    person.does(
        "update jobs set name = name || '!', job_type = 'x', branch_id = 'x', parent_ids_json = '[1]',"
        " params = '[]', position = 7, generation = 7, status = 'RUNNING', picked_by = 'w1'"
    )
    others = person.rows("select id, status, created_at, picked_by from jobs order by id")

    plan = writer.plan(desired(ADA, CMU))
    applied = writer.apply(plan)

    assert actions(plan) == {"User/ada": "Heal", "Workflow/cmu-1": "Heal"}
    assert keys(applied) == {"User/ada", "Workflow/cmu-1"}
    assert person.rows(OWNED_COLUMNS) == good
    assert person.rows("select id, status, created_at, picked_by from jobs order by id") == others
    assert person.rows("select name, generation, status from workflows") == [("cmu-1", 1, "RUNNING")]
    action, before, _ = person.rows(HISTORY)[0]
    assert (action, before["name"], before["jobs"][0]["branch_id"]) == ("healed", "y", "x")


def test_a_deleted_job_is_made_again_with_its_id_and_generation(writer: Writer, person: Person) -> None:
    """A row gone is drift: the others keep their places, the new one stands behind them in the queue."""
    writer.run(ADA, manifest(workflow("cmu-1", job("tile"), job("merge", v=1))))
    writer.run(ADA, manifest(workflow("cmu-1", job("tile"), job("merge", v=2))))
    person.does("delete from jobs where name = 'merge'")

    plan = writer.plan(desired(ADA, manifest(workflow("cmu-1", job("tile"), job("merge", v=2)))))
    writer.apply(plan)

    assert actions(plan) == {"Workflow/cmu-1": "Heal"}
    assert person.rows("select id, name, generation from jobs order by created_at") == [
        (job_id(CMU_ID, "tile"), "tile", 1),
        (job_id(CMU_ID, "merge"), "merge", 2),
    ]


def test_a_workflow_that_is_gone_is_made_again_and_its_generation_goes_on(
    writer: Writer, person: Person
) -> None:
    """Recreation takes ids and generations from the inventory's memory."""
    writer.run(ADA, manifest(workflow("cmu-1", job("tile"))))
    writer.run(ADA, manifest(workflow("cmu-1", job("tile", v=2))))
    person.does("delete from jobs")
    person.does("delete from workflows")

    plan = writer.plan(desired(ADA, manifest(workflow("cmu-1", job("tile", v=2)))))
    writer.apply(plan)

    assert actions(plan) == {"Workflow/cmu-1": "Recreate"}
    assert person.rows("select id, generation from workflows") == [(CMU_ID, 2)]
    assert person.rows("select id, generation from jobs") == [(job_id(CMU_ID, "tile"), 2)]


def test_an_equal_row_is_adopted_without_being_written(writer: Writer, person: Person) -> None:
    """What already says what the manifest says is taken over as it is, whatever its ids."""
    owner, flow, row = uuid4(), uuid4(), uuid4()
    _insert(person, owner, flow, row)
    before = person.rows("select ctid, xmin from jobs")

    applied = writer.run(ADA, manifest(workflow("cmu-1", job("tile"))))

    assert applied.rows_written == 0
    assert keys(applied) == {"User/ada", "Workflow/cmu-1"}
    assert person.rows("select ctid, xmin from jobs") == before
    assert person.rows("select row_id, job_ids from reconciler.inventory order by kind") == [
        (owner, []),
        (flow, [row]),
    ]


def test_a_row_that_differs_is_adopted_only_when_the_manifest_says_so(writer: Writer, person: Person) -> None:
    """Without the annotation it is a conflict that names the row, and nothing is written."""
    owner, flow, row = uuid4(), uuid4(), uuid4()
    _insert(person, owner, flow, row)
    differs = workflow("cmu-1", job("tile", job_type="other"))

    plan = writer.plan(desired(ADA, manifest(differs)))
    assert str(flow) in next(held.message for held in plan.held_back)
    writer.apply(plan)
    assert person.value("select job_type from jobs") == "tiling"

    plan = writer.plan(desired(ADA, manifest(differs, annotations={"reconciler/adopt": "true"})))
    writer.apply(plan)

    assert actions(plan) == {"Workflow/cmu-1": "Adopt"}
    assert person.rows("select id, job_type, generation, status from jobs") == [(row, "other", 2, "FAILED")]


def _insert(person: Person, owner: UUID, flow: UUID, row: UUID) -> None:
    person.does("insert into users (id, username) values (%s, 'ada')", owner)
    person.does("insert into workflows (id, user_id, name) values (%s, %s, 'cmu-1')", flow, owner)
    person.does(
        "insert into jobs (id, workflow_id, name, job_type, status)"
        " values (%s, %s, 'tile', 'tiling', 'FAILED')",
        row,
        flow,
    )


def test_pruning_deletes_exactly_what_the_inventory_has(writer: Writer, person: Person) -> None:
    """Rows that nobody manages stay; history has the rows that went."""
    stranger = uuid4()
    person.does("insert into users (id, username) values (%s, 'eve')", stranger)
    writer.run(ADA, CMU, manifest(user("bob")))

    applied = writer.run(manifest(user("bob")), policy=PRUNING)

    assert keys(applied) == {"User/ada", "Workflow/cmu-1"}
    assert applied.rows_written == 5
    assert person.rows("select username from users order by 1") == [("bob",), ("eve",)]
    assert person.rows("select count(*) from jobs") == [(0,)]
    assert person.rows("select name from reconciler.inventory") == [("bob",)]
    action, before, after = person.rows(HISTORY)[0]
    assert (action, after) == ("pruned", None)
    assert {one["name"] for one in before["jobs"]} == {"tile", "infer", "merge"}


def test_what_is_neither_declared_nor_there_is_forgotten(writer: Writer, person: Person) -> None:
    """Its record goes, and history says so."""
    writer.run(ADA, CMU)
    person.does("delete from jobs")
    person.does("delete from workflows")

    plan = writer.plan(desired(ADA), PRUNING)
    writer.apply(plan)

    assert actions(plan) == {"Workflow/cmu-1": "Forget"}
    assert person.rows("select name from reconciler.inventory") == [("ada",)]
    assert person.rows(HISTORY) == [("forgotten", None, None)]


def test_a_move_is_noted_and_writes_no_row_of_the_consumers(writer: Writer, person: Person) -> None:
    """Path, labels and protection are book-keeping; history does not tell them."""
    writer.run(ADA, CMU)
    before = person.rows("select ctid, xmin from jobs union all select ctid, xmin from workflows")
    moved = replace(
        manifest(CMU.resource, path="else/where.yaml", labels={"study": "x"}),
        meta=replace(CMU.meta, labels={"study": "x"}, annotations={"reconciler/prune": "disabled"}),
    )

    plan = writer.plan(desired(ADA, moved))
    applied = writer.apply(plan)

    assert actions(plan) == {"Workflow/cmu-1": "Note"}
    assert applied.rows_written == 0
    assert person.rows("select ctid, xmin from jobs union all select ctid, xmin from workflows") == before
    assert person.rows(
        "select path, labels, protected from reconciler.inventory where kind = 'Workflow'"
    ) == [("else/where.yaml", {"study": "x"}, True)]
    assert person.value("select count(*) from reconciler.history") == 2


def test_an_edit_that_comes_to_the_rows_that_are_there_is_only_restated(
    writer: Writer, person: Person
) -> None:
    """Somebody made the edit by hand first: the books follow, the rows stay, generations are right."""
    writer.run(ADA, manifest(workflow("cmu-1", job("tile"))))
    person.does("update workflows set generation = 2")
    person.does("update jobs set branch_id = 'side', generation = 2")
    before = person.rows("select ctid, xmin from jobs")

    plan = writer.plan(desired(ADA, manifest(workflow("cmu-1", job("tile", branch_id="side")))))
    writer.apply(plan)

    assert actions(plan) == {"Workflow/cmu-1": "Restate"}
    assert person.rows("select ctid, xmin from jobs") == before
    assert person.value("select generation from reconciler.inventory where kind = 'Workflow'") == 2


def test_an_orphan_passes_to_the_instance_that_declares_it(open_writer: Open, person: Person) -> None:
    """With its rows, their ids and statuses; the first instance has no say in it any more."""
    first, second = open_writer("first"), open_writer("second")
    first.run(ADA, CMU)
    person.does("update jobs set status = 'SUCCEEDED'")
    before = person.rows("select id, status, created_at from jobs order by id")
    second.run(manifest(user("bob")))
    assert told(second.run(manifest(user("bob")), ADA, CMU)) == {}
    assert person.value("select count(*) from reconciler.inventory where instance = 'first'") == 2

    first.run()
    first.run()
    plan = second.plan(desired(manifest(user("bob")), ADA, CMU))
    second.apply(plan)

    assert actions(plan) == {"User/ada": "Adopt", "Workflow/cmu-1": "Adopt"}
    assert person.rows("select id, status, created_at from jobs order by id") == before
    assert person.rows("select distinct instance from reconciler.inventory") == [("second",)]
    assert first.plan(desired(), PRUNING).empty


@pytest.mark.parametrize("heals", [True, False])
def test_the_pass_row_counts_what_was_done(writer: Writer, person: Person, *, heals: bool) -> None:
    """Actions by name; book-keeping counts as noted."""
    writer.run(ADA, CMU)
    person.does("update jobs set branch_id = 'x'")

    writer.run(ADA, CMU, manifest(user("bob")), policy=Policy(self_heal=heals))

    assert person.rows("select counts from reconciler.passes order by committed_at desc limit 1") == [
        ({"created": 1} | ({"healed": 1} if heals else {}),)
    ]
