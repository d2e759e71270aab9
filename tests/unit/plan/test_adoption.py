"""Rows that somebody else made become ours only when they are equal, or by a word of the author's."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from reconciler.desired import DesiredState, Manifest
from reconciler.plan import Adopt, Create, JobRow, Policy, UserRow, WorkflowRow
from reconciler.resources import Job, JobStatus, job_id, resource_id
from tests.builders import desired, job, manifest, user, user_key, workflow, workflow_key
from tests.model import Database, actions, reasons, settled

ADA = manifest(user())
ADA_ID = resource_id(user_key("ada"))
KEY = workflow_key("w")
THEIRS = UUID(int=0xABC)
TILE = UUID(int=0xDEF)


def _flow(*jobs: Job, adopt: str = "") -> Manifest:
    return manifest(workflow("w", *jobs), annotations={"reconciler/adopt": adopt} if adopt else {})


def _their_job(name: str = "tile", row_id: UUID = TILE, **columns: object) -> JobRow:
    row = JobRow(row_id, name, "tiling", "main", (), "{}", 0, 4)
    return replace(row, **columns)  # type: ignore[arg-type]


def _with_their_workflow(*jobs: JobRow) -> Database:
    database = settled(ADA)
    database.insert(WorkflowRow(THEIRS, ADA_ID, "w", 7, jobs))
    return database


def _with_their_job(*jobs: JobRow) -> Database:
    """Give a database in which somebody hung jobs beneath our workflow."""
    database = settled(ADA, _flow(job("a")))
    rows = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(rows, WorkflowRow)
    database.insert(replace(rows, jobs=(*rows.jobs, *jobs)))
    return database


def test_a_user_row_of_that_name_is_equal_and_taken_over_with_its_id() -> None:
    """There is nothing in it that could differ."""
    database = Database()
    database.insert(UserRow(THEIRS, "ada"))
    (change,) = database.plan(desired(ADA)).changes
    assert isinstance(change, Adopt)
    assert (change.before, change.after, change.owner) == (UserRow(THEIRS, "ada"), UserRow(THEIRS, "ada"), "")


def test_a_workflow_that_names_an_adopted_user_gets_its_id() -> None:
    """In the same pass."""
    database = Database()
    database.insert(UserRow(THEIRS, "ada"))
    flow = next(c for c in database.plan(desired(ADA, _flow(job("tile")))).changes if c.key == KEY)
    assert isinstance(flow, Create)
    assert isinstance(flow.after, WorkflowRow)
    assert flow.after.user_id == THEIRS


def test_an_equal_workflow_is_taken_over_with_ids_and_generations() -> None:
    """Nothing is written to it; then it is ours, and a second pass is still."""
    database = _with_their_workflow(_their_job())
    plan = database.plan(desired(ADA, _flow(job("tile"))))
    (change,) = plan.changes
    assert isinstance(change, Adopt)
    assert change.before == change.after
    database.apply(plan)
    assert database.plan(desired(ADA, _flow(job("tile")))).empty


@pytest.mark.parametrize(
    "theirs",
    [
        (_their_job(job_type="inference"),),
        (_their_job(params='{"x":1}'),),
        (_their_job(name="other"),),
        (),
        (_their_job(), _their_job(name="more", row_id=UUID(int=5))),
    ],
    ids=["other type", "other params", "other name", "no job", "a job more"],
)
def test_a_workflow_that_differs_is_a_conflict_that_names_the_row(theirs: tuple[JobRow, ...]) -> None:
    """Nothing of it is touched."""
    plan = _with_their_workflow(*theirs).plan(desired(ADA, _flow(job("tile"))))
    assert plan.empty
    (left,) = plan.held_back
    assert (left.sync, left.reason) == ("Conflict", "RowExists")
    assert str(THEIRS) in left.message
    assert "reconciler/adopt" in left.message


def test_another_position_or_generation_is_no_difference() -> None:
    """The position is put right, the generation goes on from the row's."""
    database = _with_their_workflow(_their_job(position=8))
    (change,) = database.plan(desired(ADA, _flow(job("tile")))).changes
    assert isinstance(change, Adopt)
    assert isinstance(change.after, WorkflowRow)
    assert [(j.position, j.generation) for j in change.after.jobs] == [(0, 4)]
    assert change.after.generation == 7


