"""What a manifest asks for comes to be, by the smallest change, and a second look changes nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.desired import Manifest
from reconciler.plan import Create, Heal, Note, Policy, Recreate, Restate, Rows, Update, UserRow, WorkflowRow
from reconciler.resources import JobStatus, job_id, resource_id
from tests.builders import desired, job, manifest, refusal, user, user_key, workflow, workflow_key
from tests.model import Database, actions, reasons, settled

ADA = manifest(user())
FLOW_ID = resource_id(workflow_key("w"))


def _flow(*jobs: str | tuple[str, ...], **meta: str) -> Manifest:
    declared = [job(*(name if isinstance(name, tuple) else (name,))) for name in jobs]
    return manifest(workflow("w", *declared), annotations=meta)


def _generations(rows: Rows) -> tuple[int, dict[str, int]]:
    assert isinstance(rows, WorkflowRow)
    return rows.generation, {job.name: job.generation for job in rows.jobs}


def _update(database: Database, *manifests: Manifest) -> Update:
    (change,) = database.plan(desired(*manifests)).changes
    assert isinstance(change, Update)
    return change


def test_an_empty_database_gets_the_user_then_the_workflow() -> None:
    """A workflow comes after the user whose row it names, with ids that follow from the names."""
    plan = Database().plan(desired(_flow("tile", ("infer", "tile")), ADA))
    made, flow = plan.changes
    assert isinstance(made, Create)
    assert made.after == UserRow(resource_id(user_key("ada")), "ada")
    assert isinstance(flow, Create)
    assert isinstance(flow.after, WorkflowRow)
    assert (flow.after.id, flow.after.user_id, flow.after.name) == (FLOW_ID, made.after.id, "w")
    tile, infer = flow.after.jobs
    assert (tile.id, infer.id) == (job_id(FLOW_ID, "tile"), job_id(FLOW_ID, "infer"))
    assert (tile.parents, infer.parents) == ((), (tile.id,))
    assert (tile.position, infer.position) == (0, 1)
    assert (tile.generation, infer.generation, flow.after.generation) == (1, 1, 1)


def test_a_second_pass_finds_nothing_to_do() -> None:
    """Not even book-keeping."""
    database = settled(ADA, _flow("tile"))
    plan = database.plan(desired(ADA, _flow("tile")))
    assert plan.empty
    assert plan.held_back == ()


def test_a_status_is_no_difference() -> None:
    """Whoever runs jobs may write it as often as they like."""
    database = settled(ADA, _flow("tile"))
    database.edit_job("tile", status=JobStatus.RUNNING)
    assert database.plan(desired(ADA, _flow("tile"))).empty


def test_an_edited_job_grows_by_one_and_its_workflow_with_it() -> None:
    """Its neighbours do not."""
    database = settled(ADA, _flow("tile", "infer"))
    change = _update(database, ADA, manifest(workflow("w", job("tile", size=1024), job("infer"))))
    assert _generations(change.after) == (2, {"tile": 2, "infer": 1})


def test_a_job_added_or_removed_grows_the_workflow_alone() -> None:
    """The jobs that stay are as they were."""
    database = settled(ADA, _flow("a", "b"))
    assert _generations(_update(database, ADA, _flow("a", "b", "c")).after) == (2, {"a": 1, "b": 1, "c": 1})
    assert _generations(_update(database, ADA, _flow("a")).after) == (2, {"a": 1})


def test_another_parent_grows_the_child() -> None:
    """What must succeed first is part of what a job means."""
    database = settled(ADA, _flow("a", "b"))
    assert _generations(_update(database, ADA, _flow("a", ("b", "a"))).after) == (2, {"a": 1, "b": 2})


def test_another_user_grows_the_workflow_alone() -> None:
    """Whose it is belongs to the workflow's row."""
    bob = manifest(user("bob"))
    database = settled(ADA, bob, manifest(workflow("w", job("a"))))
    change = _update(database, ADA, bob, manifest(workflow("w", job("a"), user="bob")))
    assert _generations(change.after) == (2, {"a": 1})


def test_another_order_moves_positions_and_no_generation() -> None:
    """The order of the list means nothing to who runs the jobs."""
    database = settled(ADA, _flow("a", "b"))
    change = _update(database, ADA, _flow("b", "a"))
    assert _generations(change.after) == (1, {"a": 1, "b": 1})
    assert isinstance(change.after, WorkflowRow)
    assert {job.name: job.position for job in change.after.jobs} == {"b": 0, "a": 1}


def test_generations_grow_from_what_was_applied_not_from_what_somebody_wrote() -> None:
    """A hand on the column neither pushes nor holds back."""
    database = settled(ADA, _flow("a", "b"))
    database.edit_job("a", generation=40)
    database.edit_workflow(FLOW_ID, generation=70)
    change = _update(database, ADA, manifest(workflow("w", job("a", x=1), job("b"))))
    assert _generations(change.after) == (2, {"a": 2, "b": 1})