@pytest.mark.parametrize("word", ["true", str(THEIRS), str(THEIRS).upper()])
def test_an_annotation_takes_over_a_row_that_differs_and_moves_its_generations(word: str) -> None:
    """The manifest changes the row: who ran the old one can tell."""
    database = _with_their_workflow(_their_job(job_type="inference"))
    (change,) = database.plan(desired(ADA, _flow(job("tile"), adopt=word))).changes
    assert isinstance(change, Adopt)
    assert isinstance(change.after, WorkflowRow)
    assert [(j.id, j.job_type, j.generation) for j in change.after.jobs] == [(TILE, "tiling", 5)]
    assert change.after.generation == 8


@pytest.mark.parametrize("word", ["yes", "false", str(TILE), "*"])
def test_no_other_word_takes_over_a_row_that_differs(word: str) -> None:
    """The id of another row is no word for this one."""
    database = _with_their_workflow(_their_job(job_type="inference"))
    assert reasons(database.plan(desired(ADA, _flow(job("tile"), adopt=word)))) == {"Workflow/w": "RowExists"}


def test_jobs_that_no_manifest_wants_stay_nobodys() -> None:
    """Adopting their workflow deletes nothing beneath it."""
    database = _with_their_workflow(_their_job(), _their_job(name="more", row_id=UUID(int=5)))
    wanted = desired(ADA, _flow(job("tile"), adopt="true"))
    database.apply(database.plan(wanted))
    assert database.find_job("more") == UUID(int=5)
    assert database.plan(wanted).empty


def test_taking_over_waits_for_a_job_in_flight_that_it_would_alter() -> None:
    """It is not pulled away from whoever made it either."""
    database = _with_their_workflow(_their_job(job_type="inference", status=JobStatus.RUNNING))
    plan = database.plan(desired(ADA, _flow(job("tile"), adopt="true")))
    assert reasons(plan) == {"Workflow/w": "InFlight"}


def test_a_job_hung_beneath_our_workflow_is_left_alone() -> None:
    """It is neither drift nor in the way."""
    assert _with_their_job(_their_job()).plan(desired(ADA, _flow(job("a")))).empty


def test_an_edit_leaves_a_job_hung_beneath_our_workflow_alone() -> None:
    """It is no job that the manifest has dropped."""
    database = _with_their_job(_their_job())
    database.apply(database.plan(desired(ADA, _flow(job("b")))))
    assert {cell.row.name for cell in database.jobs.values()} == {"b", "tile"}


def test_a_new_job_takes_over_an_equal_row_of_its_name() -> None:
    """With the id and the generation that it has."""
    database = _with_their_job(_their_job())
    database.apply(database.plan(desired(ADA, _flow(job("a"), job("tile")))))
    assert database.find_job("tile") == TILE
    assert database.jobs[TILE].row.generation == 4


def test_a_new_job_does_not_take_over_a_row_that_differs() -> None:
    """The whole workflow is a conflict; an annotation with that row's id solves it."""
    database = _with_their_job(_their_job(branch_id="x"))
    plan = database.plan(desired(ADA, _flow(job("a"), job("tile"))))
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "RowExists"}
    assert str(TILE) in plan.held_back[0].message
    database.apply(database.plan(desired(ADA, _flow(job("a"), job("tile"), adopt=str(TILE)))))
    assert database.jobs[TILE].row.branch_id == "main"
    assert database.jobs[TILE].row.generation == 5


def test_a_stranger_with_the_name_of_our_renamed_job_is_a_conflict_even_with_an_annotation() -> None:
    """Both rows can't have the name, and ours is the one that the inventory knows."""
    database = settled(ADA, _flow(job("a")))
    database.edit_job("a", name="z")
    rows = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(rows, WorkflowRow)
    database.insert(replace(rows, jobs=(*rows.jobs, _their_job(name="a"))))
    plan = database.plan(desired(ADA, _flow(job("a"), adopt="true")))
    assert actions(plan) == {"Workflow/w": "Note"}
    assert reasons(plan) == {"Workflow/w": "RowExists"}
    assert "renamed by somebody else" in plan.held_back[0].message


def test_a_row_made_by_hand_in_place_of_our_job_is_taken_over_when_equal() -> None:
    """What is gone is gone: the name finds the row."""
    database = settled(ADA, _flow(job("a"), job("b", "a")))
    database.remove(database.find_job("a"))
    rows = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(rows, WorkflowRow)
    database.insert(replace(rows, jobs=(*rows.jobs, _their_job(name="a"))))
    wanted = desired(ADA, _flow(job("a"), job("b", "a")))
    database.apply(database.plan(wanted))
    assert database.jobs[database.find_job("b")].row.parents == (TILE,)
    assert database.plan(wanted).empty


def test_a_row_made_by_hand_that_leaves_nothing_to_write_is_noted_as_ours() -> None:
    """Else it would be neither gone nor managed."""
    database = settled(ADA, _flow(job("a")))
    database.remove(database.find_job("a"))
    rows = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(rows, WorkflowRow)
    database.insert(replace(rows, jobs=(_their_job(name="a"),)))
    plan = database.plan(desired(ADA, _flow(job("a"))))
    assert actions(plan) == {"Workflow/w": "Restate"}
    database.apply(plan)
    assert [known.id for known in database.memory[KEY]] == [TILE]


def test_a_row_made_by_hand_in_place_of_our_workflow_is_a_conflict_when_it_differs() -> None:
    """It is theirs, although the name was ours."""
    database = settled(ADA, _flow(job("tile")))
    database.remove(resource_id(KEY))
    database.insert(WorkflowRow(THEIRS, ADA_ID, "w", 1, (_their_job(branch_id="x"),)))
    assert reasons(database.plan(desired(ADA, _flow(job("tile"))))) == {"Workflow/w": "RowExists"}


def test_a_row_made_by_hand_in_place_of_ours_is_only_reported_without_self_heal() -> None:
    """To take it over is to mend drift."""
    database = settled(ADA, _flow(job("tile")))
    database.remove(resource_id(KEY))
    database.insert(WorkflowRow(THEIRS, ADA_ID, "w", 1, (_their_job(),)))
    plan = database.plan(desired(ADA, _flow(job("tile"))), Policy(self_heal=False))
    assert plan.empty
    assert reasons(plan) == {"Workflow/w": "Drifted"}


def test_what_another_instance_manages_is_a_conflict_whatever_the_annotation() -> None:
    """A resource belongs to one instance."""
    database = settled(ADA, _flow(job("tile")), instance="north")
    plan = database.plan(desired(ADA, _flow(job("tile"), adopt="true")), instance="south")
    assert plan.empty
    assert reasons(plan) == {"User/ada": "OtherInstance", "Workflow/w": "OtherInstance"}
    assert "instance 'north' manages it" in plan.held_back[0].message


def _orphaned(*jobs: Job) -> Database:
    """Give a database in which `north` has let go of a workflow, and `south` has its user."""
    database = settled(ADA, _flow(*jobs), instance="north")
    database.apply(database.plan(desired(), instance="north"), "north")
    database.apply(database.plan(desired(ADA), instance="south"), "south")
    return database


def test_an_orphan_passes_to_the_instance_that_declares_it() -> None:
    """Rows, ids, status and generations, without an annotation; its old instance says no more of it."""
    database = _orphaned(job("a"))
    database.edit_job("a", status=JobStatus.SUCCEEDED)
    wanted = desired(ADA, _flow(job("a")))
    (change,) = database.plan(wanted, instance="south").changes
    assert isinstance(change, Adopt)
    assert (change.owner, change.before) == ("north", change.after)
    database.apply(database.plan(wanted, instance="south"), "south")
    assert database.plan(wanted, instance="south").empty
    assert not database.survey("north").records
    assert database.jobs[database.find_job("a")].row.status == JobStatus.SUCCEEDED


def test_an_orphan_passes_on_with_the_edits_of_its_new_manifest() -> None:
    """Generations grow from what its old instance remembered; its old jobs go."""
    database = _orphaned(job("a"), job("old"))
    wanted = desired(ADA, _flow(job("a", x=1), job("new")))
    (change,) = database.plan(wanted, instance="south").changes
    assert isinstance(change, Adopt)
    assert isinstance(change.after, WorkflowRow)
    assert change.after.generation == 2
    assert {j.name: j.generation for j in change.after.jobs} == {"a": 2, "new": 1}
    database.apply(database.plan(wanted, instance="south"), "south")
    assert {cell.row.name for cell in database.jobs.values()} == {"a", "new"}


def test_a_strangers_job_beneath_an_orphan_is_not_overwritten() -> None:
    """The orphan passes on, what hangs beneath it does not."""
    database = _orphaned(job("a"))
    rows = database.rows(KEY.kind, resource_id(KEY))
    assert isinstance(rows, WorkflowRow)
    database.insert(replace(rows, jobs=(*rows.jobs, _their_job(branch_id="x"))))
    plan = database.plan(desired(ADA, _flow(job("a"), job("tile"))), instance="south")
    assert reasons(plan) == {"Workflow/w": "RowExists"}