def test_a_renamed_job_is_a_removal_and_a_creation() -> None:
    """It gets the id of its new name."""
    database = settled(ADA, _flow("old"))
    change = _update(database, ADA, _flow("new"))
    assert isinstance(change.after, WorkflowRow)
    assert [job.id for job in change.after.jobs] == [job_id(FLOW_ID, "new")]


def test_two_jobs_that_swap_names_keep_the_ids_of_their_names() -> None:
    """Identity is the name: what is swapped is everything else."""
    before = manifest(workflow("w", job("a", role="first"), job("b", role="second")))
    after = manifest(workflow("w", job("b", role="first"), job("a", role="second")))
    change = _update(settled(ADA, before), ADA, after)
    assert isinstance(change.after, WorkflowRow)
    assert {job.name: (job.id, job.generation) for job in change.after.jobs} == {
        "a": (job_id(FLOW_ID, "a"), 2),
        "b": (job_id(FLOW_ID, "b"), 2),
    }


@pytest.mark.parametrize(
    ("before", "after"), [(1, 1.0), (1e3, 1000), ({"a": [2.0]}, {"a": [2]}), (0.0, -0.0)]
)
def test_one_number_spelled_otherwise_is_no_change(before: object, after: object) -> None:
    """PostgreSQL holds them equal, so neither a row nor a generation moves."""
    database = settled(ADA, manifest(workflow("w", job("a", x=before))))
    assert database.plan(desired(ADA, manifest(workflow("w", job("a", x=after))))).empty


@pytest.mark.parametrize(("before", "after"), [(1, True), (0, False), (1, "1"), (None, False), ([], {})])
def test_values_that_only_look_alike_are_a_change(before: object, after: object) -> None:
    """`true` is no number, and `"1"` is none either."""
    database = settled(ADA, manifest(workflow("w", job("a", x=before))))
    change = _update(database, ADA, manifest(workflow("w", job("a", x=after))))
    assert _generations(change.after) == (2, {"a": 2})


def test_an_edit_that_comes_to_the_same_rows_writes_no_row() -> None:
    """A user called by username instead of by name is the same user."""
    ada = manifest(user("ada", username="lovelace"))
    database = settled(ada, manifest(workflow("w", user="ada")))
    (change,) = database.plan(desired(ada, manifest(workflow("w", user="lovelace")))).changes
    assert isinstance(change, Restate)


def test_a_document_moved_to_another_file_is_only_noted() -> None:
    """Identity is kind and name, never the path."""
    database = settled(ADA, _flow("a"))
    moved = manifest(workflow("w", job("a")), path="studies/w.yaml")
    (change,) = database.plan(desired(ADA, moved)).changes
    assert isinstance(change, Note)
    database.apply(database.plan(desired(ADA, moved)))
    assert database.plan(desired(ADA, moved)).empty


def test_another_label_is_only_noted() -> None:
    """Labels are no part of the rows."""
    database = settled(ADA, _flow("a"))
    labelled = manifest(workflow("w", job("a")), labels={"study": "nuclei"})
    assert actions(database.plan(desired(ADA, labelled))) == {"Workflow/w": "Note"}


def test_a_hand_edit_is_put_back_and_no_generation_moves() -> None:
    """Healing is no news to who ran the job."""
    database = settled(ADA, _flow("a", "b"))
    database.edit_job("a", branch_id="x", generation=9)
    (change,) = database.plan(desired(ADA, _flow("a", "b"))).changes
    assert isinstance(change, Heal)
    assert _generations(change.after) == (1, {"a": 1, "b": 1})
    database.apply(database.plan(desired(ADA, _flow("a", "b"))))
    assert database.plan(desired(ADA, _flow("a", "b"))).empty


def test_a_job_deleted_by_hand_is_made_again_with_its_id_and_generation() -> None:
    """The inventory remembers both."""
    database = settled(ADA, _flow("a", "b"))
    database.apply(database.plan(desired(ADA, manifest(workflow("w", job("a", x=1), job("b"))))))
    database.remove(database.find_job("a"))
    (change,) = database.plan(desired(ADA, manifest(workflow("w", job("a", x=1), job("b"))))).changes
    assert isinstance(change, Heal)
    assert _generations(change.after) == (2, {"a": 2, "b": 1})


def test_a_job_renamed_by_hand_gets_its_name_back() -> None:
    """It is known by its id; no second row is made."""
    database = settled(ADA, _flow("a"))
    row_id = database.find_job("a")
    database.edit_job("a", name="z")
    database.apply(database.plan(desired(ADA, _flow("a"))))
    assert {i: cell.row.name for i, cell in database.jobs.items()} == {row_id: "a"}