def test_an_orphan_in_flight_waits_for_the_edits_of_its_new_manifest() -> None:
    """Passing on is no way round."""
    database = _orphaned(job("a"))
    database.edit_job("a", status=JobStatus.RUNNING)
    plan = database.plan(desired(ADA, _flow(job("a", x=1))), instance="south")
    assert reasons(plan) == {"Workflow/w": "InFlight"}


def test_an_orphan_whose_rows_are_gone_is_made_again_where_it_left_off() -> None:
    """Its memory passes on as well."""
    database = _orphaned(job("a"))
    database.remove(resource_id(KEY))
    (change,) = database.plan(desired(ADA, _flow(job("a", x=1))), instance="south").changes
    assert isinstance(change, Create)
    assert isinstance(change.after, WorkflowRow)
    assert (change.after.id, change.after.generation) == (resource_id(KEY), 2)
    assert [(j.id, j.generation) for j in change.after.jobs] == [(job_id(resource_id(KEY), "a"), 2)]


def test_a_user_manifest_renamed_keeps_the_row_and_its_workflows() -> None:
    """Its username is unique, so the row must pass on; that takes the pass after the absence was noted."""
    database = settled(manifest(user("ada", "lovelace")), manifest(workflow("w", job("a"))))
    renamed = desired(
        manifest(user("countess", "lovelace")), manifest(workflow("w", job("a"), user="countess"))
    )
    first = database.plan(renamed)
    assert reasons(first) == {"User/ada": "PruneOff", "User/countess": "RowExists", "Workflow/w": "UserHeld"}
    assert "User/ada" in next(held.message for held in first.held_back if held.reason == "RowExists")
    database.apply(first)
    second = database.plan(renamed)
    assert actions(second) == {"User/countess": "Adopt", "Workflow/w": "Restate"}
    database.apply(second)
    assert database.users == {ADA_ID: "lovelace"}
    assert database.plan(renamed).empty
    assert not database.plan(renamed).held_back


def _renamed() -> tuple[Database, DesiredState]:
    """Give a database in which a user's row has been left behind, and what renames its manifest."""
    database = settled(manifest(user("ada", "lovelace")), manifest(workflow("w", job("a"))))
    renamed = manifest(user("countess", "lovelace")), manifest(workflow("w", job("a"), user="countess"))
    database.apply(database.plan(desired(*renamed)))
    return database, desired(*renamed)


def test_a_row_that_passes_on_is_not_pruned_as_the_orphan_that_it_was() -> None:
    """Though no workflow holds it: its old record ends with the new one's beginning."""
    database = settled(manifest(user("ada", "lovelace")))
    renamed = desired(manifest(user("countess", "lovelace")))
    database.apply(database.plan(renamed))
    plan = database.plan(renamed, Policy(prune=True))
    assert actions(plan) == {"User/countess": "Adopt"}
    assert plan.held_back == ()
    database.apply(plan)
    assert database.users == {ADA_ID: "lovelace"}
    assert {str(key) for key in database.inventory} == {"User/countess"}


@pytest.mark.parametrize("doubt", ["a gap", "a refused manifest"])
def test_a_row_passes_on_only_when_its_old_manifest_is_certainly_gone(doubt: str) -> None:
    """A file that is not understood may declare it again."""
    database, renamed = _renamed()
    if doubt == "a gap":
        state = replace(renamed, gaps=("x.yaml is not understood",))
    else:
        state = replace(renamed, users=renamed.users | {"ada"})
    assert reasons(database.plan(state))["User/countess"] == "RowExists"


def test_an_orphan_that_is_declared_again_keeps_its_row_and_gives_up_only_its_username() -> None:
    """Another user that wants the username gets a row of its own."""
    database, _ = _renamed()
    again = desired(manifest(user("ada", "byron")), manifest(user("countess", "lovelace")))
    plan = database.plan(again)
    assert actions(plan) == {"User/ada": "Update", "User/countess": "Create", "Workflow/w": "Orphan"}
    assert not database.apply(plan)
    assert database.users == {ADA_ID: "byron", resource_id(user_key("countess")): "lovelace"}


def test_a_row_made_by_hand_in_place_of_an_orphans_is_a_conflict_when_it_differs() -> None:
    """What passes on is the orphan's row, not another of its name."""
    database = _orphaned(job("tile"))
    database.remove(resource_id(KEY))
    database.insert(WorkflowRow(THEIRS, ADA_ID, "w", 1, (_their_job(branch_id="x"),)))
    plan = database.plan(desired(ADA, _flow(job("tile"))), instance="south")
    assert reasons(plan) == {"Workflow/w": "RowExists"}
    assert f"workflows has a row that nobody manages and that differs (id {THEIRS})" in (
        plan.held_back[0].message
    )


def test_a_username_in_use_is_told_before_the_database_refuses_it() -> None:
    """An edit that wants another user's username is a conflict that names it."""
    bob = manifest(user("bob"))
    database = settled(ADA, bob)
    plan = database.plan(desired(ADA, manifest(user("bob", "ada"))))
    assert plan.empty
    assert reasons(plan) == {"User/bob": "RowExists"}


def test_usernames_may_be_swapped_in_one_pass() -> None:
    """Each lets go of what the other wants."""
    database = settled(ADA, manifest(user("bob")))
    swapped = desired(manifest(user("ada", "bob")), manifest(user("bob", "ada")))
    assert not database.apply(database.plan(swapped))
    assert database.users == {ADA_ID: "bob", resource_id(user_key("bob")): "ada"}


def test_one_row_is_taken_over_once() -> None:
    """Of two manifests that want it, the second is a conflict."""
    database = Database()
    database.insert(UserRow(resource_id(user_key("bob")), "ada"))
    plan = database.plan(desired(ADA, manifest(user("bob", "bob"), annotations={"reconciler/adopt": "true"})))
    assert len([change for change in plan.changes if isinstance(change, Adopt)]) == 1


# --- a row that is named by its id ---------------------------------------------------------------------


def test_a_row_is_found_by_the_id_that_a_manifest_names_whatever_it_is_called() -> None:
    """It gets the manifest's name and keeps the rest."""
    database = settled(ADA)
    database.insert(WorkflowRow(THEIRS, ADA_ID, None, 7, (_their_job(),)))
    wanted = desired(ADA, _flow(job("tile"), adopt=str(THEIRS)))
    database.apply(database.plan(wanted))
    assert (database.workflows[THEIRS].name, database.find_job("tile")) == ("w", TILE)
    assert database.plan(wanted).empty


def test_the_row_that_is_named_goes_before_the_one_that_bears_the_name() -> None:
    """Then the two clash over the name, and the database says so."""
    database = settled(ADA)
    database.insert(WorkflowRow(THEIRS, ADA_ID, "other", 7, (_their_job(),)))
    database.insert(WorkflowRow(UUID(int=0xB), ADA_ID, "w", 1, (_their_job(row_id=UUID(int=0xC)),)))
    (change,) = database.plan(desired(ADA, _flow(job("tile"), adopt=str(THEIRS)))).changes
    assert isinstance(change, Adopt)
    assert change.before.id == THEIRS


def test_a_row_that_is_gone_is_named_in_vain() -> None:
    """The word stays in the manifest for years, and does no harm."""
    database = settled(ADA)
    wanted = desired(ADA, _flow(job("tile"), adopt=str(THEIRS)))
    assert actions(database.plan(wanted)) == {"Workflow/w": "Create"}
    database.apply(database.plan(wanted))
    assert database.plan(wanted).empty


@pytest.mark.parametrize("orphaned", [False, True])
def test_a_row_that_another_resource_has_is_not_taken_for_being_named(orphaned: bool) -> None:  # noqa: FBT001
    """Not even from an orphan, whose manifest may come back."""
    other = manifest(workflow("other", job("tile")))
    database = settled(ADA, other)
    if orphaned:
        database.apply(database.plan(desired(ADA)))
    theirs = resource_id(other.key)
    wanted = desired(ADA, *(() if orphaned else (other,)), _flow(job("tile"), adopt=str(theirs)))
    assert actions(database.plan(wanted)) == {"Workflow/w": "Create"}
    database.apply(database.plan(wanted))
    assert database.inventory[other.key].row_id == theirs
    assert database.plan(wanted).empty


def test_two_manifests_that_name_one_row_are_a_conflict_for_the_second() -> None:
    """The row is taken over once."""
    database = settled(ADA)
    database.insert(WorkflowRow(THEIRS, ADA_ID, None, 7, (_their_job(),)))
    named = {"reconciler/adopt": str(THEIRS)}
    twin = manifest(workflow("x", job("tile")), annotations=named)
    plan = database.plan(desired(ADA, _flow(job("tile"), adopt=str(THEIRS)), twin))
    assert actions(plan) == {"Workflow/w": "Adopt"}
    assert reasons(plan) == {"Workflow/x": "RowExists"}