def test_jobs_whose_names_were_swapped_by_hand_are_swapped_back() -> None:
    """Each is known by its id."""
    database = settled(ADA, _flow("a", "b"))
    a, b = database.find_job("a"), database.find_job("b")
    database.edit_job("a", name="?")
    database.edit_job("b", name="a")
    database.edit_job("?", name="b")
    database.apply(database.plan(desired(ADA, _flow("a", "b"))))
    assert (database.find_job("a"), database.find_job("b")) == (a, b)


def test_a_workflow_deleted_by_hand_is_made_again_where_it_left_off() -> None:
    """Same id, same generations; its jobs too."""
    edited = manifest(workflow("w", job("a", x=1)))
    database = settled(ADA, _flow("a"))
    database.apply(database.plan(desired(ADA, edited)))
    database.remove(FLOW_ID)
    (change,) = database.plan(desired(ADA, edited)).changes
    assert isinstance(change, Recreate)
    assert change.after.id == FLOW_ID
    assert _generations(change.after) == (2, {"a": 2})


def test_a_workflow_deleted_by_hand_and_edited_is_made_again_one_generation_on() -> None:
    """The edit counts, the deletion does not."""
    database = settled(ADA, _flow("a", "b"))
    database.remove(FLOW_ID)
    (change,) = database.plan(desired(ADA, manifest(workflow("w", job("a", x=1), job("b"))))).changes
    assert isinstance(change, Recreate)
    assert _generations(change.after) == (2, {"a": 2, "b": 1})


def test_a_fingerprint_that_moved_without_a_difference_is_renewed_once() -> None:
    """A mismatch is a hint; the comparison of columns decides."""
    database = settled(ADA, _flow("a"))
    key = workflow_key("w")
    database.inventory[key] = replace(database.inventory[key], fingerprint=17)
    plan = database.plan(desired(ADA, _flow("a")))
    assert actions(plan) == {"Workflow/w": "Note"}
    database.apply(plan)
    assert database.plan(desired(ADA, _flow("a"))).empty


@pytest.mark.parametrize("deleted", [False, True], ids=["changed", "deleted"])
def test_without_self_heal_drift_is_only_reported(*, deleted: bool) -> None:
    """The rows stay as somebody made them, and status says so."""
    database = settled(ADA, _flow("a"))
    if deleted:
        database.remove(FLOW_ID)
    else:
        database.edit_job("a", branch_id="x")
    plan = database.plan(desired(ADA, _flow("a")), Policy(self_heal=False))
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "Drifted"}


def test_without_self_heal_an_edit_is_applied_all_the_same() -> None:
    """It writes every column that the manifest owns, the drifted ones too."""
    database = settled(ADA, _flow("a", "b"))
    database.edit_job("b", branch_id="x")
    edited = manifest(workflow("w", job("a", x=1), job("b")))
    plan = database.plan(desired(ADA, edited), Policy(self_heal=False))
    assert actions(plan) == {"Workflow/w": "Update"}


def test_a_refused_manifest_keeps_its_rows_and_shows_its_first_mistake() -> None:
    """Nothing is done about it, drift or not."""
    database = settled(ADA, _flow("a"))
    database.edit_job("a", branch_id="x")
    plan = database.plan(
        desired(ADA, refused=[refusal(workflow_key("w"))], gaps=["w.yaml is not understood"])
    )
    assert plan.empty
    (left,) = plan.held_back
    assert (left.sync, left.reason) == ("Invalid", "ManifestInvalid")
    assert left.message == "M101: unknown field `nedes`"
    assert str(left.where) == "w.yaml:3:5"


def test_one_bad_file_changes_nothing_for_the_others() -> None:
    """The plan for the rest is the same with and without it."""
    others = [ADA, manifest(workflow("v", job("b", x=2))), manifest(workflow("new"))]
    database = settled(ADA, _flow("a"), manifest(workflow("v", job("b"))))
    good = database.plan(desired(*others, _flow("a")))
    bad = database.plan(desired(*others, refused=[refusal(workflow_key("w"))], quarantined=["w.yaml"]))
    assert good.changes == bad.changes
    assert actions(good) == {"Workflow/new": "Create", "Workflow/v": "Update"}


def test_outside_a_narrow_scope_nothing_is_said() -> None:
    """A pass that was asked about one resource speaks of that one."""
    database = settled(ADA, _flow("a"), manifest(workflow("v")), manifest(workflow("gone")))
    database.edit_job("a", branch_id="x")
    database.remove(resource_id(workflow_key("v")))
    plan = database.plan(desired(_flow("a"), scope=[workflow_key("w")], users=["ada"]), Policy(prune=True))
    assert actions(plan) == {"Workflow/w": "Heal"}
    assert plan.held_back == ()
